//! Queries.

use super::Printer;
use crate::ast::{
    AfterMatch, Expr, GroupBy, GroupItem, Hint, HintArg, HintArgs, Ident, Join, JoinCondition, JoinKind,
    MatchRecognize, NullOrder, OrderItem, Pattern, PatternKind, Pivot, Query, QueryBody, QueryBodyKind, RowsPerMatch,
    Select, SelectItem, SelectItemKind, SetOp, TableAlias, TableRef, TableRefKind, TableSample, Unpivot, With,
};

impl Printer {
    pub(super) fn query(&mut self, query: &Query) {
        if let Some(with) = &query.with {
            self.with(with);
        }
        self.body(&query.body);
        self.order_by(&query.order_by);
        if let Some(limit) = &query.limit {
            self.put("LIMIT");
            self.expr(limit);
        }
        if let Some(offset) = &query.offset {
            self.put("OFFSET");
            self.expr(offset);
        }
    }

    fn with(&mut self, with: &With) {
        self.put("WITH");
        self.put_if(with.recursive, "RECURSIVE");
        self.list(&with.ctes, |printer, cte| {
            printer.ident(&cte.name);
            if !cte.columns.is_empty() {
                printer.idents(&cte.columns);
            }
            printer.put("AS");
            printer.subquery(&cte.query);
        });
    }

    fn body(&mut self, body: &QueryBody) {
        match &body.kind {
            QueryBodyKind::Select(select) => self.select(select),
            QueryBodyKind::Values(rows) => {
                self.put("VALUES");
                self.list(rows, |printer, row| printer.paren_list(&row.items, Self::expr));
            }
            QueryBodyKind::Table(name) => {
                self.put("TABLE");
                self.name(name);
            }
            QueryBodyKind::Query(query) => self.subquery(query),
            QueryBodyKind::SetOp { op, all, left, right } => {
                let own = set_precedence(*op);
                self.body_operand(left, own);
                self.put(match op {
                    SetOp::Union => "UNION",
                    SetOp::Intersect => "INTERSECT",
                    SetOp::Except => "EXCEPT",
                });
                self.put_if(*all, "ALL");
                self.body_operand(right, own + 1);
            }
        }
    }

    fn body_operand(&mut self, body: &QueryBody, minimum: u8) {
        match &body.kind {
            QueryBodyKind::SetOp { op, .. } if set_precedence(*op) < minimum => {
                self.put("(");
                self.body(body);
                self.tight(")");
            }
            _ => self.body(body),
        }
    }

    pub(super) fn order_by(&mut self, items: &[OrderItem]) {
        if !items.is_empty() {
            self.put("ORDER BY");
            self.list(items, Self::order_item);
        }
    }

    pub(super) fn order_item(&mut self, item: &OrderItem) {
        self.expr(&item.expr);
        self.put_if(item.descending, "DESC");
        match item.nulls {
            Some(NullOrder::First) => self.put("NULLS FIRST"),
            Some(NullOrder::Last) => self.put("NULLS LAST"),
            None => {}
        }
    }

    fn select(&mut self, select: &Select) {
        self.put("SELECT");
        self.hints(&select.hints);
        self.put_if(select.stream, "STREAM");
        self.put_if(select.distinct, "DISTINCT");
        self.list(&select.items, Self::select_item);
        if let Some(from) = &select.from {
            self.put("FROM");
            self.table(from);
        }
        self.clause("WHERE", select.filter.as_ref());
        if let Some(group_by) = &select.group_by {
            self.group_by(group_by);
        }
        self.clause("HAVING", select.having.as_ref());
        if !select.windows.is_empty() {
            self.put("WINDOW");
            self.list(&select.windows, |printer, window| {
                printer.ident(&window.name);
                printer.put("AS");
                printer.window_spec(&window.spec);
            });
        }
        self.clause("QUALIFY", select.qualify.as_ref());
    }

    pub(super) fn clause(&mut self, keyword: &str, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.put(keyword);
            self.expr(expr);
        }
    }

    fn select_item(&mut self, item: &SelectItem) {
        match &item.kind {
            SelectItemKind::Star => self.put("*"),
            SelectItemKind::QualifiedStar(name) => {
                self.name(name);
                self.tight(".*");
            }
            SelectItemKind::Expr { expr, alias } => {
                self.expr(expr);
                if let Some(alias) = alias {
                    self.put("AS");
                    self.ident(alias);
                }
            }
        }
    }

    fn group_by(&mut self, group_by: &GroupBy) {
        self.put("GROUP BY");
        self.put_if(group_by.distinct, "DISTINCT");
        self.list(&group_by.items, Self::group_item);
    }

    fn group_item(&mut self, item: &GroupItem) {
        match item {
            GroupItem::Expr(expr) => self.expr(expr),
            GroupItem::Set(items) => self.paren_list(items, Self::expr),
            GroupItem::Rollup(items) => self.grouping("ROLLUP", items),
            GroupItem::Cube(items) => self.grouping("CUBE", items),
            GroupItem::GroupingSets(items) => {
                self.put("GROUPING SETS");
                self.paren_list(items, Self::group_item);
            }
        }
    }

    fn grouping(&mut self, word: &str, items: &[Vec<Expr>]) {
        self.put(word);
        self.paren_list(items, |printer, exprs| match exprs.as_slice() {
            [only] => printer.expr(only),
            _ => printer.paren_list(exprs, Self::expr),
        });
    }

    pub(super) fn hints(&mut self, hints: &[Hint]) {
        if hints.is_empty() {
            return;
        }
        self.put("/*+");
        self.list(hints, |printer, hint| {
            printer.put(&super::quoted(&hint.name.value.to_uppercase()));
            match &hint.args {
                HintArgs::None => {}
                HintArgs::List(args) => printer.paren_list(args, |printer, arg| match arg {
                    HintArg::Name(name) => printer.name(name),
                    HintArg::Text(text) => printer.text(text),
                    HintArg::Number(number) => printer.put(&number.value),
                }),
                HintArgs::Options(options) => printer.properties(options),
            }
        });
        self.put("*/");
    }

    // Tables.

    pub(super) fn table(&mut self, table: &TableRef) {
        match &table.kind {
            TableRefKind::Table { name, hints, system_time } => {
                self.name(name);
                self.hints(hints);
                if let Some(time) = system_time {
                    self.put("FOR SYSTEM_TIME AS OF");
                    self.expr(time);
                }
            }
            TableRefKind::Derived { lateral, query } => {
                self.put_if(*lateral, "LATERAL");
                self.subquery(query);
            }
            TableRefKind::Function { lateral, call, .. } => {
                self.put_if(*lateral, "LATERAL");
                self.put("TABLE(");
                self.call(call);
                self.tight(")");
            }
            // UNNEST is lateral with the word and without it.
            TableRefKind::Unnest { items, ordinality, .. } => {
                self.put("UNNEST(");
                self.list(items, Self::expr);
                self.tight(")");
                self.put_if(*ordinality, "WITH ORDINALITY");
            }
            TableRefKind::Join(join) => self.join(join),
            TableRefKind::MatchRecognize(recognize) => self.match_recognize(recognize),
            TableRefKind::Pivot(pivot) => self.pivot(pivot),
            TableRefKind::Unpivot(unpivot) => self.unpivot(unpivot),
        }
        if let Some(alias) = &table.alias {
            self.table_alias(alias);
        }
        if let Some(sample) = &table.sample {
            self.sample(sample);
        }
    }

    fn table_alias(&mut self, alias: &TableAlias) {
        self.put("AS");
        self.ident(&alias.name);
        if !alias.columns.is_empty() {
            self.idents(&alias.columns);
        }
    }

    fn sample(&mut self, sample: &TableSample) {
        self.put("TABLESAMPLE");
        if let Some(substitute) = &sample.substitute {
            self.put("SUBSTITUTE(");
            self.text(substitute);
            self.tight(")");
        }
        if let Some(percentage) = &sample.percentage {
            self.put(if sample.bernoulli { "BERNOULLI" } else { "SYSTEM" });
            self.tight(&format!("({})", percentage.value));
        }
        if let Some(repeatable) = &sample.repeatable {
            self.put(&format!("REPEATABLE({})", repeatable.value));
        }
    }

    fn join(&mut self, join: &Join) {
        self.table(&join.left);
        self.put_if(join.natural, "NATURAL");
        self.put(match join.kind {
            JoinKind::Inner => "JOIN",
            JoinKind::Left => "LEFT JOIN",
            JoinKind::Right => "RIGHT JOIN",
            JoinKind::Full => "FULL JOIN",
            JoinKind::Cross => "CROSS JOIN",
        });
        if matches!(join.right.kind, TableRefKind::Join(_)) {
            self.put("(");
            self.table(&join.right);
            self.tight(")");
        } else {
            self.table(&join.right);
        }
        match &join.condition {
            Some(JoinCondition::On(expr)) => self.clause("ON", Some(expr)),
            Some(JoinCondition::Using(columns)) => {
                self.put("USING");
                self.idents(columns);
            }
            None => {}
        }
    }

    fn pivot(&mut self, pivot: &Pivot) {
        self.table(&pivot.input);
        self.put("PIVOT (");
        self.list(&pivot.aggregates, |printer, (expr, alias)| {
            printer.expr(expr);
            printer.alias(alias.as_ref());
        });
        self.put("FOR");
        self.idents(&pivot.axes);
        self.put("IN");
        self.paren_list(&pivot.values, |printer, (values, alias)| {
            printer.paren_list(values, Self::expr);
            printer.alias(alias.as_ref());
        });
        self.tight(")");
    }

    fn alias(&mut self, alias: Option<&Ident>) {
        if let Some(alias) = alias {
            self.put("AS");
            self.ident(alias);
        }
    }

    fn unpivot(&mut self, unpivot: &Unpivot) {
        self.table(&unpivot.input);
        self.put("UNPIVOT");
        self.put_if(unpivot.include_nulls, "INCLUDE NULLS");
        self.put("(");
        self.idents(&unpivot.measures);
        self.put("FOR");
        self.idents(&unpivot.axes);
        self.put("IN");
        self.paren_list(&unpivot.columns, |printer, (columns, values)| {
            printer.idents(columns);
            if let Some(values) = values {
                printer.put("AS");
                printer.paren_list(values, Self::expr);
            }
        });
        self.tight(")");
    }

    // MATCH_RECOGNIZE.

    fn match_recognize(&mut self, recognize: &MatchRecognize) {
        self.table(&recognize.input);
        self.put("MATCH_RECOGNIZE (");
        if !recognize.partition_by.is_empty() {
            self.put("PARTITION BY");
            self.list(&recognize.partition_by, Self::expr);
        }
        self.order_by(&recognize.order_by);
        if !recognize.measures.is_empty() {
            self.put("MEASURES");
            self.list(&recognize.measures, |printer, measure| {
                printer.expr(&measure.expr);
                printer.put("AS");
                printer.ident(&measure.alias);
            });
        }
        match recognize.rows_per_match {
            Some(RowsPerMatch::One) => self.put("ONE ROW PER MATCH"),
            Some(RowsPerMatch::All) => self.put("ALL ROWS PER MATCH"),
            None => {}
        }
        if let Some(after) = &recognize.after_match {
            self.after_match(after);
        }
        self.put("PATTERN (");
        self.pattern(&recognize.pattern, 0);
        self.tight(")");
        self.clause("WITHIN", recognize.within.as_ref());
        if !recognize.subsets.is_empty() {
            self.put("SUBSET");
            self.list(&recognize.subsets, |printer, subset| {
                printer.ident(&subset.name);
                printer.put("=");
                printer.idents(&subset.members);
            });
        }
        self.put("DEFINE");
        self.list(&recognize.define, |printer, definition| {
            printer.ident(&definition.name);
            printer.put("AS");
            printer.expr(&definition.condition);
        });
        self.tight(")");
    }

    fn after_match(&mut self, after: &AfterMatch) {
        self.put("AFTER MATCH SKIP");
        match after {
            AfterMatch::ToNextRow => self.put("TO NEXT ROW"),
            AfterMatch::PastLastRow => self.put("PAST LAST ROW"),
            AfterMatch::ToFirst(variable) => {
                self.put("TO FIRST");
                self.ident(variable);
            }
            AfterMatch::ToLast(variable) => {
                self.put("TO LAST");
                self.ident(variable);
            }
        }
    }

    /// `minimum`: 0 anything, 1 no alternation, 2 one factor without a quantifier.
    fn pattern(&mut self, pattern: &Pattern, minimum: u8) {
        let own = match pattern.kind {
            PatternKind::Alternation(_) => 0,
            PatternKind::Concat(_) => 1,
            PatternKind::Repeat { .. } => 2,
            _ => 3,
        };
        if own < minimum {
            self.put("(");
            self.pattern(pattern, 0);
            return self.tight(")");
        }
        match &pattern.kind {
            PatternKind::Variable(name) => self.ident(name),
            PatternKind::Start => self.put("^"),
            PatternKind::End => self.put("$"),
            PatternKind::Concat(parts) => {
                for part in parts {
                    self.pattern(part, 2);
                }
            }
            PatternKind::Alternation(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    self.put_if(index > 0, "|");
                    self.pattern(part, 1);
                }
            }
            PatternKind::Exclude(inner) => {
                self.put("{-");
                self.pattern(inner, 0);
                self.put("-}");
            }
            PatternKind::Permute(parts) => {
                self.put("PERMUTE");
                self.paren_list(parts, |printer, part| printer.pattern(part, 0));
            }
            PatternKind::Repeat { pattern, min, max, reluctant } => {
                self.pattern(pattern, 3);
                self.tight(&quantifier(*min, *max));
                if *reluctant {
                    self.tight("?");
                }
            }
        }
    }
}

fn quantifier(min: u32, max: Option<u32>) -> String {
    match (min, max) {
        (0, None) => "*".to_string(),
        (1, None) => "+".to_string(),
        (0, Some(1)) => "?".to_string(),
        (min, None) => format!("{{{min},}}"),
        (min, Some(max)) if min == max => format!("{{{min}}}"),
        (min, Some(max)) => format!("{{{min},{max}}}"),
    }
}

fn set_precedence(op: SetOp) -> u8 {
    if op == SetOp::Intersect { 2 } else { 1 }
}
