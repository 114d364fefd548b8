//! `=`, `<>`, IS [NOT] DISTINCT FROM and IS [NOT] NULL.

use super::compare::{Comparison, bind, distinct_kernel, kernel};
use crate::registry::{BindArg, BindError, Binding, CallSite, Example, Family, Kernel, ScalarDef, Volatility};
use crate::typing::arity;
use arrow_array::{Array, BooleanArray};
use arrow_buffer::BooleanBuffer;
use data::DataType;
use std::sync::Arc;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        name: "=",
        aliases: &[],
        family: Family::Comparison,
        syntax: &["a = b"],
        doc: "Whether both sides are equal; NULL when one of them is NULL.",
        examples: &[
            Example { sql: "1 = 1.0", result: "true" },
            Example { sql: "'a' = 'a '", result: "false" },
            Example { sql: "ARRAY[1, 2] = ARRAY[1, 2]", result: "true" },
        ],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("=", args, true, true),
        kernel: |site| kernel(Comparison::Equal, site),
    },
    ScalarDef {
        name: "<>",
        aliases: &["!="],
        family: Family::Comparison,
        syntax: &["a <> b"],
        doc: "Whether the sides differ; NULL when one of them is NULL.",
        examples: &[Example { sql: "1 <> 2", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("<>", args, true, true),
        kernel: |site| kernel(Comparison::NotEqual, site),
    },
    ScalarDef {
        name: "IS DISTINCT FROM",
        aliases: &[],
        family: Family::Comparison,
        syntax: &["a IS DISTINCT FROM b"],
        doc: "Whether the sides differ, where NULL is equal to NULL. Never NULL.",
        examples: &[Example { sql: "1 IS DISTINCT FROM CAST(NULL AS INT)", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("IS DISTINCT FROM", args, true, false),
        kernel: |site| distinct_kernel(true, site),
    },
    ScalarDef {
        name: "IS NOT DISTINCT FROM",
        aliases: &[],
        family: Family::Comparison,
        syntax: &["a IS NOT DISTINCT FROM b"],
        doc: "Whether both sides are equal, where NULL is equal to NULL. Never NULL.",
        examples: &[Example { sql: "CAST(NULL AS INT) IS NOT DISTINCT FROM CAST(NULL AS INT)", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("IS NOT DISTINCT FROM", args, true, false),
        kernel: |site| distinct_kernel(false, site),
    },
    ScalarDef {
        name: "IS NULL",
        aliases: &[],
        family: Family::Comparison,
        syntax: &["a IS NULL"],
        doc: "Whether the value is NULL. Never NULL itself.",
        examples: &[Example { sql: "CAST(NULL AS INT) IS NULL", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind_test("IS NULL", args),
        kernel: |site| test_kernel(true, site),
    },
    ScalarDef {
        name: "IS NOT NULL",
        aliases: &[],
        family: Family::Comparison,
        syntax: &["a IS NOT NULL"],
        doc: "Whether the value is not NULL. Never NULL itself.",
        examples: &[Example { sql: "1 IS NOT NULL", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind_test("IS NOT NULL", args),
        kernel: |site| test_kernel(false, site),
    },
];

fn bind_test(name: &str, args: &[BindArg]) -> Result<Binding, BindError> {
    arity(name, args, 1, &format!("a {name}"))?;
    Ok(Binding { params: vec![args[0].data_type.clone()], result: DataType::boolean().with_nullable(false) })
}

fn test_kernel(null: bool, _: &CallSite) -> Result<Kernel, BindError> {
    Ok(Box::new(move |args| {
        let column = &args.columns[0];
        let valid = match column.logical_nulls() {
            None => BooleanBuffer::new_set(column.len()),
            Some(nulls) => nulls.inner().clone(),
        };
        let answer: Arc<dyn Array> = Arc::new(BooleanArray::new(if null { !&valid } else { valid }, None));
        Ok(if args.constant[0] { crate::vector::broadcast(&answer, args.rows) } else { answer })
    }))
}
