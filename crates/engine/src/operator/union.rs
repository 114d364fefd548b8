//! UNION ALL: all rows of all inputs, in the order in which they come.

use super::{Context, Operator, Output, Result};
use data::ChangeBatch;

pub(crate) struct Union;

impl Operator for Union {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, _context: &Context, out: &mut Output) -> Result {
        out.push(batch.clone());
        Ok(())
    }
}
