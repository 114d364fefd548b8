//! Arrays, maps, multisets and rows, part by part. Where a part fails under TRY_CAST the whole value is NULL. Keys of a
//! map that become equal leave the last entry.

use super::{CastError, Run, without};
use crate::storage::{entry_fields, storage_type};
use crate::types::{DataType, TypeKind};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, StructArray, UInt32Array};
use arrow_schema::{DataType as ArrowType, Field as ArrowField};
use std::sync::Arc;

pub(super) fn cast(run: &mut Run, column: &ArrayRef, from: &DataType, to: &DataType) -> Result<ArrayRef, CastError> {
    match (&from.kind, &to.kind) {
        (TypeKind::Array(from), TypeKind::Array(element)) => {
            let list = column.as_list::<i32>();
            lists(run, list, to, |run, values| run.column(values, from, element))
        }
        (TypeKind::Map(from_key, from_value), TypeKind::Map(key, value)) => {
            entries(run, column, (from_key, from_value), (key, value))
        }
        (TypeKind::Multiset(from), TypeKind::Multiset(element)) => {
            let count = DataType::int();
            entries(run, column, (from, &count), (element, &count))
        }
        (TypeKind::Row(from), TypeKind::Row(fields)) => {
            let row = column.as_struct();
            let mut columns = Vec::with_capacity(fields.len());
            let mut failed = Vec::new();
            for (index, (from, to)) in from.iter().zip(fields).enumerate() {
                let before = std::mem::take(&mut run.failed);
                let converted = run.column(row.column(index), &from.data_type, &to.data_type);
                // A field of a NULL row is not a value.
                failed.extend(std::mem::replace(&mut run.failed, before).into_iter().filter(|at| row.is_valid(*at)));
                columns.push(converted?);
            }
            failed.sort_unstable();
            failed.dedup();
            let nulls = without(row.nulls(), row.len(), &failed);
            run.failed.extend(failed);
            let ArrowType::Struct(arrow_fields) = storage_type(to) else { unreachable!("ROW is stored as a struct") };
            let rows = StructArray::try_new_with_length(arrow_fields, columns, nulls, row.len());
            Ok(Arc::new(rows.expect("fields of the row's length")))
        }
        (from, to) => unreachable!("{from} is not cast to {to}"),
    }
}

/// Converts the elements of lists; an element's failure is its list's.
fn lists(
    run: &mut Run,
    list: &ListArray,
    to: &DataType,
    convert: impl FnOnce(&mut Run, &ArrayRef) -> Result<ArrayRef, CastError>,
) -> Result<ArrayRef, CastError> {
    let row_of = |element: usize| {
        let ends = &list.value_offsets()[1..];
        ends.partition_point(|end| *end as usize <= element)
    };
    let before = std::mem::take(&mut run.failed);
    let values = convert(run, list.values());
    let elements = std::mem::replace(&mut run.failed, before);
    let values = values.map_err(|error| CastError { row: row_of(error.row), ..error })?;
    let mut failed: Vec<usize> = elements.into_iter().map(row_of).collect();
    failed.dedup();
    let nulls = without(list.nulls(), list.len(), &failed);
    run.failed.extend(failed);
    let ArrowType::List(field) = storage_type(to) else { unreachable!("{to} is stored as a list") };
    Ok(Arc::new(ListArray::new(field, list.offsets().clone(), values, nulls)))
}

fn entries(
    run: &mut Run,
    column: &ArrayRef,
    from: (&DataType, &DataType),
    to: (&DataType, &DataType),
) -> Result<ArrayRef, CastError> {
    let list = column.as_list::<i32>();
    let target = DataType::new(TypeKind::Map(Box::new(to.0.clone()), Box::new(to.1.clone())));
    let converted = lists(run, list, &target, |run, values| {
        let pairs = values.as_struct();
        let keys = run.column(pairs.column(0), from.0, to.0)?;
        let values = run.column(pairs.column(1), from.1, to.1)?;
        run.failed.sort_unstable();
        run.failed.dedup();
        Ok(Arc::new(StructArray::new(entry_fields(to.0, to.1), vec![keys, values], pairs.nulls().cloned())))
    })?;
    Ok(if from.0.kind == to.0.kind { converted } else { distinct_keys(converted.as_list::<i32>(), to) })
}

/// The last entry of each key.
fn distinct_keys(list: &ListArray, (key, value): (&DataType, &DataType)) -> ArrayRef {
    let pairs = list.values().as_struct();
    let keys: Vec<crate::Value> = (0..pairs.len()).map(|entry| crate::Value::at(pairs.column(0), key, entry)).collect();
    let mut kept = Vec::with_capacity(pairs.len());
    let mut lengths = Vec::with_capacity(list.len());
    for row in 0..list.len() {
        let (start, end) = (list.value_offsets()[row] as usize, list.value_offsets()[row + 1] as usize);
        let before = kept.len();
        kept.extend(
            (start..end).filter(|entry| !keys[entry + 1..end].contains(&keys[*entry])).map(|entry| entry as u32),
        );
        lengths.push(kept.len() - before);
    }
    if kept.len() == pairs.len() {
        return Arc::new(list.clone());
    }
    let entries = arrow_select::take::take(pairs, &UInt32Array::from(kept), None).expect("an entry of the map");
    let field = ArrowField::new("entries", ArrowType::Struct(entry_fields(key, value)), true);
    let offsets = arrow_buffer::OffsetBuffer::from_lengths(lengths);
    Arc::new(ListArray::new(Arc::new(field), offsets, entries, list.nulls().cloned()))
}
