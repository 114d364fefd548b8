//! Functions that replace parts or characters of a text.

use super::{STRING, pure};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example, KernelArgs, ScalarDef};
use crate::scalar::columns::{build_text, check_growth, texts, try_build_text};
use crate::typing::fixed;
use arrow_array::ArrayRef;
use memchr::memmem;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    pure(
        "REPLACE",
        &["REPLACE(string, part, replacement)"],
        "The text with every occurrence of the part replaced. The empty part occurs around every character.",
        &[Example { sql: "REPLACE('hello world', 'world', 'flink')", result: "hello flink" }],
        |args| fixed("REPLACE", args, &[STRING, STRING, STRING], STRING, "REPLACE(string, part, replacement)"),
        |_| Ok(Box::new(replace)),
    ),
    pure(
        "TRANSLATE",
        &["TRANSLATE(string, from, to)"],
        "The text with every character of `from` replaced by the one at the same place in `to`, or removed where `to` \
         is shorter. Of a character that `from` names twice the first place counts.",
        &[Example { sql: "TRANSLATE('www.apache.org', 'wapcheorg', ' APCHEcom')", result: "   .APACHE.com" }],
        bind_translate,
        |_| Ok(Box::new(translate)),
    ),
];

fn replace(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (text, part, replacement) = (texts(args, 0), texts(args, 1), texts(args, 2));
    try_build_text(args.rows, |row, out| {
        let Some((text, part)) = text.get(row).zip(part.get(row)) else { return Ok(None) };
        let Some(replacement) = replacement.get(row) else { return Ok(None) };
        append_replaced(out, row, (text, part, replacement))?;
        Ok(Some(()))
    })
}

fn append_replaced(
    out: &mut String,
    row: usize,
    (text, part, replacement): (&str, &str, &str),
) -> Result<(), EvalError> {
    if part.is_empty() {
        check_growth(row, out, replacement.len(), text.len() + 1)?;
        out.push_str(replacement);
        for character in text.chars() {
            out.push(character);
            out.push_str(replacement);
        }
        return Ok(());
    }
    let mut from = 0;
    for at in memmem::find_iter(text.as_bytes(), part.as_bytes()) {
        check_growth(row, out, replacement.len(), 1)?;
        out.push_str(&text[from..at]);
        out.push_str(replacement);
        from = at + part.len();
    }
    out.push_str(&text[from..]);
    Ok(())
}

/// NULL only when the text is: without `from` nothing changes, without `to` its characters are removed.
fn bind_translate(args: &[BindArg]) -> Result<Binding, BindError> {
    let mut binding = fixed("TRANSLATE", args, &[STRING, STRING, STRING], STRING, "TRANSLATE(string, from, to)")?;
    binding.result.nullable = args[0].data_type.nullable;
    Ok(binding)
}

fn translate(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (text, from, to) = (texts(args, 0), texts(args, 1), texts(args, 2));
    build_text(args.rows, |row, out| {
        let (text, from, to) = (text.get(row)?, from.get(row).unwrap_or(""), to.get(row).unwrap_or(""));
        for character in text.chars() {
            match from.chars().position(|candidate| candidate == character) {
                None => out.push(character),
                Some(place) => out.extend(to.chars().nth(place)),
            }
        }
        Some(())
    })
}
