//! Comparison of values of one type, tests for NULL, and patterns.

pub(crate) mod equality;
pub(crate) mod order;
pub(crate) mod pattern;
pub(crate) mod similar;

mod compare;
