//! JSON_EXISTS, JSON_VALUE and JSON_QUERY: parts of a document by a path. NULL when the document or the path is NULL.

use super::document::Json;
use super::path::{Mode, Path, PathError};
use super::{failed, fallible, word};
use crate::registry::{BindArg, BindError, Binding, CallSite, EvalError, Example, Kernel, KernelArgs, ScalarDef};
use crate::scalar::columns::{texts, try_build_lists, try_build_text};
use crate::typing::{arity_between, mismatch};
use arrow_array::builder::{ArrayBuilder, StringBuilder};
use arrow_array::{ArrayRef, BooleanArray};
use data::{DataType, TypeKind, Value};
use std::sync::Arc;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    fallible(
        "JSON_EXISTS",
        &["JSON_EXISTS(json, path [TRUE | FALSE | UNKNOWN | ERROR ON ERROR])"],
        "Whether something that is not null lies at the path.",
        &[Example { sql: "JSON_EXISTS('{\"a\": [1]}', '$.a[0]')", result: "true" }],
        |args| {
            inputs("JSON_EXISTS", args, 0, 1)?;
            Ok(Binding { params: as_they_are(args), result: DataType::boolean() })
        },
        exists,
    ),
    fallible(
        "JSON_VALUE",
        &["JSON_VALUE(json, path [RETURNING type] [NULL | ERROR | DEFAULT value ON EMPTY] \
             [NULL | ERROR | DEFAULT value ON ERROR])"],
        "The scalar at the path, as STRING or as the BOOLEAN, INT or DOUBLE that RETURNING names; it must be of that type.",
        &[
            Example { sql: "JSON_VALUE('{\"a\": {\"b\": 1.50}}', '$.a.b')", result: "1.50" },
            Example { sql: "JSON_VALUE('{\"a\": 7}', '$.a' RETURNING INT)", result: "7" },
            Example { sql: "JSON_VALUE('{}', 'lax $.a' DEFAULT 'none' ON EMPTY)", result: "none" },
        ],
        bind_value,
        value,
    ),
    fallible(
        "JSON_QUERY",
        &["JSON_QUERY(json, path [RETURNING STRING | ARRAY<STRING>] [WITHOUT | WITH [CONDITIONAL | UNCONDITIONAL] \
             [ARRAY] WRAPPER] [NULL | ERROR | EMPTY ARRAY | EMPTY OBJECT ON EMPTY] \
             [NULL | ERROR | EMPTY ARRAY | EMPTY OBJECT ON ERROR])"],
        "The array or object at the path, as JSON text or as an array of texts.",
        &[
            Example { sql: "JSON_QUERY('{\"a\": [1, 2]}', '$.a')", result: "[1,2]" },
            Example { sql: "JSON_QUERY('{\"a\": 1}', '$.a' WITH WRAPPER)", result: "[1]" },
        ],
        bind_query,
        query,
    ),
];

fn as_they_are(args: &[BindArg]) -> Vec<DataType> {
    args.iter().map(|arg| arg.data_type.clone()).collect()
}

/// Checks the document and the path, behind which the binder puts between `least` and `most` words and values.
fn inputs(name: &str, args: &[BindArg], least: usize, most: usize) -> Result<(), BindError> {
    let form = &format!("{name}(json, path)");
    arity_between(name, args, 2 + least, 2 + most, form)?;
    let texts = args.len() >= 2 && args[..2].iter().all(|arg| arg.data_type.kind.is_character());
    if texts { Ok(()) } else { Err(mismatch(name, &args[..args.len().min(2)], form)) }
}

/// Paths read once when they are literals, and as long as they stay the same.
#[derive(Clone)]
struct Documents {
    path: Option<(String, Result<Path, (Mode, PathError)>)>,
}

/// What lies at a path: nothing, or why the document or the path cannot be followed. The mode comes with it.
type Found = (Mode, Result<Option<Json>, String>);

impl Documents {
    fn of(site: &CallSite) -> Self {
        let literal = match site.literals.get(1) {
            Some(Some(Value::String(path))) => Some((path.clone(), Path::parse(path))),
            _ => None,
        };
        Self { path: literal }
    }

    /// Nothing when the document or the path is NULL.
    fn read(&mut self, args: &KernelArgs, row: usize) -> Result<Option<Found>, EvalError> {
        let Some((document, path)) = texts(args, 0).get(row).zip(texts(args, 1).get(row)) else { return Ok(None) };
        if self.path.as_ref().is_none_or(|(known, _)| known != path) {
            self.path = Some((path.to_owned(), Path::parse(path)));
        }
        let Some((_, parsed)) = &self.path else { return Ok(None) };
        let path = match parsed {
            Err((_, PathError::Unsupported(problem))) => return Err(failed(row, problem)),
            Err((mode, PathError::Invalid(problem))) => return Ok(Some((*mode, Err(problem.clone())))),
            Ok(path) => path,
        };
        let found = match (Json::parse(document), path.mode) {
            // A lax path finds nothing in what is no document.
            (Err(_), Mode::Lax) => Ok(None),
            (document, _) => document.and_then(|document| path.read(&document)),
        };
        Ok(Some((path.mode, found)))
    }
}

fn exists(site: &CallSite) -> Result<Kernel, BindError> {
    let on_error = word(site, 2).to_owned();
    let documents = Documents::of(site);
    Ok(Box::new(move |args| {
        let mut documents = documents.clone();
        let answers = (0..args.rows).map(|row| {
            let Some((_, found)) = documents.read(args, row)? else { return Ok(None) };
            match (found, on_error.as_str()) {
                (Ok(found), _) => Ok(Some(found.is_some())),
                (Err(problem), "ERROR") => Err(failed(row, problem)),
                (Err(_), "UNKNOWN") => Ok(None),
                (Err(_), word) => Ok(Some(word == "TRUE")),
            }
        });
        Ok(Arc::new(answers.collect::<Result<BooleanArray, EvalError>>()?))
    }))
}

/// `json, path, on empty, default, on error, default [, returning]`.
fn bind_value(args: &[BindArg]) -> Result<Binding, BindError> {
    inputs("JSON_VALUE", args, 4, 5)?;
    let result = args.get(6).map_or_else(DataType::string, |returning| returning.data_type.clone().with_nullable(true));
    if !result.kind.is_character() && !matches!(result.kind, TypeKind::Boolean | TypeKind::Int | TypeKind::Double) {
        return Err(BindError::new(format!("JSON_VALUE cannot return {}", result.kind))
            .hint("RETURNING takes STRING, BOOLEAN, INT or DOUBLE; cast the result to other types"));
    }
    let mut params = as_they_are(args);
    for default in [3, 5] {
        params[default] = result.clone().with_nullable(args[default].data_type.nullable);
    }
    Ok(Binding { params, result })
}

fn value(site: &CallSite) -> Result<Kernel, BindError> {
    let (on_empty, on_error) = (word(site, 2).to_owned(), word(site, 4).to_owned());
    let documents = Documents::of(site);
    let result = site.result_type.clone();
    Ok(Box::new(move |args| {
        let mut documents = documents.clone();
        let default =
            |argument: usize, row: usize| Value::at(&args.columns[argument], &result, args.position(argument, row));
        let mut values = Vec::with_capacity(args.rows);
        for row in 0..args.rows {
            let Some((mode, found)) = documents.read(args, row)? else {
                values.push(Value::Null);
                continue;
            };
            let found = match found {
                Ok(Some(json)) if json.is_scalar() => {
                    values.push(scalar(&json, &result.kind).map_err(|problem| failed(row, problem))?);
                    continue;
                }
                Ok(_) if mode == Mode::Strict => Err("JSON_VALUE needs a scalar at a strict path".to_owned()),
                Ok(_) => Ok(()),
                Err(problem) => Err(problem),
            };
            values.push(match (found, on_empty.as_str(), on_error.as_str()) {
                (Ok(()), "ERROR", _) => return Err(failed(row, "nothing is at the path of JSON_VALUE")),
                (Ok(()), "DEFAULT", _) => default(3, row),
                (Err(problem), _, "ERROR") => return Err(failed(row, problem)),
                (Err(_), _, "DEFAULT") => default(5, row),
                _ => Value::Null,
            });
        }
        Ok(Value::column(&result, &values))
    }))
}

/// The scalar as the type that is asked for; a scalar of another type fails the call, whatever its behaviours are.
fn scalar(json: &Json, kind: &TypeKind) -> Result<Value, String> {
    let wrong = || {
        let mut shown = String::new();
        json.append(&mut shown);
        format!("JSON_VALUE found {shown}, which is no {kind}")
    };
    match (kind, json) {
        (TypeKind::Boolean, Json::Boolean(flag)) => Ok(Value::Boolean(*flag)),
        (TypeKind::Int, Json::Integer(number)) => number.parse().map(Value::Int).map_err(|_| wrong()),
        (TypeKind::Double, Json::Decimal(number)) => number.parse().map(Value::Double).map_err(|_| wrong()),
        (kind, json) if kind.is_character() => {
            let mut text = String::new();
            json.append_plain(&mut text);
            Ok(Value::String(text))
        }
        _ => Err(wrong()),
    }
}

/// `json, path, wrapper, on empty, on error [, returning]`.
fn bind_query(args: &[BindArg]) -> Result<Binding, BindError> {
    inputs("JSON_QUERY", args, 3, 4)?;
    let result = args.get(5).map_or_else(DataType::string, |returning| returning.data_type.clone().with_nullable(true));
    let texts = match &result.kind {
        TypeKind::Array(element) => element.kind.is_character(),
        kind => kind.is_character(),
    };
    if !texts {
        return Err(BindError::new(format!("JSON_QUERY cannot return {}", result.kind))
            .hint("RETURNING takes STRING or ARRAY<STRING>"));
    }
    let object = |arg: &BindArg| matches!(arg.literal, Some(Value::String(word)) if word == "EMPTY OBJECT");
    if matches!(result.kind, TypeKind::Array(_)) && args[3..5].iter().any(object) {
        return Err(BindError::new("an EMPTY OBJECT is no ARRAY").hint("write EMPTY ARRAY"));
    }
    Ok(Binding { params: as_they_are(args), result })
}

struct Query {
    wrapper: String,
    on_empty: String,
    on_error: String,
    documents: Documents,
    array: bool,
}

fn query(site: &CallSite) -> Result<Kernel, BindError> {
    let query = Query {
        wrapper: word(site, 2).to_owned(),
        on_empty: word(site, 3).to_owned(),
        on_error: word(site, 4).to_owned(),
        documents: Documents::of(site),
        array: matches!(site.result_type.kind, TypeKind::Array(_)),
    };
    Ok(Box::new(move |args| {
        let mut documents = query.documents.clone();
        if !query.array {
            return try_build_text(args.rows, |row, out| {
                Ok(query.answer(&mut documents, args, row)?.map(|json| json.append(out)))
            });
        }
        let mut texts = StringBuilder::new();
        let lists = try_build_lists(args.rows, |row| {
            let Some(Json::Array(items)) = query.answer(&mut documents, args, row)? else { return Ok(None) };
            append_items(&mut texts, &items);
            Ok(Some(texts.len()))
        })?;
        Ok(lists.of(args, Arc::new(texts.finish()) as ArrayRef))
    }))
}

fn append_items(texts: &mut StringBuilder, items: &[Json]) {
    for item in items {
        if *item == Json::Null {
            texts.append_null();
        } else {
            let mut text = String::new();
            item.append_plain(&mut text);
            texts.append_value(text);
        }
    }
}

impl Query {
    fn answer(&self, documents: &mut Documents, args: &KernelArgs, row: usize) -> Result<Option<Json>, EvalError> {
        let Some((mode, found)) = documents.read(args, row)? else { return Ok(None) };
        let found = found.map(|json| {
            json.map(|json| match (self.wrapper.as_str(), json) {
                ("UNCONDITIONAL", json) => Json::Array(vec![json]),
                ("CONDITIONAL", json) if !matches!(json, Json::Array(_)) => Json::Array(vec![json]),
                (_, json) => json,
            })
        });
        let (behaviour, problem) = match found {
            Ok(Some(json)) if json.is_scalar() && mode == Mode::Strict => {
                (&self.on_error, "JSON_QUERY needs an array or an object at a strict path".to_owned())
            }
            Ok(Some(Json::Object(_))) if self.array => {
                (&self.on_error, "JSON_QUERY needs an array to return one".to_owned())
            }
            Ok(Some(json)) if !json.is_scalar() => return Ok(Some(json)),
            Ok(_) => (&self.on_empty, "nothing is at the path of JSON_QUERY".to_owned()),
            Err(problem) => (&self.on_error, problem),
        };
        match behaviour.as_str() {
            "ERROR" => Err(failed(row, problem)),
            "EMPTY ARRAY" => Ok(Some(Json::Array(Vec::new()))),
            "EMPTY OBJECT" => Ok(Some(Json::Object(Vec::new()))),
            _ => Ok(None),
        }
    }
}
