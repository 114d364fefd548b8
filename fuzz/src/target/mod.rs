//! The targets. Adding one is one file and one line here.

mod checkpoint;
mod corpus;
mod csv;
mod json;
mod plan;
mod rows;
mod scratch;
mod sql;

use std::path::Path;

pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Panics where something does not hold.
    pub(crate) run: fn(&[u8]),
    /// Inputs to begin with, given the project's folder.
    pub(crate) seeds: fn(&Path) -> Vec<Vec<u8>>,
}

pub(crate) const TARGETS: &[Target] = &[sql::TARGET, plan::TARGET, csv::TARGET, json::TARGET, checkpoint::TARGET];
