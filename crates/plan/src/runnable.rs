//! Plans that can be looked at but not run. As in Flink, types, row kinds and keys of such a query can be asked for;
//! executing it is refused.

use crate::bind::over::RESULT_COLUMN;
use crate::error::unsupported;
use crate::node::{AggregateCall, Frame, Node, Op, RankFunction, SortKey};
use data::{Diagnostic, Span, TypeKind};

/// Errors of operators that Flink does not run either, or that cannot be run here yet.
pub(crate) fn runnable(node: &Node, batch: bool, span: Span) -> Result<(), Vec<Diagnostic>> {
    let mut errors = Vec::new();
    node.walk(&mut |node| match &node.op {
        Op::Rank { function, .. } if *function != RankFunction::RowNumber => {
            errors.push(rank(*function, batch, span));
        }
        Op::Over { order, frame, calls, .. } => {
            errors.extend(if batch {
                over_batch(node, order, frame, span)
            } else {
                over(node, order, frame, calls, span)
            });
        }
        _ => {}
    });
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn rank(function: RankFunction, batch: bool, span: Span) -> Diagnostic {
    let name = function.name();
    if batch {
        return unsupported(span, &format!("Top-N by {name}"), "rank with ROW_NUMBER()");
    }
    Diagnostic::plan("HW2509", span, format!("a stream has no Top-N by {name}()"))
        .detail(format!("{name}() on streaming table is not supported currently"))
        .hint("rank with ROW_NUMBER(), which numbers equal rows in the order of their arrival")
}

/// Orders and frames that a stream cannot have.
fn over(node: &Node, order: &[SortKey], frame: &Frame, calls: &[AggregateCall], span: Span) -> Option<Diagnostic> {
    let bounded_only = ["PERCENT_RANK", "CUME_DIST", "NTILE", "LEAD"];
    // Only a SELECT's own results have no other name.
    if node.inputs[0].columns.iter().any(|column| column.name.starts_with(RESULT_COLUMN)) {
        let detail = "Over Agg: Unsupported use of OVER windows. All aggregates must be computed on the same window.";
        let hint = "compute one of them in a subquery; without a frame ROW_NUMBER has ROWS and others have RANGE";
        return Some(refused(span, detail.to_owned(), hint));
    }
    let by_time = |key: &SortKey| node.inputs[0].columns[key.column].time.is_some();
    let (detail, hint) = match order {
        [key] if key.descending => (
            "The window can only be ordered in ASCENDING mode.".to_owned(),
            "order ascending; for the first rows of each partition filter ROW_NUMBER() with WHERE rn <= n",
        ),
        [key] if !by_time(key) && frame.preceding.is_some() => (
            "Non-time attribute sort is not supported for bounded OVER window.".to_owned(),
            "order by the event time, or let the frame begin with UNBOUNDED PRECEDING",
        ),
        [_] if frame.following != Some(0) => {
            ("OVER RANGE FOLLOWING windows are not supported yet.".to_owned(), "let the frame end with CURRENT ROW")
        }
        [_] => {
            let call = calls.iter().find(|call| bounded_only.contains(&call.function.as_str()))?;
            let detail = format!("{} Function is not supported in stream mode.", call.function);
            (detail, "run the query in batch mode, or use ROW_NUMBER()")
        }
        _ => (
            "The window can only be ordered by a single time column.".to_owned(),
            "write ORDER BY with the event time, or use GROUP BY",
        ),
    };
    Some(refused(span, detail, hint))
}

fn refused(span: Span, detail: String, hint: &str) -> Diagnostic {
    Diagnostic::plan("HW2510", span, "a stream has no such OVER window").detail(detail).hint(hint)
}

/// Orders whose values have no distances that the engine knows.
fn over_batch(node: &Node, order: &[SortKey], frame: &Frame, span: Span) -> Option<Diagnostic> {
    let is_distance = |bound: Option<i64>| bound.is_some_and(|distance| distance != 0);
    if frame.rows || !(is_distance(frame.preceding) || is_distance(frame.following)) {
        return None;
    }
    let kind = &node.inputs[0].columns[order.first()?.column].data_type.kind;
    let has_distances = matches!(
        kind,
        TypeKind::TinyInt
            | TypeKind::SmallInt
            | TypeKind::Int
            | TypeKind::BigInt
            | TypeKind::Date
            | TypeKind::Timestamp(_)
            | TypeKind::TimestampLtz(_)
    );
    (!has_distances).then(|| {
        let what = format!("a RANGE frame with a distance over {kind}");
        unsupported(span, &what, "order by a whole number, a date or a timestamp, or count ROWS")
    })
}
