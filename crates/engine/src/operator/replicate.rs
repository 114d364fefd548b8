//! Each row as often as its last column says: what is left of the duplicates of EXCEPT ALL and INTERSECT ALL.

use super::{Context, Operator, Output, Result};
use arrow_array::UInt32Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use data::ChangeBatch;

pub(crate) struct Replicate;

impl Operator for Replicate {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, _context: &Context, out: &mut Output) -> Result {
        let Some((counts, columns)) = batch.columns().split_last() else { return Ok(()) };
        let counts = counts.as_primitive::<Int64Type>().values();
        let copies =
            |(row, count): (usize, &i64)| std::iter::repeat_n(row as u32, usize::try_from(*count).unwrap_or(0));
        let rows: UInt32Array = counts.iter().enumerate().flat_map(copies).collect();
        out.push(batch.with_columns(columns.to_vec()).take(&rows));
        Ok(())
    }
}
