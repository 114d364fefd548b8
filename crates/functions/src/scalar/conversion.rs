//! Conversion functions other than CAST, which is an expression form of its own.

use crate::registry::{BindArg, BindError, Binding, CallSite, Example, Family, Kernel, ScalarDef, Volatility};
use crate::scalar::columns::{build_boolean, build_text};
use crate::typing::{arity, arity_between, mismatch};
use crate::vector::broadcast;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};
use data::text::utf8::append_utf8;
use data::{DataType, TypeKind};
use std::sync::Arc;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        name: "TYPEOF",
        aliases: &[],
        family: Family::Conversion,
        syntax: &["TYPEOF(value)", "TYPEOF(value, force_serializable)"],
        doc: "The type of an expression as text.",
        examples: &[Example { sql: "TYPEOF(1)", result: "INT NOT NULL" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: bind_typeof,
        kernel: typeof_kernel,
    },
    ScalarDef {
        name: "IS_VALID_UTF8",
        aliases: &[],
        family: Family::Conversion,
        syntax: &["IS_VALID_UTF8(bytes)"],
        doc: "Whether the bytes are text in UTF-8.",
        examples: &[Example { sql: "IS_VALID_UTF8(x'ff')", result: "false" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind_bytes("IS_VALID_UTF8", args, TypeKind::Boolean),
        kernel: |_| {
            Ok(Box::new(|args| {
                let bytes = args.columns[0].as_binary::<i32>();
                build_boolean(args.rows, |row| {
                    let row = args.position(0, row);
                    bytes.is_valid(row).then(|| std::str::from_utf8(bytes.value(row)).is_ok())
                })
            }))
        },
    },
    ScalarDef {
        name: "MAKE_VALID_UTF8",
        aliases: &[],
        family: Family::Conversion,
        syntax: &["MAKE_VALID_UTF8(bytes)"],
        doc: "The bytes as text, with U+FFFD for what is not UTF-8.",
        examples: &[Example { sql: "MAKE_VALID_UTF8(x'61ff62')", result: "a\u{fffd}b" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind_bytes("MAKE_VALID_UTF8", args, TypeKind::VarChar(data::types::MAX_LENGTH)),
        kernel: |_| {
            Ok(Box::new(|args| {
                let bytes = args.columns[0].as_binary::<i32>();
                build_text(args.rows, |row, out| {
                    let row = args.position(0, row);
                    bytes.is_valid(row).then(|| append_utf8(out, bytes.value(row)))
                })
            }))
        },
    },
];

fn bind_typeof(args: &[BindArg]) -> Result<Binding, BindError> {
    arity_between("TYPEOF", args, 1, 2, "TYPEOF(value)")?;
    if args.get(1).is_some_and(|force| force.data_type.kind != TypeKind::Boolean) {
        return Err(mismatch("TYPEOF", args, "TYPEOF(value, TRUE)"));
    }
    Ok(Binding { params: args.iter().map(|arg| arg.data_type.clone()).collect(), result: DataType::string() })
}

fn typeof_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    let name: ArrayRef = Arc::new(StringArray::from(vec![site.arg_types[0].to_string()]));
    Ok(Box::new(move |args| Ok(broadcast(&name, args.rows))))
}

fn bind_bytes(name: &str, args: &[BindArg], result: TypeKind) -> Result<Binding, BindError> {
    let form = format!("{name}(bytes)");
    arity(name, args, 1, &form)?;
    let given = args[0].data_type;
    let param = match &given.kind {
        TypeKind::Null => DataType::bytes(),
        kind if kind.is_binary() => given.clone(),
        _ => return Err(mismatch(name, args, &form)),
    };
    let nullable = param.nullable;
    Ok(Binding { params: vec![param], result: DataType::new(result).with_nullable(nullable) })
}
