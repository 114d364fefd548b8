//! Between storage types and the Arrow types of files. Nothing is rounded or cut without a word: what does not fit is
//! an error.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, ListArray, MapArray, OffsetSizeTrait, PrimitiveArray, StringArray, StructArray,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType as ArrowType, Field as ArrowField, FieldRef, Fields, TimeUnit};
use data::storage::{TimestampUnit, storage_type};
use data::types::RowField;
use data::{DataType, TypeKind};
use std::sync::Arc;

/// The Arrow type from which a column is written.
pub(super) fn file_type(data_type: &DataType) -> ArrowType {
    let zone = || matches!(data_type.kind, TypeKind::TimestampLtz(_)).then(|| "UTC".into());
    match &data_type.kind {
        TypeKind::Date => ArrowType::Date32,
        TypeKind::Time(_) => ArrowType::Time32(TimeUnit::Millisecond),
        TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision) => {
            ArrowType::Timestamp(time_unit(*precision), zone())
        }
        TypeKind::Array(element) => ArrowType::List(Arc::new(file_field("element", element))),
        TypeKind::Map(key, value) => map_type(key, value),
        TypeKind::Multiset(element) => map_type(element, &DataType::int().with_nullable(false)),
        TypeKind::Row(fields) => {
            ArrowType::Struct(fields.iter().map(|field| file_field(&field.name, &field.data_type)).collect())
        }
        _ => storage_type(data_type),
    }
}

fn time_unit(precision: u8) -> TimeUnit {
    match TimestampUnit::of(precision) {
        TimestampUnit::Millis => TimeUnit::Millisecond,
        TimestampUnit::Micros => TimeUnit::Microsecond,
        TimestampUnit::Nanos => TimeUnit::Nanosecond,
    }
}

fn file_field(name: &str, data_type: &DataType) -> ArrowField {
    ArrowField::new(name, file_type(data_type), true)
}

fn entry_fields(key: &DataType, value: &DataType) -> Fields {
    // Keys of Parquet maps are never NULL.
    Fields::from(vec![ArrowField::new("key", file_type(key), false), file_field("value", value)])
}

fn map_type(key: &DataType, value: &DataType) -> ArrowType {
    let entries = ArrowField::new("key_value", ArrowType::Struct(entry_fields(key, value)), false);
    ArrowType::Map(Arc::new(entries), false)
}

/// The same numbers under another type of equal width.
fn relabel<From: ArrowPrimitiveType, To: ArrowPrimitiveType<Native = From::Native>>(column: &ArrayRef) -> ArrayRef {
    Arc::new(column.as_primitive::<From>().reinterpret_cast::<To>())
}

/// A column of storage as a column of a file.
pub(super) fn to_file(column: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, String> {
    Ok(match &data_type.kind {
        TypeKind::Date => relabel::<Int32Type, Date32Type>(column),
        TypeKind::Time(_) => relabel::<Int32Type, Time32MillisecondType>(column),
        TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision) => {
            let zone = matches!(data_type.kind, TypeKind::TimestampLtz(_)).then(|| Arc::<str>::from("UTC"));
            timestamps_to_file(column, *precision, zone)?
        }
        TypeKind::Array(element) => {
            let list = column.as_list::<i32>();
            let items = to_file(list.values(), element)?;
            let field = Arc::new(file_field("element", element));
            Arc::new(ListArray::new(field, list.offsets().clone(), items, list.nulls().cloned()))
        }
        TypeKind::Map(key, value) => map_to_file(column, key, value)?,
        TypeKind::Multiset(element) => map_to_file(column, element, &DataType::int().with_nullable(false))?,
        TypeKind::Row(fields) => {
            let row = column.as_struct();
            let ArrowType::Struct(file_fields) = file_type(data_type) else { return Err("ROW is a struct".to_owned()) };
            let part = |(field, part): (&RowField, &ArrayRef)| to_file(part, &field.data_type);
            let parts = fields.iter().zip(row.columns()).map(part).collect::<Result<_, _>>()?;
            Arc::new(
                StructArray::try_new_with_length(file_fields, parts, row.nulls().cloned(), row.len())
                    .map_err(|error| error.to_string())?,
            )
        }
        _ => column.clone(),
    })
}

fn timestamps_to_file(column: &ArrayRef, precision: u8, zone: Option<Arc<str>>) -> Result<ArrayRef, String> {
    Ok(match TimestampUnit::of(precision) {
        TimestampUnit::Millis => {
            let column = column.as_primitive::<Int64Type>().reinterpret_cast::<TimestampMillisecondType>();
            Arc::new(column.with_timezone_opt(zone))
        }
        TimestampUnit::Micros => {
            let column = column.as_primitive::<Int64Type>().reinterpret_cast::<TimestampMicrosecondType>();
            Arc::new(column.with_timezone_opt(zone))
        }
        TimestampUnit::Nanos => {
            let column = column.as_primitive::<Decimal128Type>();
            let narrow = column.try_unary::<_, TimestampNanosecondType, String>(|nanos| {
                i64::try_from(nanos).map_err(|_| "nanoseconds in files reach from 1677 to 2262 only".to_owned())
            })?;
            Arc::new(narrow.with_timezone_opt(zone))
        }
    })
}

fn map_to_file(column: &ArrayRef, key: &DataType, value: &DataType) -> Result<ArrayRef, String> {
    let list = column.as_list::<i32>();
    let entries = list.values().as_struct();
    let columns = vec![to_file(entries.column(0), key)?, to_file(entries.column(1), value)?];
    let failed = |error: arrow_schema::ArrowError| error.to_string();
    let entries = StructArray::try_new(entry_fields(key, value), columns, None).map_err(failed)?;
    let ArrowType::Map(field, _) = map_type(key, value) else { return Err("MAP is a map".to_owned()) };
    let map = MapArray::try_new(field, list.offsets().clone(), entries, list.nulls().cloned(), false);
    Ok(Arc::new(map.map_err(failed)?))
}

/// A column of a file as a column of storage, whatever of the types that can hold the same values the file has.
pub(super) fn from_file(column: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, String> {
    let refused = || Err(format!("the file has {}, the table {}", column.data_type(), data_type.kind));
    match &data_type.kind {
        TypeKind::Boolean if *column.data_type() == ArrowType::Boolean => Ok(column.clone()),
        TypeKind::TinyInt => integers::<Int8Type>(column, data_type),
        TypeKind::SmallInt => integers::<Int16Type>(column, data_type),
        TypeKind::Int => integers::<Int32Type>(column, data_type),
        TypeKind::BigInt => integers::<Int64Type>(column, data_type),
        TypeKind::Float if *column.data_type() == ArrowType::Float32 => Ok(column.clone()),
        TypeKind::Double => match column.data_type() {
            ArrowType::Float64 => Ok(column.clone()),
            ArrowType::Float32 => Ok(Arc::new(column.as_primitive::<Float32Type>().unary::<_, Float64Type>(f64::from))),
            _ => refused(),
        },
        TypeKind::Decimal { precision, scale } => match column.data_type() {
            ArrowType::Decimal128(_, from) => rescale(column, *from, *precision, *scale),
            ArrowType::Int32 | ArrowType::Int64 => {
                let whole = integers::<Int64Type>(column, &DataType::bigint())?;
                let wide = whole.as_primitive::<Int64Type>().unary::<_, Decimal128Type>(i128::from);
                rescale(&(Arc::new(wide) as ArrayRef), 0, *precision, *scale)
            }
            _ => refused(),
        },
        TypeKind::Char(_) | TypeKind::VarChar(_) => match column.data_type() {
            ArrowType::Utf8 => Ok(column.clone()),
            ArrowType::LargeUtf8 => Ok(Arc::new(StringArray::from_iter(column.as_string::<i64>().iter()))),
            ArrowType::Utf8View => Ok(Arc::new(StringArray::from_iter(column.as_string_view().iter()))),
            ArrowType::Binary => {
                let text = StringArray::try_from_binary(column.as_binary::<i32>().clone());
                text.map(|text| Arc::new(text) as ArrayRef).map_err(|error| error.to_string())
            }
            _ => refused(),
        },
        TypeKind::Binary(_) | TypeKind::VarBinary(_) => match column.data_type() {
            ArrowType::Binary => Ok(column.clone()),
            ArrowType::LargeBinary => Ok(Arc::new(BinaryArray::from_iter(column.as_binary::<i64>().iter()))),
            ArrowType::FixedSizeBinary(_) => Ok(Arc::new(BinaryArray::from_iter(column.as_fixed_size_binary().iter()))),
            _ => refused(),
        },
        TypeKind::Date if *column.data_type() == ArrowType::Date32 => Ok(relabel::<Date32Type, Int32Type>(column)),
        TypeKind::Time(_) => times(column).map_or_else(refused, Ok),
        TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision) => timestamps(column, *precision, data_type),
        TypeKind::Array(element) => lists(column, element, data_type),
        TypeKind::Map(key, value) => maps(column, key, value),
        TypeKind::Multiset(element) => maps(column, element, &DataType::int()),
        TypeKind::Row(fields) => rows(column, fields, data_type),
        _ => refused(),
    }
}

fn integers<T: ArrowPrimitiveType>(column: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, String>
where
    T::Native: TryFrom<i128>,
{
    if *column.data_type() == T::DATA_TYPE {
        return Ok(column.clone());
    }
    macro_rules! narrow {
        ($from:ty) => {
            column.as_primitive::<$from>().try_unary::<_, T, String>(|number| {
                T::Native::try_from(i128::from(number)).map_err(|_| format!("{number} is not a {}", data_type.kind))
            })
        };
    }
    let narrowed = match column.data_type() {
        ArrowType::Int8 => narrow!(Int8Type),
        ArrowType::Int16 => narrow!(Int16Type),
        ArrowType::Int32 => narrow!(Int32Type),
        ArrowType::Int64 => narrow!(Int64Type),
        ArrowType::UInt8 => narrow!(UInt8Type),
        ArrowType::UInt16 => narrow!(UInt16Type),
        ArrowType::UInt32 => narrow!(UInt32Type),
        ArrowType::UInt64 => narrow!(UInt64Type),
        other => Err(format!("the file has {other}, the table {}", data_type.kind)),
    };
    Ok(Arc::new(narrowed?))
}

/// Decimals with another scale, if every digit has its place in it.
fn rescale(column: &ArrayRef, from: i8, precision: u8, scale: u8) -> Result<ArrayRef, String> {
    let shift = i32::from(scale) - i32::from(from);
    let factor = 10i128.checked_pow(shift.unsigned_abs()).ok_or("the scales are too far apart")?;
    let limit = 10i128.pow(u32::from(precision));
    let rescaled = column.as_primitive::<Decimal128Type>().try_unary::<_, Decimal128Type, String>(|number| {
        let moved = match shift {
            0 => Some(number),
            1.. => number.checked_mul(factor),
            _ => (number % factor == 0).then(|| number / factor),
        };
        moved
            .filter(|moved| moved.abs() < limit)
            .ok_or_else(|| format!("{number} of scale {from} is not a DECIMAL({precision}, {scale})"))
    })?;
    Ok(Arc::new(rescaled.with_data_type(ArrowType::Decimal128(precision, scale as i8))))
}

fn times(column: &ArrayRef) -> Option<ArrayRef> {
    Some(match column.data_type() {
        ArrowType::Time32(TimeUnit::Millisecond) => relabel::<Time32MillisecondType, Int32Type>(column),
        ArrowType::Time32(TimeUnit::Second) => {
            Arc::new(column.as_primitive::<Time32SecondType>().unary::<_, Int32Type>(|seconds| seconds * 1_000))
        }
        ArrowType::Time64(TimeUnit::Microsecond) => {
            Arc::new(column.as_primitive::<Time64MicrosecondType>().unary::<_, Int32Type>(|us| (us / 1_000) as i32))
        }
        ArrowType::Time64(TimeUnit::Nanosecond) => {
            Arc::new(column.as_primitive::<Time64NanosecondType>().unary::<_, Int32Type>(|ns| (ns / 1_000_000) as i32))
        }
        _ => return None,
    })
}

/// Timestamps in the unit of the column; finer digits than it has are cut off, as Flink does.
fn timestamps(column: &ArrayRef, precision: u8, data_type: &DataType) -> Result<ArrayRef, String> {
    let unit = TimestampUnit::of(precision);
    macro_rules! in_unit {
        ($from:ty, $nanos:expr) => {{
            let column = column.as_primitive::<$from>();
            let nanos = |count: i64| i128::from(count) * $nanos;
            match unit {
                TimestampUnit::Nanos => {
                    let wide = column.unary::<_, Decimal128Type>(nanos);
                    Ok(Arc::new(wide.with_data_type(storage_type(data_type))) as ArrayRef)
                }
                _ => {
                    let counts: PrimitiveArray<Int64Type> = column.try_unary(|count| {
                        i64::try_from(nanos(count).div_euclid(unit.nanos()))
                            .map_err(|_| format!("{count} is beyond the range of {}", data_type.kind))
                    })?;
                    Ok(Arc::new(counts) as ArrayRef)
                }
            }
        }};
    }
    match column.data_type() {
        ArrowType::Timestamp(TimeUnit::Second, _) => in_unit!(TimestampSecondType, 1_000_000_000),
        ArrowType::Timestamp(TimeUnit::Millisecond, _) => in_unit!(TimestampMillisecondType, 1_000_000),
        ArrowType::Timestamp(TimeUnit::Microsecond, _) => in_unit!(TimestampMicrosecondType, 1_000),
        ArrowType::Timestamp(TimeUnit::Nanosecond, _) => in_unit!(TimestampNanosecondType, 1),
        other => Err(format!("the file has {other}, the table {}", data_type.kind)),
    }
}

fn lists(column: &ArrayRef, element: &DataType, data_type: &DataType) -> Result<ArrayRef, String> {
    let (items, offsets) = match column.data_type() {
        ArrowType::List(_) => {
            let list = column.as_list::<i32>();
            (list.values(), list.offsets().clone())
        }
        ArrowType::LargeList(_) => {
            let list = column.as_list::<i64>();
            (list.values(), narrow_offsets(list.offsets())?)
        }
        other => return Err(format!("the file has {other}, the table {}", data_type.kind)),
    };
    let items = from_file(items, element)?;
    let ArrowType::List(field) = storage_type(data_type) else { return Err("ARRAY is stored as a list".to_owned()) };
    Ok(Arc::new(ListArray::new(field, offsets, items, column.nulls().cloned())))
}

fn narrow_offsets<O: OffsetSizeTrait>(offsets: &OffsetBuffer<O>) -> Result<OffsetBuffer<i32>, String> {
    let last = offsets.last().map_or(0, |last| last.as_usize());
    if i32::try_from(last).is_err() {
        return Err("lists of one batch have more than 2^31 elements".to_owned());
    }
    Ok(OffsetBuffer::from_lengths(offsets.lengths()))
}

fn maps(column: &ArrayRef, key: &DataType, value: &DataType) -> Result<ArrayRef, String> {
    let ArrowType::Map(..) = column.data_type() else {
        return Err(format!("the file has {}, the table a map", column.data_type()));
    };
    let map = column.as_map();
    let columns = vec![from_file(map.keys(), key)?, from_file(map.values(), value)?];
    let entries = StructArray::new(data::storage::entry_fields(key, value), columns, None);
    let field: FieldRef = Arc::new(ArrowField::new("entries", entries.data_type().clone(), true));
    Ok(Arc::new(ListArray::new(field, map.offsets().clone(), Arc::new(entries), map.nulls().cloned())))
}

fn rows(column: &ArrayRef, fields: &[RowField], data_type: &DataType) -> Result<ArrayRef, String> {
    let ArrowType::Struct(_) = column.data_type() else {
        return Err(format!("the file has {}, the table {}", column.data_type(), data_type.kind));
    };
    let row = column.as_struct();
    let part = |field: &RowField| match row.column_by_name(&field.name) {
        Some(part) => from_file(part, &field.data_type),
        None => Err(format!("the file has no field '{}'", field.name)),
    };
    let parts = fields.iter().map(part).collect::<Result<_, _>>()?;
    let ArrowType::Struct(types) = storage_type(data_type) else { return Err("ROW is stored as a struct".to_owned()) };
    StructArray::try_new_with_length(types, parts, row.nulls().cloned(), row.len())
        .map(|row| Arc::new(row) as ArrayRef)
        .map_err(|error| error.to_string())
}
