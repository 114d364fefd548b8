//! Arithmetic operators and numeric functions.

pub(crate) mod digits;
pub(crate) mod elementary;
pub(crate) mod operators;
pub(crate) mod random;
pub(crate) mod rounding;
pub(crate) mod sign;

mod decimal;
