//! Expressions over a batch: the bridge to the function library's programs.

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray};
use data::{ChangeBatch, Diagnostic};
use functions::{EvalContext, EvalError, Expr};

/// Expressions compiled once, run per batch.
pub(crate) struct Compiled {
    /// Set when every expression is a column: nothing to evaluate.
    columns: Vec<usize>,
}

impl Compiled {
    pub(crate) fn new(expressions: &[Expr]) -> Result<Self, Diagnostic> {
        let columns = expressions.iter().map(Expr::as_column).collect::<Option<Vec<_>>>();
        let columns = columns.ok_or_else(|| {
            Diagnostic::run("HW3203", "the expression cannot be evaluated").hint("select plain columns only")
        })?;
        Ok(Self { columns })
    }

    /// One column per expression, each as long as the batch.
    pub(crate) fn run(&self, batch: &ChangeBatch, _world: &EvalContext) -> Result<Vec<ArrayRef>, EvalError> {
        Ok(self.columns.iter().map(|&column| batch.column(column).clone()).collect())
    }
}

/// A BOOLEAN column as the mask that a filter takes; NULL counts as false there.
pub(crate) fn mask(column: &ArrayRef) -> &BooleanArray {
    column.as_boolean()
}
