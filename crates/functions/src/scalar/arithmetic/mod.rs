//! Arithmetic operators and numeric functions.

pub(crate) mod operators;

mod decimal;
