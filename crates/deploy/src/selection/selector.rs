//! One word of `--select`, read and compared.

use catalog::project::ProjectFile;
use std::str::FromStr;

/// What a word of `--select` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    kind: Kind,
    /// The name itself, without `+` and the kind before it.
    pub(super) word: String,
    /// Also what follows from it.
    pub(super) downstream: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A table, a layer or a product, whichever has the name.
    Any,
    Table,
    Layer,
    Product,
    /// A file, or a folder and all below it.
    Path,
}

const KINDS: [(&str, Kind); 4] =
    [("table", Kind::Table), ("layer", Kind::Layer), ("product", Kind::Product), ("path", Kind::Path)];

impl FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // What a table reads always comes along: `+name` says no more than `name`.
        let rest = text.strip_prefix('+').unwrap_or(text);
        let (rest, downstream) = match rest.strip_suffix('+') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (kind, word) = match rest.split_once(':') {
            Some((kind, word)) => match KINDS.iter().find(|(name, _)| *name == kind) {
                Some((_, kind)) => (*kind, word),
                None => return Err(format!("`{kind}:` is none of table:, layer:, product:, path:")),
            },
            None if rest.contains('/') => (Kind::Path, rest),
            None => (Kind::Any, rest),
        };
        if word.is_empty() || word.contains('+') {
            return Err(
                "a name is wanted, like `orders`, `+orders`, `orders+`, `facts` or `path:pipelines/facts`".to_owned()
            );
        }
        let word = if kind == Kind::Path { word.trim_start_matches("./").trim_end_matches('/') } else { word };
        Ok(Self { kind, word: word.to_owned(), downstream })
    }
}

impl Selector {
    /// Whether it names this table; a table has a full name and one without catalog and database.
    pub(super) fn takes_table(&self, path: &str, short_name: &str) -> bool {
        matches!(self.kind, Kind::Any | Kind::Table) && (is_like(&self.word, short_name) || self.word == path)
    }

    /// Whether it names this file, by its place in the project.
    pub(super) fn takes_file(&self, file: &ProjectFile) -> bool {
        let is = |name: &str| !name.is_empty() && is_like(&self.word, name);
        match self.kind {
            // `pipelines/facts` and, as one who works in there would say, `facts/shop`.
            Kind::Path => [file.path.as_str(), file.path.trim_start_matches("pipelines/")].iter().any(|path| {
                path.strip_prefix(self.word.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }),
            Kind::Layer => is(&file.layer),
            Kind::Product => is(&file.product),
            Kind::Table => is(&file.table) && !file.layer.is_empty(),
            Kind::Any => !file.layer.is_empty() && (is(&file.table) || is(&file.layer) || is(&file.product)),
        }
    }
}

/// Compares with a pattern in which `*` stands for any text.
fn is_like(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(end)
}

#[test]
fn patterns() {
    assert!(
        is_like("a", "a") && !is_like("a", "ab") && is_like("a*", "ab") && is_like("*b", "ab") && is_like("*", "ab")
    );
    assert!(is_like("a*b*c", "a_b_c") && !is_like("a*b*c", "a_c") && !is_like("ab*b", "ab"));
}
