//! Functions of maps. Of a key that comes twice the last value counts.

use super::{bind_common, element, pure};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example, KernelArgs, ScalarDef};
use crate::scalar::columns::{Reader, lists, try_build_lists};
use crate::typing::{any_nullable, arity, mismatch};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, StructArray};
use arrow_row::{RowConverter, Rows, SortField};
use arrow_schema::DataType as ArrowType;
use arrow_select::interleave::interleave;
use data::storage::{entry_fields, storage_type};
use data::types::RowField;
use data::{DataType, TypeKind};
use hashbrown::HashMap;
use std::sync::Arc;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    pure(
        "MAP_KEYS",
        &["MAP_KEYS(map)"],
        "The keys as an array.",
        &[Example { sql: "MAP_KEYS(MAP['a', 1, 'b', 2])", result: "[a, b]" }],
        |args| bind_part("MAP_KEYS", args, |key, _| key.clone()),
        |_| Ok(Box::new(|args| part(args, Some(0)))),
    ),
    pure(
        "MAP_VALUES",
        &["MAP_VALUES(map)"],
        "The values as an array, in the order of MAP_KEYS.",
        &[Example { sql: "MAP_VALUES(MAP['a', 1, 'b', 2])", result: "[1, 2]" }],
        |args| bind_part("MAP_VALUES", args, |_, value| value.clone()),
        |_| Ok(Box::new(|args| part(args, Some(1)))),
    ),
    pure(
        "MAP_ENTRIES",
        &["MAP_ENTRIES(map)"],
        "The entries as an array of rows with the fields `key` and `value`.",
        &[Example { sql: "MAP_ENTRIES(MAP['a', 1, 'b', 2])", result: "[+I[a, 1], +I[b, 2]]" }],
        |args| bind_part("MAP_ENTRIES", args, entry),
        |_| Ok(Box::new(|args| part(args, None))),
    ),
    ScalarDef {
        fallible: true,
        ..pure(
            "MAP_FROM_ARRAYS",
            &["MAP_FROM_ARRAYS(keys, values)"],
            "A map of the keys in one array to the values at the same places of another. Arrays of different lengths fail.",
            &[Example { sql: "MAP_FROM_ARRAYS(ARRAY['a', 'b'], ARRAY[1, 2])", result: "{a=1, b=2}" }],
            bind_from_arrays,
            |_| Ok(Box::new(from_arrays)),
        )
    },
    pure(
        "MAP_UNION",
        &["MAP_UNION(map1, ...)"],
        "The entries of all maps; NULL when one is.",
        &[Example { sql: "MAP_UNION(MAP['a', 1], MAP['b', 2])", result: "{a=1, b=2}" }],
        |args| {
            let form = "MAP_UNION(map1, ...)";
            let binding = bind_common("MAP_UNION", args, 1, form)?;
            match binding.result.kind {
                TypeKind::Map(_, _) => Ok(binding),
                _ => Err(mismatch("MAP_UNION", args, form)),
            }
        },
        |_| Ok(Box::new(union)),
    ),
];

fn bind_part(
    name: &str,
    args: &[BindArg],
    element: fn(&DataType, &DataType) -> DataType,
) -> Result<Binding, BindError> {
    let form = format!("{name}(map)");
    arity(name, args, 1, &form)?;
    let map = args[0].data_type;
    let TypeKind::Map(key, value) = &map.kind else { return Err(mismatch(name, args, &form)) };
    let result = DataType::new(TypeKind::Array(Box::new(element(key, value)))).with_nullable(map.nullable);
    Ok(Binding { params: vec![map.clone()], result })
}

fn entry(key: &DataType, value: &DataType) -> DataType {
    let field = |name: &str, data_type: &DataType| RowField { name: name.into(), data_type: data_type.clone() };
    DataType::new(TypeKind::Row(vec![field("key", key), field("value", value)]))
}

/// Keys or values, or the entries themselves, with the map's own offsets.
fn part(args: &KernelArgs, field: Option<usize>) -> Result<ArrayRef, EvalError> {
    let map = args.columns[0].as_list::<i32>();
    let ArrowType::List(item) = storage_type(args.result_type) else { unreachable!("an ARRAY is stored as a list") };
    let elements = match field {
        Some(field) => map.values().as_struct().column(field).clone(),
        None => map.values().clone(),
    };
    let array: ArrayRef = Arc::new(ListArray::new(item, map.offsets().clone(), elements, map.nulls().cloned()));
    Ok(if args.constant[0] { crate::vector::broadcast(&array, args.rows) } else { array })
}

fn bind_from_arrays(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "MAP_FROM_ARRAYS(array of keys, array of values)";
    arity("MAP_FROM_ARRAYS", args, 2, form)?;
    let key = element("MAP_FROM_ARRAYS", args, 0, form)?;
    let value = element("MAP_FROM_ARRAYS", args, 1, form)?;
    let kind = TypeKind::Map(Box::new(key.clone()), Box::new(value.clone()));
    Ok(Binding {
        params: args.iter().map(|arg| arg.data_type.clone()).collect(),
        result: DataType::new(kind).with_nullable(any_nullable(args)),
    })
}

fn from_arrays(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (keys, values) = (lists(args, 0), lists(args, 1));
    collect(args, &[keys.values()], &[values.values()], |row, entries| {
        let Some((keys, values)) = keys.get(row).zip(values.get(row)) else { return Ok(None) };
        if keys.len() != values.len() {
            let message = format!("MAP_FROM_ARRAYS has {} keys, but {} values", keys.len(), values.len());
            return Err(EvalError { code: "HW3218", message, row });
        }
        entries.extend(keys.zip(values).map(|(key, value)| (0, key, value)));
        Ok(Some(()))
    })
}

fn union(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let maps: Vec<Reader<ListArray>> = (0..args.columns.len()).map(|argument| lists(args, argument)).collect();
    let column = |field: usize| maps.iter().map(move |map| map.values().as_struct().column(field)).collect::<Vec<_>>();
    collect(args, &column(0), &column(1), |row, entries| {
        for (source, map) in maps.iter().enumerate() {
            let Some(range) = map.get(row) else { return Ok(None) };
            entries.extend(range.map(|index| (source, index, index)));
        }
        Ok(Some(()))
    })
}

/// An entry: its source, and where its key and its value stand there.
type Entry = (usize, usize, usize);

/// Maps of the entries that `append` adds for a row, without repeated keys.
fn collect(
    args: &KernelArgs,
    keys: &[&ArrayRef],
    values: &[&ArrayRef],
    mut append: impl FnMut(usize, &mut Vec<Entry>) -> Result<Option<()>, EvalError>,
) -> Result<ArrayRef, EvalError> {
    let comparable = comparable(keys);
    let (mut key_places, mut value_places) = (Vec::new(), Vec::new());
    let mut entries = Vec::new();
    let mut known = HashMap::new();
    let maps = try_build_lists(args.rows, |row| {
        entries.clear();
        known.clear();
        if append(row, &mut entries)?.is_none() {
            return Ok(None);
        }
        for (source, key, value) in &entries {
            let place = *known.entry(comparable[*source].row(*key)).or_insert(key_places.len());
            if place == key_places.len() {
                key_places.push((*source, *key));
                value_places.push((*source, *value));
            } else {
                value_places[place] = (*source, *value);
            }
        }
        Ok(Some(key_places.len()))
    })?;
    let TypeKind::Map(key_type, value_type) = &args.result_type.kind else { unreachable!("the result is a MAP") };
    let columns = vec![gathered(keys, &key_places), gathered(values, &value_places)];
    Ok(maps.of(args, Arc::new(StructArray::new(entry_fields(key_type, value_type), columns, None))))
}

fn comparable(keys: &[&ArrayRef]) -> Vec<Rows> {
    let field = SortField::new(keys[0].data_type().clone());
    let converter = RowConverter::new(vec![field]).expect("every storage type can be a key");
    let rows = |column: &&ArrayRef| {
        converter.convert_columns(std::slice::from_ref(*column)).expect("all keys have one storage type")
    };
    keys.iter().map(rows).collect()
}

fn gathered(sources: &[&ArrayRef], places: &[(usize, usize)]) -> ArrayRef {
    let sources: Vec<&dyn Array> = sources.iter().map(|source| source.as_ref()).collect();
    interleave(&sources, places).expect("all sources have one storage type")
}
