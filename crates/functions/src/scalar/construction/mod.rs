//! Constructors of arrays, maps and rows, and access to their parts.

pub(crate) mod access;
pub(crate) mod build;
