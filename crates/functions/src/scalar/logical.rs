//! Three-valued logic: NOT and the tests for TRUE, FALSE and UNKNOWN. AND and OR are expression forms of their own.

use crate::eval::{falsity, truth};
use crate::registry::{BindArg, BindError, Binding, Example, Family, Kernel, ScalarDef, Volatility};
use crate::typing::{arity, mismatch};
use crate::vector::broadcast;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray};
use data::{DataType, TypeKind};
use std::sync::Arc;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        name: "NOT",
        aliases: &[],
        family: Family::Logical,
        syntax: &["NOT condition"],
        doc: "TRUE for FALSE and the other way round; NULL for NULL.",
        examples: &[Example { sql: "NOT FALSE", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("NOT", args, true),
        kernel: |_| kernel(|column| BooleanArray::new(!column.values(), column.nulls().cloned())),
    },
    ScalarDef {
        name: "IS TRUE",
        aliases: &[],
        family: Family::Logical,
        syntax: &["condition IS TRUE"],
        doc: "Whether the condition is TRUE, neither FALSE nor NULL.",
        examples: &[Example { sql: "CAST(NULL AS BOOLEAN) IS TRUE", result: "false" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("IS TRUE", args, false),
        kernel: |_| kernel(|column| BooleanArray::new(truth(column), None)),
    },
    ScalarDef {
        name: "IS NOT TRUE",
        aliases: &[],
        family: Family::Logical,
        syntax: &["condition IS NOT TRUE"],
        doc: "Whether the condition is FALSE or NULL.",
        examples: &[Example { sql: "CAST(NULL AS BOOLEAN) IS NOT TRUE", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("IS NOT TRUE", args, false),
        kernel: |_| kernel(|column| BooleanArray::new(!&truth(column), None)),
    },
    ScalarDef {
        name: "IS FALSE",
        aliases: &[],
        family: Family::Logical,
        syntax: &["condition IS FALSE"],
        doc: "Whether the condition is FALSE, neither TRUE nor NULL.",
        examples: &[Example { sql: "(1 > 2) IS FALSE", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("IS FALSE", args, false),
        kernel: |_| kernel(|column| BooleanArray::new(falsity(column), None)),
    },
    ScalarDef {
        name: "IS NOT FALSE",
        aliases: &[],
        family: Family::Logical,
        syntax: &["condition IS NOT FALSE"],
        doc: "Whether the condition is TRUE or NULL.",
        examples: &[Example { sql: "CAST(NULL AS BOOLEAN) IS NOT FALSE", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("IS NOT FALSE", args, false),
        kernel: |_| kernel(|column| BooleanArray::new(!&falsity(column), None)),
    },
    ScalarDef {
        name: "IS UNKNOWN",
        aliases: &[],
        family: Family::Logical,
        syntax: &["condition IS UNKNOWN"],
        doc: "Whether the condition is NULL.",
        examples: &[Example { sql: "CAST(NULL AS BOOLEAN) IS UNKNOWN", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("IS UNKNOWN", args, false),
        kernel: |_| kernel(|column| BooleanArray::new(!&(&truth(column) | &falsity(column)), None)),
    },
    ScalarDef {
        name: "IS NOT UNKNOWN",
        aliases: &[],
        family: Family::Logical,
        syntax: &["condition IS NOT UNKNOWN"],
        doc: "Whether the condition is TRUE or FALSE.",
        examples: &[Example { sql: "(1 > 2) IS NOT UNKNOWN", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("IS NOT UNKNOWN", args, false),
        kernel: |_| kernel(|column| BooleanArray::new(&truth(column) | &falsity(column), None)),
    },
];

fn bind(name: &str, args: &[BindArg], may_be_null: bool) -> Result<Binding, BindError> {
    let form = if name == "NOT" { "NOT condition".to_string() } else { format!("condition {name}") };
    arity(name, args, 1, &form)?;
    let given = args[0].data_type;
    if !matches!(given.kind, TypeKind::Boolean | TypeKind::Null) {
        return Err(mismatch(name, args, &format!("{form}, with a BOOLEAN")));
    }
    let nullable = given.nullable || given.kind == TypeKind::Null;
    Ok(Binding {
        params: vec![DataType::boolean().with_nullable(nullable)],
        result: DataType::boolean().with_nullable(may_be_null && nullable),
    })
}

fn kernel(compute: fn(&BooleanArray) -> BooleanArray) -> Result<Kernel, BindError> {
    Ok(Box::new(move |args| {
        let column: ArrayRef = Arc::new(compute(args.columns[0].as_boolean()));
        Ok(if column.len() == args.rows { column } else { broadcast(&column, args.rows) })
    }))
}
