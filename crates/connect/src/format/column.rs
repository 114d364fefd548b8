//! Columns from fields of text: one tight loop per type, over the fields of all rows of a batch.

use super::text::{self, TimestampStandard};
use arrow_array::builder::NullBufferBuilder;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::{BooleanBufferBuilder, OffsetBuffer, ScalarBuffer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use data::storage::{TimestampUnit, storage_type};
use data::{DataType, TypeKind, Value};
use std::sync::Arc;

/// How text stands for values that are not plain.
#[derive(Clone, Debug)]
pub(crate) struct TextRules {
    pub(crate) null_literal: Option<Vec<u8>>,
    /// Separates the elements of ARRAY and the fields of ROW.
    pub(crate) element_delimiter: Vec<u8>,
    pub(crate) timestamps: TimestampStandard,
    /// Whether months and days may have one digit.
    pub(crate) lenient_dates: bool,
}

/// The column of a type from one field per row; `None` is NULL. Rows whose text does not fit hold NULL and are
/// pushed to `unfit`.
pub(crate) fn from_text<'a>(
    data_type: &DataType,
    rules: &TextRules,
    rows: usize,
    field: impl Fn(usize) -> Option<&'a [u8]>,
    unfit: &mut Vec<usize>,
) -> ArrayRef {
    macro_rules! numbers {
        ($arrow:ty, $parse:expr) => {
            Arc::new(primitive::<$arrow>(rows, field, $parse, unfit))
        };
    }
    match &data_type.kind {
        TypeKind::Char(_) | TypeKind::VarChar(_) => strings(rows, field, unfit),
        TypeKind::Boolean | TypeKind::Null => booleans(rows, field),
        TypeKind::TinyInt => numbers!(Int8Type, text::integer::<i8>),
        TypeKind::SmallInt => numbers!(Int16Type, text::integer::<i16>),
        TypeKind::Int | TypeKind::IntervalMonth(_) => numbers!(Int32Type, text::integer::<i32>),
        TypeKind::BigInt | TypeKind::IntervalDay(_) => numbers!(Int64Type, text::integer::<i64>),
        TypeKind::Float => numbers!(Float32Type, text::float::<f32>),
        TypeKind::Double => numbers!(Float64Type, text::float::<f64>),
        TypeKind::Date => numbers!(Int32Type, |text| text::date(text, rules.lenient_dates)),
        TypeKind::Time(_) => numbers!(Int32Type, text::time_millis),
        TypeKind::Decimal { precision, scale } => {
            let column = primitive::<Decimal128Type>(rows, field, |t| text::decimal(t, *precision, *scale), unfit);
            Arc::new(column.with_data_type(storage_type(data_type)))
        }
        TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision) => {
            let zoned = matches!(data_type.kind, TypeKind::TimestampLtz(_));
            let parse = |t: &[u8]| text::timestamp(t, *precision, zoned, rules.timestamps);
            match TimestampUnit::of(*precision) {
                TimestampUnit::Nanos => {
                    let column = primitive::<Decimal128Type>(rows, field, parse, unfit);
                    Arc::new(column.with_data_type(storage_type(data_type)))
                }
                _ => numbers!(Int64Type, |t| parse(t).and_then(|units| i64::try_from(units).ok())),
            }
        }
        _ => nested(data_type, rules, rows, field, unfit),
    }
}

fn primitive<'a, T: ArrowPrimitiveType>(
    rows: usize,
    field: impl Fn(usize) -> Option<&'a [u8]>,
    parse: impl Fn(&[u8]) -> Option<T::Native>,
    unfit: &mut Vec<usize>,
) -> PrimitiveArray<T> {
    let mut values = Vec::with_capacity(rows);
    let mut nulls = NullBufferBuilder::new(rows);
    for row in 0..rows {
        let text = field(row);
        let value = text.and_then(&parse);
        match value {
            Some(value) => {
                values.push(value);
                nulls.append_non_null();
            }
            None => {
                if text.is_some() {
                    unfit.push(row);
                }
                values.push(T::Native::default());
                nulls.append_null();
            }
        }
    }
    PrimitiveArray::new(ScalarBuffer::from(values), nulls.finish())
}

fn booleans<'a>(rows: usize, field: impl Fn(usize) -> Option<&'a [u8]>) -> ArrayRef {
    let mut values = BooleanBufferBuilder::new(rows);
    let mut nulls = NullBufferBuilder::new(rows);
    for row in 0..rows {
        let value = field(row).map(text::boolean);
        values.append(value.unwrap_or(false));
        nulls.append(value.is_some());
    }
    Arc::new(BooleanArray::new(values.finish(), nulls.finish()))
}

fn strings<'a>(rows: usize, field: impl Fn(usize) -> Option<&'a [u8]>, unfit: &mut Vec<usize>) -> ArrayRef {
    let mut bytes: Vec<u8> = Vec::with_capacity(rows * 16);
    let mut offsets: Vec<i32> = Vec::with_capacity(rows + 1);
    let mut nulls = NullBufferBuilder::new(rows);
    offsets.push(0);
    for row in 0..rows {
        match field(row) {
            Some(text) => {
                bytes.extend_from_slice(text);
                nulls.append_non_null();
            }
            None => nulls.append_null(),
        }
        offsets.push(bytes.len() as i32);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    // One check over all bytes; only when it fails are the fields looked at one by one.
    match StringArray::try_new(offsets, bytes.into(), nulls.finish()) {
        Ok(column) => Arc::new(column),
        Err(_) => Arc::new(StringArray::from_iter((0..rows).map(|row| {
            let text = std::str::from_utf8(field(row)?);
            if text.is_err() {
                unfit.push(row);
            }
            text.ok()
        }))),
    }
}

fn nested<'a>(
    data_type: &DataType,
    rules: &TextRules,
    rows: usize,
    field: impl Fn(usize) -> Option<&'a [u8]>,
    unfit: &mut Vec<usize>,
) -> ArrayRef {
    if matches!(data_type.kind, TypeKind::Binary(_) | TypeKind::VarBinary(_)) {
        let mut decode = |row: usize| {
            let bytes = STANDARD.decode(field(row)?);
            if bytes.is_err() {
                unfit.push(row);
            }
            bytes.ok()
        };
        let values: Vec<Option<Vec<u8>>> = (0..rows).map(&mut decode).collect();
        return Arc::new(BinaryArray::from_iter(values));
    }
    let values: Vec<Value> = (0..rows)
        .map(|row| match field(row).map(|text| value(data_type, rules, text)) {
            Some(None) => {
                unfit.push(row);
                Value::Null
            }
            Some(Some(value)) => value,
            None => Value::Null,
        })
        .collect();
    Value::column(data_type, &values)
}

/// One value from text that is not NULL; `None` when it does not fit.
fn value(data_type: &DataType, rules: &TextRules, text: &[u8]) -> Option<Value> {
    let part = |data_type: &DataType, text: &[u8]| match &rules.null_literal {
        Some(literal) if literal == text => Some(Value::Null),
        _ => value(data_type, rules, text),
    };
    match &data_type.kind {
        TypeKind::Array(_) | TypeKind::Row(_) => {
            let parts = elements(text, &rules.element_delimiter);
            match &data_type.kind {
                TypeKind::Array(element) => {
                    Some(Value::Array(parts.iter().map(|text| part(element, text)).collect::<Option<_>>()?))
                }
                TypeKind::Row(fields) => {
                    let field = |(index, field): (usize, &data::types::RowField)| match parts.get(index) {
                        Some(text) => part(&field.data_type, text),
                        None => Some(Value::Null),
                    };
                    Some(Value::Row(fields.iter().enumerate().map(field).collect::<Option<_>>()?))
                }
                _ => None,
            }
        }
        _ => {
            let mut unfit = Vec::new();
            let column = from_text(data_type, rules, 1, |_| Some(text), &mut unfit);
            unfit.is_empty().then(|| Value::at(column.as_ref(), data_type, 0))
        }
    }
}

fn elements<'a>(text: &'a [u8], delimiter: &[u8]) -> Vec<&'a [u8]> {
    if text.is_empty() {
        return Vec::new();
    }
    if delimiter.is_empty() {
        return vec![text];
    }
    let mut parts = Vec::new();
    let mut start = 0;
    for at in memchr::memmem::find_iter(text, delimiter) {
        parts.push(&text[start..at]);
        start = at + delimiter.len();
    }
    parts.push(&text[start..]);
    parts
}

/// Rows that are NULL.
pub(crate) fn null_rows(column: &ArrayRef) -> impl Iterator<Item = usize> + '_ {
    (0..column.len()).filter(move |row| column.is_null(*row))
}
