//! Functions of one text: its case, its length, its repetition, and characters by number.

use super::{INT, STRING, nullable, pure, same_kind};
use crate::registry::{EvalError, Example, KernelArgs, ScalarDef};
use crate::scalar::columns::{build, build_text, check_growth, primitives, texts, try_build_text};
use crate::typing::fixed;
use arrow_array::ArrayRef;
use arrow_array::types::{Int32Type, Int64Type};
use data::TypeKind;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        aliases: &["CHARACTER_LENGTH"],
        ..pure(
            "CHAR_LENGTH",
            &["CHAR_LENGTH(string)", "CHARACTER_LENGTH(string)"],
            "The number of characters of a text.",
            &[Example { sql: "CHAR_LENGTH('Grüße')", result: "5" }],
            |args| fixed("CHAR_LENGTH", args, &[STRING], TypeKind::Int, "CHAR_LENGTH(string)"),
            |_| Ok(Box::new(char_length)),
        )
    },
    pure(
        "UPPER",
        &["UPPER(string)"],
        "The text in upper case.",
        &[Example { sql: "UPPER('Ada')", result: "ADA" }],
        |args| same_kind("UPPER", args, "UPPER(string)"),
        |_| Ok(Box::new(|args| map_text(args, append_upper))),
    ),
    pure(
        "LOWER",
        &["LOWER(string)"],
        "The text in lower case.",
        &[Example { sql: "LOWER('Ada')", result: "ada" }],
        |args| same_kind("LOWER", args, "LOWER(string)"),
        |_| Ok(Box::new(|args| map_text(args, append_lower))),
    ),
    pure(
        "INITCAP",
        &["INITCAP(string)"],
        "The text with every word's first letter in upper case and the rest in lower case. A word is a run of the \
         ASCII letters and digits; other characters stay as they are.",
        &[Example { sql: "INITCAP('ada of the NORTH-west')", result: "Ada Of The North-West" }],
        |args| same_kind("INITCAP", args, "INITCAP(string)"),
        |_| Ok(Box::new(|args| map_text(args, append_initcap))),
    ),
    pure(
        "REVERSE",
        &["REVERSE(string)"],
        "The characters of the text in reverse order.",
        &[Example { sql: "REVERSE('abc')", result: "cba" }],
        |args| fixed("REVERSE", args, &[STRING], STRING, "REVERSE(string)").map(nullable),
        |_| Ok(Box::new(|args| map_text(args, |out, text| out.extend(text.chars().rev())))),
    ),
    pure(
        "REPEAT",
        &["REPEAT(string, int)"],
        "The text as many times as said; empty for a number below one.",
        &[Example { sql: "REPEAT('ab', 3)", result: "ababab" }],
        |args| fixed("REPEAT", args, &[STRING, INT], STRING, "REPEAT(string, int)"),
        |_| Ok(Box::new(repeat)),
    ),
    pure(
        "ASCII",
        &["ASCII(string)"],
        "The first byte of the text's UTF-8 form as a signed number; 0 for an empty text.",
        &[Example { sql: "ASCII('abc')", result: "97" }],
        |args| fixed("ASCII", args, &[STRING], TypeKind::Int, "ASCII(string)"),
        |_| Ok(Box::new(ascii)),
    ),
    pure(
        "CHR",
        &["CHR(integer)"],
        "The character with this number, of which the lowest eight bits count; empty for a negative number.",
        &[Example { sql: "CHR(97)", result: "a" }],
        |args| fixed("CHR", args, &[TypeKind::BigInt], STRING, "CHR(integer)").map(nullable),
        |_| Ok(Box::new(chr)),
    ),
];

fn map_text(args: &KernelArgs, append: impl Fn(&mut String, &str)) -> Result<ArrayRef, EvalError> {
    let text = texts(args, 0);
    build_text(args.rows, |row, out| {
        append(out, text.get(row)?);
        Some(())
    })
}

fn char_length(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let text = texts(args, 0);
    build::<Int32Type>(args.rows, |row| Some(super::char_count(text.get(row)?) as i32))
}

fn append_upper(out: &mut String, text: &str) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_uppercase();
    } else {
        out.push_str(&text.to_uppercase());
    }
}

fn append_lower(out: &mut String, text: &str) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_lowercase();
    } else {
        out.push_str(&text.to_lowercase());
    }
}

fn append_initcap(out: &mut String, text: &str) {
    let mut inside = false;
    for character in text.chars() {
        out.push(if inside { character.to_ascii_lowercase() } else { character.to_ascii_uppercase() });
        inside = character.is_ascii_alphanumeric();
    }
}

fn repeat(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (text, count) = (texts(args, 0), primitives::<Int32Type>(args, 1));
    try_build_text(args.rows, |row, out| {
        let (Some(text), Some(count)) = (text.get(row), count.get(row)) else { return Ok(None) };
        let count = usize::try_from(count).unwrap_or(0);
        check_growth(row, out, text.len(), count)?;
        for _ in 0..count {
            out.push_str(text);
        }
        Ok(Some(()))
    })
}

fn ascii(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let text = texts(args, 0);
    build::<Int32Type>(args.rows, |row| {
        let first = text.get(row)?.as_bytes().first().copied().unwrap_or(0);
        Some(i32::from(first as i8))
    })
}

fn chr(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let number = primitives::<Int64Type>(args, 0);
    build_text(args.rows, |row, out| {
        let number = number.get(row)?;
        if number >= 0 {
            out.push(char::from(number as u8));
        }
        Some(())
    })
}
