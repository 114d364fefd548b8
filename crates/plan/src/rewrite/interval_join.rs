//! Interval joins: a join whose condition bounds the difference of the two sides' time attributes forgets rows as time
//! passes, and keeps the time attributes.

use crate::build::{and, conjuncts};
use crate::node::{JoinKind, Node, Op, TimeAttribute};
use data::Value;
use functions::{Expr, ExprKind};

/// Bounds of left time minus right time in milliseconds, both inclusive.
#[derive(Clone, Copy, Default)]
struct Bounds {
    lower: Option<i64>,
    upper: Option<i64>,
}

impl Bounds {
    fn narrow(&mut self, other: Bounds) {
        let pick = |one: Option<i64>, two: Option<i64>, best: fn(i64, i64) -> i64| match (one, two) {
            (Some(one), Some(two)) => Some(best(one, two)),
            (one, two) => one.or(two),
        };
        self.lower = pick(self.lower, other.lower, i64::max);
        self.upper = pick(self.upper, other.upper, i64::min);
    }
}

pub(super) fn apply(node: Node) -> Node {
    let Op::Join { kind, left_keys, right_keys, null_safe, condition } = &node.op else { return node };
    if matches!(kind, JoinKind::Semi | JoinKind::Anti) || null_safe.contains(&true) {
        return node;
    }
    let width = node.inputs[0].width();
    let mut found: Option<(usize, usize)> = None;
    let mut bounds = Bounds::default();
    let mut rest = Vec::new();
    for part in condition.clone().map(conjuncts).unwrap_or_default() {
        match bound(&part, &node, width) {
            Some((left, right, given)) if found.is_none_or(|times| times == (left, right)) => {
                found = Some((left, right));
                bounds.narrow(given);
            }
            _ => rest.push(part),
        }
    }
    if found.is_none() {
        let equal = left_keys.iter().zip(right_keys).find(|(left, right)| times(&node, **left, **right).is_some());
        if let Some((left, right)) = equal {
            found = Some((*left, *right));
            bounds = Bounds { lower: Some(0), upper: Some(0) };
        }
    }
    let (Some((left_time, right_time)), Some(lower_millis), Some(upper_millis)) = (found, bounds.lower, bounds.upper)
    else {
        return node;
    };
    let Some(time_attribute) = times(&node, left_time, right_time) else { return node };
    let op = Op::IntervalJoin {
        kind: *kind,
        left_keys: left_keys.clone(),
        right_keys: right_keys.clone(),
        condition: and(rest),
        left_time,
        right_time,
        time_attribute,
        lower_millis,
        upper_millis,
    };
    Node { op, ..node }
}

/// The time that a column of each side follows, when it is the same.
fn times(node: &Node, left: usize, right: usize) -> Option<TimeAttribute> {
    let left = &node.inputs[0].columns[left];
    let right = &node.inputs[1].columns[right];
    let same_type = std::mem::discriminant(&left.data_type.kind) == std::mem::discriminant(&right.data_type.kind);
    left.time.filter(|time| same_type && right.time == Some(*time))
}

/// A comparison of the two times: positions on their own sides, and what it says of left minus right.
fn bound(part: &Expr, node: &Node, width: usize) -> Option<(usize, usize, Bounds)> {
    let ExprKind::Call { function, args } = &part.kind else { return None };
    let [first, second] = args.as_slice() else { return None };
    let ((a, a_offset), (b, b_offset)) = (shifted(first)?, shifted(second)?);
    // first.column + a_offset OP second.column + b_offset
    let (left, right, difference, swapped) = match (a < width, b < width) {
        (true, false) => (a, b - width, b_offset - a_offset, false),
        (false, true) => (b, a - width, a_offset - b_offset, true),
        _ => return None,
    };
    times(node, left, right)?;
    let at_least = Bounds { lower: Some(difference), upper: None };
    let at_most = Bounds { lower: None, upper: Some(difference) };
    let above = Bounds { lower: Some(difference + 1), upper: None };
    let below = Bounds { lower: None, upper: Some(difference - 1) };
    let bounds = match (function.as_str(), swapped) {
        ("=", _) => Bounds { lower: Some(difference), upper: Some(difference) },
        (">=", false) | ("<=", true) => at_least,
        ("<=", false) | (">=", true) => at_most,
        (">", false) | ("<", true) => above,
        ("<", false) | (">", true) => below,
        _ => return None,
    };
    Some((left, right, bounds))
}

/// A column plus a constant number of milliseconds.
fn shifted(expr: &Expr) -> Option<(usize, i64)> {
    match &expr.kind {
        ExprKind::Column(at) => Some((*at, 0)),
        ExprKind::Call { function, args } => {
            let [left, right] = args.as_slice() else { return None };
            let millis = |expr: &Expr| match expr.as_literal() {
                Some(Value::IntervalDay(millis)) => Some(*millis),
                _ => None,
            };
            match function.as_str() {
                "+" => match (shifted(left), millis(right), millis(left), shifted(right)) {
                    (Some((at, offset)), Some(millis), _, _) | (_, _, Some(millis), Some((at, offset))) => {
                        Some((at, offset.checked_add(millis)?))
                    }
                    _ => None,
                },
                "-" => {
                    let (at, offset) = shifted(left)?;
                    Some((at, offset.checked_sub(millis(right)?)?))
                }
                _ => None,
            }
        }
        _ => None,
    }
}
