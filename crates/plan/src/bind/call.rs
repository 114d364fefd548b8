//! Calls of functions by name.

use super::{Binder, all};
use crate::error::{Bound, did_you_mean};
use crate::types::cast_to;
use data::types::{DataType, TypeKind};
use data::{Diagnostic, Span};
use functions::typing::common_type;
use functions::{BindArg, Expr, ExprKind};
use sql::ast::{self, ArgValue};

/// What to write instead of a function that Flink has and this engine does not.
fn lacking(name: &str) -> Option<&'static str> {
    match name {
        "PARSE_JSON" | "TRY_PARSE_JSON" => Some("keep the text, and read it with JSON_VALUE or JSON_QUERY"),
        "OBJECT_OF" | "OBJECT_UPDATE" => Some("build a ROW, or a text with JSON_OBJECT"),
        "PERCENTILE" => {
            Some("number the rows with ROW_NUMBER() OVER (PARTITION BY … ORDER BY …) and take the one in question")
        }
        "TUMBLE" | "TUMBLE_START" | "TUMBLE_END" | "TUMBLE_ROWTIME" | "TUMBLE_PROCTIME" | "HOP" | "HOP_START"
        | "HOP_END" | "HOP_ROWTIME" | "HOP_PROCTIME" => {
            Some("read from TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL …)) and group by window_start, window_end")
        }
        "SESSION" | "SESSION_START" | "SESSION_END" | "SESSION_ROWTIME" | "SESSION_PROCTIME" => {
            Some("use TUMBLE or HOP windows")
        }
        "ML_PREDICT" | "ML_EVALUATE" => Some("call the model where the result is read"),
        name if name.starts_with("BITMAP_") => Some("write COUNT(DISTINCT …), or keep the members with COLLECT"),
        _ => None,
    }
}

/// Calls that become other expressions.
const LOWERED: &[&str] = &["COALESCE", "IFNULL", "IF", "NULLIF", "MOD"];

/// Whether the first of two texts, or of two byte strings, cannot be NULL.
fn never_replaced(args: &[Expr]) -> bool {
    let (first, second) = (&args[0].data_type, &args[1].data_type);
    let alike = (first.kind.is_character() && second.kind.is_character())
        || (first.kind.is_binary() && second.kind.is_binary());
    alike && !first.nullable
}

/// An equality that reads a text as a date or a time finds nothing equal to what cannot be read; other comparisons fail.
fn reads_leniently(function: &str, arg: &Expr, param: &DataType) -> bool {
    matches!(function, "=" | "<>" | "IS DISTINCT FROM" | "IS NOT DISTINCT FROM")
        && arg.data_type.kind.is_character()
        && arg.as_literal().is_none()
        && param.kind.is_datetime()
}

impl Binder<'_> {
    /// Types a call of a scalar function or operator and casts its arguments.
    pub(crate) fn function(&mut self, name: &str, args: Vec<Expr>, span: Span) -> Bound<Expr> {
        let Some(def) = functions::scalar(name) else {
            return self.unknown_function(name, span);
        };
        if def.name == "CURRENT_WATERMARK" && !self.batch && args.iter().any(|arg| self.time_of(arg).is_none()) {
            return self.fail(
                Diagnostic::plan("HW2033", span, "CURRENT_WATERMARK needs a time attribute")
                    .detail("Invalid function call: the argument of CURRENT_WATERMARK must be a rowtime attribute")
                    .hint("give it the column that the table declares WATERMARK FOR"),
            );
        }
        let bind_args: Vec<BindArg> =
            args.iter().map(|arg| BindArg { data_type: &arg.data_type, literal: arg.as_literal() }).collect();
        match (def.bind)(&bind_args) {
            Ok(binding) => {
                let cast = |(arg, param): (Expr, &DataType)| {
                    if reads_leniently(def.name, &arg, param) {
                        let data_type = param.clone().with_nullable(true);
                        return Expr::new(ExprKind::Cast { input: Box::new(arg), is_try: true }, data_type);
                    }
                    cast_to(arg, param)
                };
                let args = args.into_iter().zip(&binding.params).map(cast).collect();
                Ok(Expr::call(def.name, args, binding.result))
            }
            Err(error) => {
                let types: Vec<String> = args.iter().map(|arg| arg.data_type.to_string()).collect();
                let hint = error.hint.unwrap_or_else(|| format!("it is written {}", def.syntax.join(" or ")));
                let call = format!("{}({})", def.name, types.join(", "));
                self.fail(
                    Diagnostic::plan("HW2006", span, format!("'{}' cannot be called with these arguments", def.name))
                        .detail(format!("{}; the call is {call}", error.message))
                        .hint(hint),
                )
            }
        }
    }

    fn unknown_function<T>(&mut self, name: &str, span: Span) -> Bound<T> {
        if let Some(instead) = lacking(&name.to_uppercase()) {
            return self.unsupported(span, &format!("the function {}", name.to_uppercase()), instead);
        }
        let known = functions::all().map(|def| def.name).chain(functions::all_aggregates().map(|def| def.name));
        let hint = did_you_mean(&name.to_uppercase(), known, "`headwater functions` lists what there is");
        self.fail(
            Diagnostic::plan("HW2004", span, format!("there is no function '{name}'"))
                .detail(format!("No match found for function signature {}(", name.to_uppercase()))
                .hint(hint),
        )
    }

    /// A call in an expression.
    pub(crate) fn call(&mut self, call: &ast::Call, span: Span) -> Bound<Expr> {
        let name = call.name.last().to_uppercase();
        if call.over.is_some() {
            return self.over_call(call, span);
        }
        if functions::aggregate(&name).is_some() && functions::scalar(&name).is_none() {
            return self.aggregate_call(call, span);
        }
        if matches!(name.as_str(), "GROUPING" | "GROUPING_ID" | "GROUP_ID") {
            return self.grouping_call(&name, call, span);
        }
        if functions::scalar(&name).is_none() && !LOWERED.contains(&name.as_str()) {
            return self.unknown_function(&name, span);
        }
        if call.distinct || call.filter.is_some() || !call.order_by.is_empty() || !call.within_group.is_empty() {
            let known = functions::scalar(&name).is_some();
            if known {
                return self.fail(
                    Diagnostic::plan("HW2008", span, format!("'{name}' is no aggregate function"))
                        .detail("DISTINCT, FILTER and ORDER BY inside a call are for aggregates only")
                        .hint(format!("write {name}(...) without them")),
                );
            }
        }
        let args = self.plain_args(call, span)?;
        self.named_call(&name, args, span)
    }

    /// Positional arguments of a scalar call.
    pub(crate) fn plain_args(&mut self, call: &ast::Call, span: Span) -> Bound<Vec<Expr>> {
        let mut args = Vec::new();
        for arg in &call.args {
            args.push(match &arg.value {
                ArgValue::Expr(expr) if arg.name.is_none() => self.expr(expr),
                ArgValue::Expr(_) | ArgValue::Default => self.unsupported(
                    arg.span,
                    "a named argument of a scalar function",
                    "write the arguments in their order, without names",
                ),
                _ => self.fail(
                    Diagnostic::plan("HW2006", arg.span, "this is no argument for a scalar function")
                        .detail(format!("'{}' takes values", call.name))
                        .hint("write expressions as arguments"),
                ),
            });
        }
        let _ = span;
        all(args)
    }

    /// Calls that are short for other expressions, then the registry.
    pub(crate) fn named_call(&mut self, name: &str, mut args: Vec<Expr>, span: Span) -> Bound<Expr> {
        match (name, args.len()) {
            ("COALESCE", 1..) => self.coalesce(args, span),
            // A text that is never NULL keeps its own length.
            ("IFNULL", 2) if never_replaced(&args) => Ok(args.swap_remove(0)),
            ("IFNULL", 2) => self.coalesce(args, span),
            ("IF", 3) => {
                let bare_null = |arg: &Expr| arg.data_type.kind == TypeKind::Null;
                if args[0].data_type.kind != TypeKind::Boolean || args[1..].iter().any(bare_null) {
                    return self.wrong_arguments("IF(condition, value, value)", &args, span);
                }
                let nullable = args.iter().any(|arg| arg.data_type.nullable);
                let otherwise = args.pop();
                let then = args.pop().expect("three arguments");
                let when = args.pop().expect("three arguments");
                let mut chosen = self.make_case(vec![(when, then)], otherwise, span)?;
                chosen.data_type.nullable = nullable;
                Ok(chosen)
            }
            ("NULLIF", 2) => {
                let right = args.pop().expect("two arguments");
                let left = args.pop().expect("two arguments");
                let data_type = left.data_type.clone().with_nullable(true);
                let equal = self.function("=", vec![left.clone(), right], span)?;
                let null = Expr::literal(data::Value::Null, data_type.clone());
                let otherwise = Some(Box::new(left));
                Ok(Expr::new(ExprKind::Case { branches: vec![(equal, null)], otherwise }, data_type))
            }
            ("IF" | "IFNULL" | "NULLIF" | "COALESCE", _) => {
                let form = match name {
                    "IF" => "IF(condition, value, value)",
                    "COALESCE" => "COALESCE(value, ...)",
                    _ => "a call with two values",
                };
                self.wrong_arguments(form, &args, span)
            }
            ("JSON", _) => self.fail(
                Diagnostic::plan("HW2006", span, "JSON(...) is a value for JSON_OBJECT and JSON_ARRAY only")
                    .detail("The JSON() function is only supported inside JSON_ARRAY() or as a VALUE of JSON_OBJECT()")
                    .hint("write JSON_OBJECT('name' VALUE JSON(text)), or leave JSON out"),
            ),
            ("MOD", 2) => self.function("%", args, span),
            _ => self.function(name, args, span),
        }
    }

    fn wrong_arguments<T>(&mut self, form: &str, args: &[Expr], span: Span) -> Bound<T> {
        let types: Vec<String> = args.iter().map(|arg| arg.data_type.to_string()).collect();
        self.fail(
            Diagnostic::plan("HW2006", span, "the call does not fit its function")
                .detail(format!("Invalid input arguments: ({}); it is written {form}", types.join(", ")))
                .hint(format!("write {form}")),
        )
    }

    fn coalesce(&mut self, args: Vec<Expr>, span: Span) -> Bound<Expr> {
        let types: Vec<&DataType> = args.iter().map(|arg| &arg.data_type).collect();
        let Some(common) = common_type(&types) else {
            let types: Vec<String> = types.iter().map(ToString::to_string).collect();
            return self.fail(
                Diagnostic::plan("HW2010", span, "the arguments of COALESCE have no common type")
                    .detail(format!("Illegal mixing of types in CASE or COALESCE statement: {}", types.join(", ")))
                    .hint("cast the arguments to one type"),
            );
        };
        let nullable = args.iter().all(|arg| arg.data_type.nullable);
        // Nothing behind a value that cannot be NULL is ever asked for.
        let asked = args.iter().position(|arg| !arg.data_type.nullable).map_or(args.len(), |at| at + 1);
        let args = args.into_iter().take(asked).map(|arg| cast_to(arg, &common)).collect();
        Ok(Expr::new(ExprKind::Coalesce(args), common.with_nullable(nullable)))
    }
}
