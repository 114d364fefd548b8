//! Which blocks depend on a statement that was not carried out: they are skipped instead of failing for its sake.
//!
//! Decided by names alone, on the words of the SQL, because a statement that cannot be parsed has dependants, too.

use std::collections::HashSet;

/// Names of tables, views and functions that are missing, or whose content is not what the script meant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Missing {
    names: HashSet<String>,
}

impl Missing {
    /// Notes what a refused statement would have defined or filled.
    pub(crate) fn refuse(&mut self, sql: &str) {
        self.names.extend(targets(sql));
    }

    /// A name that the text mentions and that is missing.
    pub(crate) fn mentioned(&self, sql: &str) -> Option<&str> {
        if self.names.is_empty() {
            return None;
        }
        words(sql).find_map(|word| self.names.get(word)).map(String::as_str)
    }

    /// A statement defined the name after all.
    pub(crate) fn found(&mut self, sql: &str) {
        if !self.names.is_empty() {
            for name in created(sql) {
                self.names.remove(&name);
            }
        }
    }
}

/// Names that a statement creates or writes.
fn targets(sql: &str) -> Vec<String> {
    let mut names = created(sql);
    names.extend(written(sql));
    names
}

/// `CREATE … TABLE | VIEW | FUNCTION | MODEL … name`, `ALTER … name`
fn created(sql: &str) -> Vec<String> {
    const OBJECTS: [&str; 6] = ["TABLE", "VIEW", "FUNCTION", "MODEL", "DATABASE", "CATALOG"];
    let mut words = words(sql).peekable();
    if !words.next().is_some_and(|word| is(word, "CREATE") || is(word, "ALTER")) {
        return Vec::new();
    }
    if !words.any(|word| OBJECTS.iter().any(|object| is(word, object))) {
        return Vec::new();
    }
    while words.next_if(|word| ["IF", "NOT", "EXISTS"].iter().any(|noise| is(word, noise))).is_some() {}
    words.next().map(str::to_owned).into_iter().collect()
}

/// `INSERT INTO name`, `INSERT OVERWRITE name`, in every place of the text.
fn written(sql: &str) -> Vec<String> {
    let all: Vec<&str> = words(sql).collect();
    let pairs = all.windows(3).filter(|w| is(w[0], "INSERT") && (is(w[1], "INTO") || is(w[1], "OVERWRITE")));
    pairs.map(|w| w[2].to_owned()).collect()
}

fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

/// Identifiers and keywords. Of a dotted name only the last part counts.
fn words(sql: &str) -> impl Iterator<Item = &str> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(|c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == '`' || c == '\'')?;
            rest = &rest[start..];
            if let Some(text) = rest.strip_prefix('\'') {
                rest = text.find('\'').map_or("", |end| &text[end + 1..]);
                continue;
            }
            let (word, tail) = match rest.strip_prefix('`') {
                Some(quoted) => quoted.find('`').map_or((quoted, ""), |end| (&quoted[..end], &quoted[end + 1..])),
                None => {
                    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'));
                    rest.split_at(end.unwrap_or(rest.len()))
                }
            };
            rest = tail;
            if !rest.starts_with('.') {
                return Some(word);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_the_names_that_a_statement_defines_or_fills() {
        for (sql, expected) in [
            ("CREATE TABLE t (a INT)", vec!["t"]),
            ("create temporary view if not exists `my view` as select 1", vec!["my view"]),
            ("CREATE TABLE default_catalog.default_database.t (a INT)", vec!["t"]),
            ("CREATE OR ALTER MATERIALIZED TABLE m AS SELECT 1", vec!["m"]),
            ("INSERT INTO o SELECT 'INSERT INTO x' FROM t", vec!["o"]),
            ("EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO d.b SELECT 2; END", vec!["a", "b"]),
            ("SELECT 1", vec![]),
        ] {
            assert_eq!(targets(sql), expected, "{sql}");
        }
    }

    #[test]
    fn dependants_mention_a_missing_name() {
        let mut missing = Missing::default();
        missing.refuse("CREATE TABLE t (a INT)");
        assert_eq!(missing.mentioned("INSERT INTO o SELECT a FROM d.t"), Some("t"));
        assert_eq!(missing.mentioned("SELECT t.a FROM o"), None);
        missing.refuse("INSERT INTO o SELECT a FROM t");
        assert_eq!(missing.mentioned("SELECT * FROM o"), Some("o"));
        missing.found("CREATE TABLE t (a INT)");
        assert_eq!(missing.mentioned("SELECT * FROM t"), None);
    }
}
