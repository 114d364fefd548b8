//! One column's part of row bytes: nothing for NULL, else the value by its storage type.
//!
//! | storage | bytes |
//! |---|---|
//! | Boolean, Int8 | one |
//! | Int16, Int32, Int64, Decimal128 | zigzag varint |
//! | Float32, Float64 | 4 or 8, the bits |
//! | Utf8, Binary | length as varint, then the bytes |
//! | List, Struct | length as varint, then Arrow's row format of the value |

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{Array, ArrayRef, BinaryArray, BooleanArray, PrimitiveArray, StringArray, new_null_array};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_row::{RowConverter, RowParser, Rows, SortField};
use arrow_schema::DataType as ArrowType;
use data::varint;
use std::sync::Arc;

/// How a column's values are written.
pub(super) enum ColumnCodec {
    Boolean,
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Decimal(u8, i8),
    Utf8,
    Binary,
    Nested(Box<Nested>),
}

/// Values of ROW, ARRAY, MAP and MULTISET.
pub(super) struct Nested {
    converter: RowConverter,
    parser: RowParser,
    /// What stands for NULL in Arrow's row format; here NULL has no bytes.
    null: Vec<u8>,
}

/// A column made ready to be written.
pub(super) enum Prepared<'a> {
    Plain(&'a ArrayRef),
    Nested(&'a ArrayRef, Rows),
}

/// Visits the values that are not NULL, with their rows.
macro_rules! each_valid {
    ($array:expr, $visit:expr) => {{
        let array = $array;
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => array.values().iter().enumerate().for_each(|(row, value)| $visit(row, *value)),
            Some(nulls) => nulls.valid_indices().for_each(|row| $visit(row, array.values()[row])),
        }
    }};
}

impl ColumnCodec {
    pub(super) fn new(storage: &ArrowType) -> Self {
        match storage {
            ArrowType::Boolean => Self::Boolean,
            ArrowType::Int8 => Self::Int8,
            ArrowType::Int16 => Self::Int16,
            ArrowType::Int32 => Self::Int32,
            ArrowType::Int64 => Self::Int64,
            ArrowType::Float32 => Self::Float32,
            ArrowType::Float64 => Self::Float64,
            ArrowType::Decimal128(precision, scale) => Self::Decimal(*precision, *scale),
            ArrowType::Utf8 => Self::Utf8,
            ArrowType::Binary => Self::Binary,
            nested => Self::Nested(Box::new(Nested::new(nested))),
        }
    }

    pub(super) fn prepare<'a>(&self, column: &'a ArrayRef) -> Prepared<'a> {
        let Self::Nested(nested) = self else { return Prepared::Plain(column) };
        let rows =
            nested.converter.convert_columns(std::slice::from_ref(column)).expect("a column of the codec's type");
        Prepared::Nested(column, rows)
    }

    /// Adds each value's bytes to `lengths`, by row.
    pub(super) fn measure(&self, column: &Prepared, lengths: &mut [usize]) {
        let (Prepared::Plain(array) | Prepared::Nested(array, _)) = column;
        let mut fixed = |bytes: usize| match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => lengths.iter_mut().for_each(|length| *length += bytes),
            Some(nulls) => nulls.valid_indices().for_each(|row| lengths[row] += bytes),
        };
        match self {
            Self::Boolean | Self::Int8 => return fixed(1),
            Self::Float32 => return fixed(4),
            Self::Float64 => return fixed(8),
            _ => {}
        }
        let mut varint = |row: usize, value: i64| lengths[row] += varint::length(varint::zigzag(value));
        match self {
            Self::Int16 => each_valid!(array.as_primitive::<Int16Type>(), |row, value| varint(row, i64::from(value))),
            Self::Int32 => each_valid!(array.as_primitive::<Int32Type>(), |row, value| varint(row, i64::from(value))),
            Self::Int64 => each_valid!(array.as_primitive::<Int64Type>(), varint),
            Self::Decimal(..) => each_valid!(array.as_primitive::<Decimal128Type>(), |row: usize, value| {
                lengths[row] += varint::length_wide(varint::zigzag_wide(value));
            }),
            _ => each_text(column, |row, bytes| lengths[row] += varint::length(bytes.len() as u64) + bytes.len()),
        }
    }

    /// Writes each value at its row's cursor and moves the cursor behind it.
    pub(super) fn write(&self, column: &Prepared, data: &mut [u8], cursors: &mut [usize]) {
        let (Prepared::Plain(array) | Prepared::Nested(array, _)) = column;
        let mut varint = |row: usize, value: i64| {
            let cursor = &mut cursors[row];
            *cursor += varint::write(&mut data[*cursor..], varint::zigzag(value));
        };
        match self {
            Self::Int16 => each_valid!(array.as_primitive::<Int16Type>(), |row, value| varint(row, i64::from(value))),
            Self::Int32 => each_valid!(array.as_primitive::<Int32Type>(), |row, value| varint(row, i64::from(value))),
            Self::Int64 => each_valid!(array.as_primitive::<Int64Type>(), varint),
            Self::Decimal(..) => each_valid!(array.as_primitive::<Decimal128Type>(), |row: usize, value| {
                let cursor = &mut cursors[row];
                *cursor += varint::write_wide(&mut data[*cursor..], varint::zigzag_wide(value));
            }),
            Self::Boolean => {
                let array = array.as_boolean();
                for row in (0..array.len()).filter(|row| array.is_valid(*row)) {
                    data[cursors[row]] = u8::from(array.value(row));
                    cursors[row] += 1;
                }
            }
            Self::Int8 => write_fixed::<Int8Type, 1>(array, data, cursors, i8::to_le_bytes),
            Self::Float32 => write_fixed::<Float32Type, 4>(array, data, cursors, f32::to_le_bytes),
            Self::Float64 => write_fixed::<Float64Type, 8>(array, data, cursors, f64::to_le_bytes),
            Self::Utf8 | Self::Binary | Self::Nested(..) => each_text(column, |row, bytes| {
                let cursor = &mut cursors[row];
                *cursor += varint::write(&mut data[*cursor..], bytes.len() as u64);
                data[*cursor..*cursor + bytes.len()].copy_from_slice(bytes);
                *cursor += bytes.len();
            }),
        }
    }

    /// Takes the column from the front of what is left of each row; `valid` tells where it is not NULL.
    pub(super) fn read<'a>(&'a self, rests: &mut [&'a [u8]], valid: Option<NullBuffer>) -> ArrayRef {
        match self {
            Self::Boolean => {
                let values = read_each(rests, valid.as_ref(), |rest| take_bytes::<1>(rest)[0] != 0);
                Arc::new(BooleanArray::new(values.into(), valid))
            }
            Self::Int8 => primitive::<Int8Type>(rests, valid, |rest| i8::from_le_bytes(take_bytes(rest))),
            Self::Int16 => primitive::<Int16Type>(rests, valid, |rest| varint::unzigzag(varint::take(rest)) as i16),
            Self::Int32 => primitive::<Int32Type>(rests, valid, |rest| varint::unzigzag(varint::take(rest)) as i32),
            Self::Int64 => primitive::<Int64Type>(rests, valid, |rest| varint::unzigzag(varint::take(rest))),
            Self::Float32 => primitive::<Float32Type>(rests, valid, |rest| f32::from_le_bytes(take_bytes(rest))),
            Self::Float64 => primitive::<Float64Type>(rests, valid, |rest| f64::from_le_bytes(take_bytes(rest))),
            Self::Decimal(precision, scale) => {
                let take = |rest: &mut &[u8]| varint::unzigzag_wide(varint::take_wide(rest));
                let values = ScalarBuffer::from(read_each(rests, valid.as_ref(), take));
                let array = PrimitiveArray::<Decimal128Type>::new(values, valid);
                Arc::new(array.with_precision_and_scale(*precision, *scale).expect("the precision was valid before"))
            }
            Self::Utf8 => {
                let (offsets, bytes) = read_text(rests, valid.as_ref());
                Arc::new(StringArray::new(offsets, bytes.into(), valid))
            }
            Self::Binary => {
                let (offsets, bytes) = read_text(rests, valid.as_ref());
                Arc::new(BinaryArray::new(offsets, bytes.into(), valid))
            }
            Self::Nested(nested) => {
                let rows = read_each(rests, valid.as_ref(), |rest| Some(take_text(rest)));
                let parsed = rows.into_iter().map(|row| nested.parser.parse(row.unwrap_or(&nested.null)));
                let columns = nested.converter.convert_rows(parsed).expect("the bytes come from this codec");
                columns.into_iter().next().expect("one column")
            }
        }
    }
}

impl ColumnCodec {
    /// Moves each row behind the column without reading it; `valid` as for [`ColumnCodec::read`].
    pub(super) fn skip(&self, rests: &mut [&[u8]], valid: Option<&NullBuffer>) {
        match self {
            Self::Boolean | Self::Int8 => skip_each(rests, valid, |rest| *rest = &rest[1..]),
            Self::Float32 => skip_each(rests, valid, |rest| *rest = &rest[4..]),
            Self::Float64 => skip_each(rests, valid, |rest| *rest = &rest[8..]),
            Self::Int16 | Self::Int32 | Self::Int64 => skip_each(rests, valid, |rest| _ = varint::take(rest)),
            Self::Decimal(..) => skip_each(rests, valid, |rest| _ = varint::take_wide(rest)),
            Self::Utf8 | Self::Binary | Self::Nested(_) => skip_each(rests, valid, |rest| _ = take_text(rest)),
        }
    }
}

fn skip_each(rests: &mut [&[u8]], valid: Option<&NullBuffer>, skip: impl Fn(&mut &[u8])) {
    match valid {
        None => rests.iter_mut().for_each(skip),
        Some(valid) => rests.iter_mut().zip(valid.iter()).filter(|(_, valid)| *valid).for_each(|(rest, _)| skip(rest)),
    }
}

impl Nested {
    fn new(storage: &ArrowType) -> Self {
        let field = SortField::new(storage.clone());
        let converter = RowConverter::new(vec![field]).expect("every storage type has a row format");
        let null = converter.convert_columns(&[new_null_array(storage, 1)]).expect("a column of the codec's type");
        let null = null.row(0).data().to_vec();
        Self { parser: converter.parser(), converter, null }
    }
}

/// Visits the bytes of texts, byte strings and nested values.
fn each_text(column: &Prepared, mut visit: impl FnMut(usize, &[u8])) {
    match column {
        Prepared::Nested(array, rows) => {
            (0..array.len()).filter(|row| array.is_valid(*row)).for_each(|row| visit(row, rows.row(row).data()));
        }
        Prepared::Plain(array) => {
            if let Some(texts) = array.as_string_opt::<i32>() {
                let valid = (0..texts.len()).filter(|row| texts.is_valid(*row));
                valid.for_each(|row| visit(row, texts.value(row).as_bytes()));
            } else {
                let bytes = array.as_binary::<i32>();
                let valid = (0..bytes.len()).filter(|row| bytes.is_valid(*row));
                valid.for_each(|row| visit(row, bytes.value(row)));
            }
        }
    }
}

fn write_fixed<T: ArrowPrimitiveType, const N: usize>(
    array: &ArrayRef,
    data: &mut [u8],
    cursors: &mut [usize],
    bytes: impl Fn(T::Native) -> [u8; N],
) {
    each_valid!(array.as_primitive::<T>(), |row: usize, value| {
        let cursor = &mut cursors[row];
        data[*cursor..*cursor + N].copy_from_slice(&bytes(value));
        *cursor += N;
    });
}

/// What `take` takes from each row that is not NULL, the type's default from the others.
fn read_each<'a, V: Default>(
    rests: &mut [&'a [u8]],
    valid: Option<&NullBuffer>,
    mut take: impl FnMut(&mut &'a [u8]) -> V,
) -> Vec<V> {
    match valid {
        None => rests.iter_mut().map(take).collect(),
        Some(valid) => {
            let each = rests.iter_mut().zip(valid.iter());
            each.map(|(rest, valid)| if valid { take(rest) } else { V::default() }).collect()
        }
    }
}

fn primitive<'a, T: ArrowPrimitiveType>(
    rests: &mut [&'a [u8]],
    valid: Option<NullBuffer>,
    take: impl FnMut(&mut &'a [u8]) -> T::Native,
) -> ArrayRef {
    let values = read_each(rests, valid.as_ref(), take);
    Arc::new(PrimitiveArray::<T>::new(values.into(), valid))
}

fn read_text(rests: &mut [&[u8]], valid: Option<&NullBuffer>) -> (OffsetBuffer<i32>, Vec<u8>) {
    let texts = read_each(rests, valid, take_text);
    let mut bytes = Vec::with_capacity(texts.iter().map(|text| text.len()).sum());
    texts.iter().for_each(|text| bytes.extend_from_slice(text));
    (OffsetBuffer::from_lengths(texts.iter().map(|text| text.len())), bytes)
}

#[inline]
fn take_text<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let length = varint::take(rest) as usize;
    let (text, after) = rest.split_at(length);
    *rest = after;
    text
}

#[inline]
fn take_bytes<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (bytes, after) = rest.split_at(N);
    *rest = after;
    bytes.try_into().expect("as long as asked for")
}

#[cfg(test)]
mod tests {
    use crate::state::RowCodec;
    use arrow_array::ArrayRef;
    use data::{DataType, TypeKind, Value};

    fn decimal(precision: u8, scale: u8) -> DataType {
        DataType::new(TypeKind::Decimal { precision, scale })
    }

    /// Columns of every storage type, with NULLs, extremes and equal rows (the first two).
    fn columns() -> Vec<(DataType, Vec<Value>)> {
        let text = |text: &str| Value::String(text.to_owned());
        let array = DataType::new(TypeKind::Array(Box::new(DataType::int())));
        let list = |values: &[i32]| Value::Array(values.iter().map(|value| Value::Int(*value)).collect());
        vec![
            (
                DataType::new(TypeKind::Boolean),
                vec![Value::Boolean(true), Value::Boolean(true), Value::Null, Value::Boolean(false)],
            ),
            (DataType::new(TypeKind::TinyInt), [i8::MIN, i8::MIN, 0, i8::MAX].map(Value::TinyInt).to_vec()),
            (DataType::new(TypeKind::SmallInt), [i16::MIN, i16::MIN, -1, i16::MAX].map(Value::SmallInt).to_vec()),
            (DataType::int(), vec![Value::Null, Value::Null, Value::Int(i32::MIN), Value::Int(i32::MAX)]),
            (DataType::bigint(), [i64::MIN, i64::MIN, 0, i64::MAX].map(Value::BigInt).to_vec()),
            (DataType::new(TypeKind::Float), [-0.0, -0.0, f32::NAN, 1.5].map(Value::Float).to_vec()),
            (DataType::new(TypeKind::Double), [0.0, 0.0, f64::INFINITY, f64::MIN].map(Value::Double).to_vec()),
            (DataType::string(), vec![text(""), text(""), Value::Null, text("größer 🎈")]),
            (
                DataType::new(TypeKind::VarBinary(9)),
                vec![Value::Bytes(vec![0; 200]), Value::Bytes(vec![0; 200]), Value::Null, Value::Bytes(vec![])],
            ),
            (array, vec![list(&[]), list(&[]), Value::Null, list(&[1, -1])]),
            (decimal(38, 0), vec![Value::Null; 4]),
        ]
    }

    #[test]
    fn rows_come_back_and_equal_rows_have_equal_bytes() {
        let columns = columns();
        let arrays: Vec<ArrayRef> = columns.iter().map(|(kind, values)| Value::column(kind, values)).collect();
        let codec = RowCodec::new(columns.iter().map(|(kind, _)| kind));
        let rows = codec.encode(&arrays, 4);
        assert_eq!(&codec.decode(rows.iter()), &arrays);
        assert_eq!(rows.row(0), rows.row(1));
        assert!(rows.row(0) != rows.row(2) && rows.row(2) != rows.row(3));
        for (at, array) in arrays.iter().enumerate() {
            let last = arrays.len() - 1;
            assert_eq!(codec.decode_columns(rows.iter(), &[last, at]), [arrays[last].clone(), array.clone()]);
            assert_eq!(&codec.decode_columns(rows.iter(), &[at]), std::slice::from_ref(array));
        }
        // Rows that come from elsewhere in a batch have the same bytes.
        let tail: Vec<ArrayRef> = arrays.iter().map(|array| array.slice(1, 3)).collect();
        assert_eq!(codec.encode(&tail, 3).row(2), rows.row(3));
    }

    #[test]
    fn a_row_without_columns_has_no_bytes() {
        let codec = RowCodec::new([]);
        assert_eq!(codec.encode(&[], 2).iter().collect::<Vec<_>>(), [&[] as &[u8]; 2]);
    }
}
