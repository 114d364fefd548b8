//! Functions that compare elements for equality. NULL equals NULL; NaN equals nothing, not even itself.

use super::array::bind_arrays;
use super::{as_element, element, gather, pure};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example, KernelArgs, ScalarDef};
use crate::scalar::columns::{build, build_boolean, lists};
use crate::typing::{arity, same_as_first};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int32Type};
use arrow_array::{Array, ArrayRef};
use arrow_row::{Row, RowConverter, Rows, SortField};
use arrow_schema::DataType as ArrowType;
use data::{DataType, TypeKind};
use hashbrown::HashSet;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    pure(
        "ARRAY_CONTAINS",
        &["ARRAY_CONTAINS(array, value)"],
        "Whether the value, perhaps NULL, is an element; NULL when the array is.",
        &[Example { sql: "ARRAY_CONTAINS(ARRAY[1, 2], 2)", result: "true" }],
        |args| {
            let array = args.first().is_some_and(|arg| arg.data_type.nullable);
            bind_search("ARRAY_CONTAINS", args, TypeKind::Boolean, array)
        },
        |_| Ok(Box::new(contains)),
    ),
    pure(
        "ARRAY_POSITION",
        &["ARRAY_POSITION(array, value)"],
        "The position of the first such element, counted from 1; 0 when there is none, NULL when the array or the \
         value is.",
        &[Example { sql: "ARRAY_POSITION(ARRAY[1, 2, 2], 2)", result: "2" }],
        |args| {
            let nullable = args.iter().any(|arg| arg.data_type.nullable);
            bind_search("ARRAY_POSITION", args, TypeKind::Int, nullable)
        },
        |_| Ok(Box::new(position)),
    ),
    pure(
        "ARRAY_REMOVE",
        &["ARRAY_REMOVE(array, value)"],
        "The elements that are not the value, which may be NULL; NULL when the array is.",
        &[Example { sql: "ARRAY_REMOVE(ARRAY[1, 2, 1], 1)", result: "[2]" }],
        |args| {
            let mut binding = bind_search("ARRAY_REMOVE", args, TypeKind::Null, false)?;
            binding.result = args[0].data_type.clone();
            Ok(binding)
        },
        |_| Ok(Box::new(remove)),
    ),
    pure(
        "ARRAY_DISTINCT",
        &["ARRAY_DISTINCT(array)"],
        "The elements without repetitions, in the order of their first.",
        &[Example { sql: "ARRAY_DISTINCT(ARRAY[1, 2, 1])", result: "[1, 2]" }],
        |args| {
            arity("ARRAY_DISTINCT", args, 1, "ARRAY_DISTINCT(array)")?;
            element("ARRAY_DISTINCT", args, 0, "ARRAY_DISTINCT(array)")?;
            Ok(same_as_first(args))
        },
        |_| Ok(Box::new(combine)),
    ),
    pure(
        "ARRAY_UNION",
        &["ARRAY_UNION(array1, array2)"],
        "The elements of both arrays without repetitions; NULL when one is.",
        &[Example { sql: "ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3])", result: "[1, 2, 3]" }],
        |args| bind_pair("ARRAY_UNION", args),
        |_| Ok(Box::new(combine)),
    ),
    pure(
        "ARRAY_INTERSECT",
        &["ARRAY_INTERSECT(array1, array2)"],
        "The elements of the first array that are also in the second, without repetitions; NULL when one is.",
        &[Example { sql: "ARRAY_INTERSECT(ARRAY[1, 2, 2], ARRAY[2, 3])", result: "[2]" }],
        |args| bind_pair("ARRAY_INTERSECT", args),
        |_| Ok(Box::new(|args| filter(args, true))),
    ),
    pure(
        "ARRAY_EXCEPT",
        &["ARRAY_EXCEPT(array1, array2)"],
        "The elements of the first array that are not in the second, without repetitions; NULL when one is.",
        &[Example { sql: "ARRAY_EXCEPT(ARRAY[1, 2, 2, 3], ARRAY[2])", result: "[1, 3]" }],
        |args| bind_pair("ARRAY_EXCEPT", args),
        |_| Ok(Box::new(|args| filter(args, false))),
    ),
];

fn bind_search(name: &str, args: &[BindArg], result: TypeKind, nullable: bool) -> Result<Binding, BindError> {
    let form = format!("{name}(array, value of its elements' type)");
    arity(name, args, 2, &form)?;
    let element = element(name, args, 0, &form)?;
    let param = as_element(name, args, element, &form)?;
    Ok(Binding {
        params: vec![args[0].data_type.clone(), param],
        result: DataType::new(result).with_nullable(nullable),
    })
}

fn bind_pair(name: &str, args: &[BindArg]) -> Result<Binding, BindError> {
    let form = format!("{name}(array1, array2)");
    arity(name, args, 2, &form)?;
    bind_arrays(name, args, &form)
}

/// Columns of one type as comparable keys, and which of their values are NaN.
struct Keys {
    rows: Vec<Rows>,
    nan: Vec<Vec<bool>>,
}

impl Keys {
    fn of(columns: &[&ArrayRef]) -> Self {
        let field = SortField::new(columns[0].data_type().clone());
        let converter = RowConverter::new(vec![field]).expect("every storage type can be a key");
        let key = |column: &&ArrayRef| {
            converter.convert_columns(std::slice::from_ref(*column)).expect("all columns have one storage type")
        };
        Self {
            rows: columns.iter().map(key).collect(),
            nan: columns.iter().map(|column| not_numbers(column)).collect(),
        }
    }

    /// The key of a value; nothing for NaN, which equals nothing.
    fn get(&self, source: usize, index: usize) -> Option<Row<'_>> {
        let nan = self.nan[source].get(index).copied().unwrap_or(false);
        (!nan).then(|| self.rows[source].row(index))
    }
}

/// Which values are NaN; empty for columns that cannot hold it.
fn not_numbers(column: &ArrayRef) -> Vec<bool> {
    match column.data_type() {
        ArrowType::Float32 => {
            column.as_primitive::<Float32Type>().values().iter().map(|value| value.is_nan()).collect()
        }
        ArrowType::Float64 => {
            column.as_primitive::<Float64Type>().values().iter().map(|value| value.is_nan()).collect()
        }
        _ => Vec::new(),
    }
}

/// Searches each row's array for its value: the place of the first match within the array.
fn search(args: &KernelArgs) -> impl Fn(usize) -> Option<Option<usize>> {
    let array = lists(args, 0);
    let keys = Keys::of(&[array.values(), &args.columns[1]]);
    let ranges: Vec<_> = (0..args.rows).map(|row| (array.get(row), args.position(1, row))).collect();
    move |row| {
        let (range, value) = ranges[row].clone();
        let wanted = keys.get(1, value);
        range.map(|mut range| wanted.and_then(|wanted| range.position(|index| keys.get(0, index) == Some(wanted))))
    }
}

fn contains(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let search = search(args);
    build_boolean(args.rows, |row| Some(search(row)?.is_some()))
}

fn position(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let search = search(args);
    build::<Int32Type>(args.rows, |row| {
        let known = !args.columns[1].is_null(args.position(1, row));
        search(row).filter(|_| known).map(|place| place.map_or(0, |place| place as i32 + 1))
    })
}

fn remove(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let array = lists(args, 0);
    let keys = Keys::of(&[array.values(), &args.columns[1]]);
    gather(args, &[array.values()], |row, places| {
        let Some(range) = array.get(row) else { return Ok(None) };
        let unwanted = keys.get(1, args.position(1, row));
        let kept = range.filter(|index| unwanted.is_none() || keys.get(0, *index) != unwanted);
        places.extend(kept.map(|index| (0, index)));
        Ok(Some(()))
    })
}

/// The elements of all arrays without repetitions.
fn combine(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let arrays: Vec<_> = (0..args.columns.len()).map(|argument| lists(args, argument)).collect();
    let sources: Vec<&ArrayRef> = arrays.iter().map(|array| array.values()).collect();
    let keys = Keys::of(&sources);
    let mut seen = HashSet::new();
    gather(args, &sources, |row, places| {
        seen.clear();
        for (source, array) in arrays.iter().enumerate() {
            let Some(range) = array.get(row) else { return Ok(None) };
            let new = range.filter(|index| keys.get(source, *index).is_none_or(|key| seen.insert(key)));
            places.extend(new.map(|index| (source, index)));
        }
        Ok(Some(()))
    })
}

/// The elements of the first array that are in the second, or that are not, without repetitions.
fn filter(args: &KernelArgs, common: bool) -> Result<ArrayRef, EvalError> {
    let (first, second) = (lists(args, 0), lists(args, 1));
    let keys = Keys::of(&[first.values(), second.values()]);
    let (mut others, mut seen) = (HashSet::new(), HashSet::new());
    gather(args, &[first.values()], |row, places| {
        let Some((range, other)) = first.get(row).zip(second.get(row)) else { return Ok(None) };
        seen.clear();
        others.clear();
        others.extend(other.filter_map(|index| keys.get(1, index)));
        let kept = range.filter(|index| match keys.get(0, *index) {
            Some(key) => others.contains(&key) == common && seen.insert(key),
            None => !common,
        });
        places.extend(kept.map(|index| (0, index)));
        Ok(Some(()))
    })
}
