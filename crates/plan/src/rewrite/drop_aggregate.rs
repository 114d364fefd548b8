//! An aggregation of rows that are unique by its keys has one row per group: it is a projection.
//!
//! Only where every call gives the value of a single row, as SUM, MIN and MAX do; a COUNT keeps the aggregation.

use super::unique::is_unique;
use crate::node::{AggregateCall, Node, Op};
use crate::types::cast_to;
use functions::Expr;

pub(super) fn apply(mut node: Node) -> Node {
    let Op::Aggregate { keys, calls } = &node.op else { return node };
    if keys.is_empty() || !calls.iter().all(is_value) || !is_unique(&node.inputs[0], keys) {
        return node;
    }
    let (keys, calls) = (keys.clone(), calls.clone());
    let Some(input) = node.inputs.pop() else { return node };
    let key = |at: &usize| input.column(*at);
    let value = |call: &AggregateCall| {
        let arg = cast_to(call.args[0].clone(), &call.result);
        Expr { data_type: call.result.clone(), ..arg }
    };
    let columns = keys.iter().map(key).chain(calls.iter().map(value)).collect();
    Node { op: Op::Calc { columns, condition: None }, inputs: vec![input], ..node }
}

fn is_value(call: &AggregateCall) -> bool {
    matches!(call.function.as_str(), "SUM" | "MIN" | "MAX") && call.filter.is_none() && call.args.len() == 1
}
