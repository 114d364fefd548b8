//! Each row once per projection: grouping sets.

use super::{Context, Operator, Output, Result};
use crate::expression::Compiled;
use data::{ChangeBatch, Diagnostic};
use functions::Expr;

pub(crate) struct Expand {
    projections: Vec<Compiled>,
    rows_seen: u64,
}

impl Expand {
    pub(crate) fn new(projections: &[Vec<Expr>]) -> std::result::Result<Self, Diagnostic> {
        let projections = projections.iter().map(|columns| Compiled::new(columns));
        Ok(Self { projections: projections.collect::<std::result::Result<_, _>>()?, rows_seen: 0 })
    }
}

impl Operator for Expand {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, out: &mut Output) -> Result {
        let world = context.evaluation(batch.watermarks().clone(), self.rows_seen);
        self.rows_seen += batch.rows() as u64;
        for projection in &self.projections {
            out.push(batch.with_columns(projection.run(batch, &world)?));
        }
        Ok(())
    }
}
