//! Functions that look for a text in another.

use super::{INT, STRING, pure};
use crate::registry::{EvalError, Example, KernelArgs, ScalarDef};
use crate::scalar::columns::{build, build_boolean, byte_strings, primitives, texts, try_build};
use crate::typing::signature;
use arrow_array::ArrayRef;
use arrow_array::types::Int32Type;
use data::TypeKind;
use data::types::MAX_LENGTH;
use memchr::memmem;

const BYTES: TypeKind = TypeKind::VarBinary(MAX_LENGTH);

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    pure(
        "POSITION",
        &["POSITION(part IN string)", "POSITION(part IN string FROM integer)"],
        "Where the part first stands in the text, counted from 1; 0 when it does not.",
        &[Example { sql: "POSITION('b' IN 'abc')", result: "2" }],
        |args| {
            let forms: &[&[TypeKind]] = &[&[STRING, STRING], &[STRING, STRING, INT]];
            signature("POSITION", args, forms, TypeKind::Int, "POSITION(part IN string)")
        },
        |_| Ok(Box::new(locate)),
    ),
    pure(
        "LOCATE",
        &["LOCATE(part, string[, start])"],
        "Where the part first stands in the text at or after `start`, counted from 1; 0 when it does not.",
        &[Example { sql: "LOCATE('b', 'abcb', 3)", result: "4" }],
        |args| {
            let forms: &[&[TypeKind]] = &[&[STRING, STRING], &[STRING, STRING, INT]];
            signature("LOCATE", args, forms, TypeKind::Int, "LOCATE(part, string[, start])")
        },
        |_| Ok(Box::new(locate)),
    ),
    ScalarDef {
        fallible: true,
        ..pure(
            "INSTR",
            &["INSTR(string, part[, start[, occurrence]])"],
            "Where the part stands in the text for the `occurrence`th time from `start` on, counted from 1; 0 when it \
             does not. A negative `start` counts and searches from the end.",
            &[
                Example { sql: "INSTR('abcabc', 'c')", result: "3" },
                Example { sql: "INSTR('abcabcabc', 'c', -1, 2)", result: "6" },
            ],
            |args| {
                let forms: &[&[TypeKind]] = &[&[STRING, STRING], &[STRING, STRING, INT], &[STRING, STRING, INT, INT]];
                signature("INSTR", args, forms, TypeKind::Int, "INSTR(string, part[, start[, occurrence]])")
            },
            |_| Ok(Box::new(instr)),
        )
    },
    pure(
        "STARTSWITH",
        &["STARTSWITH(value, start)"],
        "Whether a text or byte string begins with another. Everything begins with the empty one.",
        &[Example { sql: "STARTSWITH('abc', 'ab')", result: "true" }],
        |args| {
            let forms: &[&[TypeKind]] = &[&[STRING, STRING], &[BYTES, BYTES]];
            signature("STARTSWITH", args, forms, TypeKind::Boolean, "STARTSWITH(value, start)")
        },
        |_| Ok(Box::new(|args| compare_ends(args, |value, part| value.starts_with(part)))),
    ),
    pure(
        "ENDSWITH",
        &["ENDSWITH(value, end)"],
        "Whether a text or byte string ends with another. Everything ends with the empty one.",
        &[Example { sql: "ENDSWITH('abc', 'bc')", result: "true" }],
        |args| {
            let forms: &[&[TypeKind]] = &[&[STRING, STRING], &[BYTES, BYTES]];
            signature("ENDSWITH", args, forms, TypeKind::Boolean, "ENDSWITH(value, end)")
        },
        |_| Ok(Box::new(|args| compare_ends(args, |value, part| value.ends_with(part)))),
    ),
];

fn compare_ends(args: &KernelArgs, holds: impl Fn(&[u8], &[u8]) -> bool) -> Result<ArrayRef, EvalError> {
    if args.columns[0].data_type() == &arrow_schema::DataType::Binary {
        let (value, part) = (byte_strings(args, 0), byte_strings(args, 1));
        return build_boolean(args.rows, |row| Some(holds(value.get(row)?, part.get(row)?)));
    }
    let (value, part) = (texts(args, 0), texts(args, 1));
    build_boolean(args.rows, |row| Some(holds(value.get(row)?.as_bytes(), part.get(row)?.as_bytes())))
}

/// `(part, string[, start])`
fn locate(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (part, text) = (texts(args, 0), texts(args, 1));
    let start = (args.columns.len() > 2).then(|| primitives::<Int32Type>(args, 2));
    build::<Int32Type>(args.rows, |row| {
        let from = match &start {
            Some(start) => start.get(row)?.saturating_sub(1).max(0) as usize,
            None => 0,
        };
        let found = find_from(text.get(row)?, part.get(row)?, from);
        Some(found.map_or(0, |at| at as i32 + 1))
    })
}

/// Position, in characters, of `part` at or after character `from`. The empty part is found at 0, wherever one starts.
fn find_from(text: &str, part: &str, from: usize) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    let start = super::byte_index(text, from)?;
    let found = memmem::find(&text.as_bytes()[start..], part.as_bytes())?;
    Some(from + super::char_count(&text[start..start + found]))
}

/// `(string, part[, start[, occurrence]])`
fn instr(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (text, part) = (texts(args, 0), texts(args, 1));
    let number = |argument: usize| (args.columns.len() > argument).then(|| primitives::<Int32Type>(args, argument));
    let (start, occurrence) = (number(2), number(3));
    try_build::<Int32Type>(args.rows, |row| {
        let value = || {
            let start = start.as_ref().map_or(Some(1), |start| start.get(row))?;
            let occurrence = occurrence.as_ref().map_or(Some(1), |occurrence| occurrence.get(row))?;
            Some((text.get(row)?, part.get(row)?, start, occurrence))
        };
        let Some((text, part, start, occurrence)) = value() else { return Ok(None) };
        if occurrence <= 0 {
            let message = format!("INSTR counts occurrences from 1, but is asked for number {occurrence}");
            return Err(EvalError { code: "HW3211", message, row });
        }
        Ok(Some(nth_position(text, part, start, occurrence)))
    })
}

fn nth_position(text: &str, part: &str, start: i32, occurrence: i32) -> i32 {
    match start {
        0 => 0,
        1.. => {
            let mut from = start as usize - 1;
            for index in 1..=occurrence {
                match find_from(text, part, from) {
                    None => return 0,
                    Some(at) if index == occurrence => return at as i32 + 1,
                    Some(at) => from = at + 1,
                }
            }
            0
        }
        _ => {
            let reversed = |text: &str| text.chars().rev().collect::<String>();
            match nth_position(&reversed(text), &reversed(part), start.saturating_neg(), occurrence) {
                0 => 0,
                at => super::char_count(text) as i32 + 2 - at - super::char_count(part) as i32,
            }
        }
    }
}
