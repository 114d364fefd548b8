//! JSON_OBJECT, JSON_ARRAY, JSON_STRING and JSON: JSON texts made of values.

use super::convert::{Converter, checked_value_type};
use super::document::Json;
use super::{failed, fallible, word};
use crate::registry::{BindArg, BindError, Binding, CallSite, EvalError, Example, KernelArgs, ScalarDef};
use crate::scalar::columns::{texts, try_build_text};
use crate::typing::{arity, mismatch};
use arrow_array::Array;
use data::{DataType, TypeKind, Value};

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    fallible(
        "JSON_OBJECT",
        &["JSON_OBJECT([[KEY] name VALUE value, ...] [NULL | ABSENT ON NULL])"],
        "A JSON object of names and values, sorted by name. A NULL is written as null unless ABSENT ON NULL is given.",
        &[Example { sql: "JSON_OBJECT('b' VALUE 1, 'a' VALUE 'x')", result: "{\"a\":\"x\",\"b\":1}" }],
        bind_object,
        |site| {
            let items = Items::of(site, 2);
            Ok(Box::new(move |args| {
                try_build_text(args.rows, |row, out| {
                    let mut entries = Vec::new();
                    for item in &items.list {
                        let Some(value) = items.value(args, item, row)? else { continue };
                        // Names are literals or NOT NULL columns.
                        let name = texts(args, item.argument - 1).get(row).unwrap_or_default();
                        Json::insert(&mut entries, name.to_owned(), value);
                    }
                    Json::Object(entries).append(out);
                    Ok(Some(()))
                })
            }))
        },
    ),
    fallible(
        "JSON_ARRAY",
        &["JSON_ARRAY([value, ...] [NULL | ABSENT ON NULL])"],
        "A JSON array of values. NULLs are left out unless NULL ON NULL is given.",
        &[Example { sql: "JSON_ARRAY(1, 'x', JSON_ARRAY(2))", result: "[1,\"x\",[2]]" }],
        |args| bind_items("JSON_ARRAY", args, 1),
        |site| {
            let items = Items::of(site, 1);
            Ok(Box::new(move |args| {
                try_build_text(args.rows, |row, out| {
                    let mut list = Vec::new();
                    for item in &items.list {
                        list.extend(items.value(args, item, row)?);
                    }
                    Json::Array(list).append(out);
                    Ok(Some(()))
                })
            }))
        },
    ),
    fallible(
        "JSON_STRING",
        &["JSON_STRING(value)"],
        "The value as JSON: a text in quotes, a row or map as an object, an array as an array; NULL of NULL.",
        &[Example { sql: "JSON_STRING(MAP['b', 1, 'a', 2])", result: "{\"a\":2,\"b\":1}" }],
        |args| {
            arity("JSON_STRING", args, 1, "JSON_STRING(value)")?;
            checked_value_type("JSON_STRING", args[0].data_type)?;
            let result = DataType::string().with_nullable(args[0].data_type.nullable);
            Ok(Binding { params: vec![args[0].data_type.clone()], result })
        },
        |site| {
            let data_type = site.arg_types[0].clone();
            let converter = Converter::new(&data_type, false);
            Ok(Box::new(move |args| {
                try_build_text(args.rows, |row, out| {
                    let Some(value) = value_at(args, &data_type, 0, row) else { return Ok(None) };
                    converter.json(&value).map_err(|problem| failed(row, problem))?.append(out);
                    Ok(Some(()))
                })
            }))
        },
    ),
    fallible(
        "JSON",
        &["JSON(string), as a value in JSON_OBJECT or JSON_ARRAY"],
        "Takes the text for JSON instead of for a text.",
        &[Example { sql: "JSON_ARRAY(JSON('{\"x\": 1.50}'))", result: "[{\"x\":1.50}]" }],
        |args| {
            arity("JSON", args, 1, "JSON(string)")?;
            if !args[0].data_type.kind.is_character() {
                return Err(mismatch("JSON", args, "JSON(string)"));
            }
            let result = DataType::string().with_nullable(args[0].data_type.nullable);
            Ok(Binding { params: vec![args[0].data_type.clone()], result })
        },
        |_| {
            Ok(Box::new(|args| {
                let text = texts(args, 0);
                try_build_text(args.rows, |row, out| {
                    let Some(text) = text.get(row) else { return Ok(None) };
                    Json::parse(text).map_err(|problem| failed(row, problem))?.append(out);
                    Ok(Some(()))
                })
            }))
        },
    ),
];

/// The words before the values: what becomes of NULL, then `RAW` or `VALUE` for each value.
fn bind_object(args: &[BindArg]) -> Result<Binding, BindError> {
    let names = args.iter().skip(2).step_by(3);
    for name in names {
        if !name.data_type.kind.is_character() || name.data_type.nullable {
            let given = name.data_type;
            return Err(BindError::new(format!("a name in JSON_OBJECT is a text that is not NULL, not {given}"))
                .hint("write JSON_OBJECT('name' VALUE value)"));
        }
    }
    bind_items("JSON_OBJECT", args, 2)
}

/// After the first word, items of `names` arguments before the value: its word, and in an object its name.
fn bind_items(name: &str, args: &[BindArg], names: usize) -> Result<Binding, BindError> {
    for value in args.iter().skip(1 + names).step_by(1 + names) {
        checked_value_type(name, value.data_type)?;
    }
    Ok(Binding {
        params: args.iter().map(|arg| arg.data_type.clone()).collect(),
        result: DataType::not_null(DataType::string().kind),
    })
}

struct Item {
    argument: usize,
    data_type: DataType,
    converter: Converter,
}

/// The values of a call, and whether NULLs among them are written.
struct Items {
    list: Vec<Item>,
    absent: bool,
}

impl Items {
    fn of(site: &CallSite, names: usize) -> Self {
        let item = |argument: usize| {
            let data_type = site.arg_types[argument].clone();
            let converter = Converter::new(&data_type, word(site, argument - names) == "RAW");
            Item { argument, data_type, converter }
        };
        let list = (1 + names..site.arg_types.len()).step_by(1 + names).map(item).collect();
        Self { list, absent: word(site, 0) == "ABSENT" }
    }

    /// The value of a row, unless it is a NULL to be left out.
    fn value(&self, args: &KernelArgs, item: &Item, row: usize) -> Result<Option<Json>, EvalError> {
        match value_at(args, &item.data_type, item.argument, row) {
            None => Ok((!self.absent).then_some(Json::Null)),
            Some(value) => item.converter.json(&value).map(Some).map_err(|problem| failed(row, problem)),
        }
    }
}

fn value_at(args: &KernelArgs, data_type: &DataType, argument: usize, row: usize) -> Option<Value> {
    let column = &args.columns[argument];
    let index = args.position(argument, row);
    if data_type.kind == TypeKind::Null || column.is_null(index) {
        return None;
    }
    Some(Value::at(column, data_type, index))
}
