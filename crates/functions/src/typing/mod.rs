//! Typing rules shared by the functions and the binder.
//!
//! - *least restrictive type*: what the branches of a CASE, the elements of an ARRAY or the operands of `=` become;
//!   Calcite's rule, which Flink uses for the operators of standard SQL.
//! - *common type*: what the arguments of COALESCE, GREATEST and Flink's own functions become; Flink's rule. The two
//!   differ for mixed approximate numbers, for TIMESTAMP with TIMESTAMP_LTZ and for datetimes with numbers.
//! - *implicit cast*: one that a function's argument may undergo unasked.

mod binding;
mod decimal;
mod implicit;
mod merge;

pub use binding::{any_nullable, arity, arity_between, cast_literals, fixed, mismatch, same_as_first, signature};
pub use decimal::{
    DecimalType, MAX_PRECISION, as_decimal, decimal_addition, decimal_average, decimal_division, decimal_modulo,
    decimal_multiplication, decimal_round,
};
pub use implicit::implicitly_castable;
pub use merge::{common_type, comparison_type, least_restrictive};
