//! Functions that cut, pad or overwrite a text by position.

use super::{INT, STRING, nullable, pure, utf16};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example, KernelArgs, ScalarDef};
use crate::scalar::columns::{build_text, check_growth, primitives, texts, try_build_text};
use crate::typing::{any_nullable, signature};
use arrow_array::ArrayRef;
use arrow_array::types::{Int32Type, Int64Type};
use data::types::MAX_LENGTH;
use data::{DataType, TypeKind};

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        aliases: &["SUBSTR"],
        ..pure(
            "SUBSTRING",
            &["SUBSTRING(string FROM start [FOR length])", "SUBSTRING(string, start[, length])"],
            "The characters of the text from `start` on, at most `length` of them. Positions count from 1, negative \
             ones from the end; a start before the text gives an empty text, a negative length NULL.",
            &[
                Example { sql: "SUBSTRING('abcdef' FROM 2 FOR 3)", result: "bcd" },
                Example { sql: "SUBSTR('abcdef', -2)", result: "ef" },
            ],
            |args| {
                bind_slice(
                    "SUBSTRING",
                    args,
                    &[&[STRING, INT], &[STRING, INT, INT]],
                    "SUBSTRING(string, start[, length])",
                )
            },
            |_| Ok(Box::new(substring)),
        )
    },
    pure(
        "LEFT",
        &["LEFT(string, length)"],
        "The first characters of the text; empty for a length below one.",
        &[Example { sql: "LEFT('abcdef', 2)", result: "ab" }],
        |args| bind_slice("LEFT", args, &[&[STRING, INT]], "LEFT(string, length)"),
        |_| Ok(Box::new(|args| edge(args, |_, length| (0, length)))),
    ),
    pure(
        "RIGHT",
        &["RIGHT(string, length)"],
        "The last characters of the text; empty for a length below one.",
        &[Example { sql: "RIGHT('abcdef', 2)", result: "ef" }],
        |args| bind_slice("RIGHT", args, &[&[STRING, INT]], "RIGHT(string, length)"),
        |_| Ok(Box::new(|args| edge(args, |total, length| (total.saturating_sub(length), usize::MAX)))),
    ),
    pure(
        "OVERLAY",
        &["OVERLAY(string PLACING part FROM start [FOR length])"],
        "The text with `length` characters from `start` on (as many as the part has, by default) replaced by the part. \
         A start outside the text changes nothing.",
        &[Example { sql: "OVERLAY('xxxxxtest' PLACING 'xxxx' FROM 6)", result: "xxxxxxxxx" }],
        bind_overlay,
        |_| Ok(Box::new(overlay)),
    ),
    pure(
        "LPAD",
        &["LPAD(string, length, padding)"],
        "The text filled up on the left with the padding to this length, or cut to it. NULL when the length is \
         negative or the padding empty.",
        &[Example { sql: "LPAD('hi', 4, '??')", result: "??hi" }],
        |args| signature("LPAD", args, &[&[STRING, INT, STRING]], STRING, "LPAD(string, length, padding)"),
        |_| Ok(Box::new(|args| pad(args, true))),
    ),
    pure(
        "RPAD",
        &["RPAD(string, length, padding)"],
        "The text filled up on the right with the padding to this length, or cut to it. NULL when the length is \
         negative or the padding empty.",
        &[Example { sql: "RPAD('hi', 4, '??')", result: "hi??" }],
        |args| signature("RPAD", args, &[&[STRING, INT, STRING]], STRING, "RPAD(string, length, padding)"),
        |_| Ok(Box::new(|args| pad(args, false))),
    ),
    pure(
        "SPLIT_INDEX",
        &["SPLIT_INDEX(string, separator, index)"],
        "The part with this index, counted from 0, of the text split at the separator: a text, or the number of a \
         character. NULL when there is no such part. An empty separator splits at white space.",
        &[Example { sql: "SPLIT_INDEX('a,b,c', ',', 1)", result: "b" }],
        |args| {
            let forms: &[&[TypeKind]] = &[&[STRING, STRING, INT], &[STRING, INT, INT]];
            signature("SPLIT_INDEX", args, forms, STRING, "SPLIT_INDEX(string, separator, index)").map(nullable)
        },
        |_| Ok(Box::new(split_index)),
    ),
];

/// At most as long as the text, and nullable.
fn bind_slice(name: &str, args: &[BindArg], forms: &[&[TypeKind]], form: &str) -> Result<Binding, BindError> {
    let mut binding = signature(name, args, forms, STRING, form)?;
    if let TypeKind::Char(length) | TypeKind::VarChar(length) = binding.params[0].kind {
        binding.result = DataType::new(TypeKind::VarChar(length));
    }
    Ok(binding)
}

fn substring(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (text, start) = (texts(args, 0), primitives::<Int32Type>(args, 1));
    let length = (args.columns.len() > 2).then(|| primitives::<Int32Type>(args, 2));
    build_text(args.rows, |row, out| {
        let (text, start) = (text.get(row)?, i64::from(start.get(row)?));
        let length = match &length {
            Some(length) => usize::try_from(length.get(row)?).ok()?,
            None => usize::MAX,
        };
        let from = match start {
            1.. => start - 1,
            0 => 0,
            _ => super::char_count(text) as i64 + start,
        };
        if let Ok(from) = usize::try_from(from) {
            append_chars(out, text, from, length);
        }
        Some(())
    })
}

/// Appends at most `length` characters from character `from` on.
fn append_chars(out: &mut String, text: &str, from: usize, length: usize) {
    let rest = super::byte_index(text, from).map_or("", |start| &text[start..]);
    let end = super::byte_index(rest, length).unwrap_or(rest.len());
    out.push_str(&rest[..end]);
}

fn edge(args: &KernelArgs, range: impl Fn(usize, usize) -> (usize, usize)) -> Result<ArrayRef, EvalError> {
    let (text, length) = (texts(args, 0), primitives::<Int32Type>(args, 1));
    build_text(args.rows, |row, out| {
        let (text, length) = (text.get(row)?, length.get(row)?);
        if length > 0 {
            let (from, length) = range(super::char_count(text), length as usize);
            append_chars(out, text, from, length);
        }
        Some(())
    })
}

/// As long as both texts together.
fn bind_overlay(args: &[BindArg]) -> Result<Binding, BindError> {
    const BIGINT: TypeKind = TypeKind::BigInt;
    let forms: &[&[TypeKind]] = &[&[STRING, STRING, BIGINT], &[STRING, STRING, BIGINT, BIGINT]];
    let form = "OVERLAY(string PLACING part FROM start [FOR length])";
    let mut binding = signature("OVERLAY", args, forms, STRING, form)?;
    let length = |argument: usize| match binding.params[argument].kind {
        TypeKind::Char(length) | TypeKind::VarChar(length) => length,
        _ => MAX_LENGTH,
    };
    let both = length(0).saturating_add(length(1)).min(MAX_LENGTH);
    binding.result = DataType::new(TypeKind::VarChar(both)).with_nullable(any_nullable(args));
    Ok(binding)
}

fn overlay(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (text, part, start) = (texts(args, 0), texts(args, 1), primitives::<Int64Type>(args, 2));
    let length = (args.columns.len() > 3).then(|| primitives::<Int64Type>(args, 3));
    build_text(args.rows, |row, out| {
        let (text, part, start) = (text.get(row)?, part.get(row)?, start.get(row)?);
        let length = match &length {
            Some(length) => length.get(row)?,
            None => utf16::length(part) as i64,
        };
        let total = utf16::length(text);
        if start <= 0 || start > total as i64 {
            out.push_str(text);
            return Some(());
        }
        utf16::append_slice(out, text, 0, start as usize - 1);
        out.push_str(part);
        // A length of zero, or one that reaches past the end, drops the rest, as in Flink.
        if length > 0 && start.saturating_add(length) <= total as i64 {
            utf16::append_slice(out, text, (start - 1 + length) as usize, total);
        }
        Some(())
    })
}

fn pad(args: &KernelArgs, left: bool) -> Result<ArrayRef, EvalError> {
    let (text, length, padding) = (texts(args, 0), primitives::<Int32Type>(args, 1), texts(args, 2));
    try_build_text(args.rows, |row, out| {
        let (Some(text), Some(length), Some(padding)) = (text.get(row), length.get(row), padding.get(row)) else {
            return Ok(None);
        };
        let Some(length) = usize::try_from(length).ok().filter(|_| !padding.is_empty()) else { return Ok(None) };
        let missing = length.saturating_sub(utf16::length(text));
        check_growth(row, out, padding.len(), missing / utf16::length(padding))?;
        if left {
            append_padding(out, padding, missing);
        }
        utf16::append_slice(out, text, 0, length);
        if !left {
            append_padding(out, padding, missing);
        }
        Ok(Some(()))
    })
}

fn append_padding(out: &mut String, padding: &str, missing: usize) {
    let width = utf16::length(padding);
    for _ in 0..missing / width {
        out.push_str(padding);
    }
    utf16::append_slice(out, padding, 0, missing % width);
}

fn split_index(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (text, index) = (texts(args, 0), primitives::<Int32Type>(args, 2));
    if args.columns[1].data_type() == &arrow_schema::DataType::Int32 {
        let number = primitives::<Int32Type>(args, 1);
        return build_text(args.rows, |row, out| {
            let separator = u8::try_from(number.get(row)?).ok().filter(|byte| *byte > 0).map(char::from);
            append_part(out, text.get(row)?, separator?.encode_utf8(&mut [0; 4]), index.get(row)?)
        });
    }
    let separator = texts(args, 1);
    build_text(args.rows, |row, out| append_part(out, text.get(row)?, separator.get(row)?, index.get(row)?))
}

fn append_part(out: &mut String, text: &str, separator: &str, index: i32) -> Option<()> {
    let index = usize::try_from(index).ok()?;
    if text.is_empty() {
        return None;
    }
    let part = match separator {
        "" => text.split(super::is_java_whitespace).nth(index),
        _ => text.split(separator).nth(index),
    };
    out.push_str(part?);
    Some(())
}
