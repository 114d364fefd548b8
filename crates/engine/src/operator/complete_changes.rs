//! The filter over an upsert table whose changes come complete, -U and +U side by side: a row that leaves the condition is
//! removed, one that enters it is new. What a [`super::changelog_normalize`] does with a memory of its own.

use super::{Context, Operator, Output, Result, input_types};
use crate::expression::{Compiled, mask};
use crate::state::RowCodec;
use arrow_array::{Array, BooleanArray, UInt32Array};
use data::{ChangeBatch, Diagnostic, RowKind};
use functions::Expr;
use plan::Node;

pub(crate) struct CompleteChanges {
    condition: Option<Compiled>,
    codec: RowCodec,
    update_before: bool,
    /// A -U whose +U comes with the next batch: rows that are delivered one by one.
    open: Option<ChangeBatch>,
}

impl CompleteChanges {
    pub(crate) fn new(node: &Node, condition: Option<&Expr>) -> std::result::Result<Self, Diagnostic> {
        Ok(Self {
            condition: condition.map(|condition| Compiled::new(std::slice::from_ref(condition))).transpose()?,
            codec: RowCodec::new(&input_types(node, 0)),
            update_before: node.changelog.contains(RowKind::UpdateBefore),
            open: None,
        })
    }

    /// Which rows the condition holds for; absent: all.
    fn holds(&self, batch: &ChangeBatch, context: &Context) -> Result<Option<BooleanArray>> {
        let Some(condition) = &self.condition else { return Ok(None) };
        let results = condition.run(batch, &context.evaluation(batch.watermarks().clone(), 0))?;
        Ok(Some(mask(&results[0]).clone()))
    }

    /// Per -U of `olds`, whether the row after it is the same: an update of columns that are not read.
    fn unchanged(&self, batch: &ChangeBatch, olds: &[u32]) -> Vec<bool> {
        let rows = UInt32Array::from_iter_values(olds.iter().flat_map(|old| [*old, *old + 1]));
        let pairs = batch.take(&rows);
        let encoded = self.codec.encode(pairs.columns(), pairs.rows());
        (0..olds.len()).map(|pair| encoded.row(2 * pair) == encoded.row(2 * pair + 1)).collect()
    }

    /// Rows to pass on and what they are now.
    fn select(
        &self,
        batch: &ChangeBatch,
        kinds: &[RowKind],
        holds: impl Fn(usize) -> bool,
    ) -> (Vec<u32>, Vec<RowKind>) {
        let is_pair =
            |row: usize| kinds[row] == RowKind::UpdateBefore && kinds.get(row + 1) == Some(&RowKind::UpdateAfter);
        let stays = |row: &usize| is_pair(*row) && holds(*row) && holds(row + 1);
        let updates: Vec<u32> = (0..kinds.len()).filter(stays).map(|row| row as u32).collect();
        let mut unchanged = self.unchanged(batch, &updates).into_iter();
        let (mut rows, mut told) = (Vec::with_capacity(kinds.len()), Vec::with_capacity(kinds.len()));
        let mut tell = |row: usize, kind| {
            rows.push(row as u32);
            told.push(kind);
        };
        let mut row = 0;
        while row < kinds.len() {
            if !is_pair(row) {
                let kind = if kinds[row].is_addition() { RowKind::Insert } else { RowKind::Delete };
                if holds(row) {
                    tell(row, kind);
                }
                row += 1;
                continue;
            }
            match (holds(row), holds(row + 1)) {
                (true, true) if unchanged.next() == Some(true) => {}
                (true, true) => {
                    if self.update_before {
                        tell(row, RowKind::UpdateBefore);
                    }
                    tell(row + 1, RowKind::UpdateAfter);
                }
                (true, false) => tell(row, RowKind::Delete),
                (false, true) => tell(row + 1, RowKind::Insert),
                (false, false) => {}
            }
            row += 2;
        }
        (rows, told)
    }
}

impl Operator for CompleteChanges {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, out: &mut Output) -> Result {
        let mut batch = batch.clone();
        if let Some(open) = self.open.take() {
            batch = ChangeBatch::concat(&[open, batch]);
        }
        let Some(kinds) = batch.kinds() else {
            let holds = self.holds(&batch, context)?;
            out.push(holds.map_or_else(|| batch.clone(), |holds| batch.filter(&holds)));
            return Ok(());
        };
        if kinds.last() == Some(&RowKind::UpdateBefore) {
            self.open = Some(batch.slice(batch.rows() - 1, 1));
            batch = batch.slice(0, batch.rows() - 1);
        }
        let holds = self.holds(&batch, context)?;
        let holds = |row: usize| holds.as_ref().is_none_or(|mask| mask.is_valid(row) && mask.value(row));
        let kinds = batch.kinds().unwrap_or_default();
        let (rows, told) = self.select(&batch, kinds, holds);
        let passed = if rows.len() == batch.rows() { batch.clone() } else { batch.take(&UInt32Array::from(rows)) };
        out.push(passed.with_kinds(told));
        Ok(())
    }
}
