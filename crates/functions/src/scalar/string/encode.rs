//! Functions between texts and their encoded forms: Base64, character sets, URLs and JSON strings.

use super::{STRING, nullable, pure};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example, KernelArgs, ScalarDef};
use crate::scalar::columns::{build_text, byte_strings, texts, try_build_bytes, try_build_text};
use crate::typing::{fixed, signature};
use arrow_array::ArrayRef;
use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use data::TypeKind;
use data::types::MAX_LENGTH;

const BYTES: TypeKind = TypeKind::VarBinary(MAX_LENGTH);

/// Java's decoder: padding may be missing, and bits that are cut off may be anything.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        fallible: true,
        ..pure(
            "FROM_BASE64",
            &["FROM_BASE64(string)"],
            "The text whose UTF-8 form is encoded in Base64. A row that is no Base64 fails.",
            &[Example { sql: "FROM_BASE64('aGVsbG8gd29ybGQ=')", result: "hello world" }],
            |args| fixed("FROM_BASE64", args, &[STRING], STRING, "FROM_BASE64(string)"),
            |_| Ok(Box::new(from_base64)),
        )
    },
    pure(
        "TO_BASE64",
        &["TO_BASE64(string)"],
        "The UTF-8 form of the text, or the bytes, in Base64.",
        &[Example { sql: "TO_BASE64('hello world')", result: "aGVsbG8gd29ybGQ=" }],
        |args| signature("TO_BASE64", args, &[&[STRING], &[BYTES]], STRING, "TO_BASE64(string)"),
        |_| Ok(Box::new(to_base64)),
    ),
    ScalarDef {
        fallible: true,
        ..pure(
            "DECODE",
            &["DECODE(binary, charset)"],
            "The text that bytes stand for in a character set: US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE or \
             UTF-16LE. Bytes that stand for nothing become the replacement character.",
            &[Example { sql: "DECODE(x'e4', 'ISO-8859-1')", result: "ä" }],
            |args| fixed("DECODE", args, &[BYTES, STRING], STRING, "DECODE(binary, charset)"),
            |_| Ok(Box::new(decode)),
        )
    },
    ScalarDef {
        fallible: true,
        ..pure(
            "ENCODE",
            &["ENCODE(string, charset)"],
            "The bytes of a text in a character set: US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE or UTF-16LE. A \
             character that the set lacks becomes a question mark.",
            &[Example { sql: "ENCODE('ä', 'UTF-8')", result: "[-61, -92]" }],
            |args| fixed("ENCODE", args, &[STRING, STRING], BYTES, "ENCODE(string, charset)"),
            |_| Ok(Box::new(encode)),
        )
    },
    pure(
        "URL_ENCODE",
        &["URL_ENCODE(string)"],
        "The text in `application/x-www-form-urlencoded` form, by its UTF-8 bytes.",
        &[Example { sql: "URL_ENCODE('a b&c')", result: "a+b%26c" }],
        |args| bind_text("URL_ENCODE", args, "URL_ENCODE(string)").map(nullable),
        |_| Ok(Box::new(|args| map_text(args, append_url))),
    ),
    pure(
        "URL_DECODE",
        &["URL_DECODE(string)"],
        "The text behind its `application/x-www-form-urlencoded` form; NULL when that is malformed.",
        &[Example { sql: "URL_DECODE('a+b%26c')", result: "a b&c" }],
        |args| bind_text("URL_DECODE", args, "URL_DECODE(string)").map(nullable),
        |_| Ok(Box::new(|args| map_text(args, append_url_decoded))),
    ),
    pure(
        "JSON_QUOTE",
        &["JSON_QUOTE(string)"],
        "The text as a JSON string literal in double quotes, with everything beyond ASCII escaped.",
        &[Example { sql: "JSON_QUOTE('a\"b')", result: "\"a\\\"b\"" }],
        |args| bind_text("JSON_QUOTE", args, "JSON_QUOTE(string)"),
        |_| Ok(Box::new(|args| map_text(args, append_json))),
    ),
    pure(
        "JSON_UNQUOTE",
        &["JSON_UNQUOTE(string)"],
        "The text that a JSON string literal stands for; what is no literal in double quotes stays as it is.",
        &[Example { sql: "JSON_UNQUOTE('\"abc\"')", result: "abc" }],
        |args| bind_text("JSON_UNQUOTE", args, "JSON_UNQUOTE(string)"),
        |_| Ok(Box::new(|args| map_text(args, append_json_unquoted))),
    ),
];

fn bind_text(name: &str, args: &[BindArg], form: &str) -> Result<Binding, BindError> {
    fixed(name, args, &[STRING], STRING, form)
}

fn map_text(args: &KernelArgs, append: impl Fn(&mut String, &str) -> Option<()>) -> Result<ArrayRef, EvalError> {
    let text = texts(args, 0);
    build_text(args.rows, |row, out| append(out, text.get(row)?))
}

fn from_base64(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let text = texts(args, 0);
    let mut bytes = Vec::new();
    try_build_text(args.rows, |row, out| {
        let Some(text) = text.get(row) else { return Ok(None) };
        bytes.clear();
        BASE64.decode_vec(text, &mut bytes).map_err(|error| EvalError {
            code: "HW3214",
            message: format!("FROM_BASE64 cannot read `{}`: {error}", shortened(text)),
            row,
        })?;
        out.push_str(&String::from_utf8_lossy(&bytes));
        Ok(Some(()))
    })
}

/// The beginning of a text, for a message.
fn shortened(text: &str) -> &str {
    text.char_indices().nth(40).map_or(text, |(end, _)| &text[..end])
}

fn to_base64(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    if args.columns[0].data_type() == &arrow_schema::DataType::Binary {
        let bytes = byte_strings(args, 0);
        return build_text(args.rows, |row, out| {
            BASE64.encode_string(bytes.get(row)?, out);
            Some(())
        });
    }
    map_text(args, |out, text| {
        BASE64.encode_string(text, out);
        Some(())
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Charset {
    Ascii,
    Latin1,
    Utf8,
    Utf16,
    Utf16Be,
    Utf16Le,
}

impl Charset {
    fn of(name: &str, row: usize) -> Result<Self, EvalError> {
        Ok(match name.to_ascii_uppercase().as_str() {
            "US-ASCII" | "ASCII" | "ISO646-US" => Self::Ascii,
            "ISO-8859-1" | "ISO8859_1" | "LATIN1" | "ISO8859-1" | "L1" => Self::Latin1,
            "UTF-8" | "UTF8" => Self::Utf8,
            "UTF-16" | "UTF16" | "UTF_16" => Self::Utf16,
            "UTF-16BE" | "UTF_16BE" => Self::Utf16Be,
            "UTF-16LE" | "UTF_16LE" => Self::Utf16Le,
            _ => {
                let message = format!(
                    "`{name}` is no character set known here: US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE, UTF-16LE"
                );
                return Err(EvalError { code: "HW3215", message, row });
            }
        })
    }
}

fn decode(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (bytes, charset) = (byte_strings(args, 0), texts(args, 1));
    try_build_text(args.rows, |row, out| {
        let Some((bytes, charset)) = bytes.get(row).zip(charset.get(row)) else { return Ok(None) };
        match Charset::of(charset, row)? {
            Charset::Utf8 => out.push_str(&String::from_utf8_lossy(bytes)),
            Charset::Latin1 => out.extend(bytes.iter().map(|byte| char::from(*byte))),
            Charset::Ascii => out.extend(bytes.iter().map(|byte| match byte {
                0..=127 => char::from(*byte),
                _ => char::REPLACEMENT_CHARACTER,
            })),
            Charset::Utf16Be => append_utf16(out, bytes, true),
            Charset::Utf16Le => append_utf16(out, bytes, false),
            Charset::Utf16 => match bytes {
                [0xff, 0xfe, rest @ ..] => append_utf16(out, rest, false),
                [0xfe, 0xff, rest @ ..] => append_utf16(out, rest, true),
                _ => append_utf16(out, bytes, true),
            },
        }
        Ok(Some(()))
    })
}

fn append_utf16(out: &mut String, bytes: &[u8], big_endian: bool) {
    let pairs = bytes.chunks(2).map(|pair| match *pair {
        [high, low] if big_endian => u16::from_be_bytes([high, low]),
        [low, high] => u16::from_le_bytes([low, high]),
        _ => 0xfffd,
    });
    out.extend(char::decode_utf16(pairs).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

fn encode(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (text, charset) = (texts(args, 0), texts(args, 1));
    try_build_bytes(args.rows, |row, out| {
        let Some((text, charset)) = text.get(row).zip(charset.get(row)) else { return Ok(None) };
        let limited = |last: char| text.chars().map(move |unit| if unit <= last { unit as u8 } else { b'?' });
        match Charset::of(charset, row)? {
            Charset::Utf8 => out.extend_from_slice(text.as_bytes()),
            Charset::Ascii => out.extend(limited('\u{7f}')),
            Charset::Latin1 => out.extend(limited('\u{ff}')),
            Charset::Utf16Le => out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
            Charset::Utf16Be => out.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
            Charset::Utf16 if text.is_empty() => {}
            Charset::Utf16 => {
                out.extend([0xfe, 0xff]);
                out.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
            }
        }
        Ok(Some(()))
    })
}

fn append_url(out: &mut String, text: &str) -> Option<()> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => {
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                out.extend(['%', char::from(digits[0]), char::from(digits[1])]);
            }
        }
    }
    Some(())
}

fn append_url_decoded(out: &mut String, text: &str) -> Option<()> {
    let mut rest = text;
    let mut bytes = Vec::new();
    while let Some(at) = rest.find(['%', '+']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix('+') {
            out.push(' ');
            rest = after;
            continue;
        }
        bytes.clear();
        while let Some(escape) = rest.strip_prefix('%') {
            // Java reads the two characters as a number, which may carry a plus sign.
            bytes.push(u8::from_str_radix(escape.get(..2)?, 16).ok()?);
            rest = &escape[2..];
        }
        out.push_str(&String::from_utf8_lossy(&bytes));
    }
    out.push_str(rest);
    Some(())
}

fn append_json(out: &mut String, text: &str) -> Option<()> {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{7f}' => out.push(character),
            // Flink writes the whole code point where the first surrogate should stand, and then the second.
            '\u{10000}'.. => {
                let low = character.encode_utf16(&mut [0; 2])[1];
                out.push_str(&format!("\\u{:x}\\u{low:x}", u32::from(character)));
            }
            _ => out.push_str(&format!("\\u{:04x}", u32::from(character))),
        }
    }
    out.push('"');
    Some(())
}

fn append_json_unquoted(out: &mut String, text: &str) -> Option<()> {
    let start = out.len();
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    if inner.and_then(|inner| append_json_unescaped(out, inner)).is_none() {
        out.truncate(start);
        out.push_str(text);
    }
    Some(())
}

fn append_json_unescaped(out: &mut String, text: &str) -> Option<()> {
    let mut characters = text.chars();
    let mut units: Vec<u16> = Vec::new();
    while let Some(character) = characters.next() {
        if character != '\\' {
            push_units(out, &mut units);
            out.push(character);
            continue;
        }
        let escape = characters.next()?;
        if escape == 'u' {
            let digits = characters.as_str().get(..4)?;
            units.push(u16::from_str_radix(digits, 16).ok()?);
            characters = characters.as_str()[4..].chars();
            continue;
        }
        push_units(out, &mut units);
        out.push(match escape {
            '"' | '\\' | '/' => escape,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => return None,
        });
    }
    push_units(out, &mut units);
    Some(())
}

/// Adjacent UTF-16 escapes as characters; a lone surrogate becomes `?`, as when Java encodes it.
fn push_units(out: &mut String, units: &mut Vec<u16>) {
    out.extend(char::decode_utf16(units.drain(..)).map(|unit| unit.unwrap_or('?')));
}
