//! The front end for the Flink SQL dialect: text to syntax tree, and back.
//!
//! Nothing here knows a catalog; names are resolved by the planner. Parsing gives a tree *and* all errors of the text,
//! and never panics.

pub mod ast;
