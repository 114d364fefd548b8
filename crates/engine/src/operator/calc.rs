//! Filter and projection in one: expressions over each row.

use super::{Context, Operator, Output, Result};
use crate::expression::{Compiled, mask};
use data::{ChangeBatch, Diagnostic};
use functions::Expr;

pub(crate) struct Calc {
    condition: Option<Compiled>,
    columns: Compiled,
    rows_seen: u64,
}

impl Calc {
    pub(crate) fn new(columns: &[Expr], condition: Option<&Expr>) -> std::result::Result<Self, Diagnostic> {
        let condition = condition.map(|condition| Compiled::new(std::slice::from_ref(condition))).transpose()?;
        Ok(Self { condition, columns: Compiled::new(columns)?, rows_seen: 0 })
    }
}

impl Operator for Calc {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, out: &mut Output) -> Result {
        let first_row = self.rows_seen;
        self.rows_seen += batch.rows() as u64;
        let mut input = batch.clone();
        if let Some(condition) = &self.condition {
            let world = context.evaluation(batch.watermarks().clone(), first_row);
            let result = condition.run(batch, &world)?;
            input = batch.filter(mask(&result[0]));
        }
        let world = context.evaluation(input.watermarks().clone(), first_row);
        let columns = self.columns.run(&input, &world)?;
        out.push(input.with_columns(columns));
        Ok(())
    }
}
