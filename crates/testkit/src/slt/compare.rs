//! Printed rows against expected lines. FLOAT and DOUBLE may be off by one unit in the last place.
//!
//! - *printed line*: a line that we produced, which still knows where its floating-point numbers are.

use std::collections::HashMap;

/// A line that was produced, compared with tolerance where it holds floating-point numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Printed {
    pub(crate) text: String,
    /// The line cut at its floating-point numbers; empty when it has none.
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Number(Width, String),
}

/// Which floating-point numbers a printed column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    Float,
    Double,
}

impl Printed {
    /// A line that has to be met as it is.
    pub(crate) fn exact(text: impl Into<String>) -> Self {
        Self { text: text.into(), pieces: Vec::new() }
    }

    /// A line of columns between `[` and `]`, each with the floating-point type that it is or contains.
    pub(crate) fn row(prefix: &str, columns: &[(String, Option<Width>)]) -> Self {
        let mut text = String::from(prefix);
        text.push('[');
        for (index, (column, _)) in columns.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { ", " });
            text.push_str(column);
        }
        text.push(']');
        if columns.iter().all(|(_, width)| width.is_none()) {
            return Self::exact(text);
        }
        let mut pieces = vec![Piece::Text(format!("{prefix}["))];
        for (index, (column, width)) in columns.iter().enumerate() {
            pieces.push(Piece::Text(if index == 0 { "" } else { ", " }.to_owned()));
            match width {
                None => pieces.push(Piece::Text(column.clone())),
                Some(width) => cut(column, *width, &mut pieces),
            }
        }
        pieces.push(Piece::Text("]".to_owned()));
        Self { text, pieces }
    }

    /// Whether an expected line says the same.
    pub(crate) fn matches(&self, expected: &str) -> bool {
        if self.text == expected {
            return true;
        }
        if self.pieces.is_empty() {
            return false;
        }
        let mut rest = expected;
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => match rest.strip_prefix(text.as_str()) {
                    Some(tail) => rest = tail,
                    None => return false,
                },
                Piece::Number(width, text) => {
                    let end = rest.find(|c| !is_number_part(c)).unwrap_or(rest.len());
                    if !close(*width, text, &rest[..end]) {
                        return false;
                    }
                    rest = &rest[end..];
                }
            }
        }
        rest.is_empty()
    }
}

/// Cuts the text of a column at everything that looks like a floating-point number as Java prints it.
fn cut(column: &str, width: Width, pieces: &mut Vec<Piece>) {
    let mut rest = column;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_number_part(c)).unwrap_or(rest.len());
        let (token, tail) = rest.split_at(end);
        let is_number =
            (token.contains('.') && token.parse::<f64>().is_ok()) || matches!(token, "NaN" | "Infinity" | "-Infinity");
        if is_number {
            pieces.push(Piece::Number(width, token.to_owned()));
        } else {
            pieces.push(Piece::Text(token.to_owned()));
        }
        let next = tail.find(is_number_part).unwrap_or(tail.len());
        pieces.push(Piece::Text(tail[..next].to_owned()));
        rest = &tail[next..];
    }
}

fn is_number_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+')
}

fn close(width: Width, got: &str, expected: &str) -> bool {
    if got == expected {
        return true;
    }
    match width {
        Width::Float => match (got.parse::<f32>(), expected.parse::<f32>()) {
            (Ok(a), Ok(b)) => a.is_finite() && b.is_finite() && f64::from(a - b).abs() <= ulp_f32(a.abs().max(b.abs())),
            _ => false,
        },
        Width::Double => match (got.parse::<f64>(), expected.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.is_finite() && b.is_finite() && (a - b).abs() <= ulp(a.abs().max(b.abs())),
            _ => false,
        },
    }
}

/// Distance to the next larger number of the same width.
fn ulp(value: f64) -> f64 {
    f64::from_bits(value.to_bits() + 1) - value
}

fn ulp_f32(value: f32) -> f64 {
    f64::from(f32::from_bits(value.to_bits() + 1) - value)
}

/// Whether both say the same, line by line.
pub(crate) fn same_list(got: &[Printed], expected: &[String]) -> bool {
    got.len() == expected.len() && got.iter().zip(expected).all(|(got, expected)| got.matches(expected))
}

/// Whether both say the same in any order.
pub(crate) fn same_multiset(got: &[Printed], expected: &[String]) -> bool {
    if got.len() != expected.len() {
        return false;
    }
    let mut open: HashMap<&str, usize> = HashMap::new();
    for line in expected {
        *open.entry(line).or_default() += 1;
    }
    let mut rest = Vec::new();
    for line in got {
        match open.get_mut(line.text.as_str()) {
            Some(count) if *count > 0 => *count -= 1,
            _ => rest.push(line),
        }
    }
    let mut left: Vec<&str> = open.into_iter().flat_map(|(line, count)| std::iter::repeat_n(line, count)).collect();
    rest.iter().all(|line| match left.iter().position(|expected| line.matches(expected)) {
        Some(index) => {
            left.swap_remove(index);
            true
        }
        None => false,
    })
}

/// Of each key the last line, `-U` left out, in the order of those lines. A line that does not split into `width`
/// columns stands for itself.
pub(crate) fn last_per_key<T>(lines: Vec<T>, text: impl Fn(&T) -> &str, key: &[usize], width: usize) -> Vec<T> {
    let mut last: HashMap<Vec<String>, usize> = HashMap::new();
    for (index, line) in lines.iter().enumerate() {
        let line = text(line);
        if line.starts_with("-U") {
            continue;
        }
        let columns = split_columns(line);
        let key = if columns.len() == width {
            key.iter().map(|&column| columns[column].to_owned()).collect()
        } else {
            vec![line.to_owned()]
        };
        last.insert(key, index);
    }
    let mut keep: Vec<usize> = last.into_values().collect();
    keep.sort_unstable();
    let mut keep = keep.into_iter().peekable();
    let kept = lines.into_iter().enumerate().filter(|(index, _)| keep.next_if_eq(index).is_some());
    kept.map(|(_, line)| line).collect()
}

/// The columns of a printed row, nested brackets left whole.
fn split_columns(line: &str) -> Vec<&str> {
    let Some(open) = line.find('[') else { return Vec::new() };
    let (mut columns, mut depth, mut from) = (Vec::new(), 0usize, open + 1);
    for (index, c) in line.char_indices().skip_while(|(index, _)| *index <= open) {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            ',' if line[index..].starts_with(", ") => {
                columns.push(&line[from..index]);
                from = index + 2;
            }
            _ if index + c.len_utf8() == line.len() => columns.push(&line[from..index]),
            _ => {}
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[(&str, Option<Width>)]) -> Printed {
        let columns: Vec<_> = columns.iter().map(|(text, width)| ((*text).to_owned(), *width)).collect();
        Printed::row("+I", &columns)
    }

    #[test]
    fn one_unit_in_the_last_place_is_no_difference() {
        let double = Some(Width::Double);
        for (got, expected, same) in [
            (row(&[("0.30000000000000004", double)]), "+I[0.3]", true),
            (row(&[("0.3000000000000001", double)]), "+I[0.3]", false),
            (row(&[("0.30000000000000004", None)]), "+I[0.3]", false),
            (row(&[("0.1", Some(Width::Float))]), "+I[0.10000001]", true),
            (row(&[("0.1", double)]), "+I[0.10000001]", false),
            (row(&[("{a=0.30000000000000004, b.c=x}", double)]), "+I[{a=0.3, b.c=x}]", true),
            (row(&[("a", None), ("NaN", double)]), "+I[a, NaN]", true),
            (row(&[("a", None), ("NaN", double)]), "+I[a, 1.0]", false),
            (row(&[("1.0E10", double)]), "+I[1.0E10]", true),
            (row(&[("1.0E10", double)]), "+I[1.0E10, x]", false),
        ] {
            assert_eq!(got.matches(expected), same, "{} against {expected}", got.text);
        }
    }

    #[test]
    fn the_last_line_of_each_key_stands_for_it() {
        let lines = ["+I[a, 1]", "-U[a, 1]", "+U[a, 2]", "+I[b, [x, y]]", "-D[a, 2]", "+I[c, {k=1, l=2}]"];
        let kept = last_per_key(lines.to_vec(), |line| line, &[0], 2);
        assert_eq!(kept, ["+I[b, [x, y]]", "-D[a, 2]", "+I[c, {k=1, l=2}]"]);
    }

    #[test]
    fn multisets_count() {
        let expected = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let got = [Printed::exact("a"), Printed::exact("a"), Printed::exact("b")];
        assert!(same_multiset(&got, &expected(&["b", "a", "a"])));
        assert!(!same_multiset(&got, &expected(&["b", "b", "a"])));
        assert!(!same_list(&got, &expected(&["b", "a", "a"])));
    }
}
