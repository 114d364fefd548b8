//! Tests of streaming SQL: scripted tests with time, order and changelogs, run on the embedded engine; generated data.

pub mod differential;
pub mod generate;
pub mod slt;
