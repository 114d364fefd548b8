//! IS JSON and its kinds. Never NULL: NULL is no JSON.

use super::document::Json;
use super::fallible;
use crate::registry::{BindArg, BindError, Binding, CallSite, Example, Kernel, ScalarDef};
use crate::scalar::columns::{build_boolean, texts};
use crate::typing::{arity, mismatch};
use data::{DataType, TypeKind};

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    test(
        "IS JSON VALUE",
        &["string IS [NOT] JSON [VALUE]"],
        "Whether the text is JSON.",
        &[Example { sql: "'{\"a\": 1}' IS JSON", result: "true" }],
        |site| kernel(site, |_| true),
    ),
    test(
        "IS JSON OBJECT",
        &["string IS [NOT] JSON OBJECT"],
        "Whether the text is a JSON object.",
        &[Example { sql: "'[1]' IS JSON OBJECT", result: "false" }],
        |site| kernel(site, |json| matches!(json, Json::Object(_))),
    ),
    test(
        "IS JSON ARRAY",
        &["string IS [NOT] JSON ARRAY"],
        "Whether the text is a JSON array.",
        &[Example { sql: "'[1]' IS JSON ARRAY", result: "true" }],
        |site| kernel(site, |json| matches!(json, Json::Array(_))),
    ),
    test(
        "IS JSON SCALAR",
        &["string IS [NOT] JSON SCALAR"],
        "Whether the text is a JSON number, string, boolean or null.",
        &[Example { sql: "'null' IS JSON SCALAR", result: "true" }],
        |site| kernel(site, |json| !matches!(json, Json::Array(_) | Json::Object(_))),
    ),
];

const fn test(
    name: &'static str,
    syntax: &'static [&'static str],
    doc: &'static str,
    examples: &'static [Example],
    kernel: fn(&CallSite) -> Result<Kernel, BindError>,
) -> ScalarDef {
    ScalarDef { fallible: false, ..fallible(name, syntax, doc, examples, bind, kernel) }
}

fn bind(args: &[BindArg]) -> Result<Binding, BindError> {
    arity("IS JSON", args, 1, "string IS JSON")?;
    if !args[0].data_type.kind.is_character() {
        return Err(mismatch("IS JSON", args, "string IS JSON"));
    }
    Ok(Binding { params: vec![args[0].data_type.clone()], result: DataType::not_null(TypeKind::Boolean) })
}

fn kernel(_: &CallSite, holds: fn(&Json) -> bool) -> Result<Kernel, BindError> {
    Ok(Box::new(move |args| {
        let text = texts(args, 0);
        build_boolean(args.rows, |row| {
            let json = text.get(row).and_then(|text| Json::parse(text).ok());
            Some(json.is_some_and(|json| holds(&json)))
        })
    }))
}
