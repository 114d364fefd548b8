//! Functions that put arrays together or take parts of them.

use super::{as_element, bind_common, element, gather, pure};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example, KernelArgs, ScalarDef};
use crate::scalar::columns::{lists, primitives};
use crate::typing::{any_nullable, arity, arity_between, mismatch};
use arrow_array::ArrayRef;
use arrow_array::types::Int32Type;
use data::{DataType, TypeKind};
use std::ops::Range;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    pure(
        "ARRAY_APPEND",
        &["ARRAY_APPEND(array, element)"],
        "The array with an element, perhaps NULL, behind its last; NULL when the array is.",
        &[Example { sql: "ARRAY_APPEND(ARRAY[1, 2], 3)", result: "[1, 2, 3]" }],
        |args| bind_added("ARRAY_APPEND", args, "ARRAY_APPEND(array, element)"),
        |_| Ok(Box::new(|args| added(args, false))),
    ),
    pure(
        "ARRAY_PREPEND",
        &["ARRAY_PREPEND(array, element)"],
        "The array with an element, perhaps NULL, before its first; NULL when the array is.",
        &[Example { sql: "ARRAY_PREPEND(ARRAY[1, 2], 3)", result: "[3, 1, 2]" }],
        |args| bind_added("ARRAY_PREPEND", args, "ARRAY_PREPEND(array, element)"),
        |_| Ok(Box::new(|args| added(args, true))),
    ),
    pure(
        "ARRAY_CONCAT",
        &["ARRAY_CONCAT(array, ...)"],
        "The elements of all arrays, one array after the other; NULL when one is.",
        &[Example { sql: "ARRAY_CONCAT(ARRAY[1, 2], ARRAY[2, 3])", result: "[1, 2, 2, 3]" }],
        |args| bind_arrays("ARRAY_CONCAT", args, "ARRAY_CONCAT(array, ...)"),
        |_| Ok(Box::new(concat)),
    ),
    pure(
        "ARRAY_REVERSE",
        &["ARRAY_REVERSE(array)"],
        "The elements in reverse order.",
        &[Example { sql: "ARRAY_REVERSE(ARRAY[1, 2, 3])", result: "[3, 2, 1]" }],
        |args| {
            let form = "ARRAY_REVERSE(array)";
            arity("ARRAY_REVERSE", args, 1, form)?;
            element("ARRAY_REVERSE", args, 0, form)?;
            Ok(crate::typing::same_as_first(args))
        },
        |_| Ok(Box::new(reverse)),
    ),
    pure(
        "ARRAY_SLICE",
        &["ARRAY_SLICE(array, start[, end])"],
        "The elements from `start` to `end` (the last, by default), both counted from 1 and included; negative \
         positions count from the end. Empty when there are none between.",
        &[Example { sql: "ARRAY_SLICE(ARRAY[1, 2, 3, 4, 5], 2, 4)", result: "[2, 3, 4]" }],
        bind_slice,
        |_| Ok(Box::new(slice)),
    ),
];

fn bind_added(name: &str, args: &[BindArg], form: &str) -> Result<Binding, BindError> {
    arity(name, args, 2, form)?;
    let element = element(name, args, 0, form)?;
    let param = as_element(name, args, element, form)?;
    let array = args[0].data_type;
    let elements = element.clone().with_nullable(element.nullable || param.nullable);
    let kind = TypeKind::Array(Box::new(elements));
    // A NULL element makes the array nullable, too, as in Flink.
    let result = DataType::new(kind).with_nullable(array.nullable || param.nullable);
    Ok(Binding { params: vec![array.clone(), param], result })
}

fn added(args: &KernelArgs, first: bool) -> Result<ArrayRef, EvalError> {
    let array = lists(args, 0);
    gather(args, &[array.values(), &args.columns[1]], |row, places| {
        let Some(range) = array.get(row) else { return Ok(None) };
        let new = (1, args.position(1, row));
        if first {
            places.push(new);
        }
        places.extend(range.map(|index| (0, index)));
        if !first {
            places.push(new);
        }
        Ok(Some(()))
    })
}

/// Arrays of a common type.
pub(super) fn bind_arrays(name: &str, args: &[BindArg], form: &str) -> Result<Binding, BindError> {
    let binding = bind_common(name, args, 1, form)?;
    if matches!(binding.result.kind, TypeKind::Array(_)) { Ok(binding) } else { Err(mismatch(name, args, form)) }
}

fn concat(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let arrays: Vec<_> = (0..args.columns.len()).map(|argument| lists(args, argument)).collect();
    let sources: Vec<&ArrayRef> = arrays.iter().map(|array| array.values()).collect();
    gather(args, &sources, |row, places| {
        for (source, array) in arrays.iter().enumerate() {
            let Some(range) = array.get(row) else { return Ok(None) };
            places.extend(range.map(|index| (source, index)));
        }
        Ok(Some(()))
    })
}

fn reverse(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let array = lists(args, 0);
    gather(args, &[array.values()], |row, places| {
        let Some(range) = array.get(row) else { return Ok(None) };
        places.extend(range.rev().map(|index| (0, index)));
        Ok(Some(()))
    })
}

fn bind_slice(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "ARRAY_SLICE(array, start[, end]) with INT positions";
    arity_between("ARRAY_SLICE", args, 2, 3, form)?;
    element("ARRAY_SLICE", args, 0, form)?;
    let narrow =
        |kind: &TypeKind| matches!(kind, TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::Int | TypeKind::Null);
    if !args[1..].iter().all(|arg| narrow(&arg.data_type.kind)) {
        return Err(mismatch("ARRAY_SLICE", args, form));
    }
    let positions = args[1..].iter().map(|arg| DataType::int().with_nullable(arg.data_type.nullable));
    let params = std::iter::once(args[0].data_type.clone()).chain(positions).collect();
    Ok(Binding { params, result: args[0].data_type.clone().with_nullable(any_nullable(args)) })
}

fn slice(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (array, start) = (lists(args, 0), primitives::<Int32Type>(args, 1));
    let end = (args.columns.len() > 2).then(|| primitives::<Int32Type>(args, 2));
    gather(args, &[array.values()], |row, places| {
        let last = || end.as_ref().map_or(Some(i32::MAX), |end| end.get(row));
        let given = array.get(row).and_then(|range| Some((range, start.get(row)?, last()?)));
        Ok(given.map(|(range, start, end)| places.extend(between(range, start, end).map(|index| (0, index)))))
    })
}

/// The part of a range between two positions.
fn between(range: Range<usize>, start: i32, end: i32) -> Range<usize> {
    let length = range.len() as i64;
    let position = |position: i32| match i64::from(position) {
        0 => 1,
        position @ 1.. => position,
        position => length + 1 + position,
    };
    let (start, end) = (position(start).max(1), position(end).min(length));
    if start > end {
        return range.start..range.start;
    }
    range.start + start as usize - 1..range.start + end as usize
}
