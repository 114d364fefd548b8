//! Makes a failing case small: fewer changes, no needless condition, as long as it still fails.

use super::table::{Changes, Row};
use super::{Case, Outcome, Variant, check};

/// The smallest script found on which the ways still differ.
pub fn shrink(case: &Case) -> String {
    let fails = |candidates: &[Case]| candidates.iter().position(|case| matches!(check(case), Outcome::Differs(_)));
    smallest(case, fails).script(Variant::Records)
}

/// Drops what can be dropped. `first_failing` is given smaller cases, the smallest first, and says which still fails.
pub fn smallest(case: &Case, mut first_failing: impl FnMut(&[Case]) -> Option<usize>) -> Case {
    let mut best = case.clone();
    loop {
        let mut candidates = candidates(&best);
        match first_failing(&candidates) {
            Some(at) => best = candidates.swap_remove(at),
            None => return best,
        }
    }
}

/// The case without halves, quarters and single ones of its changes, and without its conditions.
fn candidates(case: &Case) -> Vec<Case> {
    let mut found = Vec::new();
    for at in 0..case.query.conditions.len() {
        let mut candidate = case.clone();
        candidate.query.conditions.remove(at);
        found.push(candidate);
    }
    let mut size = case.fed.len().div_ceil(2);
    while size > 0 {
        for start in (0..case.fed.len()).step_by(size) {
            let mut candidate = case.clone();
            candidate.fed.drain(start..(start + size).min(case.fed.len()));
            if candidate.is_sound() {
                found.push(candidate);
            }
        }
        size /= 2;
    }
    found
}

impl Case {
    /// Whether every change is of a row that is there.
    fn is_sound(&self) -> bool {
        let mut standing: Vec<Vec<&Row>> = vec![Vec::new(); self.tables.len()];
        for fed in &self.fed {
            let is_upsert = self.tables[fed.table].changes == Changes::Upsert;
            let rows = &mut standing[fed.table];
            for (kind, row) in &fed.changes {
                let same = |known: &&Row| if is_upsert { known.id == row.id } else { *known == row };
                let known = rows.iter().position(same);
                match (*kind, known) {
                    ("+I", _) => rows.push(row),
                    ("+U", None) if !is_upsert => rows.push(row),
                    ("+U", Some(at)) if is_upsert => rows[at] = row,
                    ("+U", Some(_)) => rows.push(row),
                    ("-U" | "-D", Some(at)) => drop(rows.remove(at)),
                    _ => return false,
                }
            }
        }
        true
    }
}
