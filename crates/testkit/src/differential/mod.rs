//! Random tables, change streams and queries from a seed, and the ways in which one query must answer alike: streamed and
//! in batch, row by row and all at once, straight and restarted, whole and split by a predicate; and on a real Flink.
//!
//! - *case*: tables, what is fed to them, and one query, all from one number.
//! - *variant*: a script of a case in one way; all variants of a case must leave the same rows.

mod check;
mod expression;
mod query;
mod script;
mod shrink;
mod table;

pub use check::{Outcome, check};
pub use query::Operator;
pub use script::Variant;
pub use shrink::{shrink, smallest};

use crate::generate::random::Random;
use table::{Fed, Table};

/// Keeps these numbers apart from those of other generators with the same seed.
const STREAM: u64 = 0x5eed;

/// A query over tables that change.
#[derive(Clone, Debug)]
pub struct Case {
    pub seed: u64,
    pub operator: Operator,
    tables: Vec<Table>,
    fed: Vec<Fed>,
    query: query::Query,
}

impl Case {
    /// The case of a seed. Consecutive seeds take turns at the operators.
    pub fn new(seed: u64) -> Self {
        let operator = Operator::ALL[(seed % Operator::ALL.len() as u64) as usize];
        let random = &mut Random::new(seed, STREAM);
        let tables = table::tables(random, operator);
        let fed = table::feed(random, &tables);
        let query = query::query(random, operator, &tables);
        Self { seed, operator, tables, fed, query }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Enough for each operator to come several times; `cargo xtask differential` goes on from other seeds.
    const CASES: u64 = 120;

    #[test]
    fn a_query_answers_alike_in_every_way() {
        let failed: Vec<String> = (0..CASES)
            .map(Case::new)
            .filter_map(|case| match check(&case) {
                Outcome::Agrees => None,
                Outcome::Differs(why) => Some(format!("seed {}: {why}\n{}", case.seed, shrink(&case))),
                Outcome::Refused(why) => Some(format!("seed {}: {why}", case.seed)),
            })
            .collect();
        assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    }
}
