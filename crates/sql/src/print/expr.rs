//! Expressions, with the parentheses that precedence asks for and no others.

use super::{Printer, string_literal};
use crate::ast::{
    Arg, ArgValue, BinaryOp, Call, CaseBranch, Expr, ExprKind, Frame, FrameBound, FrameUnit, IsTest, JsonCall,
    JsonEntry, JsonExistsOnError, JsonItem, JsonOnNull, JsonQueryOn, JsonValueOn, JsonWrapper, LikeKind, Literal,
    NullTreatment, Over, QuantifiedOperand, SpecialCall, TableArg, TableArgSource, TrimSide, UnaryOp, WindowSpec,
};
use crate::parser::precedence as p;

impl Printer {
    pub(super) fn expr(&mut self, expr: &Expr) {
        use ExprKind as E;
        match &expr.kind {
            E::Literal(literal) => self.literal(literal),
            E::Column(name) => self.name(name),
            E::Parameter(_) => self.put("?"),
            E::Field { base, field } => {
                self.operand(base, p::POSTFIX);
                self.tight(".");
                self.ident(field);
            }
            E::Element { base, index } => {
                self.operand(base, p::POSTFIX);
                self.tight("[");
                self.expr(index);
                self.tight("]");
            }
            E::Unary { op, expr } => self.unary(*op, expr),
            E::Binary { op, left, right } => self.binary(*op, left, right),
            E::Is { expr, test, negated } => {
                self.operand(expr, p::IS);
                self.put("IS");
                self.put_if(*negated, "NOT");
                self.put(is_test(*test));
            }
            E::Between { expr, negated, symmetric, low, high } => {
                self.operand(expr, p::RANGE + 1);
                self.put_if(*negated, "NOT");
                self.put("BETWEEN");
                self.put_if(*symmetric, "SYMMETRIC");
                self.operand(low, p::RANGE + 1);
                self.put("AND");
                self.operand(high, p::RANGE + 1);
            }
            E::Like { expr, kind, negated, pattern, escape } => {
                self.operand(expr, p::RANGE + 1);
                self.put_if(*negated, "NOT");
                self.put(like(*kind));
                self.operand(pattern, p::RANGE + 1);
                if let Some(escape) = escape {
                    self.put("ESCAPE");
                    self.operand(escape, p::RANGE + 1);
                }
            }
            E::InList { expr, negated, list } => {
                self.in_head(expr, *negated);
                self.paren_list(list, Self::expr);
            }
            E::InQuery { expr, negated, query } => {
                self.in_head(expr, *negated);
                self.subquery(query);
            }
            E::Quantified { expr, op, all, operand } => {
                self.operand(expr, p::COMPARISON);
                self.put(binary_op(*op));
                self.put(if *all { "ALL" } else { "ANY" });
                match operand {
                    QuantifiedOperand::Query(query) => self.subquery(query),
                    QuantifiedOperand::List(list) => self.paren_list(list, Self::expr),
                }
            }
            E::Interval { value, qualifier } => {
                self.put("INTERVAL");
                self.interval_value(value);
                self.interval_qualifier(qualifier);
            }
            E::StringChain(_) | E::FormatJson(_) | E::Default | E::Sequence { .. } => self.foreign(expr),
            _ => self.primary(expr),
        }
    }

    /// What Flink reads only to refuse it.
    fn foreign(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::StringChain(parts) => parts.iter().for_each(|part| self.put(&string_literal(part))),
            ExprKind::FormatJson(expr) => {
                self.expr(expr);
                self.put("FORMAT JSON");
            }
            ExprKind::Sequence { next, name } => {
                self.put(if *next { "NEXT VALUE FOR" } else { "CURRENT VALUE FOR" });
                self.name(name);
            }
            _ => self.put("DEFAULT"),
        }
    }

    /// `x [NOT] IN`
    fn in_head(&mut self, expr: &Expr, negated: bool) {
        self.operand(expr, p::RANGE + 1);
        self.put(if negated { "NOT IN" } else { "IN" });
    }

    /// What needs no parentheses around it: calls, constructors, subqueries.
    fn primary(&mut self, expr: &Expr) {
        use ExprKind as E;
        match &expr.kind {
            E::Exists(query) => self.word_and_query("EXISTS", query),
            E::Unique(query) => self.word_and_query("UNIQUE", query),
            E::Subquery(query) => self.subquery(query),
            E::ArrayQuery(query) => self.word_and_query("ARRAY", query),
            E::MapQuery(query) => self.word_and_query("MAP", query),
            E::MultisetQuery(query) => self.word_and_query("MULTISET", query),
            E::Case { operand, branches, otherwise } => self.case(operand.as_deref(), branches, otherwise.as_deref()),
            E::Cast { expr, to, safe } => {
                self.put(if *safe { "TRY_CAST(" } else { "CAST(" });
                self.expr(expr);
                self.put("AS");
                self.type_name(to);
                self.tight(")");
            }
            E::Call(call) => self.call(call),
            E::Row(items) => self.bracketed("ROW(", items, ")"),
            E::Array(items) => self.bracketed("ARRAY[", items, "]"),
            E::Multiset(items) => self.bracketed("MULTISET[", items, "]"),
            E::Map(pairs) => {
                self.put("MAP[");
                self.list(pairs, |printer, (key, value)| {
                    printer.expr(key);
                    printer.tight(",");
                    printer.expr(value);
                });
                self.tight("]");
            }
            E::Special(call) => self.special(call),
            E::Json(call) => self.json(call),
            _ => {}
        }
    }

    /// An operand that must bind at least so strongly; otherwise in parentheses.
    fn operand(&mut self, expr: &Expr, minimum: u8) {
        if precedence(expr) < minimum {
            self.put("(");
            self.expr(expr);
            self.tight(")");
        } else {
            self.expr(expr);
        }
    }

    fn bracketed(&mut self, open: &str, items: &[Expr], close: &str) {
        self.put(open);
        self.list(items, Self::expr);
        self.tight(close);
    }

    fn word_and_query(&mut self, word: &str, query: &crate::ast::Query) {
        self.put(word);
        self.tight("(");
        self.query(query);
        self.tight(")");
    }

    pub(super) fn subquery(&mut self, query: &crate::ast::Query) {
        self.put("(");
        self.query(query);
        self.tight(")");
    }

    fn unary(&mut self, op: UnaryOp, expr: &Expr) {
        let minimum = if op == UnaryOp::Not { p::NOT } else { p::SIGN };
        match op {
            UnaryOp::Plus | UnaryOp::Minus => {
                self.put(if op == UnaryOp::Plus { "+" } else { "-" });
                let mut inner = Printer::default();
                inner.operand(expr, minimum);
                // Two signs must not become a comment.
                if inner.out.starts_with(['-', '+']) {
                    self.tight(" ");
                }
                self.tight(&inner.out);
            }
            UnaryOp::Not => {
                self.put("NOT");
                self.operand(expr, minimum);
            }
            UnaryOp::Running => {
                self.put("RUNNING");
                self.operand(expr, minimum);
            }
            UnaryOp::Final => {
                self.put("FINAL");
                self.operand(expr, minimum);
            }
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr) {
        let own = op_precedence(op);
        // AND and OR are associative, and long chains of them are balanced trees.
        let flat = matches!(op, BinaryOp::And | BinaryOp::Or);
        self.operand(left, own);
        self.put(binary_op(op));
        self.operand(right, if flat { own } else { own + 1 });
    }

    pub(super) fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Null => self.put("NULL"),
            Literal::Boolean(Some(true)) => self.put("TRUE"),
            Literal::Boolean(Some(false)) => self.put("FALSE"),
            Literal::Boolean(None) => self.put("UNKNOWN"),
            Literal::Exact(text) => self.put(&exact(text)),
            Literal::Approximate(text) => self.put(&approximate(text)),
            Literal::String { value, charset } => {
                let prefix = match charset.as_deref() {
                    None => String::new(),
                    Some("ISO-8859-1") => "N".to_string(),
                    Some(name) => format!("_{name}"),
                };
                self.put(&format!("{prefix}{}", string_literal(value)));
            }
            Literal::Binary(bytes) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                self.put(&format!("X'{digits}'"));
            }
            Literal::Date(text) => self.put(&format!("DATE {}", string_literal(text))),
            Literal::Time(text) => self.put(&format!("TIME {}", string_literal(text))),
            Literal::Timestamp(text) => self.put(&format!("TIMESTAMP {}", string_literal(text))),
            Literal::TimestampLtz(text) => {
                self.put(&format!("TIMESTAMP WITH LOCAL TIME ZONE {}", string_literal(text)));
            }
            Literal::Interval { negative, value, qualifier } => {
                let sign = if *negative { "-" } else { "" };
                self.put(&format!("INTERVAL {sign}{}", string_literal(value)));
                self.interval_qualifier(qualifier);
            }
        }
    }

    /// Between INTERVAL and its unit stand numbers and names, anything else in parentheses.
    fn interval_value(&mut self, value: &Expr) {
        let (sign, value) = match &value.kind {
            ExprKind::Unary { op: UnaryOp::Minus, expr } => ("-", expr.as_ref()),
            ExprKind::Unary { op: UnaryOp::Plus, expr } => ("+", expr.as_ref()),
            _ => ("", value),
        };
        let mut inner = Printer::default();
        match &value.kind {
            ExprKind::Literal(Literal::Exact(_) | Literal::Approximate(_)) | ExprKind::Column(_) => inner.expr(value),
            _ => inner.operand(value, u8::MAX),
        }
        self.put(&format!("{sign}{}", inner.out));
    }

    fn case(&mut self, operand: Option<&Expr>, branches: &[CaseBranch], otherwise: Option<&Expr>) {
        self.put("CASE");
        if let Some(operand) = operand {
            self.expr(operand);
        }
        for branch in branches {
            self.put("WHEN");
            self.list(&branch.when, Self::expr);
            self.put("THEN");
            self.expr(&branch.then);
        }
        if let Some(otherwise) = otherwise {
            self.put("ELSE");
            self.expr(otherwise);
        }
        self.put("END");
    }

    // Calls.

    pub(super) fn call(&mut self, call: &Call) {
        self.function_name(&call.name);
        if !call.bare {
            self.tight("(");
            self.put_if(call.distinct, "DISTINCT");
            self.list(&call.args, Self::argument);
            self.order_by(&call.order_by);
            self.tight(")");
        }
        match call.null_treatment {
            Some(NullTreatment::Respect) => self.put("RESPECT NULLS"),
            Some(NullTreatment::Ignore) => self.put("IGNORE NULLS"),
            None => {}
        }
        if !call.within_distinct.is_empty() {
            self.put("WITHIN DISTINCT");
            self.paren_list(&call.within_distinct, Self::expr);
        }
        if !call.within_group.is_empty() {
            self.put("WITHIN GROUP (");
            self.order_by(&call.within_group);
            self.tight(")");
        }
        if let Some(filter) = &call.filter {
            self.put("FILTER (WHERE");
            self.expr(filter);
            self.tight(")");
        }
        match &call.over {
            Some(Over::Name(name)) => {
                self.put("OVER");
                self.ident(name);
            }
            Some(Over::Spec(spec)) => {
                self.put("OVER");
                self.window_spec(spec);
            }
            None => {}
        }
    }

    fn argument(&mut self, arg: &Arg) {
        if let Some(name) = &arg.name {
            self.ident(name);
            self.put("=>");
        }
        match &arg.value {
            ArgValue::Expr(expr) => self.expr(expr),
            ArgValue::Star => self.put("*"),
            ArgValue::Default => self.put("DEFAULT"),
            ArgValue::Descriptor(columns) => {
                self.put("DESCRIPTOR(");
                self.list(columns, Self::ident);
                self.tight(")");
            }
            ArgValue::Model(name) => {
                self.put("MODEL");
                self.name(name);
            }
            ArgValue::Table(table) => self.table_arg(table),
        }
    }

    fn table_arg(&mut self, table: &TableArg) {
        match &table.source {
            TableArgSource::Table(name) => {
                self.put("TABLE");
                self.name(name);
            }
            TableArgSource::Query(query) => self.subquery(query),
        }
        if !table.partition_by.is_empty() {
            self.put("PARTITION BY");
            self.paren_list(&table.partition_by, Self::expr);
        }
        if !table.order_by.is_empty() {
            self.put("ORDER BY");
            self.paren_list(&table.order_by, Self::order_item);
        }
    }

    pub(super) fn window_spec(&mut self, spec: &WindowSpec) {
        self.put("(");
        if let Some(base) = &spec.base {
            self.ident(base);
        }
        if !spec.partition_by.is_empty() {
            self.put("PARTITION BY");
            self.list(&spec.partition_by, Self::expr);
        }
        self.order_by(&spec.order_by);
        if let Some(frame) = &spec.frame {
            self.frame(frame);
        }
        self.tight(")");
    }

    fn frame(&mut self, frame: &Frame) {
        self.put(if frame.unit == FrameUnit::Rows { "ROWS BETWEEN" } else { "RANGE BETWEEN" });
        self.frame_bound(&frame.start);
        self.put("AND");
        self.frame_bound(&frame.end);
        self.put_if(frame.disallow_partial, "DISALLOW PARTIAL");
    }

    fn frame_bound(&mut self, bound: &FrameBound) {
        match bound {
            FrameBound::UnboundedPreceding => self.put("UNBOUNDED PRECEDING"),
            FrameBound::UnboundedFollowing => self.put("UNBOUNDED FOLLOWING"),
            FrameBound::CurrentRow => self.put("CURRENT ROW"),
            FrameBound::Preceding(offset) => {
                self.operand(offset, p::AND + 1);
                self.put("PRECEDING");
            }
            FrameBound::Following(offset) => {
                self.operand(offset, p::AND + 1);
                self.put("FOLLOWING");
            }
        }
    }

    fn special(&mut self, call: &SpecialCall) {
        use SpecialCall as S;
        match call {
            S::Extract { unit, from } => {
                self.put(&format!("EXTRACT({} FROM", unit.keyword()));
                self.expr(from);
            }
            S::Floor { expr, unit } | S::Ceil { expr, unit } => {
                self.put(if matches!(call, S::Floor { .. }) { "FLOOR(" } else { "CEIL(" });
                self.expr(expr);
                self.put(&format!("TO {}", unit.keyword()));
            }
            S::TimestampAdd { unit, count: first, timestamp: second } => {
                self.unit_and_two("TIMESTAMPADD", unit.keyword(), first, second);
            }
            S::TimestampDiff { unit, from: first, to: second } => {
                self.unit_and_two("TIMESTAMPDIFF", unit.keyword(), first, second);
            }
            S::Difference { end, start, qualifier } => {
                self.put("(");
                self.binary(BinaryOp::Minus, end, start);
                self.tight(")");
                return self.interval_qualifier(qualifier);
            }
            S::Trim { side, what, from } => {
                self.put(match side {
                    TrimSide::Both => "TRIM(BOTH",
                    TrimSide::Leading => "TRIM(LEADING",
                    TrimSide::Trailing => "TRIM(TRAILING",
                });
                if let Some(what) = what {
                    self.expr(what);
                }
                self.put("FROM");
                self.expr(from);
            }
            S::Position { needle, haystack, from } => {
                self.put("POSITION(");
                self.operand(needle, p::RANGE + 1);
                self.put("IN");
                self.expr(haystack);
                if let Some(from) = from {
                    self.put("FROM");
                    self.expr(from);
                }
            }
            S::Substring { expr, start, length } => {
                self.put("SUBSTRING(");
                self.expr(expr);
                self.start_and_length(start, length.as_ref());
            }
            S::Overlay { expr, new, start, length } => {
                self.put("OVERLAY(");
                self.expr(expr);
                self.put("PLACING");
                self.expr(new);
                self.start_and_length(start, length.as_ref());
            }
            S::TranslateUsing { expr, charset } => {
                self.put("TRANSLATE(");
                self.expr(expr);
                self.put("USING");
                self.ident(charset);
            }
        }
        self.tight(")");
    }

    fn unit_and_two(&mut self, name: &str, unit: &str, first: &Expr, second: &Expr) {
        self.put(&format!("{name}({unit},"));
        self.expr(first);
        self.tight(",");
        self.expr(second);
    }

    fn start_and_length(&mut self, start: &Expr, length: Option<&Expr>) {
        self.put("FROM");
        self.expr(start);
        if let Some(length) = length {
            self.put("FOR");
            self.expr(length);
        }
    }

    fn json(&mut self, call: &JsonCall) {
        match call {
            JsonCall::Exists { input, path, on_error } => {
                self.json_input("JSON_EXISTS(", input, path);
                if let Some(on_error) = on_error {
                    self.put(match on_error {
                        JsonExistsOnError::True => "TRUE ON ERROR",
                        JsonExistsOnError::False => "FALSE ON ERROR",
                        JsonExistsOnError::Unknown => "UNKNOWN ON ERROR",
                        JsonExistsOnError::Error => "ERROR ON ERROR",
                    });
                }
            }
            JsonCall::Value { input, path, returning, on_empty, on_error } => {
                self.json_input("JSON_VALUE(", input, path);
                self.returning(returning);
                self.json_value_on(on_empty.as_ref(), "ON EMPTY");
                self.json_value_on(on_error.as_ref(), "ON ERROR");
            }
            JsonCall::Query { input, path, returning, wrapper, on_empty, on_error } => {
                self.json_input("JSON_QUERY(", input, path);
                self.returning(returning);
                match wrapper {
                    Some(JsonWrapper::Without) => self.put("WITHOUT ARRAY WRAPPER"),
                    Some(JsonWrapper::Conditional) => self.put("WITH CONDITIONAL ARRAY WRAPPER"),
                    Some(JsonWrapper::Unconditional) => self.put("WITH UNCONDITIONAL ARRAY WRAPPER"),
                    None => {}
                }
                self.json_query_on(*on_empty, "ON EMPTY");
                self.json_query_on(*on_error, "ON ERROR");
            }
            JsonCall::Object { entries, on_null } => {
                self.put("JSON_OBJECT(");
                self.list(entries, Self::json_entry);
                self.on_null(*on_null);
            }
            JsonCall::Array { items, on_null } => {
                self.put("JSON_ARRAY(");
                self.list(items, Self::json_item);
                self.on_null(*on_null);
            }
            JsonCall::ObjectAgg { entry, on_null } => {
                self.put("JSON_OBJECTAGG(");
                self.json_entry(entry);
                self.on_null(*on_null);
            }
            JsonCall::ArrayAgg { item, order_by, on_null } => {
                self.put("JSON_ARRAYAGG(");
                self.json_item(item);
                self.order_by(order_by);
                self.on_null(*on_null);
            }
        }
        self.tight(")");
    }

    fn json_input(&mut self, name: &str, input: &Expr, path: &Expr) {
        self.put(name);
        self.expr(input);
        self.tight(",");
        self.expr(path);
    }

    fn returning(&mut self, returning: &Option<crate::ast::TypeName>) {
        if let Some(returning) = returning {
            self.put("RETURNING");
            self.type_name(returning);
        }
    }

    fn json_value_on(&mut self, behavior: Option<&JsonValueOn>, event: &str) {
        match behavior {
            None => return,
            Some(JsonValueOn::Error) => self.put("ERROR"),
            Some(JsonValueOn::Null) => self.put("NULL"),
            Some(JsonValueOn::Default(expr)) => {
                self.put("DEFAULT");
                self.expr(expr);
            }
        }
        self.put(event);
    }

    fn json_query_on(&mut self, behavior: Option<JsonQueryOn>, event: &str) {
        let Some(behavior) = behavior else { return };
        self.put(match behavior {
            JsonQueryOn::Error => "ERROR",
            JsonQueryOn::Null => "NULL",
            JsonQueryOn::EmptyArray => "EMPTY ARRAY",
            JsonQueryOn::EmptyObject => "EMPTY OBJECT",
        });
        self.put(event);
    }

    fn json_entry(&mut self, entry: &JsonEntry) {
        self.put("KEY");
        self.expr(&entry.key);
        self.put("VALUE");
        self.json_item(&entry.value);
    }

    fn json_item(&mut self, item: &JsonItem) {
        self.expr(&item.expr);
        self.put_if(item.format_json, "FORMAT JSON");
    }

    fn on_null(&mut self, on_null: Option<JsonOnNull>) {
        match on_null {
            Some(JsonOnNull::Null) => self.put("NULL ON NULL"),
            Some(JsonOnNull::Absent) => self.put("ABSENT ON NULL"),
            None => {}
        }
    }
}

fn precedence(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Binary { op, .. } => op_precedence(*op),
        ExprKind::Unary { op: UnaryOp::Not, .. } => p::NOT,
        ExprKind::Unary { .. } => p::SIGN,
        ExprKind::Is { .. } => p::IS,
        ExprKind::Between { .. } | ExprKind::Like { .. } => p::RANGE,
        ExprKind::InList { .. } | ExprKind::InQuery { .. } => p::RANGE,
        ExprKind::Quantified { .. } => p::COMPARISON,
        // Fields and elements of these are written with parentheses.
        ExprKind::Literal(_) | ExprKind::Interval { .. } | ExprKind::Case { .. } => p::POSTFIX - 1,
        _ => p::POSTFIX,
    }
}

fn op_precedence(op: BinaryOp) -> u8 {
    use BinaryOp::*;
    match op {
        Or => p::OR,
        And => p::AND,
        Plus | Minus => p::ADDITIVE,
        Multiply | Divide | Modulo | Concat => p::MULTIPLICATIVE,
        MultisetUnion | MultisetUnionAll | MultisetExcept | MultisetExceptAll => p::MULTISET,
        MultisetIntersect | MultisetIntersectAll => p::MULTISET_INTERSECT,
        _ => p::COMPARISON,
    }
}

pub(crate) fn binary_op(op: BinaryOp) -> &'static str {
    use BinaryOp::*;
    match op {
        Or => "OR",
        And => "AND",
        Eq => "=",
        NotEq => "<>",
        Lt => "<",
        LtEq => "<=",
        Gt => ">",
        GtEq => ">=",
        IsDistinctFrom => "IS DISTINCT FROM",
        IsNotDistinctFrom => "IS NOT DISTINCT FROM",
        Plus => "+",
        Minus => "-",
        Multiply => "*",
        Divide => "/",
        Modulo => "%",
        Concat => "||",
        MemberOf => "MEMBER OF",
        SubmultisetOf => "SUBMULTISET OF",
        NotSubmultisetOf => "NOT SUBMULTISET OF",
        MultisetUnion => "MULTISET UNION DISTINCT",
        MultisetUnionAll => "MULTISET UNION ALL",
        MultisetIntersect => "MULTISET INTERSECT DISTINCT",
        MultisetIntersectAll => "MULTISET INTERSECT ALL",
        MultisetExcept => "MULTISET EXCEPT DISTINCT",
        MultisetExceptAll => "MULTISET EXCEPT ALL",
        Overlaps => "OVERLAPS",
        Contains => "CONTAINS",
        PeriodEquals => "EQUALS",
        Precedes => "PRECEDES",
        Succeeds => "SUCCEEDS",
        ImmediatelyPrecedes => "IMMEDIATELY PRECEDES",
        ImmediatelySucceeds => "IMMEDIATELY SUCCEEDS",
    }
}

fn is_test(test: IsTest) -> &'static str {
    match test {
        IsTest::Null => "NULL",
        IsTest::True => "TRUE",
        IsTest::False => "FALSE",
        IsTest::Unknown => "UNKNOWN",
        IsTest::ASet => "A SET",
        IsTest::Empty => "EMPTY",
        IsTest::JsonValue => "JSON VALUE",
        IsTest::JsonObject => "JSON OBJECT",
        IsTest::JsonArray => "JSON ARRAY",
        IsTest::JsonScalar => "JSON SCALAR",
    }
}

fn like(kind: LikeKind) -> &'static str {
    match kind {
        LikeKind::Like => "LIKE",
        LikeKind::SimilarTo => "SIMILAR TO",
        LikeKind::Rlike => "RLIKE",
        LikeKind::Ilike => "ILIKE",
    }
}

/// `007` is 7 and `12.` is 12. With a fraction every digit counts for the type: `.5` is no `0.5`.
fn exact(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, "")) => integer(whole),
        Some(_) => text.to_string(),
        None => integer(text),
    }
}

fn integer(digits: &str) -> String {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() { "0".to_string() } else { digits.to_string() }
}

fn approximate(text: &str) -> String {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}E{}", integer(whole), exponent.trim_start_matches('+'))
}
