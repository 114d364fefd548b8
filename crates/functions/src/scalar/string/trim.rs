//! Functions that take characters off the ends of a text.

use super::{STRING, pure};
use crate::registry::{BindArg, BindError, Binding, CallSite, EvalError, Example, Kernel, KernelArgs, ScalarDef};
use crate::scalar::columns::{build_text, texts};
use crate::typing::signature;
use arrow_array::ArrayRef;
use data::{TypeKind, Value};

#[derive(Clone, Copy)]
enum Ends {
    Both,
    Leading,
    Trailing,
}

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    pure(
        "TRIM",
        &["TRIM([BOTH | LEADING | TRAILING] [characters] FROM string)", "TRIM(string)"],
        "The text without any of the given characters (a space by default) at the ends named, both by default.",
        &[
            Example { sql: "TRIM('  a b ')", result: "a b" },
            Example { sql: "TRIM(LEADING 'xy' FROM 'yxabcx')", result: "abcx" },
        ],
        bind_sql_trim,
        sql_trim,
    ),
    pure(
        "LTRIM",
        &["LTRIM(string[, characters])"],
        "The text without any of the given characters (a space by default) at its beginning.",
        &[Example { sql: "LTRIM('abcabc', 'ab')", result: "cabc" }],
        |args| bind_trim("LTRIM", args, "LTRIM(string[, characters])").map(|binding| varying(binding, 0)),
        |_| Ok(trimmer(Ends::Leading)),
    ),
    pure(
        "RTRIM",
        &["RTRIM(string[, characters])"],
        "The text without any of the given characters (a space by default) at its end.",
        &[Example { sql: "RTRIM('abcab', 'ba')", result: "abc" }],
        |args| bind_trim("RTRIM", args, "RTRIM(string[, characters])").map(|binding| varying(binding, 0)),
        |_| Ok(trimmer(Ends::Trailing)),
    ),
    pure(
        "BTRIM",
        &["BTRIM(string[, characters])"],
        "The text without any of the given characters (a space by default) at both ends.",
        &[Example { sql: "BTRIM('xyabcyx', 'xy')", result: "abc" }],
        |args| bind_trim("BTRIM", args, "BTRIM(string[, characters])"),
        |_| Ok(trimmer(Ends::Both)),
    ),
];

fn bind_trim(name: &str, args: &[BindArg], form: &str) -> Result<Binding, BindError> {
    signature(name, args, &[&[STRING], &[STRING, STRING]], STRING, form)
}

/// The result at most as long as an argument.
fn varying(mut binding: Binding, argument: usize) -> Binding {
    if let TypeKind::Char(length) | TypeKind::VarChar(length) = binding.params[argument].kind {
        binding.result.kind = TypeKind::VarChar(length);
    }
    binding
}

/// `TRIM('BOTH', characters, string)`, as the parser lowers it, or `TRIM(string)`.
fn bind_sql_trim(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "TRIM([BOTH | LEADING | TRAILING] [characters] FROM string)";
    let binding = signature("TRIM", args, &[&[STRING], &[STRING, STRING, STRING]], STRING, form)?;
    let text = binding.params.len() - 1;
    Ok(varying(binding, text))
}

fn sql_trim(site: &CallSite) -> Result<Kernel, BindError> {
    if site.arg_types.len() == 1 {
        return Ok(trimmer(Ends::Both));
    }
    let ends = match &site.literals[0] {
        Some(Value::String(word)) if word == "BOTH" => Ends::Both,
        Some(Value::String(word)) if word == "LEADING" => Ends::Leading,
        Some(Value::String(word)) if word == "TRAILING" => Ends::Trailing,
        _ => return Err(BindError::new("TRIM takes off at BOTH ends, the LEADING or the TRAILING one")),
    };
    Ok(Box::new(move |args| trim(args, ends, 2, Some(1))))
}

fn trimmer(ends: Ends) -> Kernel {
    Box::new(move |args| trim(args, ends, 0, (args.columns.len() > 1).then_some(1)))
}

fn trim(args: &KernelArgs, ends: Ends, text: usize, set: Option<usize>) -> Result<ArrayRef, EvalError> {
    let text = texts(args, text);
    let set = set.map(|argument| texts(args, argument));
    build_text(args.rows, |row, out| {
        let text = text.get(row)?;
        let set = match &set {
            Some(set) => set.get(row)?,
            None => " ",
        };
        let trimmed = if let [only] = set.as_bytes() {
            trim_where(text, ends, |character| character == char::from(*only))
        } else {
            trim_where(text, ends, |character| set.contains(character))
        };
        out.push_str(trimmed);
        Some(())
    })
}

fn trim_where(text: &str, ends: Ends, matches: impl Fn(char) -> bool) -> &str {
    match ends {
        Ends::Both => text.trim_matches(matches),
        Ends::Leading => text.trim_start_matches(matches),
        Ends::Trailing => text.trim_end_matches(matches),
    }
}
