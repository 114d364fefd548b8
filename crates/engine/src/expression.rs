//! Expressions over a batch: the bridge to the function library's programs.

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray};
use data::{ChangeBatch, Diagnostic};
use functions::{EvalContext, EvalError, Expr, Program};

/// Expressions compiled once, run per batch.
pub(crate) struct Compiled(Program);

impl Compiled {
    pub(crate) fn new(expressions: &[Expr]) -> Result<Self, Diagnostic> {
        Program::compile(expressions).map(Self)
    }

    /// One column per expression, each as long as the batch.
    pub(crate) fn run(&self, batch: &ChangeBatch, world: &EvalContext) -> Result<Vec<ArrayRef>, EvalError> {
        self.0.run(batch.columns(), batch.rows(), world)
    }
}

/// A BOOLEAN column as the mask that a filter takes; NULL counts as false there.
pub(crate) fn mask(column: &ArrayRef) -> &BooleanArray {
    column.as_boolean()
}
