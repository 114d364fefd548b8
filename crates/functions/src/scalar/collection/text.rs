//! Functions between arrays and texts.

use super::{element, pure};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example, KernelArgs, ScalarDef};
use crate::scalar::columns::{check_growth, lists, texts, try_build_lists, try_build_text};
use crate::typing::{any_nullable, arity_between, fixed, mismatch};
use arrow_array::builder::{ArrayBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use data::types::MAX_LENGTH;
use data::{DataType, TypeKind};
use std::sync::Arc;

const STRING: TypeKind = TypeKind::VarChar(MAX_LENGTH);

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    pure(
        "ARRAY_JOIN",
        &["ARRAY_JOIN(array, separator[, null text])"],
        "The texts of an array together, with the separator between them; NULLs are left out, or stand as the given text.",
        &[
            Example { sql: "ARRAY_JOIN(ARRAY['a', CAST(NULL AS STRING), 'b'], ',')", result: "a,b" },
            Example { sql: "ARRAY_JOIN(ARRAY['a', CAST(NULL AS STRING)], ',', '-')", result: "a,-" },
        ],
        bind_join,
        |_| Ok(Box::new(join)),
    ),
    pure(
        "SPLIT",
        &["SPLIT(string, separator)"],
        "The parts of the text between separators; its characters, when the separator is empty. No parts of an empty text.",
        &[Example { sql: "SPLIT('a,b,c', ',')", result: "[a, b, c]" }],
        |args| {
            let parts = TypeKind::Array(Box::new(DataType::string()));
            fixed("SPLIT", args, &[STRING, STRING], parts, "SPLIT(string, separator)")
        },
        |_| Ok(Box::new(split)),
    ),
];

fn bind_join(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "ARRAY_JOIN(array of strings, separator[, null text])";
    arity_between("ARRAY_JOIN", args, 2, 3, form)?;
    let texts = element("ARRAY_JOIN", args, 0, form)?.kind.is_character();
    if !texts || !args[1..].iter().all(|arg| arg.data_type.kind.is_character()) {
        return Err(mismatch("ARRAY_JOIN", args, form));
    }
    let params = args.iter().map(|arg| arg.data_type.clone()).collect();
    Ok(Binding { params, result: DataType::string().with_nullable(any_nullable(args)) })
}

fn join(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (array, separator) = (lists(args, 0), texts(args, 1));
    let replacement = (args.columns.len() > 2).then(|| texts(args, 2));
    let elements = array.values().as_string::<i32>();
    try_build_text(args.rows, |row, out| {
        let Some((range, separator)) = array.get(row).zip(separator.get(row)) else { return Ok(None) };
        let replacement = match &replacement {
            None => None,
            Some(replacement) => match replacement.get(row) {
                None => return Ok(None),
                known => known,
            },
        };
        check_growth(row, out, separator.len() + replacement.map_or(0, str::len), range.len())?;
        let parts =
            range.filter_map(|index| if elements.is_null(index) { replacement } else { Some(elements.value(index)) });
        for (index, part) in parts.enumerate() {
            if index > 0 {
                out.push_str(separator);
            }
            out.push_str(part);
        }
        Ok(Some(()))
    })
}

fn split(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (text, separator) = (texts(args, 0), texts(args, 1));
    let mut parts = StringBuilder::new();
    let lists = try_build_lists(args.rows, |row| {
        let Some((text, separator)) = text.get(row).zip(separator.get(row)) else { return Ok(None) };
        match (text, separator) {
            ("", _) => {}
            (_, "") => text.char_indices().for_each(|(at, one)| parts.append_value(&text[at..at + one.len_utf8()])),
            _ => text.split(separator).for_each(|part| parts.append_value(part)),
        }
        Ok(Some(parts.len()))
    })?;
    Ok(lists.of(args, Arc::new(parts.finish())))
}
