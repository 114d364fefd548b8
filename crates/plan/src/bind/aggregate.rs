//! Grouping: GROUP BY keys, aggregate calls, grouping sets.
//!
//! A grouped SELECT is bound in two steps: first its aggregate calls are collected and an Aggregate node is made, then
//! its expressions are bound over that node, each part that equals a key or a call becoming a column.

use super::correlate::own_column;
use super::special::{null_word, word};
use super::{Binder, Clause, Frame, all};
use crate::build::{and, conjuncts};
use crate::error::Bound;
use crate::node::{AggregateCall, Column, Node, Op};
use crate::types::cast_to;
use data::types::{DataType, TypeKind};
use data::{Diagnostic, Span, Value};
use functions::{BindArg, Expr, ExprKind};
use sql::ast::{self, ArgValue, ExprKind as Syntax, GroupItem, JsonCall};

/// How the current frame is grouped; expressions refer to the aggregate's output.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grouping {
    /// Keys over the input, and their columns in the output.
    pub(crate) keys: Vec<(Expr, Expr)>,
    /// Calls over the input, and their columns in the output.
    pub(crate) calls: Vec<(CallKey, Expr)>,
    /// Which keys each grouping set holds; empty for a plain GROUP BY.
    pub(crate) sets: Vec<Vec<usize>>,
    /// The column that numbers the grouping sets.
    pub(crate) set_id: Option<Expr>,
    /// While calls are collected, unknown ones are noted instead of being refused.
    pub(crate) collecting: bool,
}

/// An aggregate call over the input of its aggregation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CallKey {
    pub(crate) function: String,
    pub(crate) args: Vec<Expr>,
    pub(crate) distinct: bool,
    pub(crate) filter: Option<Expr>,
    pub(crate) result: DataType,
}

impl Grouping {
    /// The output column of a key.
    pub(crate) fn key(&self, expr: &Expr) -> Option<Expr> {
        if self.collecting {
            return Some(expr.clone());
        }
        self.keys.iter().find(|(key, _)| key == expr).map(|(_, column)| column.clone())
    }
}

/// GROUP BY over the input: distinct key expressions and the sets of them.
pub(crate) struct Groups {
    pub(crate) keys: Vec<Expr>,
    pub(crate) sets: Vec<Vec<usize>>,
}

impl Binder<'_> {
    /// The column of a whole expression that is grouped by, while a grouped frame is bound.
    pub(crate) fn grouped(&mut self, syntax: &ast::Expr) -> Option<Bound<Expr>> {
        let frame = self.frame();
        let active = frame.grouping.as_ref().is_some_and(|grouping| !grouping.collecting);
        if !active || frame.clause == Clause::Aggregate || matches!(syntax.kind, Syntax::Literal(_)) {
            return None;
        }
        if frame.grouping.as_ref().is_some_and(|grouping| grouping.keys.is_empty()) || has_aggregate(syntax) {
            return None;
        }
        let bound = self.attempt(|binder| binder.in_clause(Clause::Aggregate, |binder| binder.expr(syntax)))?;
        let grouping = self.frame().grouping.as_ref()?;
        grouping.key(&bound).map(Ok)
    }

    /// Binds GROUP BY over the input.
    pub(crate) fn groups(&mut self, group_by: &ast::GroupBy) -> Bound<Groups> {
        let mut keys = Vec::new();
        let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
        let mut plain = true;
        for item in &group_by.items {
            plain &= matches!(item, GroupItem::Expr(_));
            let choices = self.group_item(item, &mut keys)?;
            sets = sets.iter().flat_map(|set| choices.iter().map(move |choice| merge(set, choice))).collect();
        }
        if group_by.distinct {
            let mut seen = Vec::new();
            sets.retain(|set| {
                if seen.contains(set) {
                    false
                } else {
                    seen.push(set.clone());
                    true
                }
            });
        }
        if plain || sets.len() == 1 {
            sets.clear();
        }
        Ok(Groups { keys, sets })
    }

    /// The alternatives that one element of GROUP BY stands for.
    fn group_item(&mut self, item: &GroupItem, keys: &mut Vec<Expr>) -> Bound<Vec<Vec<usize>>> {
        Ok(match item {
            GroupItem::Expr(expr) => vec![self.group_keys(std::slice::from_ref(expr), keys)?],
            GroupItem::Set(exprs) => vec![self.group_keys(exprs, keys)?],
            GroupItem::Rollup(parts) => {
                let parts = parts.iter().map(|part| self.group_keys(part, keys)).collect();
                let parts = all(parts)?;
                (0..=parts.len()).rev().map(|count| parts[..count].concat()).map(normal).collect()
            }
            GroupItem::Cube(parts) => {
                let parts = parts.iter().map(|part| self.group_keys(part, keys)).collect();
                let parts = all(parts)?;
                let count = parts.len();
                let chosen = |mask: usize| {
                    (0..count)
                        .filter(|at| mask & (1 << (count - 1 - at)) != 0)
                        .flat_map(|at| parts[at].clone())
                        .collect()
                };
                (0..1usize << count).rev().map(chosen).map(normal).collect()
            }
            GroupItem::GroupingSets(items) => {
                let mut sets = Vec::new();
                for item in items {
                    sets.extend(self.group_item(item, keys)?);
                }
                sets
            }
        })
    }

    fn group_keys(&mut self, exprs: &[ast::Expr], keys: &mut Vec<Expr>) -> Bound<Vec<usize>> {
        let mut set = Vec::new();
        for syntax in exprs {
            if has_aggregate(syntax) {
                return self.aggregate_forbidden(syntax.span, "GROUP BY");
            }
            let key = self.expr(syntax)?;
            let at = keys.iter().position(|known| *known == key).unwrap_or_else(|| {
                keys.push(key);
                keys.len() - 1
            });
            set.push(at);
        }
        Ok(normal(set))
    }

    pub(crate) fn aggregate_forbidden<T>(&mut self, span: Span, clause: &str) -> Bound<T> {
        self.fail(
            Diagnostic::plan("HW2008", span, format!("an aggregate cannot stand in {clause}"))
                .detail(format!("Aggregate expression is illegal in {clause} clause"))
                .hint("aggregate in a subquery, or move the condition to HAVING"),
        )
    }

    /// An aggregate call: noted while collecting, afterwards a column of the aggregate.
    pub(crate) fn aggregate_call(&mut self, call: &ast::Call, span: Span) -> Bound<Expr> {
        if self.frame().clause == Clause::Aggregate {
            return self.fail(
                Diagnostic::plan("HW2008", span, "aggregates cannot be nested")
                    .detail("Aggregate expressions cannot be nested")
                    .hint("compute the inner aggregate in a subquery"),
            );
        }
        if self.frame().grouping.is_none() {
            let clause = match self.frame().clause {
                Clause::Where => "WHERE",
                Clause::On => "ON",
                Clause::GroupBy => "GROUP BY",
                _ => "this place",
            };
            return self.aggregate_forbidden(span, clause);
        }
        let key = self.call_key(call, span)?;
        self.call_column(key)
    }

    fn call_column(&mut self, key: CallKey) -> Bound<Expr> {
        let grouping = self.frame().grouping.as_mut().expect("checked by the caller");
        if let Some((_, column)) = grouping.calls.iter().find(|(known, _)| *known == key) {
            return Ok(column.clone());
        }
        let column = Expr::column(usize::MAX, key.result.clone());
        grouping.calls.push((key, column.clone()));
        Ok(column)
    }

    /// Types an aggregate call over the input of the aggregation.
    pub(crate) fn call_key(&mut self, call: &ast::Call, span: Span) -> Bound<CallKey> {
        let name = call.name.last().to_uppercase();
        if !call.within_group.is_empty() || !call.order_by.is_empty() || !call.within_distinct.is_empty() {
            return self.unsupported(span, "an order inside an aggregate", "aggregate without ORDER BY in the call");
        }
        if call.null_treatment.is_some() && name != "ARRAY_AGG" {
            return self.unsupported(span, "IGNORE NULLS in an aggregate", "filter with FILTER (WHERE x IS NOT NULL)");
        }
        let (args, filter) = self.in_clause(Clause::Aggregate, |binder| {
            let args = binder.aggregate_args(call);
            let filter = call.filter.as_ref().map(|filter| binder.condition(filter, "FILTER")).transpose();
            (args, filter)
        });
        let (args, mut filter) = (args?, filter?);
        if call.null_treatment == Some(ast::NullTreatment::Ignore)
            && let Some(arg) = args.first()
        {
            let present = self.function("IS NOT NULL", vec![arg.clone()], span)?;
            filter = and(filter.into_iter().chain([present]).flat_map(conjuncts).collect());
        }
        self.make_call(&name, args, call.distinct, filter, span)
    }

    fn aggregate_args(&mut self, call: &ast::Call) -> Bound<Vec<Expr>> {
        let star = call.args.iter().any(|arg| matches!(arg.value, ArgValue::Star));
        if call.args.is_empty() || (star && !call.name.last().eq_ignore_ascii_case("COUNT")) {
            let name = call.name.last().to_uppercase();
            let error = Diagnostic::plan("HW2006", call.name.span(), format!("'{name}' needs an argument"))
                .detail(format!("Invalid number of arguments to function '{name}'"))
                .hint(format!("write {name}(column)"));
            return self.fail(error);
        }
        let mut args = Vec::new();
        for arg in &call.args {
            args.push(match &arg.value {
                ArgValue::Expr(expr) => self.expr(expr),
                ArgValue::Star => continue,
                _ => self.unsupported(arg.span, "this argument of an aggregate", "write an expression"),
            });
        }
        all(args)
    }

    fn make_call(
        &mut self,
        name: &str,
        args: Vec<Expr>,
        distinct: bool,
        filter: Option<Expr>,
        span: Span,
    ) -> Bound<CallKey> {
        let Some(def) = functions::aggregate(name) else {
            return self.unsupported(span, &format!("the aggregate {name}"), "use another aggregate function");
        };
        let grouped = self
            .frame()
            .grouping
            .as_ref()
            .is_some_and(|grouping| !grouping.keys.is_empty() && !grouping.sets.iter().any(Vec::is_empty));
        let bind_args: Vec<BindArg> =
            args.iter().map(|arg| BindArg { data_type: &arg.data_type, literal: arg.as_literal() }).collect();
        match (def.bind)(&bind_args, grouped && filter.is_none()) {
            Ok(binding) => {
                let args = args.into_iter().zip(&binding.params).map(|(arg, param)| cast_to(arg, param)).collect();
                // The least and the greatest of a set are those of the rows it came from.
                let distinct = distinct && !matches!(def.name, "MIN" | "MAX");
                Ok(CallKey { function: def.name.to_owned(), args, distinct, filter, result: binding.result })
            }
            Err(error) => {
                let types: Vec<String> = args.iter().map(|arg| arg.data_type.to_string()).collect();
                let hint = error.hint.unwrap_or_else(|| format!("it is written {}", def.syntax.join(" or ")));
                let call = format!("{}({})", def.name, types.join(", "));
                self.fail(
                    Diagnostic::plan("HW2006", span, format!("'{name}' cannot aggregate these arguments"))
                        .detail(format!("{}; the call is {call}", error.message))
                        .hint(hint),
                )
            }
        }
    }

    /// JSON_OBJECTAGG and JSON_ARRAYAGG.
    pub(crate) fn json_aggregate(&mut self, call: &JsonCall, span: Span) -> Bound<Expr> {
        if self.frame().grouping.is_none() || self.frame().clause == Clause::Aggregate {
            return self.aggregate_forbidden(span, "this place");
        }
        let (name, args) = match call {
            JsonCall::ObjectAgg { entry, on_null } => {
                let args = self.in_clause(Clause::Aggregate, |binder| {
                    let null = Ok(word(null_word(*on_null, "NULL")));
                    let (word, value) = binder.json_item(&entry.value)?;
                    all(vec![null, Ok(word), binder.expr(&entry.key), Ok(value)])
                });
                ("JSON_OBJECTAGG", args?)
            }
            JsonCall::ArrayAgg { item, order_by, on_null } if order_by.is_empty() => {
                let args = self.in_clause(Clause::Aggregate, |binder| {
                    let (raw, value) = binder.json_item(item)?;
                    Ok(vec![word(null_word(*on_null, "ABSENT")), raw, value])
                });
                ("JSON_ARRAYAGG", args?)
            }
            _ => return self.unsupported(span, "ORDER BY in a JSON aggregate", "aggregate without ORDER BY"),
        };
        let key = self.make_call(name, args, false, None, span)?;
        self.call_column(key)
    }

    /// GROUPING(a, ...): a bit per argument, set where the argument's column is aggregated away.
    pub(crate) fn grouping_call(&mut self, name: &str, call: &ast::Call, span: Span) -> Bound<Expr> {
        let Some(grouping) = self.frame().grouping.clone() else {
            return self.fail(
                Diagnostic::plan("HW2008", span, format!("{name} needs a GROUP BY"))
                    .detail(format!("{name} operator may only occur in an aggregate query"))
                    .hint("write it in the SELECT list of a query with GROUP BY GROUPING SETS"),
            );
        };
        if grouping.collecting {
            return Ok(Expr::column(usize::MAX, DataType::not_null(TypeKind::BigInt)));
        }
        let args = self.in_clause(Clause::Aggregate, |binder| binder.aggregate_args(call))?;
        let mut positions = Vec::new();
        for arg in &args {
            match grouping.keys.iter().position(|(key, _)| key == arg) {
                Some(at) => positions.push(at),
                None => {
                    return self.fail(
                        Diagnostic::plan("HW2007", span, format!("an argument of {name} is not grouped by"))
                            .detail(format!("Argument to operator '{name}' must be a grouped expression"))
                            .hint("name columns of GROUP BY"),
                    );
                }
            }
        }
        let bits = |set: &Vec<usize>| {
            let missing = |value: i64, at: &usize| value * 2 + i64::from(!set.contains(at));
            Value::BigInt(positions.iter().fold(0, missing))
        };
        let data_type = DataType::not_null(TypeKind::BigInt);
        let Some(set_id) = grouping.set_id.clone() else {
            return Ok(Expr::literal(Value::BigInt(0), data_type));
        };
        let mut branches = Vec::new();
        for (id, set) in grouping.sets.iter().enumerate() {
            let number = Expr::literal(Value::BigInt(id as i64), data_type.clone());
            let when = self.function("=", vec![set_id.clone(), number], span)?;
            branches.push((when, Expr::literal(bits(set), data_type.clone())));
        }
        let last = branches.pop().map(|(_, value)| Box::new(value));
        Ok(Expr::new(ExprKind::Case { branches, otherwise: last }, data_type))
    }

    /// Puts the aggregate that the frame's grouping describes on top of its node.
    pub(crate) fn apply_grouping(&mut self) {
        let frame = self.frame();
        let (Some(input), Some(mut grouping)) = (frame.node.take(), frame.grouping.take()) else { return };
        let node = aggregate_node(input, &mut grouping);
        grouping.collecting = false;
        frame.node = Some(node);
        frame.grouping = Some(grouping);
    }
}

/// Calc of keys, arguments and filters; Expand for grouping sets; Aggregate.
fn aggregate_node(input: Node, grouping: &mut Grouping) -> Node {
    let mut columns: Vec<(String, Expr)> = Vec::new();
    for (at, (key, _)) in grouping.keys.iter().enumerate() {
        let name = own_column(key).map_or_else(|| format!("$k{at}"), |at| input.columns[at].name.clone());
        columns.push((name, key.clone()));
    }
    let key_count = columns.len();
    let mut place = |expr: &Expr| match columns[key_count..].iter().position(|(_, known)| known == expr) {
        Some(at) => key_count + at,
        None => {
            let at = columns.len();
            let name = own_column(expr).map_or_else(|| format!("$f{at}"), |at| input.columns[at].name.clone());
            columns.push((name, expr.clone()));
            at
        }
    };
    let mut calls = Vec::new();
    for (key, _) in &grouping.calls {
        let args = key.args.iter().map(|arg| match arg.kind {
            ExprKind::Literal(_) => arg.clone(),
            _ => Expr::column(place(arg), arg.data_type.clone()),
        });
        let args = args.collect();
        let filter = key.filter.as_ref().map(&mut place);
        let (function, result) = (key.function.clone(), key.result.clone());
        calls.push(AggregateCall { function, args, distinct: key.distinct, filter, result });
    }
    let mut below = Node::calc(input, columns, None);
    let mut keys: Vec<usize> = (0..key_count).collect();
    if !grouping.sets.is_empty() {
        keys.push(below.width());
        below = expand(below, &grouping.sets, key_count);
    }
    let outputs = keys.iter().map(|at| below.columns[*at].clone());
    let call_columns = calls.iter().enumerate().map(|(at, call)| Column::new(format!("$agg{at}"), call.result.clone()));
    let outputs: Vec<Column> = outputs.chain(call_columns).collect();
    let width = keys.len();
    for (at, (_, column)) in grouping.keys.iter_mut().enumerate() {
        *column = Expr::column(at, outputs[at].data_type.clone());
    }
    for (at, (_, column)) in grouping.calls.iter_mut().enumerate() {
        *column = Expr::column(width + at, outputs[width + at].data_type.clone());
    }
    grouping.set_id =
        (!grouping.sets.is_empty()).then(|| Expr::column(key_count, outputs[key_count].data_type.clone()));
    Node::new(Op::Aggregate { keys, calls }, vec![below], outputs)
}

/// Each row once per grouping set, keys outside the set NULL, with the set's number as a last column.
fn expand(input: Node, sets: &[Vec<usize>], key_count: usize) -> Node {
    let set_id = DataType::not_null(TypeKind::BigInt);
    let nullable = |at: usize| at < key_count && !sets.iter().all(|set| set.contains(&at));
    let mut columns: Vec<Column> = Vec::new();
    for (at, column) in input.columns.iter().enumerate() {
        let mut column = column.clone();
        column.data_type.nullable |= nullable(at);
        column.time = column.time.filter(|_| !nullable(at));
        columns.push(column);
    }
    columns.push(Column::new("$e", set_id.clone()));
    let projections = sets
        .iter()
        .enumerate()
        .map(|(id, set)| {
            let column = |at: usize| {
                if at < key_count && !set.contains(&at) {
                    Expr::literal(Value::Null, columns[at].data_type.clone())
                } else {
                    input.column(at)
                }
            };
            let number = Expr::literal(Value::BigInt(id as i64), set_id.clone());
            (0..input.width()).map(column).chain(std::iter::once(number)).collect()
        })
        .collect();
    Node::new(Op::Expand { projections }, vec![input], columns)
}

fn normal(mut set: Vec<usize>) -> Vec<usize> {
    set.sort_unstable();
    set.dedup();
    set
}

fn merge(left: &[usize], right: &[usize]) -> Vec<usize> {
    normal([left, right].concat())
}

/// Whether the expression, outside of subqueries, calls an aggregate that is not an OVER call.
pub(crate) fn has_aggregate(expr: &ast::Expr) -> bool {
    let mut found = false;
    super::walk::walk(expr, &mut |part| match &part.kind {
        Syntax::Call(call) => found |= call.over.is_none() && is_aggregate(call),
        Syntax::Json(json) => {
            found |= matches!(&**json, JsonCall::ObjectAgg { .. } | JsonCall::ArrayAgg { .. });
        }
        _ => {}
    });
    found
}

fn is_aggregate(call: &ast::Call) -> bool {
    let name = call.name.last();
    let grouping = ["GROUPING", "GROUPING_ID", "GROUP_ID"].iter().any(|word| name.eq_ignore_ascii_case(word));
    grouping || (functions::aggregate(name).is_some() && functions::scalar(name).is_none())
}

impl Frame {
    /// Starts collecting the aggregate calls of this frame.
    pub(crate) fn collect_calls(&mut self, groups: Groups) {
        let keys = groups.keys.into_iter().map(|key| (key.clone(), key)).collect();
        self.grouping = Some(Grouping { keys, sets: groups.sets, collecting: true, ..Grouping::default() });
    }
}
