//! Numbers and texts in other bases: BIN, HEX, UNHEX.

use crate::registry::{BindArg, BindError, Binding, CallSite, Example, Family, Kernel, ScalarDef, Volatility};
use crate::scalar::columns::{build_text, try_build_bytes};
use crate::typing::{arity, mismatch};
use crate::vector::text;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use data::{DataType, TypeKind};
use std::fmt::Write;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        name: "BIN",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["BIN(integer)"],
        doc: "The integer in binary digits; a negative one as 64 bits.",
        examples: &[Example { sql: "BIN(4)", result: "100" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: bind_bin,
        kernel: |_| integer_kernel(|out, number| write!(out, "{number:b}").is_ok()),
    },
    ScalarDef {
        name: "HEX",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["HEX(integer)", "HEX(string)"],
        doc: "The integer, or each byte of the string, in upper-case hexadecimal digits; a negative integer as 64 bits.",
        examples: &[Example { sql: "HEX(20)", result: "14" }, Example { sql: "HEX('ä')", result: "C3A4" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: bind_hex,
        kernel: hex_kernel,
    },
    ScalarDef {
        name: "UNHEX",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["UNHEX(string)"],
        doc: "The bytes of a string of hexadecimal digits; of an odd number of digits the first byte is 0. NULL when \
              another character is found.",
        examples: &[Example { sql: "UNHEX('1F')", result: "[31]" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: bind_unhex,
        kernel: unhex_kernel,
    },
];

fn bind_bin(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "BIN(integer)";
    arity("BIN", args, 1, form)?;
    let given = args[0].data_type;
    if !given.kind.is_integer() {
        return Err(mismatch("BIN", args, form));
    }
    Ok(Binding {
        params: vec![DataType::bigint().with_nullable(given.nullable)],
        result: DataType::string().with_nullable(given.nullable),
    })
}

fn bind_hex(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "HEX(integer) or HEX(string)";
    arity("HEX", args, 1, form)?;
    let given = args[0].data_type;
    let param = match &given.kind {
        kind if kind.is_integer() => DataType::bigint().with_nullable(given.nullable),
        kind if kind.is_character() => given.clone(),
        _ => return Err(mismatch("HEX", args, form)),
    };
    Ok(Binding { params: vec![param], result: DataType::string().with_nullable(given.nullable) })
}

fn bind_unhex(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "UNHEX(string)";
    arity("UNHEX", args, 1, form)?;
    let given = args[0].data_type;
    let param = match &given.kind {
        TypeKind::Null => DataType::string(),
        kind if kind.is_character() => given.clone(),
        _ => return Err(mismatch("UNHEX", args, form)),
    };
    Ok(Binding { params: vec![param], result: DataType::bytes() })
}

fn integer_kernel(write: fn(&mut String, i64) -> bool) -> Result<Kernel, BindError> {
    Ok(Box::new(move |args| {
        let numbers = args.columns[0].as_primitive::<Int64Type>();
        build_text(args.rows, |row, out| {
            let row = args.position(0, row);
            (numbers.is_valid(row) && write(out, numbers.value(row))).then_some(())
        })
    }))
}

fn hex_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    if !site.arg_types[0].kind.is_character() {
        return integer_kernel(|out, number| write!(out, "{number:X}").is_ok());
    }
    Ok(Box::new(|args| {
        let texts = text(args, 0);
        build_text(args.rows, |row, out| {
            let row = args.position(0, row);
            texts.is_valid(row).then(|| texts.value(row).bytes().for_each(|byte| push_hex(out, byte)))
        })
    }))
}

fn push_hex(out: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push(DIGITS[usize::from(byte >> 4)].into());
    out.push(DIGITS[usize::from(byte & 15)].into());
}

fn unhex_kernel(_: &CallSite) -> Result<Kernel, BindError> {
    Ok(Box::new(|args| {
        let texts = text(args, 0);
        try_build_bytes(args.rows, |row, out| {
            let row = args.position(0, row);
            Ok(if texts.is_valid(row) { unhex(texts.value(row).as_bytes(), out) } else { None })
        })
    }))
}

fn unhex(digits: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let (odd, pairs) = digits.split_at(digits.len() % 2);
    if let [digit] = odd {
        value(*digit)?;
        out.push(0);
    }
    for pair in pairs.chunks_exact(2) {
        out.push(value(pair[0])? << 4 | value(pair[1])?);
    }
    Some(())
}
