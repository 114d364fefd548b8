//! Every built-in function: name, signature, documentation, example, typing and evaluation, in one table;
//! and the typed expressions that call them, compiled to programs over columns.
//!
//! - *binding*: from argument types to coerced parameter types and a result type, by Flink's rules.
//! - *kernel*: evaluates one call over whole columns.
//! - *program*: a list of expressions compiled once, common sub-expressions shared, run per batch.

pub mod aggregate;
pub mod eval;
pub mod expr;
mod lookup;
pub mod registry;
mod scalar;
pub mod typing;
mod vector;

pub use aggregate::{Accumulator, AggregateDef, AggregateRows, AggregateSite};
pub use eval::{Predicate, Program, fold};
pub use expr::{Expr, ExprKind};
pub use lookup::{aggregate, all, all_aggregates, scalar};
pub use registry::{
    BindArg, BindError, Binding, CallSite, EvalContext, EvalError, Example, Family, Kernel, KernelArgs, ScalarDef,
    Volatility,
};
