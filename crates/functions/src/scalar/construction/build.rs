//! `ARRAY[…]`, `MAP[…]` and `ROW(…)`.

use crate::registry::{BindArg, BindError, Binding, Example, Family, KernelArgs, ScalarDef, Volatility};
use crate::typing::least_restrictive;
use crate::vector::broadcast;
use arrow_array::{Array, ArrayRef, ListArray, StructArray, UInt32Array};
use arrow_buffer::OffsetBuffer;
use arrow_ord::ord::make_comparator;
use arrow_schema::{DataType as ArrowType, SortOptions};
use arrow_select::interleave::interleave;
use arrow_select::take::take;
use data::storage::{entry_fields, storage_type};
use data::types::RowField;
use data::{DataType, TypeKind};
use std::sync::Arc;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        name: "ARRAY",
        aliases: &[],
        family: Family::Construction,
        syntax: &["ARRAY[value, …]"],
        doc: "An array of the values, which are brought to one type.",
        examples: &[Example { sql: "ARRAY[1, 2.5]", result: "[1.0, 2.5]" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: bind_array,
        kernel: |_| Ok(Box::new(|args| Ok(array(args)))),
    },
    ScalarDef {
        name: "MAP",
        aliases: &[],
        family: Family::Construction,
        syntax: &["MAP[key, value, …]"],
        doc: "A map of the keys to the values; of equal keys the last counts.",
        examples: &[Example { sql: "MAP['a', 1, 'b', 2]", result: "{a=1, b=2}" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: bind_map,
        kernel: |_| Ok(Box::new(|args| Ok(map(args)))),
    },
    ScalarDef {
        name: "ROW",
        aliases: &[],
        family: Family::Construction,
        syntax: &["ROW(value, …)", "(value, …)"],
        doc: "A row of the values; its fields are named EXPR$0, EXPR$1 and so on.",
        examples: &[Example { sql: "ROW(1, 'a')", result: "+I[1, a]" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: bind_row,
        kernel: |_| Ok(Box::new(|args| Ok(row(args)))),
    },
];

/// The one type of these arguments, and each as it is cast to it.
fn unified(name: &str, args: &[&DataType], form: &str) -> Result<DataType, BindError> {
    least_restrictive(args).ok_or_else(|| {
        let given: Vec<String> = args.iter().map(|data_type| data_type.kind.to_string()).collect();
        BindError::new(format!("the parts of {name} must be of one type, not {}", given.join(", ")))
            .hint(format!("write {form} with values of one type, for example with CAST"))
    })
}

fn at_least_one(name: &str, args: &[BindArg], form: &str) -> Result<(), BindError> {
    if args.is_empty() {
        return Err(BindError::new(format!("{name} needs a value to know its type")).hint(format!("write {form}")));
    }
    Ok(())
}

fn bind_array(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "ARRAY[value, …]";
    at_least_one("ARRAY", args, form)?;
    let types: Vec<&DataType> = args.iter().map(|arg| arg.data_type).collect();
    let element = unified("ARRAY", &types, form)?;
    let result = DataType::not_null(TypeKind::Array(Box::new(element.clone())));
    Ok(Binding { params: vec![element; args.len()], result })
}

fn bind_map(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "MAP[key, value, …]";
    at_least_one("MAP", args, form)?;
    if args.len() % 2 == 1 {
        return Err(BindError::new("MAP has a key without a value").hint(format!("write {form}")));
    }
    let every = |start: usize| args.iter().skip(start).step_by(2).map(|arg| arg.data_type).collect::<Vec<_>>();
    let (key, value) = (unified("MAP", &every(0), form)?, unified("MAP", &every(1), form)?);
    let params = (0..args.len()).map(|index| if index % 2 == 0 { key.clone() } else { value.clone() }).collect();
    Ok(Binding { params, result: DataType::not_null(TypeKind::Map(Box::new(key), Box::new(value))) })
}

fn bind_row(args: &[BindArg]) -> Result<Binding, BindError> {
    at_least_one("ROW", args, "ROW(value, …)")?;
    if args.iter().any(|arg| arg.data_type.kind == TypeKind::Null) {
        return Err(
            BindError::new("Illegal use of 'NULL': a field of a ROW needs a type").hint("write CAST(NULL AS INT)")
        );
    }
    let field =
        |(index, arg): (usize, &BindArg)| RowField { name: format!("EXPR${index}"), data_type: arg.data_type.clone() };
    Ok(Binding {
        params: args.iter().map(|arg| arg.data_type.clone()).collect(),
        result: DataType::not_null(TypeKind::Row(args.iter().enumerate().map(field).collect())),
    })
}

/// For each row the values of these arguments one after another.
fn interleaved(args: &KernelArgs, picked: &[usize]) -> ArrayRef {
    let columns: Vec<&dyn Array> = picked.iter().map(|index| args.columns[*index].as_ref()).collect();
    let mut sources = Vec::with_capacity(args.rows * picked.len());
    for row in 0..args.rows {
        sources.extend(picked.iter().enumerate().map(|(column, index)| (column, args.position(*index, row))));
    }
    interleave(&columns, &sources).expect("values of one storage type")
}

fn array(args: &KernelArgs) -> ArrayRef {
    let picked: Vec<usize> = (0..args.columns.len()).collect();
    let values = interleaved(args, &picked);
    let ArrowType::List(field) = storage_type(args.result_type) else { unreachable!("ARRAY is stored as a list") };
    let offsets = OffsetBuffer::from_repeated_length(args.columns.len(), args.rows);
    Arc::new(ListArray::new(field, offsets, values, None))
}

fn map(args: &KernelArgs) -> ArrayRef {
    let TypeKind::Map(key, value) = &args.result_type.kind else { unreachable!("MAP makes a map") };
    let every = |start: usize| (start..args.columns.len()).step_by(2).collect::<Vec<_>>();
    let (keys, values) = (interleaved(args, &every(0)), interleaved(args, &every(1)));
    let width = args.columns.len() / 2;
    let compare = make_comparator(&keys, &keys, SortOptions::default()).expect("keys of one type");
    // Of equal keys the first keeps its place and takes the last one's value.
    let (mut kept_keys, mut kept_values, mut lengths) = (Vec::new(), Vec::new(), Vec::with_capacity(args.rows));
    for start in (0..args.rows).map(|row| row * width) {
        let before = kept_keys.len();
        for entry in start..start + width {
            let same = |other: &usize| compare(*other, entry).is_eq();
            if (start..entry).any(|other| same(&other)) {
                continue;
            }
            let last = (entry..start + width).rev().find(same).unwrap_or(entry);
            kept_keys.push(entry as u32);
            kept_values.push(last as u32);
        }
        lengths.push(kept_keys.len() - before);
    }
    let pick = |column: &ArrayRef, entries: Vec<u32>| {
        take(column, &UInt32Array::from(entries), None).expect("an entry of the map")
    };
    let (keys, values) = (pick(&keys, kept_keys), pick(&values, kept_values));
    let entries = StructArray::new(entry_fields(key, value), vec![keys, values], None);
    let ArrowType::List(field) = storage_type(args.result_type) else { unreachable!("MAP is stored as a list") };
    Arc::new(ListArray::new(field, OffsetBuffer::from_lengths(lengths), Arc::new(entries), None))
}

fn row(args: &KernelArgs) -> ArrayRef {
    let ArrowType::Struct(fields) = storage_type(args.result_type) else { unreachable!("ROW is stored as a struct") };
    let columns = args.columns.iter().zip(args.constant);
    let columns =
        columns.map(|(column, constant)| if *constant { broadcast(column, args.rows) } else { column.clone() });
    Arc::new(StructArray::new(fields, columns.collect(), None))
}
