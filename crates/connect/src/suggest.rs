//! Near misses: what somebody may have meant who wrote a name that does not exist.

/// The candidates that are few edits away, nearest first, at most three.
pub(crate) fn near<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = (name.chars().count() / 3).clamp(1, 6);
    let mut found: Vec<(usize, &str)> = candidates
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    found.sort();
    found.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// Levenshtein distance, ignoring case.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn suggests_what_is_near() {
        let names = ["path", "format", "source.monitor-interval"];
        let check = |name, expect: &[&str]| assert_eq!(near(name, names.into_iter()), expect, "{name}");
        check("pth", &["path"]);
        check("Format", &["format"]);
        check("source.monitor-intervall", &["source.monitor-interval"]);
        check("quality", &[]);
    }
}
