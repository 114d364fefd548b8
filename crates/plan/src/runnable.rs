//! Plans that can be looked at but not run. As in Flink, types, row kinds and keys of such a query can be asked for;
//! executing it is refused.

use crate::error::unsupported;
use crate::node::{AggregateCall, Frame, Node, Op, RankFunction, SortKey};
use data::{Diagnostic, Span};

/// Errors of operators that Flink does not run either, or that cannot be run here yet.
pub(crate) fn runnable(node: &Node, batch: bool, span: Span) -> Result<(), Vec<Diagnostic>> {
    let mut errors = Vec::new();
    node.walk(&mut |node| match &node.op {
        Op::Rank { function, .. } if *function != RankFunction::RowNumber => {
            errors.push(rank(*function, batch, span));
        }
        Op::Over { order, frame, calls, .. } => {
            let refused = if batch { None } else { over(node, order, frame, calls, span) };
            errors.push(refused.unwrap_or_else(|| {
                unsupported(
                    span,
                    "an OVER call that is no Top-N or deduplication",
                    "filter ROW_NUMBER() with WHERE rn <= n, or use GROUP BY and windows",
                )
            }));
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
    let ranks = ["PERCENT_RANK", "CUME_DIST"];
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
            let call = calls.iter().find(|call| ranks.contains(&call.function.as_str()))?;
            let detail = format!("{} Function is not supported in stream mode.", call.function);
            (detail, "run the query in batch mode, or use ROW_NUMBER()")
        }
        _ => (
            "The window can only be ordered by a single time column.".to_owned(),
            "write ORDER BY with the event time, or use GROUP BY",
        ),
    };
    Some(Diagnostic::plan("HW2510", span, "a stream has no such OVER window").detail(detail).hint(hint))
}
