//! Scripted SQL tests (`.slt`): scripts with time, order and changelogs, run on the embedded engine.
//!
//! - *way* ([`Mode`]): as it stands, with a checkpoint after each feed, or with a restart at another parallelism.
//! - *verdict*: what came of a block in one way.
//! - *world*: the tables, statements, clock and engine of one file in one way.

mod compare;
mod content;
mod depend;
mod file;
mod parse;
mod planner;
mod pool;
mod report;
mod row;
mod running;
mod script;
mod world;

pub use parse::parse;
pub use pool::{Input, Options, run_files};
pub use report::{BlockReport, FileReport, Mode, Summary, Verdict, junit_xml};
pub use script::{Answer, Block, Directive, Expectation, Question, RowLine, Script, Sql};

#[cfg(test)]
#[path = "parse_tests.rs"]
mod parse_tests;
