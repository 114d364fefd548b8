//! Window table functions: each row once for every window it is in, followed by window_start, window_end, window_time.

use super::window::{Assigner, Span};
use super::{Context, Operator, Output, Result};
use arrow_array::{ArrayRef, Int64Array, UInt32Array};
use data::ChangeBatch;
use plan::{Node, Window};
use std::sync::Arc;

pub(crate) struct WindowAssign {
    assigner: Assigner,
}

impl WindowAssign {
    pub(crate) fn new(node: &Node, window: &Window) -> Self {
        Self { assigner: Assigner::new(window, node) }
    }
}

impl Operator for WindowAssign {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, out: &mut Output) -> Result {
        let assigned = self.assigner.assign(batch, context, true)?;
        let rows: UInt32Array = assigned.iter().map(|(row, _)| *row).collect();
        let column = |value: &dyn Fn(Span) -> i64| -> ArrayRef {
            Arc::new(assigned.iter().map(|(_, span)| value(*span)).collect::<Int64Array>())
        };
        let spread = batch.take(&rows);
        let mut columns = spread.columns().to_vec();
        columns.push(column(&|span| span.start));
        columns.push(column(&|span| span.end));
        columns.push(column(&|span| self.assigner.window_time(span, context)));
        out.push(spread.with_columns(columns));
        Ok(())
    }
}
