//! Functions that put texts together or choose among them, and the one that takes a text apart into a map.

use super::java_regex::JavaRegex;
use super::regex::Patterns;
use super::{STRING, nullable, pure};
use crate::registry::{BindArg, BindError, Binding, CallSite, EvalError, Example, Kernel, KernelArgs, ScalarDef};
use crate::scalar::columns::{build_text, primitives, texts, try_build_lists};
use crate::typing::{any_nullable, arity_between, cast_literals, common_type, mismatch, signature};
use arrow_array::builder::{ArrayBuilder, StringBuilder};
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, StructArray, new_null_array};
use arrow_select::interleave::interleave;
use data::storage::entry_fields;
use data::types::MAX_LENGTH;
use data::{DataType, TypeKind, Value};
use std::sync::Arc;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    pure(
        "||",
        &["string1 || string2"],
        "Both texts together; NULL when one is.",
        &[Example { sql: "'data' || 'base'", result: "database" }],
        bind_operator,
        |_| Ok(Box::new(concat)),
    ),
    pure(
        "CONCAT",
        &["CONCAT(string1, ...)"],
        "All texts together; NULL when one is.",
        &[Example { sql: "CONCAT('AA', 'BB', 'CC')", result: "AABBCC" }],
        |args| bind_all("CONCAT", args, "CONCAT(string1, ...)"),
        |_| Ok(Box::new(concat)),
    ),
    pure(
        "CONCAT_WS",
        &["CONCAT_WS(separator, string, ...)"],
        "All texts that are not NULL together, with the separator between them; NULL only when the separator is.",
        &[Example { sql: "CONCAT_WS('~', 'AA', CAST(NULL AS STRING), 'BB', '')", result: "AA~BB~" }],
        |args| bind_all("CONCAT_WS", args, "CONCAT_WS(separator, string, ...)"),
        |_| Ok(Box::new(concat_ws)),
    ),
    pure(
        "ELT",
        &["ELT(index, value, ...)"],
        "The value with this index, counted from 1; NULL when there is none.",
        &[Example { sql: "ELT(2, 'a', 'b')", result: "b" }],
        bind_elt,
        |_| Ok(Box::new(elt)),
    ),
    pure(
        "STR_TO_MAP",
        &["STR_TO_MAP(string[, pair separator, key separator])"],
        "A map from the text split into pairs (at `,` by default) and each pair into key and value (at the first `=` \
         by default). The separators are regular expressions. A pair without separator has the value NULL; of a key \
         that comes twice the last value counts.",
        &[
            Example { sql: "STR_TO_MAP('k1=v1,k2=v2')", result: "{k1=v1, k2=v2}" },
            Example { sql: "STR_TO_MAP('k1:v1;k2', ';', ':')", result: "{k1=v1, k2=null}" },
        ],
        |args| {
            let forms: &[&[TypeKind]] = &[&[STRING], &[STRING, STRING, STRING]];
            let map = TypeKind::Map(Box::new(DataType::string()), Box::new(DataType::string()));
            signature("STR_TO_MAP", args, forms, map, "STR_TO_MAP(string[, pair separator, key separator])")
                .map(nullable)
        },
        str_to_map,
    ),
];

/// As long as both together; fixed only when both are.
fn bind_operator(args: &[BindArg]) -> Result<Binding, BindError> {
    let mut binding = signature("||", args, &[&[STRING, STRING]], STRING, "string1 || string2")?;
    let sum = |left: u32, right: u32| left.saturating_add(right).min(MAX_LENGTH);
    binding.result.kind = match (&binding.params[0].kind, &binding.params[1].kind) {
        (TypeKind::Char(left), TypeKind::Char(right)) => TypeKind::Char(sum(*left, *right)),
        (TypeKind::Char(left) | TypeKind::VarChar(left), TypeKind::Char(right) | TypeKind::VarChar(right)) => {
            TypeKind::VarChar(sum(*left, *right))
        }
        _ => STRING,
    };
    Ok(binding)
}

fn bind_all(name: &str, args: &[BindArg], form: &str) -> Result<Binding, BindError> {
    arity_between(name, args, 1, usize::MAX, form)?;
    let params = cast_literals(args, &STRING);
    if !params.iter().all(|param| param.kind.is_character()) {
        return Err(mismatch(name, args, form));
    }
    Ok(Binding { params, result: DataType::string().with_nullable(any_nullable(args)) })
}

fn concat(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let parts: Vec<_> = (0..args.columns.len()).map(|argument| texts(args, argument)).collect();
    build_text(args.rows, |row, out| {
        for part in &parts {
            out.push_str(part.get(row)?);
        }
        Some(())
    })
}

fn concat_ws(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let separator = texts(args, 0);
    let parts: Vec<_> = (1..args.columns.len()).map(|argument| texts(args, argument)).collect();
    build_text(args.rows, |row, out| {
        let separator = separator.get(row)?;
        for (index, part) in parts.iter().filter_map(|part| part.get(row)).enumerate() {
            if index > 0 {
                out.push_str(separator);
            }
            out.push_str(part);
        }
        Some(())
    })
}

fn bind_elt(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "ELT(index, value, ...) with an integer index and values that are all texts or all byte strings";
    arity_between("ELT", args, 2, usize::MAX, form)?;
    let index = args[0].data_type;
    let values: Vec<&DataType> = args[1..].iter().map(|arg| arg.data_type).collect();
    let one_family =
        values.iter().all(|value| value.kind.is_character()) || values.iter().all(|value| value.kind.is_binary());
    if !one_family || !(index.kind.is_integer() || index.kind == TypeKind::Null) {
        return Err(mismatch("ELT", args, form));
    }
    if let Some(Value::TinyInt(-128..=-1) | Value::SmallInt(i16::MIN..=-1) | Value::Int(i32::MIN..=-1)) =
        args[0].literal
    {
        return Err(BindError::new("ELT counts from 1, and its index is negative").hint("write an index from 1 on"));
    }
    let result = common_type(&values).ok_or_else(|| mismatch("ELT", args, form))?;
    let index = DataType::bigint().with_nullable(index.nullable);
    let params = std::iter::once(index).chain(values.into_iter().cloned()).collect();
    Ok(Binding { params, result: result.with_nullable(true) })
}

fn elt(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let index = primitives::<Int64Type>(args, 0);
    let nothing = new_null_array(args.columns[1].data_type(), 1);
    let mut columns: Vec<&dyn Array> = vec![&nothing];
    columns.extend(args.columns[1..].iter().map(|column| column.as_ref()));
    let place = |row: usize| {
        let choice = index.get(row).and_then(|index| usize::try_from(index).ok()).unwrap_or(0);
        match choice {
            0 => (0, 0),
            _ if choice >= columns.len() => (0, 0),
            _ if args.constant[choice] => (choice, 0),
            _ => (choice, row),
        }
    };
    let places: Vec<(usize, usize)> = (0..args.rows).map(place).collect();
    Ok(interleave(&columns, &places).expect("all values have one storage type"))
}

fn str_to_map(site: &CallSite) -> Result<Kernel, BindError> {
    let given = site.arg_types.len() == 3;
    let (pairs, keys) = (Patterns::of(site, 1), Patterns::of(site, 2));
    Ok(Box::new(move |args| {
        let text = texts(args, 0);
        let separators = given.then(|| (texts(args, 1), texts(args, 2)));
        let (mut pair_patterns, mut key_patterns) = (pairs.reader(), keys.reader());
        let (mut names, mut values) = (StringBuilder::new(), StringBuilder::new());
        let mut entries: Vec<(&str, Option<&str>)> = Vec::new();
        let lists = try_build_lists(args.rows, |row| {
            let Some(text) = text.get(row) else { return Ok(None) };
            let (pair, key) = match &separators {
                None => (",", "="),
                Some((pair, key)) => match (pair.get(row), key.get(row)) {
                    (Some(pair), Some(key)) => (pair, key),
                    _ => return Ok(None),
                },
            };
            let invalid = |pattern: &str| invalid_pattern(pattern, row);
            let pair = pair_patterns.get(pair).ok_or_else(|| invalid(pair))?;
            let key = key_patterns.get(key).ok_or_else(|| invalid(key))?;
            entries.clear();
            for part in split(text, pair, row)? {
                let (name, value) = split_once(part, key, row)?;
                match entries.iter_mut().find(|entry| entry.0 == name) {
                    Some(entry) => entry.1 = value,
                    None => entries.push((name, value)),
                }
            }
            for (name, value) in &entries {
                names.append_value(name);
                values.append_option(*value);
            }
            Ok(Some(names.len()))
        })?;
        let fields = entry_fields(&DataType::string(), &DataType::string());
        let columns: Vec<ArrayRef> = vec![Arc::new(names.finish()), Arc::new(values.finish())];
        Ok(lists.of(args, Arc::new(StructArray::new(fields, columns, None))))
    }))
}

fn invalid_pattern(pattern: &str, row: usize) -> EvalError {
    EvalError { code: "HW3212", message: format!("`{pattern}` is no regular expression"), row }
}

/// `String.split`: parts without the empty ones at the end.
fn split<'a>(text: &'a str, pattern: &JavaRegex, row: usize) -> Result<Vec<&'a str>, EvalError> {
    let mut parts = Vec::new();
    let mut from = 0;
    for found in pattern.find_all(text, row)? {
        // An empty match at the beginning does not make an empty first part.
        if found.end > 0 {
            parts.push(&text[from..found.start]);
        }
        from = found.end;
    }
    parts.push(&text[from..]);
    let kept = parts.iter().rposition(|part| !part.is_empty()).map_or(0, |last| last + 1);
    parts.truncate(kept);
    Ok(parts)
}

/// Key, and the value when there is a separator. An empty match at the beginning is none.
fn split_once<'a>(pair: &'a str, pattern: &JavaRegex, row: usize) -> Result<(&'a str, Option<&'a str>), EvalError> {
    let separator = pattern.find_all(pair, row)?.into_iter().find(|found| found.end > 0);
    Ok(match separator {
        Some(found) => (&pair[..found.start], Some(&pair[found.end..])),
        None => (pair, None),
    })
}
