//! Expressions: names, operators, CASE, CAST and constructors, typed as Flink types them.

use super::literal::{constant, interval_type, unit_amount};
use super::scope::{Found, OUTER};
use super::{Binder, Clause, all};
use crate::build::and;
use crate::error::{Bound, Reported, did_you_mean, refused};
use crate::types::cast_to;
use data::types::{DataType, RowField, TypeKind};
use data::{Diagnostic, Span, Value};
use functions::typing::least_restrictive;
use functions::{Expr, ExprKind};
use sql::ast::{self, BinaryOp, ExprKind as Syntax, UnaryOp};

impl Binder<'_> {
    /// Binds an expression over the current frame.
    pub(crate) fn expr(&mut self, syntax: &ast::Expr) -> Bound<Expr> {
        if let Some(found) = self.grouped(syntax) {
            return found;
        }
        match &syntax.kind {
            Syntax::Literal(literal) => self.literal(literal, syntax.span),
            Syntax::Column(name) => self.column(name),
            Syntax::Parameter(_) => {
                self.unsupported(syntax.span, "a parameter", "write the value in place of the question mark")
            }
            Syntax::Field { base, field } => {
                let base = self.expr(base)?;
                self.field_of(base, field)
            }
            Syntax::Element { base, index } => {
                let args = all(vec![self.expr(base), self.expr(index)])?;
                self.function("ITEM", args, syntax.span)
            }
            Syntax::Unary { op, expr } => self.unary(*op, expr, syntax.span),
            Syntax::Binary { op, left, right } => self.binary(*op, left, right, syntax.span),
            Syntax::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), syntax.span)
            }
            Syntax::Cast { expr, to, safe } => self.cast(expr, to, *safe, syntax.span),
            Syntax::Call(call) => self.call(call, syntax.span),
            Syntax::Row(items) => self.row(items),
            Syntax::Array(items) => {
                let args = self.exprs(items)?;
                self.function("ARRAY", args, syntax.span)
            }
            Syntax::Map(entries) => {
                let flat: Vec<&ast::Expr> = entries.iter().flat_map(|(key, value)| [key, value]).collect();
                let args = all(flat.into_iter().map(|expr| self.expr(expr)).collect())?;
                self.function("MAP", args, syntax.span)
            }
            Syntax::Interval { value, qualifier } => self.interval_of(value, qualifier, syntax.span),
            Syntax::Special(special) => self.special(special, syntax.span),
            Syntax::Json(json) => self.json(json, syntax.span),
            Syntax::Is { .. } | Syntax::Between { .. } | Syntax::Like { .. } | Syntax::InList { .. } => {
                self.predicate(syntax)
            }
            Syntax::InQuery { .. }
            | Syntax::Quantified { .. }
            | Syntax::Exists(_)
            | Syntax::Unique(_)
            | Syntax::Subquery(_)
            | Syntax::ArrayQuery(_)
            | Syntax::MapQuery(_)
            | Syntax::MultisetQuery(_) => self.subquery_expr(syntax),
            Syntax::Multiset(_) => {
                self.unsupported(syntax.span, "the MULTISET constructor", "use COLLECT or ARRAY instead")
            }
            Syntax::StringChain(_) | Syntax::FormatJson(_) | Syntax::Default | Syntax::Sequence { .. } => {
                self.fail(refused_syntax(syntax))
            }
        }
    }

    pub(crate) fn exprs(&mut self, list: &[ast::Expr]) -> Bound<Vec<Expr>> {
        let bound = list.iter().map(|expr| self.expr(expr)).collect();
        all(bound)
    }

    /// Binds a condition, which must be BOOLEAN.
    pub(crate) fn condition(&mut self, syntax: &ast::Expr, clause: &str) -> Bound<Expr> {
        let expr = self.expr(syntax)?;
        self.must_be_boolean(expr, syntax.span, clause)
    }

    fn must_be_boolean(&mut self, expr: Expr, span: Span, clause: &str) -> Bound<Expr> {
        match expr.data_type.kind {
            TypeKind::Boolean => Ok(expr),
            TypeKind::Null => Ok(cast_to(expr, &DataType::boolean())),
            _ => {
                let error = Diagnostic::plan("HW2009", span, format!("{clause} needs a BOOLEAN"))
                    .detail(format!("{clause} clause must be a condition; this has type {}", expr.data_type))
                    .hint("compare the value with something, for example x > 0");
                self.fail(error)
            }
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &ast::Expr, span: Span) -> Bound<Expr> {
        match op {
            UnaryOp::Not => {
                let arg = self.condition(operand, "NOT")?;
                self.function("NOT", vec![arg], span)
            }
            UnaryOp::Plus => self.expr(operand),
            UnaryOp::Minus => {
                if let Syntax::Literal(ast::Literal::Exact(digits)) = &operand.kind {
                    return self.exact(true, digits, span);
                }
                let arg = self.expr(operand)?;
                self.function("NEGATE", vec![arg], span)
            }
            UnaryOp::Running | UnaryOp::Final => {
                self.unsupported(span, "this pattern operator", "it is for MATCH_RECOGNIZE only")
            }
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &ast::Expr, right: &ast::Expr, span: Span) -> Bound<Expr> {
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            return self.logical(op, left, right);
        }
        if let (BinaryOp::Overlaps, Syntax::Row(a), Syntax::Row(b)) = (op, &left.kind, &right.kind)
            && (a.len(), b.len()) == (2, 2)
        {
            let args = all(a.iter().chain(b).map(|part| self.expr(part)).collect())?;
            return self.function("OVERLAPS", args, span);
        }
        if op == BinaryOp::NotSubmultisetOf {
            return self.fail(refused(span, "NOT SUBMULTISET OF", "use the functions of ARRAY"));
        }
        let Some(name) = operator_name(op) else {
            return self.unsupported(span, "this operator", "use the functions of ARRAY or plain comparisons");
        };
        if let (Syntax::Row(a), Syntax::Row(b)) = (&left.kind, &right.kind)
            && a.len() == b.len()
            && matches!(op, BinaryOp::Eq | BinaryOp::NotEq)
        {
            return self.compare_rows(name, a, b, span);
        }
        let args = all(vec![self.expr(left), self.expr(right)])?;
        self.function(name, args, span)
    }

    fn compare_rows(&mut self, name: &'static str, a: &[ast::Expr], b: &[ast::Expr], span: Span) -> Bound<Expr> {
        let pair = |binder: &mut Self, (a, b): (&ast::Expr, &ast::Expr)| {
            let args = all(vec![binder.expr(a), binder.expr(b)])?;
            binder.function("=", args, span)
        };
        let parts = a.iter().zip(b).map(|parts| pair(self, parts)).collect();
        let equal = and(all(parts)?).unwrap_or_else(|| constant(Value::Boolean(true), TypeKind::Boolean));
        if name == "=" { Ok(equal) } else { self.function("NOT", vec![equal], span) }
    }

    fn logical(&mut self, op: BinaryOp, left: &ast::Expr, right: &ast::Expr) -> Bound<Expr> {
        let name = if op == BinaryOp::And { "AND" } else { "OR" };
        let parts = all(vec![self.condition(left, name), self.condition(right, name)])?;
        let nullable = parts.iter().any(|part| part.data_type.nullable);
        let mut flat = Vec::new();
        for part in parts {
            match (op, part.kind) {
                (BinaryOp::And, ExprKind::And(inner)) | (BinaryOp::Or, ExprKind::Or(inner)) => flat.extend(inner),
                (_, kind) => flat.push(Expr::new(kind, part.data_type)),
            }
        }
        let kind = if op == BinaryOp::And { ExprKind::And(flat) } else { ExprKind::Or(flat) };
        Ok(Expr::new(kind, DataType::boolean().with_nullable(nullable)))
    }

    fn row(&mut self, items: &[ast::Expr]) -> Bound<Expr> {
        let args = self.exprs(items)?;
        let field =
            |(index, arg): (usize, &Expr)| RowField { name: format!("EXPR${index}"), data_type: arg.data_type.clone() };
        let fields = args.iter().enumerate().map(field).collect();
        Ok(Expr::call("ROW", args, DataType::not_null(TypeKind::Row(fields))))
    }

    fn interval_of(&mut self, value: &ast::Expr, qualifier: &ast::IntervalQualifier, span: Span) -> Bound<Expr> {
        let amount = self.expr(value)?;
        let (Some(kind), Some(unit)) = (interval_type(qualifier), unit_amount(qualifier.start)) else {
            return self.unsupported(span, "this interval unit", "write YEAR, MONTH, DAY, HOUR, MINUTE or SECOND");
        };
        let one = match &kind {
            TypeKind::IntervalMonth(_) => Value::IntervalMonth(unit as i32),
            _ => Value::IntervalDay(unit),
        };
        let unit = constant(one, kind);
        self.function("*", vec![amount, unit], span)
    }

    fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        branches: &[ast::CaseBranch],
        otherwise: Option<&ast::Expr>,
        span: Span,
    ) -> Bound<Expr> {
        let mut bound = Vec::new();
        for branch in branches {
            let when = self.case_condition(operand, &branch.when);
            let then = self.expr(&branch.then);
            bound.push(when.and_then(|when| Ok((when, then?))));
        }
        let otherwise = otherwise.map(|expr| self.expr(expr)).transpose();
        let (branches, otherwise) = (all(bound)?, otherwise?);
        self.make_case(branches, otherwise, span)
    }

    fn case_condition(&mut self, operand: Option<&ast::Expr>, values: &[ast::Expr]) -> Bound<Expr> {
        let Some(operand) = operand else {
            let parts = values.iter().map(|value| self.condition(value, "CASE WHEN")).collect();
            return Ok(any(all(parts)?));
        };
        let mut parts = Vec::new();
        for value in values {
            let args = all(vec![self.expr(operand), self.expr(value)]);
            parts.push(args.and_then(|args| self.function("=", args, value.span)));
        }
        Ok(any(all(parts)?))
    }

    /// CASE over bound parts; the branches are brought to their common type.
    pub(crate) fn make_case(
        &mut self,
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Expr>,
        span: Span,
    ) -> Bound<Expr> {
        let values = branches.iter().map(|(_, then)| then).chain(otherwise.as_ref());
        let values: Vec<&DataType> = values.map(|value| &value.data_type).collect();
        let Some(mut common) = least_restrictive(&values) else {
            let types: Vec<String> = values.iter().map(ToString::to_string).collect();
            return self.fail(
                Diagnostic::plan("HW2010", span, "the branches of CASE have no common type")
                    .detail(format!("Illegal mixing of types in CASE or COALESCE statement: {}", types.join(", ")))
                    .hint("cast the branches to one type"),
            );
        };
        common.nullable |= otherwise.is_none();
        let branches = branches.into_iter().map(|(when, then)| (when, cast_to(then, &common))).collect();
        let otherwise = otherwise.map(|expr| Box::new(cast_to(expr, &common)));
        Ok(Expr::new(ExprKind::Case { branches, otherwise }, common))
    }

    fn cast(&mut self, syntax: &ast::Expr, to: &ast::TypeName, safe: bool, span: Span) -> Bound<Expr> {
        let (input, target) = (self.expr(syntax), self.data_type(to));
        let (input, target) = (input?, target?);
        let is_null = matches!(&input.kind, ExprKind::Literal(value) if value.is_null());
        if is_null && !safe && is_castable_null(&input.data_type.kind, &target.kind) {
            return Ok(Expr::literal(Value::Null, target.with_nullable(true)));
        }
        let lenient = self.session.config.is("table.exec.legacy-cast-behaviour", "ENABLED");
        if data::cast::supports_kind(&input.data_type.kind, &target.kind).is_none() {
            return self.fail(
                Diagnostic::plan("HW2012", span, format!("{} cannot be cast to {}", input.data_type, target))
                    .detail(format!(
                        "Cast function cannot convert value of type {} to type {}",
                        input.data_type, target
                    ))
                    .hint("cast to STRING, or extract the part that is wanted first"),
            );
        }
        let nullable = input.data_type.nullable || input.data_type.kind == TypeKind::Null || safe;
        let data_type = target.with_nullable(nullable);
        if input.data_type.kind == data_type.kind && !safe && self.time_of(&input).is_none() {
            return Ok(Expr { data_type, ..input });
        }
        if is_null {
            return Ok(Expr::literal(Value::Null, data_type));
        }
        Ok(Expr::new(ExprKind::Cast { input: Box::new(input), is_try: safe || lenient }, data_type))
    }

    pub(crate) fn time_of(&mut self, expr: &Expr) -> Option<crate::node::TimeAttribute> {
        let columns = self.frame().node.as_ref().map(|node| node.columns.clone()).unwrap_or_default();
        crate::build::time_of(expr, &columns)
            .or_else(|| expr.as_column().and_then(|at| self.frame().scope.field_at(at).and_then(|field| field.time)))
    }

    /// A logical type from its name.
    pub(crate) fn data_type(&mut self, name: &ast::TypeName) -> Bound<DataType> {
        match sql::types::to_data_type(name) {
            Ok(data_type) => Ok(data_type),
            Err(error) => self.fail(error),
        }
    }

    pub(crate) fn field_of(&mut self, base: Expr, field: &ast::Ident) -> Bound<Expr> {
        let TypeKind::Row(fields) = &base.data_type.kind else {
            let message = format!("a value of type {} has no fields", base.data_type);
            return self.fail(
                Diagnostic::plan("HW2017", field.span, message)
                    .detail(format!("'{}' is read from something that is not a ROW", field.value))
                    .hint("only ROW values have fields; use [..] for arrays and maps"),
            );
        };
        let Some(index) = fields.iter().position(|candidate| candidate.name == field.value) else {
            let hint = did_you_mean(
                &field.value,
                fields.iter().map(|field| field.name.as_str()),
                format!("it has type {}", base.data_type),
            );
            let message = format!("the row has no field '{}'", field.value);
            let detail = format!("Column '{}' not found in any table", field.value);
            return self.fail(Diagnostic::plan("HW2017", field.span, message).detail(detail).hint(hint));
        };
        let mut data_type = fields[index].data_type.clone();
        data_type.nullable |= base.data_type.nullable;
        Ok(Expr::new(ExprKind::Field { input: Box::new(base), index }, data_type))
    }

    /// Resolves `a`, `t.a`, `db.t.a`, `a.field`, `t.a.field`: the longest qualifier that names a relation wins.
    pub(crate) fn column(&mut self, name: &ast::ObjectName) -> Bound<Expr> {
        if name.0.len() == 1 && name.last().eq_ignore_ascii_case("PI") {
            let found = self.attempt(|binder| binder.named_column(name));
            return found.map_or_else(|| self.function("PI", Vec::new(), name.span()), Ok);
        }
        self.named_column(name)
    }

    fn named_column(&mut self, name: &ast::ObjectName) -> Bound<Expr> {
        if let [single] = name.0.as_slice()
            && self.frame().clause == Clause::OrderBy
            && let Some((_, expr)) = self.frame().aliases.iter().find(|(alias, _)| *alias == single.value)
        {
            return Ok(expr.clone());
        }
        let parts: Vec<&str> = name.parts().collect();
        let mut missing = None;
        for level in 0..self.frames.len() {
            let scope = &self.frames[self.frames.len() - 1 - level].scope;
            for qualifier in (0..parts.len()).rev() {
                let found = match qualifier {
                    0 => scope.column(parts[0]),
                    _ => scope.qualified(&parts[..qualifier], parts[qualifier]),
                };
                match found {
                    Found::Column(expr) => {
                        let base = self.at_level(expr, level, name)?;
                        return name.0[qualifier + 1..].iter().try_fold(base, |base, field| self.field_of(base, field));
                    }
                    Found::Ambiguous => return self.ambiguous(name),
                    Found::NoColumn { relation } => {
                        missing.get_or_insert((relation, qualifier));
                    }
                    Found::Nothing => {}
                }
            }
        }
        self.unknown_column(name, missing)
    }

    /// A column found in this frame (level 0) or `level` queries further out.
    fn at_level(&mut self, expr: Expr, level: usize, name: &ast::ObjectName) -> Bound<Expr> {
        let frame = self.frames.len() - 1 - level;
        let expr = match &self.frames[frame].grouping {
            Some(grouping) if self.frames[frame].clause != Clause::Aggregate => match grouping.key(&expr) {
                Some(key) => key,
                None => return self.not_grouped(name.span(), &name.to_string()),
            },
            _ => expr,
        };
        if level == 0 {
            return Ok(expr);
        }
        Ok(expr.map_columns(&|at| OUTER * level + at))
    }

    pub(crate) fn not_grouped<T>(&mut self, span: Span, text: &str) -> Bound<T> {
        self.fail(
            Diagnostic::plan("HW2007", span, format!("'{text}' is neither grouped nor aggregated"))
                .detail(format!("Expression '{text}' is not being grouped"))
                .hint(format!("add '{text}' to GROUP BY, or aggregate it, for example with MAX({text})")),
        )
    }

    fn ambiguous(&mut self, name: &ast::ObjectName) -> Bound<Expr> {
        let error = Diagnostic::plan("HW2003", name.span(), format!("column '{name}' is in more than one table"))
            .detail(format!("Column '{}' is ambiguous", name.last()))
            .hint(format!("write the table before it, as in t.{}", name.last()));
        self.fail(error)
    }

    fn unknown_column(&mut self, name: &ast::ObjectName, missing: Option<(String, usize)>) -> Bound<Expr> {
        let columns: Vec<String> =
            self.frames.iter().rev().flat_map(|frame| frame.scope.names()).map(str::to_owned).collect();
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let error = match missing {
            Some((relation, at)) => {
                let column = name.0[at].value.clone();
                let hint = did_you_mean(&column, columns.iter().copied(), format!("'{relation}' has other columns"));
                Diagnostic::plan("HW2002", name.0[at].span, format!("'{relation}' has no column '{column}'"))
                    .detail(format!("Column '{column}' not found in table '{relation}'"))
                    .hint(hint)
            }
            None if name.0.len() > 1 => {
                let table = name.0[0].value.clone();
                let relations: Vec<String> =
                    self.frames.iter().flat_map(|frame| frame.scope.relation_names()).map(str::to_owned).collect();
                let hint = did_you_mean(
                    &table,
                    relations.iter().map(String::as_str),
                    format!("in FROM stand {}", relations.join(", ")),
                );
                Diagnostic::plan("HW2005", name.0[0].span, format!("no table '{table}' in FROM"))
                    .detail(format!("Table '{table}' not found"))
                    .hint(hint)
            }
            None => {
                let column = name.last().to_owned();
                let known = if columns.is_empty() {
                    "there is no FROM clause here".to_owned()
                } else {
                    format!("there are {}", columns.join(", "))
                };
                let hint = did_you_mean(&column, columns.iter().copied(), known);
                Diagnostic::plan("HW2002", name.span(), format!("column '{column}' is unknown"))
                    .detail(format!("Column '{column}' not found in any table"))
                    .hint(hint)
            }
        };
        self.errors.push(error);
        if let Some(span) = self.view_span
            && let Some(error) = self.errors.last_mut()
        {
            error.span = Some(span);
        }
        Err(Reported)
    }
}

fn any(mut parts: Vec<Expr>) -> Expr {
    if parts.len() == 1
        && let Some(part) = parts.pop()
    {
        return part;
    }
    let nullable = parts.iter().any(|part| part.data_type.nullable);
    Expr::new(ExprKind::Or(parts), DataType::boolean().with_nullable(nullable))
}

/// The registry name of a binary operator; `None` for those on multisets and periods.
fn operator_name(op: BinaryOp) -> Option<&'static str> {
    Some(match op {
        BinaryOp::Eq => "=",
        BinaryOp::NotEq => "<>",
        BinaryOp::Lt => "<",
        BinaryOp::LtEq => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::GtEq => ">=",
        BinaryOp::IsDistinctFrom => "IS DISTINCT FROM",
        BinaryOp::IsNotDistinctFrom => "IS NOT DISTINCT FROM",
        BinaryOp::Plus => "+",
        BinaryOp::Minus => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
        BinaryOp::Concat => "||",
        _ => return None,
    })
}

/// Casts that Flink knows of but cannot carry out; of a NULL it never needs to.
fn is_castable_null(source: &TypeKind, target: &TypeKind) -> bool {
    match (source, target) {
        (source, target) if source.is_numeric() && target.is_timestamp() => true,
        (source, target) if source.is_timestamp() && target.is_numeric() => true,
        (TypeKind::Decimal { .. }, target) => target.is_interval(),
        (source, TypeKind::Array(_)) => source.is_character(),
        (source, target) => source.is_character() && target.is_interval(),
    }
}

/// Expressions that Flink reads and none of its planners takes.
fn refused_syntax(syntax: &ast::Expr) -> Diagnostic {
    let (what, instead) = match &syntax.kind {
        Syntax::StringChain(_) => {
            return Diagnostic::plan("HW1006", syntax.span, "a string cannot be continued on the same line")
                .hint("join the strings with `||`, or put each on a line of its own");
        }
        Syntax::FormatJson(_) => ("FORMAT JSON", "leave it out: the input is read as JSON anyway"),
        Syntax::Sequence { .. } => ("a sequence", "take a number that the rows have, or number them with ROW_NUMBER"),
        _ => ("DEFAULT", "write NULL or a value, or leave the column out of the list of columns"),
    };
    refused(syntax.span, what, instead)
}
