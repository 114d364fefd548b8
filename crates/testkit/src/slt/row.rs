//! Fed rows as scripts write them: `[TABLE] [KIND] [JSON array] [@TIME] [# comment]`.

use super::content::Change;
use super::parse::leading_name;
use super::script::RowLine;
use data::time::Zone;
use data::{DataType, Diagnostic, RowKind, TypeKind, Value, text};

/// A fed row is not one of its table.
pub(super) const BAD_ROW: &str = "HW4610";

fn bad(row: &RowLine, detail: impl Into<String>) -> Diagnostic {
    Diagnostic::run(BAD_ROW, "the row is not one of its table")
        .at(row.span)
        .detail(detail)
        .hint("write a JSON array with one value per column that is not computed, such as `+I [1, \"ada\", null]`")
}

/// The table at the start of a line, and the row after it.
pub(super) fn split_table(row: &RowLine) -> Result<(&str, &str), Diagnostic> {
    let (name, rest) = leading_name(row.text.trim_start())
        .ok_or_else(|| bad(row, "a line of `feed` without a table begins with its table"))?;
    Ok((name, rest))
}

/// A change from `line`, the part of the row behind its table. Errors have spans in the file.
pub(super) fn parse_line(row: &RowLine, line: &str, types: &[DataType], zone: Zone) -> Result<Change, Diagnostic> {
    let line = line.trim_start();
    let (kind, rest) = match line.get(..2).and_then(RowKind::from_symbol) {
        Some(kind) => (kind, line[2..].trim_start()),
        None => (RowKind::Insert, line),
    };
    if !rest.starts_with('[') {
        return Err(bad(row, format!("`{}` begins with neither a kind (+I -U +U -D) nor `[`", excerpt(rest))));
    }
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<serde::de::IgnoredAny>();
    let end = match values.next() {
        Some(Ok(_)) => values.byte_offset(),
        Some(Err(error)) => return Err(bad(row, format!("a row is a JSON array: {error}"))),
        None => return Err(bad(row, "there is no row")),
    };
    let mut tail = rest[end..].trim();
    let mut rowtime = None;
    if let Some(marked) = tail.strip_prefix('@') {
        let (time, rest) = marked.split_once(char::is_whitespace).unwrap_or((marked, ""));
        rowtime = Some(instant_millis(time, zone).ok_or_else(|| bad(row, format!("`{time}` is not a time")))?);
        tail = rest.trim_start();
    }
    if !tail.is_empty() && !tail.starts_with('#') {
        return Err(bad(row, format!("after the row stands `{}`", excerpt(tail))));
    }
    let values = text::parse_row(types, &rest[..end], zone).map_err(|error| bad(row, error))?;
    Ok(Change { kind, row: values, rowtime })
}

/// Milliseconds since 1970-01-01T00:00:00Z of an ISO 8601 text; without an offset it is local time in `zone`.
pub(super) fn instant_millis(text: &str, zone: Zone) -> Option<i64> {
    let data_type = DataType::new(TypeKind::TimestampLtz(3));
    match text::parse_value(&data_type, &serde_json::Value::from(text), zone) {
        Ok(Value::Timestamp(nanos)) => i64::try_from(nanos / data::time::NANOS_PER_MILLI).ok(),
        _ => None,
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(30).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_kinds_and_comments() {
        let types = [DataType::int(), DataType::string()];
        let check = |line: &str, expected: Option<(RowKind, i32)>| {
            let row = RowLine { line: 1, text: line.to_owned(), span: data::Span::default() };
            let got = parse_line(&row, line, &types, Zone::UTC).ok();
            let got = got.map(|change| (change.kind, change.row[0].clone()));
            assert_eq!(got, expected.map(|(kind, value)| (kind, Value::Int(value))), "{line}");
        };
        check("[1, \"a # b\"]", Some((RowKind::Insert, 1)));
        check("-D[2, null]   # gone", Some((RowKind::Delete, 2)));
        check("+U [3, \"x\"] @2024-01-01T00:00:00Z # later", Some((RowKind::UpdateAfter, 3)));
        check("+X [3, \"x\"]", None);
        check("[3, \"x\"", None);
        check("[3, \"x\"] what", None);
        check("[3]", None);
    }
}
