//! The mean of what a group is keyed by is the key itself: nothing has to be kept for it.
//!
//! Where Flink takes means apart it replaces the smallest and the largest as well, and finds that they are keys; without
//! a mean of a key it leaves them alone, and so does this.

use crate::node::{AggregateCall, Node, Op};
use crate::types::cast_to;
use functions::Expr;

pub(super) fn apply(mut node: Node) -> Node {
    let Op::Aggregate { keys, calls } = &mut node.op else { return node };
    let input = &node.inputs[0];
    let places: Vec<Option<usize>> = calls.iter().map(|call| key_of(call, keys, input)).collect();
    let is_mean = |(call, place): (&AggregateCall, &Option<usize>)| call.function == "AVG" && place.is_some();
    if !calls.iter().zip(&places).any(is_mean) {
        return node;
    }
    let results: Vec<_> = calls.iter().map(|call| call.result.clone()).collect();
    let mut place = places.iter();
    calls.retain(|_| place.next().is_some_and(Option::is_none));
    let groups = keys.len();
    let all = std::mem::take(&mut node.columns);
    let kept = |at: usize| at < groups || places[at - groups].is_none();
    node.columns = (0..all.len()).filter(|at| kept(*at)).map(|at| all[at].clone()).collect();
    let mut next = groups;
    let mut output = |at: usize| match at.checked_sub(groups).map(|call| (places[call], &results[call])) {
        None => node.column(at),
        Some((None, _)) => {
            next += 1;
            node.column(next - 1)
        }
        Some((Some(key), result)) => Expr { data_type: result.clone(), ..cast_to(node.column(key), result) },
    };
    let outputs = (0..all.len()).map(|at| (all[at].name.clone(), output(at))).collect();
    Node::calc(node, outputs, None)
}

/// The position among the keys of what the call is about.
fn key_of(call: &AggregateCall, keys: &[usize], input: &Node) -> Option<usize> {
    let about = match call.args.as_slice() {
        [arg] if matches!(call.function.as_str(), "MIN" | "MAX" | "AVG") && call.filter.is_none() => arg.as_column()?,
        _ => return None,
    };
    let same = |key: usize| match &input.op {
        Op::Calc { columns, .. } => columns[key].as_column().is_some() && columns[key] == columns[about],
        _ => false,
    };
    keys.iter().position(|key| *key == about || same(*key))
}
