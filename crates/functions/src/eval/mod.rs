//! Programs: typed expressions compiled once, evaluated batch by batch.
//!
//! - *node*: one operation over whole columns; nodes stand in the order in which they can be evaluated.
//! - *constant node*: has one value for all rows of a batch and is evaluated for one row.
//! - *operand*: of AND, OR, CASE and COALESCE. A *strict* one is a node, evaluated for every row. A *lazy* one can fail and
//!   is a *block*, a program of its own that is run on the rows that need it.

mod branch;
mod compile;
mod fold;
mod logic;
mod member;
mod run;

#[cfg(test)]
mod tests;

pub use fold::fold;
pub(crate) use logic::{falsity, truth};
pub(crate) use run::field;

use crate::expr::Expr;
use crate::registry::{EvalContext, EvalError, Kernel};
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray};
use data::{DataType, Diagnostic};
use member::Members;

/// Expressions over the columns of one input, common parts evaluated once.
pub struct Program {
    nodes: Vec<Node>,
    outputs: Vec<usize>,
}

struct Node {
    op: Op,
    data_type: DataType,
    constant: bool,
}

enum Op {
    Column(usize),
    /// One row.
    Literal(ArrayRef),
    Call {
        kernel: Kernel,
        args: Vec<usize>,
        constant: Vec<bool>,
        /// Tells two calls of RAND apart: mixed into the seed that they are given.
        draw: Option<u64>,
    },
    Cast {
        input: usize,
        is_try: bool,
    },
    Case {
        branches: Vec<(Operand, Operand)>,
        otherwise: Operand,
    },
    And(Vec<Operand>),
    Or(Vec<Operand>),
    Coalesce(Vec<Operand>),
    Member {
        input: usize,
        members: Members,
    },
    Field {
        input: usize,
        index: usize,
    },
}

enum Operand {
    Strict(usize),
    Lazy(Block),
}

/// A program whose columns are nodes of the program around it.
struct Block {
    inputs: Vec<usize>,
    program: Program,
}

impl Program {
    /// Compiles expressions. Fails where a literal argument is invalid (a pattern, a format), or on an unknown function.
    pub fn compile(exprs: &[Expr]) -> Result<Program, Diagnostic> {
        compile::program(exprs)
    }

    /// One column of `rows` values per expression. The row of an error is that of the batch.
    pub fn run(&self, columns: &[ArrayRef], rows: usize, context: &EvalContext) -> Result<Vec<ArrayRef>, EvalError> {
        run::run(self, columns, rows, context)
    }
}

/// A condition. NULL is not true.
pub struct Predicate {
    program: Program,
}

impl Predicate {
    pub fn compile(condition: &Expr) -> Result<Predicate, Diagnostic> {
        Ok(Predicate { program: Program::compile(std::slice::from_ref(condition))? })
    }

    /// The condition's value for each row.
    pub fn evaluate(
        &self,
        columns: &[ArrayRef],
        rows: usize,
        context: &EvalContext,
    ) -> Result<BooleanArray, EvalError> {
        Ok(self.program.run(columns, rows, context)?[0].as_boolean().clone())
    }
}
