//! Findings of the planner: how they are collected, and names that were probably meant.
//!
//! A binding function that fails has reported why; it returns [`Reported`], and its caller goes on with what stands
//! beside it, so that all errors of a statement are told at once.

use data::{Diagnostic, Span};

/// The error has been reported already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reported;

pub(crate) type Bound<T> = Result<T, Reported>;

/// What a statement of a kind that Flink knows and this engine does not run yet gets told.
pub(crate) fn unsupported(span: Span, feature: &str, instead: &str) -> Diagnostic {
    Diagnostic::plan("HW2900", span, format!("{feature} is not supported yet"))
        .detail("the statement is valid, but this engine cannot run it")
        .hint(instead.to_owned())
}

/// What belongs to the language but to nothing that Flink does.
pub(crate) fn refused(span: Span, feature: &str, instead: &str) -> Diagnostic {
    Diagnostic::plan("HW2060", span, format!("{feature} cannot be run"))
        .detail("it is part of the language, but no planner of Flink carries it out")
        .hint(instead.to_owned())
}

/// The candidate that `name` is most likely a misspelling of.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).clamp(1, 4);
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// `did you mean 'x'?`, or else `fallback`.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    fallback: impl Into<String>,
) -> String {
    match nearest(name, candidates) {
        Some(candidate) => format!("did you mean '{candidate}'?"),
        None => fallback.into(),
    }
}

/// Edits (insert, remove, replace, swap of neighbours) from one word to the other.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows = vec![vec![0usize; right.len() + 1]; left.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=left.len() {
        for j in 1..=right.len() {
            let cost = usize::from(left[i - 1] != right[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_the_name_that_was_meant() {
        let check = |name: &str, expect: Option<&str>| {
            assert_eq!(nearest(name, ["orders", "customers", "id", "Amount"]), expect, "{name}");
        };
        check("order", Some("orders"));
        check("odrers", Some("orders"));
        check("amount", Some("Amount"));
        check("ix", Some("id"));
        check("payments", None);
    }
}
