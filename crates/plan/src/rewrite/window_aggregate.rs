//! Window aggregation: an aggregation whose keys hold the start and the end of a window gives each window's result
//! once, when time has passed its end.
//!
//! Where nothing between the window function and the aggregation looks at the window's columns, rows are put into
//! windows by the aggregation itself; else they keep the window they were given.

use crate::build::columns_of;
use crate::node::{AggregateCall, Bound, Column, Node, Op, TimeAttribute, Window, WindowProperty};
use functions::Expr;

/// Where a node's columns hold the edges of a window.
#[derive(Clone, Debug)]
pub(crate) struct Windowed {
    window: Window,
    start: Vec<usize>,
    end: Vec<usize>,
    time: Vec<usize>,
}

impl Windowed {
    fn property(&self, column: usize) -> Option<WindowProperty> {
        if self.start.contains(&column) {
            Some(WindowProperty::Start)
        } else if self.end.contains(&column) {
            Some(WindowProperty::End)
        } else {
            self.time.contains(&column).then_some(WindowProperty::Time)
        }
    }

    /// The end of the window, if these columns hold both of its edges and it is one of event time.
    pub(crate) fn end_of_partition(&self, partition: &[usize]) -> Option<usize> {
        let start = self.start.iter().any(|column| partition.contains(column));
        let end = self.end.iter().find(|column| partition.contains(column)).copied();
        end.filter(|_| start && self.window.time_attribute == TimeAttribute::Event)
    }

    /// The ends of the windows of two sides, if these keys make both edges equal and the windows are the same and of
    /// event time.
    pub(crate) fn ends_of_join(
        &self,
        right: &Self,
        left_keys: &[usize],
        right_keys: &[usize],
    ) -> Option<(usize, usize)> {
        let pair = |left: &[usize], right: &[usize]| {
            let mut pairs = left_keys.iter().copied().zip(right_keys.iter().copied());
            pairs.find(|(a, b)| left.contains(a) && right.contains(b))
        };
        let same = self.window.kind == right.window.kind
            && [self.window.time_attribute, right.window.time_attribute] == [TimeAttribute::Event; 2];
        pair(&self.start, &right.start).filter(|_| same)?;
        pair(&self.end, &right.end)
    }

    /// The same behind projections that each row goes through: an edge is what all of them pass on as one.
    fn through(self, projections: &[&[Expr]]) -> Self {
        let kept = |positions: &[usize]| {
            let is_kept =
                |columns: &&[Expr], at: usize| columns[at].as_column().is_some_and(|at| positions.contains(&at));
            let width = projections.first().map_or(0, |columns| columns.len());
            (0..width).filter(|at| projections.iter().all(|columns| is_kept(columns, *at))).collect()
        };
        Self { start: kept(&self.start), end: kept(&self.end), time: kept(&self.time), window: self.window }
    }

    pub(crate) fn is_edge(&self, column: usize) -> bool {
        self.property(column).is_some()
    }
}

pub(super) fn apply(node: Node) -> Node {
    let Op::Aggregate { keys, calls } = &node.op else { return node };
    let Some(windowed) = windowed(&node.inputs[0]) else { return node };
    let has = |property: WindowProperty| keys.iter().any(|key| windowed.property(*key) == Some(property));
    if !has(WindowProperty::Start) || !has(WindowProperty::End) {
        return node;
    }
    let (keys, calls) = (keys.clone(), calls.clone());
    match pulled(&node.inputs[0], &windowed, &keys, &calls) {
        Some((input, map, window)) => {
            let calls = calls.into_iter().map(|call| moved(call, &map)).collect();
            build(node, input, window, (&keys, &map), &windowed, calls)
        }
        None => {
            let mut node = node;
            let Some(input) = node.inputs.pop() else { return node };
            let (Some(start), Some(end)) = (windowed.start.first().copied(), windowed.end.first().copied()) else {
                node.inputs.push(input);
                return node;
            };
            let window = Window { bound: Bound::Attached { start, end }, ..windowed.window.clone() };
            let map: Vec<Option<usize>> = (0..input.width()).map(Some).collect();
            build(node, input, window, (&keys, &map), &windowed, calls)
        }
    }
}

/// The columns of a node that are edges of one window.
pub(crate) fn windowed(node: &Node) -> Option<Windowed> {
    match &node.op {
        Op::WindowAssign { window } => {
            let first = node.width() - 3;
            Some(Windowed { window: window.clone(), start: vec![first], end: vec![first + 1], time: vec![first + 2] })
        }
        Op::WindowAggregate { window, properties, .. } => {
            let first = node.width() - properties.len();
            let at = |wanted: WindowProperty| {
                let places = properties.iter().enumerate().filter(|(_, property)| **property == wanted);
                places.map(|(at, _)| first + at).collect::<Vec<_>>()
            };
            let (start, end, time) = (at(WindowProperty::Start), at(WindowProperty::End), at(WindowProperty::Time));
            Some(Windowed { window: window.clone(), start, end, time })
        }
        Op::Calc { columns, .. } => Some(windowed(&node.inputs[0])?.through(&[columns])),
        // Every grouping set has the window.
        Op::Expand { projections } => {
            let projections: Vec<&[Expr]> = projections.iter().map(Vec::as_slice).collect();
            Some(windowed(&node.inputs[0])?.through(&projections))
        }
        Op::Rank { .. } | Op::WindowRank { .. } | Op::Deduplicate { .. } => windowed(&node.inputs[0]),
        _ => None,
    }
}

/// The input without its window function: the rows below it, and where the columns went. `None` when the window's
/// columns are used for more than grouping.
fn pulled(
    input: &Node,
    windowed: &Windowed,
    keys: &[usize],
    calls: &[AggregateCall],
) -> Option<(Node, Vec<Option<usize>>, Window)> {
    let used = calls.iter().flat_map(|call| call.args.iter().flat_map(columns_of).chain(call.filter));
    let mut used = used.collect::<Vec<_>>();
    used.sort_unstable();
    if used.iter().any(|at| windowed.is_edge(*at)) || keys.is_empty() {
        return None;
    }
    match &input.op {
        Op::WindowAssign { window } => {
            let map = (0..input.width()).map(|at| (at < input.width() - 3).then_some(at)).collect();
            Some((input.inputs[0].clone(), map, window.clone()))
        }
        Op::Calc { columns, condition } => {
            let assign = &input.inputs[0];
            let Op::WindowAssign { window } = &assign.op else { return None };
            let Bound::Time(time) = window.bound else { return None };
            let first_edge = assign.width() - 3;
            let touches = |expr: &Expr| columns_of(expr).into_iter().any(|at| at >= first_edge);
            if condition.as_ref().is_some_and(touches) {
                return None;
            }
            if columns.iter().any(|expr| expr.as_column().is_none() && touches(expr)) {
                return None;
            }
            let mut map = Vec::new();
            let mut kept: Vec<(String, Expr)> = Vec::new();
            for (at, expr) in columns.iter().enumerate() {
                map.push((!windowed.is_edge(at)).then_some(kept.len()));
                if !windowed.is_edge(at) {
                    kept.push((input.columns[at].name.clone(), expr.clone()));
                }
            }
            let below = &assign.inputs[0];
            let time = kept.iter().position(|(_, expr)| expr.as_column() == Some(time)).unwrap_or_else(|| {
                kept.push((below.columns[time].name.clone(), below.column(time)));
                kept.len() - 1
            });
            let window = Window { bound: Bound::Time(time), ..window.clone() };
            Some((Node::calc(below.clone(), kept, condition.clone()), map, window))
        }
        _ => None,
    }
}

fn moved(mut call: AggregateCall, map: &[Option<usize>]) -> AggregateCall {
    let place = |at: usize| map[at].unwrap_or(at);
    call.args = call.args.into_iter().map(|arg| arg.map_columns(&place)).collect();
    call.filter = call.filter.map(place);
    call
}

/// The window aggregation, and a projection to the columns that the aggregation had.
fn build(
    node: Node,
    input: Node,
    window: Window,
    (keys, map): (&[usize], &[Option<usize>]),
    windowed: &Windowed,
    calls: Vec<AggregateCall>,
) -> Node {
    let plain: Vec<usize> = (0..keys.len()).filter(|at| !windowed.is_edge(keys[*at])).collect();
    let mut properties: Vec<WindowProperty> = Vec::new();
    for key in keys {
        if let Some(property) = windowed.property(*key)
            && !properties.contains(&property)
        {
            properties.push(property);
        }
    }
    let first_property = plain.len() + calls.len();
    let place = |at: usize| match keys.get(at) {
        None => plain.len() + at - keys.len(),
        Some(key) => match windowed.property(*key) {
            None => plain.iter().position(|known| *known == at).unwrap_or(0),
            Some(property) => first_property + properties.iter().position(|known| *known == property).unwrap_or(0),
        },
    };
    let order: Vec<usize> = (0..node.width()).map(place).collect();
    let mut columns: Vec<Column> = Vec::new();
    for position in 0..first_property + properties.len() {
        // Every column of the window aggregation is one of the aggregation's.
        let from = order.iter().position(|to| *to == position).unwrap_or(0);
        columns.push(node.columns[from].clone());
    }
    let own_keys = plain.iter().filter_map(|at| map[keys[*at]]).collect();
    let op = Op::WindowAggregate { window, keys: own_keys, calls, properties };
    let aggregate = Node::new(op, vec![input], columns);
    let names = node.columns.into_iter().map(|column| column.name);
    let outputs = names.zip(order).map(|(name, at)| (name, aggregate.column(at))).collect();
    Node::calc(aggregate, outputs, None)
}
