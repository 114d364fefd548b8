//! Candidate pairs: rows of a delta with the rows of the other side that have the same key, and which of them hold.

use super::{Context, LEFT, Result, Shape};
use crate::expression::mask;
use crate::state::KeyedMultiset;
use arrow_array::{ArrayRef, UInt32Array};
use arrow_select::take::take;
use data::ChangeBatch;

/// Rows of one side, as the other side asks for them.
pub(crate) trait Candidates {
    /// Numbers of the join keys in these columns, where any row may be there.
    fn find_keys(&self, columns: &[ArrayRef], rows: usize) -> Vec<Option<u32>>;

    /// Visits the ids of the rows under a key, in the order in which they came.
    fn each_of(&self, key: u32, visit: impl FnMut(u32));

    /// Columns of these rows.
    fn columns(&self, ids: &[u32]) -> Result<Vec<ArrayRef>>;
}

impl Candidates for KeyedMultiset {
    fn find_keys(&self, columns: &[ArrayRef], rows: usize) -> Vec<Option<u32>> {
        KeyedMultiset::find_keys(self, columns, rows)
    }

    fn each_of(&self, key: u32, visit: impl FnMut(u32)) {
        self.rows_of(key).for_each(visit);
    }

    fn columns(&self, ids: &[u32]) -> Result<Vec<ArrayRef>> {
        Ok(self.codec().decode(ids.iter().map(|id| self.row(*id))))
    }
}

/// For each row of a delta its candidates on the other side.
pub(crate) struct Pairs {
    /// Candidates of delta row i are `ends[i - 1] .. ends[i]`.
    ends: Vec<usize>,
    /// Row ids on the other side.
    pub(crate) other: Vec<u32>,
    /// Whether the condition holds; absent when all do.
    holds: Option<Vec<bool>>,
    /// Columns of the other side, one row per candidate.
    pub(crate) columns: Vec<ArrayRef>,
}

impl Pairs {
    /// The candidates of every row of `delta`, whose own side is `side`; of those only the ones that `accept` takes by
    /// delta row and id of the other side's row.
    pub(crate) fn find(
        shape: &Shape,
        side: usize,
        delta: &ChangeBatch,
        keys: &[Option<u32>],
        other: &impl Candidates,
        accept: impl Fn(usize, u32) -> bool,
        context: &Context,
    ) -> Result<Pairs> {
        let mut ends = Vec::with_capacity(keys.len());
        let mut own_rows: Vec<u32> = Vec::new();
        let mut other_rows: Vec<u32> = Vec::new();
        for (row, key) in keys.iter().enumerate() {
            if let Some(key) = key {
                let before = other_rows.len();
                other.each_of(*key, |id| {
                    if accept(row, id) {
                        other_rows.push(id);
                    }
                });
                own_rows.resize(own_rows.len() + other_rows.len() - before, row as u32);
            }
            ends.push(other_rows.len());
        }
        let needs_columns = !shape.is_left_only() || shape.condition.is_some() || side != LEFT;
        let columns = if needs_columns && !other_rows.is_empty() { other.columns(&other_rows)? } else { Vec::new() };
        let mut pairs = Pairs { ends, other: other_rows, holds: None, columns };
        pairs.evaluate(shape, side, delta, own_rows, context)?;
        Ok(pairs)
    }

    fn evaluate(
        &mut self,
        shape: &Shape,
        side: usize,
        delta: &ChangeBatch,
        own_rows: Vec<u32>,
        context: &Context,
    ) -> Result {
        let Some(condition) = shape.condition.as_ref().filter(|_| !self.other.is_empty()) else { return Ok(()) };
        let own_rows = UInt32Array::from(own_rows);
        let column = |&(origin, column): &(usize, usize)| {
            if origin == side {
                take(delta.column(column), &own_rows, None).expect("candidates name rows of the delta")
            } else {
                self.columns[column].clone()
            }
        };
        let inputs = condition.inputs.iter().map(column).collect();
        let batch = ChangeBatch::inserts(inputs, self.other.len());
        let result = condition.program.run(&batch, &context.evaluation(data::Watermarks::NONE, 0))?;
        self.holds = Some(mask(&result[0]).iter().map(|holds| holds == Some(true)).collect());
        Ok(())
    }

    /// Candidates of a delta row for which the condition holds.
    pub(crate) fn matches(&self, row: usize) -> impl Iterator<Item = usize> + '_ {
        self.candidates(row).filter(|candidate| self.holds(*candidate))
    }

    pub(crate) fn candidates(&self, row: usize) -> std::ops::Range<usize> {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        start..self.ends[row]
    }

    pub(crate) fn holds(&self, candidate: usize) -> bool {
        self.holds.as_ref().is_none_or(|holds| holds[candidate])
    }
}

/// Key ids of a delta on the other side, where the key can match and is known there.
pub(crate) fn other_keys(shape: &Shape, side: usize, delta: &ChangeBatch, other: &impl Candidates) -> Vec<Option<u32>> {
    let found = other.find_keys(&shape.key_columns(side, delta), delta.rows());
    found.into_iter().zip(shape.matchable(side, delta)).map(|(key, can_match)| key.filter(|_| can_match)).collect()
}
