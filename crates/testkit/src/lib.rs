//! testkit

pub mod generate;
