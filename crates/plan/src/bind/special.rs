//! Calls with a syntax of their own, lowered to plain calls: units and sides become leading string literals.

use super::literal::{constant, interval_type};
use super::{Binder, all};
use crate::error::{Bound, refused};
use data::types::TypeKind;
use data::{Span, Value};
use functions::{Expr, ExprKind};
use sql::ast::{self, JsonCall, SpecialCall, TrimSide};

/// A word as an argument: a STRING literal.
pub(crate) fn word(text: &str) -> Expr {
    constant(Value::string(text), TypeKind::Char(text.chars().count() as u32))
}

impl Binder<'_> {
    pub(crate) fn special(&mut self, call: &SpecialCall, span: Span) -> Bound<Expr> {
        match call {
            SpecialCall::Extract { unit, from } => {
                let from = self.expr(from)?;
                self.function("EXTRACT", vec![word(unit.keyword()), from], span)
            }
            SpecialCall::Floor { expr, unit } => {
                let expr = self.expr(expr)?;
                self.function("FLOOR", vec![expr, word(unit.keyword())], span)
            }
            SpecialCall::Ceil { expr, unit } => {
                let expr = self.expr(expr)?;
                self.function("CEIL", vec![expr, word(unit.keyword())], span)
            }
            SpecialCall::TimestampAdd { unit, count, timestamp } => {
                let args = all(vec![self.expr(count), self.expr(timestamp)])?;
                let args = std::iter::once(word(unit.keyword())).chain(args).collect();
                self.function("TIMESTAMPADD", args, span)
            }
            SpecialCall::TimestampDiff { unit, from, to } => {
                let args = all(vec![self.expr(from), self.expr(to)])?;
                let args = std::iter::once(word(unit.keyword())).chain(args).collect();
                self.function("TIMESTAMPDIFF", args, span)
            }
            SpecialCall::Difference { end, start, qualifier } => {
                let parts = all(vec![self.expr(start), self.expr(end)])?;
                let [start, end] = <[Expr; 2]>::try_from(parts).expect("two parts were bound");
                self.difference(start, end, qualifier, span)
            }
            SpecialCall::Trim { side, what, from } => {
                let side = match side {
                    TrimSide::Both => "BOTH",
                    TrimSide::Leading => "LEADING",
                    TrimSide::Trailing => "TRAILING",
                };
                let what = what.as_ref().map_or_else(|| Ok(word(" ")), |what| self.expr(what));
                let args = all(vec![what, self.expr(from)])?;
                self.function("TRIM", std::iter::once(word(side)).chain(args).collect(), span)
            }
            SpecialCall::Position { needle, haystack, from } => {
                self.plain("POSITION", &[needle, haystack], from.as_ref(), span)
            }
            SpecialCall::Substring { expr, start, length } => {
                self.plain("SUBSTRING", &[expr, start], length.as_ref(), span)
            }
            SpecialCall::Overlay { expr, new, start, length } => {
                self.plain("OVERLAY", &[expr, new, start], length.as_ref(), span)
            }
            SpecialCall::TranslateUsing { .. } => {
                self.unsupported(span, "a conversion between character sets", "use ENCODE and DECODE")
            }
        }
    }

    /// `(end - start) DAY TO SECOND`: every millisecond between them; or whole months.
    fn difference(&mut self, start: Expr, end: Expr, qualifier: &ast::IntervalQualifier, span: Span) -> Bound<Expr> {
        let Some(kind) = interval_type(qualifier) else {
            return self.unsupported(span, "this interval qualifier", "write DAY TO SECOND or MONTH");
        };
        let unit = if let TypeKind::IntervalMonth(_) = kind { "MONTH" } else { "SECOND" };
        self.function("MINUS_DATE", vec![word(unit), end, start], span)
    }

    fn plain(&mut self, name: &str, args: &[&ast::Expr], last: Option<&ast::Expr>, span: Span) -> Bound<Expr> {
        let args = args.iter().copied().chain(last).map(|arg| self.expr(arg)).collect();
        let args = all(args)?;
        self.function(name, args, span)
    }

    /// The SQL/JSON functions: behaviours become trailing words.
    pub(crate) fn json(&mut self, call: &JsonCall, span: Span) -> Bound<Expr> {
        match call {
            JsonCall::Exists { input, path, on_error } => {
                let mut args = all(vec![self.expr(input), self.expr(path)])?;
                if let Some(behaviour) = on_error {
                    args.push(word(match behaviour {
                        ast::JsonExistsOnError::True => "TRUE",
                        ast::JsonExistsOnError::False => "FALSE",
                        ast::JsonExistsOnError::Unknown => "UNKNOWN",
                        ast::JsonExistsOnError::Error => "ERROR",
                    }));
                }
                self.function("JSON_EXISTS", args, span)
            }
            JsonCall::Value { .. } => self.json_value(call, span),
            JsonCall::Query { .. } => self.json_query(call, span),
            JsonCall::Object { entries, on_null } => self.json_object(entries, *on_null, span),
            JsonCall::Array { items, on_null } => self.json_array(items, *on_null, span),
            JsonCall::ObjectAgg { .. } | JsonCall::ArrayAgg { .. } => self.json_aggregate(call, span),
        }
    }

    /// `JSON_VALUE(input, path, on empty, default, on error, default)` cast to the type that RETURNING names.
    fn json_value(&mut self, call: &JsonCall, span: Span) -> Bound<Expr> {
        let JsonCall::Value { input, path, returning, on_empty, on_error } = call else {
            return self.unsupported(span, "this JSON call", "use JSON_VALUE");
        };
        let mut args = all(vec![self.expr(input), self.expr(path)])?;
        for behaviour in [on_empty, on_error] {
            let (kind, default) = match behaviour {
                None | Some(ast::JsonValueOn::Null) => ("NULL", None),
                Some(ast::JsonValueOn::Error) => ("ERROR", None),
                Some(ast::JsonValueOn::Default(expr)) => ("DEFAULT", Some(self.expr(expr)?)),
            };
            args.push(word(kind));
            let null = || Expr::literal(Value::Null, data::DataType::string());
            args.push(default.unwrap_or_else(null));
        }
        if let Some(returning) = returning {
            let data_type = self.data_type(returning)?;
            args.push(Expr::literal(Value::Null, data_type));
        }
        self.function("JSON_VALUE", args, span)
    }

    /// `JSON_QUERY(input, path, wrapper, on empty, on error)`, with a NULL of the RETURNING type last.
    fn json_query(&mut self, call: &JsonCall, span: Span) -> Bound<Expr> {
        let JsonCall::Query { input, path, returning, wrapper, on_empty, on_error } = call else {
            return self.unsupported(span, "this JSON call", "use JSON_QUERY");
        };
        let mut args = all(vec![self.expr(input), self.expr(path)])?;
        args.push(word(match wrapper {
            None | Some(ast::JsonWrapper::Without) => "WITHOUT",
            Some(ast::JsonWrapper::Unconditional) => "UNCONDITIONAL",
            Some(ast::JsonWrapper::Conditional) => "CONDITIONAL",
        }));
        for behaviour in [on_empty, on_error] {
            args.push(word(match behaviour {
                None | Some(ast::JsonQueryOn::Null) => "NULL",
                Some(ast::JsonQueryOn::Error) => "ERROR",
                Some(ast::JsonQueryOn::EmptyArray) => "EMPTY ARRAY",
                Some(ast::JsonQueryOn::EmptyObject) => "EMPTY OBJECT",
            }));
        }
        if let Some(returning) = returning {
            let data_type = self.data_type(returning)?;
            args.push(Expr::literal(Value::Null, data_type));
        }
        self.function("JSON_QUERY", args, span)
    }

    fn json_object(&mut self, entries: &[ast::JsonEntry], on_null: Option<ast::JsonOnNull>, span: Span) -> Bound<Expr> {
        let mut args = vec![Ok(word(null_word(on_null, "NULL")))];
        for entry in entries {
            let key = self.expr(&entry.key);
            match self.json_item(&entry.value) {
                Ok((word, value)) => args.extend([Ok(word), key, Ok(value)]),
                Err(reported) => args.push(Err(reported)),
            }
        }
        let args = all(args)?;
        self.function("JSON_OBJECT", args, span)
    }

    fn json_array(&mut self, items: &[ast::JsonItem], on_null: Option<ast::JsonOnNull>, span: Span) -> Bound<Expr> {
        let mut args = vec![Ok(word(null_word(on_null, "ABSENT")))];
        for item in items {
            match self.json_item(item) {
                Ok((word, value)) => args.extend([Ok(word), Ok(value)]),
                Err(reported) => args.push(Err(reported)),
            }
        }
        let args = all(args)?;
        self.function("JSON_ARRAY", args, span)
    }

    /// A value for JSON, behind the word that says whether its text is JSON already (`RAW`): that of `JSON(x)`, which
    /// may stand here only, and of a nested JSON_OBJECT or JSON_ARRAY.
    pub(crate) fn json_item(&mut self, item: &ast::JsonItem) -> Bound<(Expr, Expr)> {
        if item.format_json {
            return self.fail(refused(item.expr.span, "FORMAT JSON", "write JSON(value)"));
        }
        let expr = match &item.expr.kind {
            ast::ExprKind::Call(call) if call.name.last().eq_ignore_ascii_case("JSON") => {
                let args = self.plain_args(call, item.expr.span)?;
                self.function("JSON", args, item.expr.span)?
            }
            _ => self.expr(&item.expr)?,
        };
        let raw = matches!(&expr.kind, ExprKind::Call { function, .. }
            if matches!(&**function, "JSON" | "JSON_OBJECT" | "JSON_ARRAY"));
        Ok((word(if raw { "RAW" } else { "VALUE" }), expr))
    }
}

pub(crate) fn null_word(on_null: Option<ast::JsonOnNull>, default: &'static str) -> &'static str {
    match on_null {
        None => default,
        Some(ast::JsonOnNull::Null) => "NULL",
        Some(ast::JsonOnNull::Absent) => "ABSENT",
    }
}
