//! Time attributes after rewriting: a regular join, and what is computed from one, has plain timestamps only, because
//! its rows no longer come in the order of time.

use crate::node::{Node, Op, TimeAttribute, WindowKind};
use data::{Diagnostic, Span};

/// Sets which columns carry time; reports operators that need time where none is left.
pub(crate) fn settle(mut node: Node, errors: &mut Vec<Diagnostic>) -> Node {
    node.inputs = node.inputs.into_iter().map(|input| settle(input, errors)).collect();
    match &node.op {
        Op::Join { .. } | Op::Aggregate { .. } => node.columns.iter_mut().for_each(|column| column.time = None),
        Op::Calc { columns, .. } => {
            let times: Vec<_> =
                columns.iter().map(|expr| crate::build::time_of(expr, &node.inputs[0].columns)).collect();
            node.columns.iter_mut().zip(times).for_each(|(column, time)| column.time = time);
        }
        Op::Union => {
            for at in 0..node.columns.len() {
                let first = node.inputs[0].columns[at].time;
                let same = node.inputs.iter().all(|input| input.columns[at].time == first);
                node.columns[at].time = first.filter(|_| same);
            }
        }
        Op::Unnest { .. } | Op::Rank { .. } | Op::Deduplicate { .. } | Op::Sort { .. } | Op::SortLimit { .. } => {
            let inputs = node.inputs[0].columns.iter().map(|column| column.time).collect::<Vec<_>>();
            node.columns.iter_mut().zip(inputs).for_each(|(column, time)| column.time = time);
        }
        Op::WindowAssign { window } => {
            let lost = match window.bound {
                crate::node::Bound::Time(at) => node.inputs[0].columns[at].time.is_none(),
                crate::node::Bound::Attached { .. } => false,
            };
            if lost {
                errors.push(
                    Diagnostic::plan("HW2033", Span::default(), "the window's time column is no time attribute here")
                        .detail("the column went through a join or an aggregation, whose rows do not follow time")
                        .hint("put rows into windows before joining them, or bound the join by time"),
                );
            }
            let inputs = node.inputs[0].columns.iter().map(|column| column.time).collect::<Vec<_>>();
            node.columns.iter_mut().zip(inputs).for_each(|(column, time)| column.time = time);
        }
        Op::WindowAggregate { window, .. } => {
            if let WindowKind::Hop { size, slide, .. } = window.kind
                && size % slide != 0
            {
                errors.push(
                    Diagnostic::plan("HW2034", Span::default(), "the size of HOP is no multiple of its slide")
                        .detail(format!(
                            "HOP table function based aggregate requires size must be an integral multiple of slide, \
                             but got size {size} ms and slide {slide} ms"
                        ))
                        .hint("choose a size that is a multiple of the slide"),
                );
            }
        }
        Op::Sink { .. } => {
            let input = &node.inputs[0];
            let times = input.columns.iter().filter(|column| column.time == Some(TimeAttribute::Event));
            let names: Vec<&str> = times.map(|column| column.name.as_str()).collect();
            if names.len() > 1 {
                errors.push(
                    Diagnostic::plan("HW2054", Span::default(), "a table can be written with one event time only")
                        .detail(format!(
                            "The query contains more than one rowtime attribute column [{}] for writing into the table",
                            names.join(", ")
                        ))
                        .hint("CAST all but one of them to TIMESTAMP(3)"),
                );
            }
        }
        _ => {}
    }
    node
}
