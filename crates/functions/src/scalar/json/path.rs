//! Paths into JSON documents, with the meaning of Jayway's JsonPath, which Flink uses: names, indexes, slices, lists of
//! them, wildcards, descent (`..`) and `length()`. Filters (`[?(…)]`) and other functions are not supported.
//!
//! - *definite* path: one that leads to one place at most; any other gives an array of all it finds.

use super::document::Json;

/// What `lax` and `strict` decide: whether a path that leads nowhere is empty or an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Lax,
    Strict,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Name(String),
    Names(Vec<String>),
    Index(i64),
    Indexes(Vec<i64>),
    Slice(Option<i64>, Option<i64>),
    All,
    Descend,
    Length,
}

/// Why a path cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PathError {
    /// Jayway refuses it, too: the call's ON ERROR decides.
    Invalid(String),
    /// It means something to Jayway and nothing here.
    Unsupported(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    pub(super) mode: Mode,
    steps: Vec<Step>,
    definite: bool,
    text: String,
}

impl Path {
    /// A path, which a mode may stand before; without one it is strict.
    pub(super) fn parse(text: &str) -> Result<Self, (Mode, PathError)> {
        let trimmed = text.trim_start();
        let word_end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
        let (mode, path) = match trimmed[..word_end].to_ascii_lowercase().as_str() {
            "lax" => (Mode::Lax, trimmed[word_end..].trim_start()),
            "strict" => (Mode::Strict, trimmed[word_end..].trim_start()),
            _ => (Mode::Strict, text),
        };
        let steps = steps(path.trim()).map_err(|error| (mode, error))?;
        let definite = steps.iter().enumerate().all(|(index, step)| match step {
            Step::Name(_) | Step::Index(_) | Step::Length => true,
            Step::Names(_) => index + 1 == steps.len(),
            _ => false,
        });
        Ok(Self { mode, steps, definite, text: path.to_owned() })
    }

    /// What lies at the path: nothing where a lax path leads nowhere, an error where a strict one does.
    pub(super) fn read(&self, document: &Json) -> Result<Option<Json>, String> {
        let mut found = Vec::new();
        let reached = walk(document, &self.steps, true, &mut found);
        if !self.definite {
            return match (reached, self.mode) {
                (false, Mode::Strict) => Err(self.nowhere()),
                (false, Mode::Lax) => Ok(Some(Json::Array(Vec::new()))),
                (true, _) => Ok(Some(Json::Array(found))),
            };
        }
        match (found.pop(), self.mode) {
            (Some(Json::Null), _) | (None, Mode::Lax) => Ok(None),
            (Some(value), _) => Ok(Some(value)),
            (None, Mode::Strict) => Err(self.nowhere()),
        }
    }

    fn nowhere(&self) -> String {
        format!("No results for path: {}", self.text)
    }
}

/// Collects what the steps lead to. False when a definite beginning of the path leads nowhere.
fn walk(node: &Json, steps: &[Step], definite: bool, found: &mut Vec<Json>) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        found.push(node.clone());
        return true;
    };
    match (step, node) {
        (Step::Name(name), Json::Object(entries)) => match entries.iter().find(|(known, _)| known == name) {
            Some((_, value)) => walk(value, rest, definite, found),
            None => !definite,
        },
        (Step::Names(names), Json::Object(entries)) => {
            let chosen: Vec<(String, Json)> =
                names.iter().filter_map(|name| entries.iter().find(|(known, _)| known == name).cloned()).collect();
            if rest.is_empty() {
                found.push(Json::Object(chosen));
            } else {
                chosen.iter().for_each(|(_, value)| {
                    walk(value, rest, false, found);
                });
            }
            true
        }
        (Step::Index(index), Json::Array(items)) => match at(items, *index) {
            Some(item) => walk(item, rest, definite, found),
            None => !definite,
        },
        (Step::Indexes(indexes), Json::Array(items)) => {
            indexes.iter().filter_map(|index| at(items, *index)).for_each(|item| {
                walk(item, rest, false, found);
            });
            true
        }
        (Step::Slice(from, to), Json::Array(items)) => {
            slice(items, *from, *to).iter().for_each(|item| {
                walk(item, rest, false, found);
            });
            true
        }
        (Step::All, Json::Array(items)) => {
            items.iter().for_each(|item| {
                walk(item, rest, false, found);
            });
            true
        }
        (Step::All, Json::Object(entries)) => {
            entries.iter().for_each(|(_, value)| {
                walk(value, rest, false, found);
            });
            true
        }
        (Step::All, _) => true,
        (Step::Descend, _) => {
            descend(node, rest, found);
            true
        }
        (Step::Length, Json::Array(items)) => {
            found.push(Json::Integer(items.len().to_string()));
            true
        }
        (Step::Length, Json::Object(entries)) => {
            found.push(Json::Integer(entries.len().to_string()));
            true
        }
        _ => !definite,
    }
}

fn descend(node: &Json, steps: &[Step], found: &mut Vec<Json>) {
    walk(node, steps, false, found);
    match node {
        Json::Array(items) => items.iter().for_each(|item| descend(item, steps, found)),
        Json::Object(entries) => entries.iter().for_each(|(_, value)| descend(value, steps, found)),
        _ => {}
    }
}

fn at(items: &[Json], index: i64) -> Option<&Json> {
    let index = if index < 0 { items.len() as i64 + index } else { index };
    usize::try_from(index).ok().and_then(|index| items.get(index))
}

fn slice(items: &[Json], from: Option<i64>, to: Option<i64>) -> &[Json] {
    let length = items.len() as i64;
    let place = |index: i64| (if index < 0 { length + index } else { index }).clamp(0, length) as usize;
    let (from, to) = (from.map_or(0, place), to.map_or(items.len(), place));
    items.get(from..to).unwrap_or_default()
}

fn invalid(text: &str) -> PathError {
    PathError::Invalid(format!("`{text}` is no JSON path"))
}

fn steps(path: &str) -> Result<Vec<Step>, PathError> {
    if path.is_empty() {
        return Err(invalid(path));
    }
    // A name alone is one of the document's.
    let rooted = path.starts_with('$');
    let mut rest = if rooted { &path[1..] } else { path };
    let mut steps = Vec::new();
    let mut name_next = !rooted && !rest.starts_with('[');
    loop {
        if name_next {
            name_next = false;
            rest = name(rest, path, &mut steps)?;
        } else if let Some(after) = rest.strip_prefix("..") {
            steps.push(Step::Descend);
            rest = after;
            name_next = !rest.starts_with('[');
        } else if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            name_next = true;
        } else if let Some(after) = rest.strip_prefix('[') {
            let end = closing(after).ok_or_else(|| invalid(path))?;
            steps.push(bracket(after[..end].trim(), path)?);
            rest = &after[end + 1..];
        } else if rest.is_empty() {
            return Ok(steps);
        } else {
            return Err(invalid(path));
        }
    }
}

/// Where the bracket that was opened closes, quotes left aside.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, ']') => return Some(at),
            _ => {}
        }
    }
    None
}

fn name<'a>(text: &'a str, path: &str, steps: &mut Vec<Step>) -> Result<&'a str, PathError> {
    if let Some(after) = text.strip_prefix('*') {
        steps.push(Step::All);
        return Ok(after);
    }
    let end = text.find(['.', '[', '(', ' ']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() || rest.starts_with(' ') {
        return Err(invalid(path));
    }
    if let Some(call) = rest.strip_prefix('(') {
        let after = call.trim_start().strip_prefix(')');
        return match (name, after) {
            ("length" | "size", Some(after)) => {
                steps.push(Step::Length);
                Ok(after)
            }
            _ => Err(PathError::Unsupported(format!("the function `{name}` in a JSON path is not supported"))),
        };
    }
    steps.push(Step::Name(name.to_owned()));
    Ok(rest)
}

fn bracket(inside: &str, path: &str) -> Result<Step, PathError> {
    if inside.starts_with('?') {
        return Err(PathError::Unsupported("a filter `[?(…)]` in a JSON path is not supported".to_owned()));
    }
    if inside == "*" {
        return Ok(Step::All);
    }
    if inside.starts_with(['\'', '"']) {
        let mut names = quoted_names(inside).ok_or_else(|| invalid(path))?;
        return Ok(if names.len() == 1 { Step::Name(names.remove(0)) } else { Step::Names(names) });
    }
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| invalid(path));
    if let Some((from, to)) = inside.split_once(':') {
        let bound = |text: &str| if text.trim().is_empty() { Ok(None) } else { number(text).map(Some) };
        return Ok(Step::Slice(bound(from)?, bound(to)?));
    }
    let mut indexes = inside.split(',').map(number).collect::<Result<Vec<i64>, _>>()?;
    Ok(if indexes.len() == 1 { Step::Index(indexes.remove(0)) } else { Step::Indexes(indexes) })
}

/// `'a','b'`, with a backslash before what is meant literally.
fn quoted_names(text: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut characters = text.chars().peekable();
    loop {
        let quote = characters.next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let mut name = String::new();
        loop {
            match characters.next()? {
                '\\' => name.push(characters.next()?),
                close if close == quote => break,
                other => name.push(other),
            }
        }
        names.push(name);
        while characters.next_if(|next| next.is_whitespace()).is_some() {}
        match characters.next() {
            None => return Some(names),
            Some(',') => while characters.next_if(|next| next.is_whitespace()).is_some() {},
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str, path: &str, want: Option<&str>) {
        let path = Path::parse(path).unwrap_or_else(|error| panic!("{path}: {error:?}"));
        let found = path.read(&Json::parse(document).expect("a document"));
        let shown = found.ok().map(|value| {
            let mut out = String::new();
            value.unwrap_or(Json::Null).append(&mut out);
            out
        });
        assert_eq!(shown.as_deref(), want, "{path:?}");
    }

    /// The answers of Flink 2.3.
    #[test]
    fn paths_lead_where_jayways_do() {
        let list = r#"{"a":[{"b":1},{"b":2},{"c":3}]}"#;
        check(list, "$.a[*].b", Some("[1,2]"));
        check(list, "$.a[0:2]", Some(r#"[{"b":1},{"b":2}]"#));
        check(list, "$.a[0,2]", Some(r#"[{"b":1},{"c":3}]"#));
        check(list, "$..b", Some("[1,2]"));
        check(list, "$.a[-1]['c']", Some("3"));
        check(list, "$.a.length()", Some("3"));
        check(list, "$.a[7]", None);
        check(list, "lax $.a[7]", Some("null"));
        check(list, "a", Some(r#"[{"b":1},{"b":2},{"c":3}]"#));
        let nested = r#"{"a":{"b":1,"c":[2]}}"#;
        check(nested, "$.a.*", Some("[1,[2]]"));
        check(nested, "$.a['b','c']", Some(r#"{"b":1,"c":[2]}"#));
        check(nested, "$.a.b.c", None);
        check(nested, "lax $.a.b.c", Some("null"));
        for wrong in ["", "bad path [", "$.", "$.a b", "$.a[x]"] {
            assert!(matches!(Path::parse(wrong), Err((_, PathError::Invalid(_)))), "{wrong}");
        }
        assert!(matches!(Path::parse("$[?(@.a > 1)]"), Err((_, PathError::Unsupported(_)))));
    }
}
