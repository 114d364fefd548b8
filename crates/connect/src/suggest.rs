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

/// Edits (insert, remove, replace, swap of neighbours) from one to the other, ignoring case.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut before = None;
    for (i, a) in left.to_lowercase().chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let mut least = (row[j] + usize::from(a != *b)).min(row[j + 1] + 1).min(next[j] + 1);
            if j > 0 && before == Some(*b) && right[j - 1] == a {
                least = least.min(above[j - 1] + 1);
            }
            next.push(least);
        }
        above = std::mem::replace(&mut row, next);
        before = Some(a);
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
        check("ptah", &["path"]);
        check("Format", &["format"]);
        check("source.monitor-intervall", &["source.monitor-interval"]);
        check("quality", &[]);
    }
}
