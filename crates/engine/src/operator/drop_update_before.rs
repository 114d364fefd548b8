//! Leaves out -U: for consumers that know what a row was.

use super::{Context, Operator, Output, Result, without_update_before};
use data::ChangeBatch;

pub(crate) struct DropUpdateBefore;

impl Operator for DropUpdateBefore {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, _context: &Context, out: &mut Output) -> Result {
        out.push(without_update_before(batch));
        Ok(())
    }
}
