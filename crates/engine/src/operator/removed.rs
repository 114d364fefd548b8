//! The place of an operator whose statements are gone: nothing reaches it any more.

use super::{Context, Operator, Output, Result};
use data::ChangeBatch;

pub(crate) struct Removed;

impl Operator for Removed {
    fn process(&mut self, _port: usize, _batch: &ChangeBatch, _context: &Context, _out: &mut Output) -> Result {
        Ok(())
    }
}
