//! Single values: literals, test rows, constants. Not for hot paths; those work on columns.

use crate::storage::{TimestampUnit, entry_fields, storage_type};
use crate::types::{DataType, TypeKind};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{Array, ArrayRef, BinaryArray, BooleanArray, ListArray, PrimitiveArray, StringArray, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType as ArrowType, Field as ArrowField};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A value of some [`DataType`], which is always known from the context.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    Null,
    Boolean(bool),
    TinyInt(i8),
    SmallInt(i16),
    Int(i32),
    BigInt(i64),
    Float(f32),
    Double(f64),
    /// The unscaled number; the scale is the type's.
    Decimal(i128),
    /// CHAR, VARCHAR, STRING.
    String(String),
    /// BINARY, VARBINARY, BYTES.
    Bytes(Vec<u8>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Milliseconds of the day.
    Time(i32),
    /// TIMESTAMP and TIMESTAMP_LTZ of every precision: nanoseconds since 1970-01-01T00:00:00 (UTC for LTZ).
    Timestamp(i128),
    /// Months.
    IntervalMonth(i32),
    /// Milliseconds.
    IntervalDay(i64),
    Array(Vec<Value>),
    /// Entries of a MAP, or of a MULTISET with INT counts.
    Map(Vec<(Value, Value)>),
    Row(Vec<Value>),
}

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// The value in row `row` of a column of type `data_type`.
    pub fn at(column: &dyn Array, data_type: &DataType, row: usize) -> Value {
        if column.is_null(row) {
            return Value::Null;
        }
        match &data_type.kind {
            TypeKind::Null => Value::Null,
            TypeKind::Boolean => Value::Boolean(column.as_boolean().value(row)),
            TypeKind::TinyInt => Value::TinyInt(column.as_primitive::<Int8Type>().value(row)),
            TypeKind::SmallInt => Value::SmallInt(column.as_primitive::<Int16Type>().value(row)),
            TypeKind::Int => Value::Int(column.as_primitive::<Int32Type>().value(row)),
            TypeKind::BigInt => Value::BigInt(column.as_primitive::<Int64Type>().value(row)),
            TypeKind::Float => Value::Float(column.as_primitive::<Float32Type>().value(row)),
            TypeKind::Double => Value::Double(column.as_primitive::<Float64Type>().value(row)),
            TypeKind::Decimal { .. } => Value::Decimal(column.as_primitive::<Decimal128Type>().value(row)),
            TypeKind::Char(_) | TypeKind::VarChar(_) => Value::string(column.as_string::<i32>().value(row)),
            TypeKind::Binary(_) | TypeKind::VarBinary(_) => Value::Bytes(column.as_binary::<i32>().value(row).into()),
            TypeKind::Date => Value::Date(column.as_primitive::<Int32Type>().value(row)),
            TypeKind::Time(_) => Value::Time(column.as_primitive::<Int32Type>().value(row)),
            TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision) => {
                Value::Timestamp(timestamp_nanos(column, *precision, row))
            }
            TypeKind::IntervalMonth(_) => Value::IntervalMonth(column.as_primitive::<Int32Type>().value(row)),
            TypeKind::IntervalDay(_) => Value::IntervalDay(column.as_primitive::<Int64Type>().value(row)),
            TypeKind::Array(element) => {
                let items = column.as_list::<i32>().value(row);
                Value::Array((0..items.len()).map(|index| Value::at(&items, element, index)).collect())
            }
            TypeKind::Map(key, value) => map_at(column, key, value, row),
            TypeKind::Multiset(element) => map_at(column, element, &DataType::int(), row),
            TypeKind::Row(fields) => {
                let columns = column.as_struct();
                let pick = |(index, field): (usize, &crate::types::RowField)| {
                    Value::at(columns.column(index), &field.data_type, row)
                };
                Value::Row(fields.iter().enumerate().map(pick).collect())
            }
        }
    }

    /// A column of these values in the storage of `data_type`. Each value is NULL or of that type.
    pub fn column<'a, I>(data_type: &DataType, values: I) -> ArrayRef
    where
        I: IntoIterator<Item = &'a Value>,
    {
        let values: Vec<&Value> = values.into_iter().collect();
        macro_rules! primitive {
            ($arrow:ty, $variant:path) => {
                primitive::<$arrow>(&values, |value| match value {
                    $variant(native) => Some(*native),
                    _ => None,
                })
            };
        }
        match &data_type.kind {
            TypeKind::Null => Arc::new(BooleanArray::from(vec![None::<bool>; values.len()])),
            TypeKind::Boolean => Arc::new(BooleanArray::from_iter(values.iter().map(|value| match value {
                Value::Boolean(flag) => Some(*flag),
                _ => None,
            }))),
            TypeKind::TinyInt => primitive!(Int8Type, Value::TinyInt),
            TypeKind::SmallInt => primitive!(Int16Type, Value::SmallInt),
            TypeKind::Int => primitive!(Int32Type, Value::Int),
            TypeKind::BigInt => primitive!(Int64Type, Value::BigInt),
            TypeKind::Float => primitive!(Float32Type, Value::Float),
            TypeKind::Double => primitive!(Float64Type, Value::Double),
            TypeKind::Date => primitive!(Int32Type, Value::Date),
            TypeKind::Time(_) => primitive!(Int32Type, Value::Time),
            TypeKind::IntervalMonth(_) => primitive!(Int32Type, Value::IntervalMonth),
            TypeKind::IntervalDay(_) => primitive!(Int64Type, Value::IntervalDay),
            TypeKind::Decimal { .. } => {
                let column = primitive!(Decimal128Type, Value::Decimal);
                with_type(column.as_primitive::<Decimal128Type>(), data_type)
            }
            TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision) => {
                timestamps(&values, *precision, data_type)
            }
            TypeKind::Char(_) | TypeKind::VarChar(_) => {
                Arc::new(StringArray::from_iter(values.iter().map(|value| match value {
                    Value::String(text) => Some(text.as_str()),
                    _ => None,
                })))
            }
            TypeKind::Binary(_) | TypeKind::VarBinary(_) => {
                Arc::new(BinaryArray::from_iter(values.iter().map(|value| match value {
                    Value::Bytes(bytes) => Some(bytes.as_slice()),
                    _ => None,
                })))
            }
            TypeKind::Array(element) => array_column(&values, element, data_type),
            TypeKind::Map(key, value) => map_column(&values, key, value),
            TypeKind::Multiset(element) => map_column(&values, element, &DataType::int()),
            TypeKind::Row(fields) => row_column(&values, fields, data_type),
        }
    }
}

/// Nanoseconds since the epoch of a non-null timestamp of some precision.
pub fn timestamp_nanos(column: &dyn Array, precision: u8, row: usize) -> i128 {
    match TimestampUnit::of(precision) {
        TimestampUnit::Nanos => column.as_primitive::<Decimal128Type>().value(row),
        unit => i128::from(column.as_primitive::<Int64Type>().value(row)) * unit.nanos(),
    }
}

fn map_at(column: &dyn Array, key: &DataType, value: &DataType, row: usize) -> Value {
    let entries = column.as_list::<i32>().value(row);
    let entries = entries.as_struct();
    let entry = |index| (Value::at(entries.column(0), key, index), Value::at(entries.column(1), value, index));
    Value::Map((0..entries.len()).map(entry).collect())
}

fn primitive<T: ArrowPrimitiveType>(values: &[&Value], native: impl Fn(&Value) -> Option<T::Native>) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::from_iter(values.iter().map(|value| native(value))))
}

fn with_type(column: &PrimitiveArray<Decimal128Type>, data_type: &DataType) -> ArrayRef {
    Arc::new(column.clone().with_data_type(storage_type(data_type)))
}

fn timestamps(values: &[&Value], precision: u8, data_type: &DataType) -> ArrayRef {
    let unit = TimestampUnit::of(precision);
    let nanos = |value: &Value| match value {
        Value::Timestamp(nanos) => Some(nanos.div_euclid(unit.nanos())),
        _ => None,
    };
    match unit {
        TimestampUnit::Nanos => {
            let column = PrimitiveArray::<Decimal128Type>::from_iter(values.iter().map(|value| nanos(value)));
            with_type(&column, data_type)
        }
        _ => primitive::<Int64Type>(values, |value| nanos(value).and_then(|count| i64::try_from(count).ok())),
    }
}

fn validity(values: &[&Value]) -> Option<NullBuffer> {
    values.iter().any(|value| value.is_null()).then(|| values.iter().map(|value| !value.is_null()).collect())
}

fn array_column(values: &[&Value], element: &DataType, data_type: &DataType) -> ArrayRef {
    let items = |value: &&Value| match value {
        Value::Array(items) => items.len(),
        _ => 0,
    };
    let offsets = OffsetBuffer::from_lengths(values.iter().map(items));
    let flat = values.iter().flat_map(|value| match value {
        Value::Array(items) => items.as_slice(),
        _ => &[],
    });
    let ArrowType::List(field) = storage_type(data_type) else { unreachable!("ARRAY is stored as a list") };
    Arc::new(ListArray::new(field, offsets, Value::column(element, flat), validity(values)))
}

fn map_column(values: &[&Value], key: &DataType, value: &DataType) -> ArrayRef {
    let entries = |value: &&Value| match value {
        Value::Map(entries) => entries.len(),
        _ => 0,
    };
    let offsets = OffsetBuffer::from_lengths(values.iter().map(entries));
    let flat: Vec<&(Value, Value)> = values
        .iter()
        .flat_map(|value| match value {
            Value::Map(entries) => entries.as_slice(),
            _ => &[],
        })
        .collect();
    let keys = Value::column(key, flat.iter().map(|entry| &entry.0));
    let counts = Value::column(value, flat.iter().map(|entry| &entry.1));
    let entries = StructArray::new(entry_fields(key, value), vec![keys, counts], None);
    let field = ArrowField::new("entries", entries.data_type().clone(), true);
    Arc::new(ListArray::new(Arc::new(field), offsets, Arc::new(entries), validity(values)))
}

fn row_column(values: &[&Value], fields: &[crate::types::RowField], data_type: &DataType) -> ArrayRef {
    let column = |(index, field): (usize, &crate::types::RowField)| {
        let parts = values.iter().map(|value| match value {
            Value::Row(parts) => &parts[index],
            _ => &Value::Null,
        });
        Value::column(&field.data_type, parts)
    };
    let ArrowType::Struct(arrow_fields) = storage_type(data_type) else { unreachable!("ROW is stored as a struct") };
    let columns = fields.iter().enumerate().map(column).collect();
    Arc::new(
        StructArray::try_new_with_length(arrow_fields, columns, validity(values), values.len())
            .expect("row columns match"),
    )
}
