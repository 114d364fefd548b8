//! Functions that order elements.

use super::{element, gather, pure};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example, KernelArgs, ScalarDef};
use crate::scalar::columns::{booleans, lists};
use crate::typing::{any_nullable, arity, arity_between, mismatch};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_ord::ord::{DynComparator, make_comparator};
use arrow_schema::{DataType as ArrowType, SortOptions};
use arrow_select::take::take;
use data::{DataType, TypeKind};
use std::cmp::Ordering;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    pure(
        "ARRAY_SORT",
        &["ARRAY_SORT(array[, ascending[, nulls first]])"],
        "The elements in ascending order (or descending, when told so), with NULLs first in ascending and last in \
         descending order unless told otherwise. NaN is greater than any number.",
        &[
            Example { sql: "ARRAY_SORT(ARRAY[3, 1, 2])", result: "[1, 2, 3]" },
            Example { sql: "ARRAY_SORT(ARRAY[3, 1, CAST(NULL AS INT)], FALSE)", result: "[3, 1, null]" },
        ],
        bind_sort,
        |_| Ok(Box::new(sort)),
    ),
    pure(
        "ARRAY_MAX",
        &["ARRAY_MAX(array)"],
        "The greatest element that is not NULL; NULL when there is none.",
        &[Example { sql: "ARRAY_MAX(ARRAY[1, 3, 2])", result: "3" }],
        |args| bind_extreme("ARRAY_MAX", args),
        |_| Ok(Box::new(|args| Ok(extreme(args, Ordering::Greater)))),
    ),
    pure(
        "ARRAY_MIN",
        &["ARRAY_MIN(array)"],
        "The least element that is not NULL; NULL when there is none.",
        &[Example { sql: "ARRAY_MIN(ARRAY[1, 3, 2])", result: "1" }],
        |args| bind_extreme("ARRAY_MIN", args),
        |_| Ok(Box::new(|args| Ok(extreme(args, Ordering::Less)))),
    ),
];

/// Booleans and nested values have an order in other places, but not here.
fn has_order(kind: &TypeKind) -> bool {
    kind.is_numeric() || kind.is_character() || kind.is_binary() || kind.is_datetime() || kind.is_interval()
}

fn bind_sort(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "ARRAY_SORT(array[, ascending[, nulls first]]) with elements that have an order, and BOOLEANs";
    arity_between("ARRAY_SORT", args, 1, 3, form)?;
    let ordered = has_order(&element("ARRAY_SORT", args, 0, form)?.kind);
    let flags = args[1..].iter().all(|arg| matches!(arg.data_type.kind, TypeKind::Boolean | TypeKind::Null));
    if !ordered || !flags {
        return Err(mismatch("ARRAY_SORT", args, form));
    }
    let flags = args[1..].iter().map(|arg| DataType::boolean().with_nullable(arg.data_type.nullable));
    let params = std::iter::once(args[0].data_type.clone()).chain(flags).collect();
    Ok(Binding { params, result: args[0].data_type.clone().with_nullable(any_nullable(args)) })
}

fn sort(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let array = lists(args, 0);
    let flag = |argument: usize| (args.columns.len() > argument).then(|| booleans(args, argument));
    let (ascending, nulls_first) = (flag(1), flag(2));
    let values = array.values();
    let comparator = |descending, nulls_first| {
        let options = SortOptions { descending, nulls_first };
        make_comparator(values, values, options).expect("one column has one type")
    };
    // By descending and by NULLs first.
    let comparators =
        [[comparator(false, false), comparator(false, true)], [comparator(true, false), comparator(true, true)]];
    gather(args, &[values], |row, places| {
        let Some(range) = array.get(row) else { return Ok(None) };
        let ascending = ascending.as_ref().map_or(Some(true), |flag| flag.get(row));
        let nulls_first = nulls_first.as_ref().map_or(ascending, |flag| flag.get(row));
        let (Some(ascending), Some(nulls_first)) = (ascending, nulls_first) else { return Ok(None) };
        let compare = &comparators[usize::from(!ascending)][usize::from(nulls_first)];
        let start = places.len();
        places.extend(range.map(|index| (0, index)));
        places[start..].sort_by(|left, right| compare(left.1, right.1));
        Ok(Some(()))
    })
}

fn bind_extreme(name: &str, args: &[BindArg]) -> Result<Binding, BindError> {
    let form = format!("{name}(array) with elements that have an order");
    arity(name, args, 1, &form)?;
    let element = element(name, args, 0, &form)?;
    if !has_order(&element.kind) {
        return Err(mismatch(name, args, &form));
    }
    Ok(Binding { params: vec![args[0].data_type.clone()], result: element.clone().with_nullable(true) })
}

fn extreme(args: &KernelArgs, wanted: Ordering) -> ArrayRef {
    let array = lists(args, 0);
    let values = array.values();
    let compare = comparator(values);
    let places: UInt32Array = (0..args.rows)
        .map(|row| {
            let known = array.get(row)?.filter(|index| values.is_valid(*index));
            let best = known.reduce(|best, index| if compare(index, best) == wanted { index } else { best });
            best.map(|index| index as u32)
        })
        .collect();
    take(values, &places, None).expect("an element of the list")
}

/// Compares two values; NaN is neither less nor greater than anything, so that it wins only where it comes first.
fn comparator(values: &ArrayRef) -> DynComparator {
    match values.data_type() {
        ArrowType::Float32 => {
            let values = values.as_primitive::<Float32Type>().clone();
            Box::new(move |left, right| partial(values.value(left).partial_cmp(&values.value(right))))
        }
        ArrowType::Float64 => {
            let values = values.as_primitive::<Float64Type>().clone();
            Box::new(move |left, right| partial(values.value(left).partial_cmp(&values.value(right))))
        }
        _ => make_comparator(values, values, SortOptions::default()).expect("one column has one type"),
    }
}

fn partial(ordering: Option<Ordering>) -> Ordering {
    ordering.unwrap_or(Ordering::Equal)
}
