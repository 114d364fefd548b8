//! Everything as text: `TRUE`, `1.0E10`, `12.50`, `2024-02-29 10:20:30.100`, `+1 02:03:04.005`, `[1, NULL]`, `{k=v}`,
//! `(1, a)`, bytes decoded as UTF-8. The text is cut to the target's length, and padded with blanks for CHAR.

use super::CastOptions;
use crate::storage::TimestampUnit;
use crate::text::number::{append_decimal_plain, append_double, append_float};
use crate::text::utf8::append_utf8;
use crate::time::{MILLIS_PER_DAY, Zone, append_date, append_time_sql, append_timestamp_sql};
use crate::types::{DataType, MAX_LENGTH, TypeKind};
use crate::value::timestamp_nanos;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use std::fmt::Write;
use std::sync::Arc;

pub(super) fn cast(column: &ArrayRef, from: &DataType, to: &DataType, options: &CastOptions) -> ArrayRef {
    let length = Length::of(&to.kind, from.kind.is_binary());
    if let TypeKind::Char(from) | TypeKind::VarChar(from) = &from.kind
        && matches!(to.kind, TypeKind::VarChar(to) if to >= *from)
    {
        return column.clone();
    }
    macro_rules! integers {
        ($arrow:ty) => {{
            let values = column.as_primitive::<$arrow>().values();
            let mut digits = itoa::Buffer::new();
            texts(column, length, |out, row| out.push_str(digits.format(values[row])))
        }};
    }
    match &from.kind {
        TypeKind::TinyInt => integers!(Int8Type),
        TypeKind::SmallInt => integers!(Int16Type),
        TypeKind::Int => integers!(Int32Type),
        TypeKind::BigInt => integers!(Int64Type),
        TypeKind::Char(_) | TypeKind::VarChar(_) => {
            let values = column.as_string::<i32>();
            texts(column, length, |out, row| out.push_str(values.value(row)))
        }
        _ => texts(column, length, |out, row| append(out, column, from, row, options.time_zone)),
    }
}

/// How many characters a text may have, and must have. What was decoded from bytes Flink counts in UTF-16 units, and of a
/// character cut in two it leaves a question mark.
#[derive(Clone, Copy)]
struct Length {
    most: u32,
    least: u32,
    utf16: bool,
}

impl Length {
    fn of(kind: &TypeKind, utf16: bool) -> Length {
        match kind {
            TypeKind::Char(length) => Length { most: *length, least: *length, utf16 },
            TypeKind::VarChar(length) => Length { most: *length, least: 0, utf16 },
            _ => unreachable!("{kind} holds no text"),
        }
    }

    /// Fits the text that begins at `start`.
    fn apply(self, out: &mut String, start: usize) {
        if self.most == MAX_LENGTH {
            return;
        }
        let width = |char: char| if self.utf16 { char.len_utf16() } else { 1 };
        // A text with no more bytes than characters allowed needs no count to be short enough.
        if out.len() - start > self.most as usize {
            let mut left = self.most as usize;
            let cut = out[start..].char_indices().find(|(_, char)| match left.checked_sub(width(*char)) {
                Some(rest) => {
                    left = rest;
                    false
                }
                None => true,
            });
            if let Some((end, _)) = cut {
                out.truncate(start + end);
                out.extend(std::iter::repeat_n('?', left));
            }
        }
        if self.least > 0 {
            let missing = (self.least as usize).saturating_sub(out[start..].chars().map(width).sum());
            out.extend(std::iter::repeat_n(' ', missing));
        }
    }
}

fn texts(column: &ArrayRef, length: Length, mut append: impl FnMut(&mut String, usize)) -> ArrayRef {
    let mut out = String::with_capacity(column.len() * 8);
    let mut offsets = Vec::with_capacity(column.len() + 1);
    offsets.push(0_i32);
    for row in 0..column.len() {
        if column.is_valid(row) {
            let start = out.len();
            append(&mut out, row);
            length.apply(&mut out, start);
        }
        offsets.push(out.len() as i32);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let nulls = column.logical_nulls();
    Arc::new(StringArray::new(offsets, Buffer::from_vec(out.into_bytes()), nulls))
}

/// Appends one value as a CAST to STRING prints it; a NULL inside a nested value is `NULL`.
fn append(out: &mut String, column: &dyn Array, data_type: &DataType, row: usize, zone: Zone) {
    if column.is_null(row) {
        out.push_str("NULL");
        return;
    }
    let mut digits = itoa::Buffer::new();
    match &data_type.kind {
        TypeKind::Null => out.push_str("NULL"),
        TypeKind::Boolean => out.push_str(if column.as_boolean().value(row) { "TRUE" } else { "FALSE" }),
        TypeKind::TinyInt => out.push_str(digits.format(column.as_primitive::<Int8Type>().value(row))),
        TypeKind::SmallInt => out.push_str(digits.format(column.as_primitive::<Int16Type>().value(row))),
        TypeKind::Int => out.push_str(digits.format(column.as_primitive::<Int32Type>().value(row))),
        TypeKind::BigInt => out.push_str(digits.format(column.as_primitive::<Int64Type>().value(row))),
        TypeKind::Float => append_float(out, column.as_primitive::<Float32Type>().value(row)),
        TypeKind::Double => append_double(out, column.as_primitive::<Float64Type>().value(row)),
        TypeKind::Decimal { scale, .. } => {
            append_decimal_plain(out, column.as_primitive::<Decimal128Type>().value(row), *scale);
        }
        TypeKind::Char(_) | TypeKind::VarChar(_) => out.push_str(column.as_string::<i32>().value(row)),
        TypeKind::Binary(_) | TypeKind::VarBinary(_) => {
            append_utf8(out, column.as_binary::<i32>().value(row));
        }
        TypeKind::Date => append_date(out, column.as_primitive::<Int32Type>().value(row)),
        TypeKind::Time(precision) => {
            append_time_sql(out, column.as_primitive::<Int32Type>().value(row), *precision);
        }
        TypeKind::Timestamp(precision) => append_timestamp(out, column, *precision, row, None),
        TypeKind::TimestampLtz(precision) => append_timestamp(out, column, *precision, row, Some(zone)),
        TypeKind::IntervalMonth(_) => append_months(out, column.as_primitive::<Int32Type>().value(row)),
        TypeKind::IntervalDay(_) => append_millis(out, column.as_primitive::<Int64Type>().value(row)),
        TypeKind::Array(element) => {
            let items = column.as_list::<i32>().value(row);
            list(out, ('[', ']'), items.len(), |out, index| append(out, &items, element, index, zone));
        }
        TypeKind::Map(key, value) => append_entries(out, column, (key, value), row, zone),
        TypeKind::Multiset(element) => append_entries(out, column, (element, &DataType::int()), row, zone),
        TypeKind::Row(fields) => {
            let columns = column.as_struct();
            list(out, ('(', ')'), fields.len(), |out, index| {
                append(out, columns.column(index), &fields[index].data_type, row, zone);
            });
        }
    }
}

fn append_timestamp(out: &mut String, column: &dyn Array, precision: u8, row: usize, zone: Option<Zone>) {
    let nanos = match TimestampUnit::of(precision) {
        TimestampUnit::Millis => i128::from(column.as_primitive::<Int64Type>().value(row)) * 1_000_000,
        _ => timestamp_nanos(column, precision, row),
    };
    append_timestamp_sql(out, zone.map_or(nanos, |zone| zone.to_local(nanos)), precision);
}

fn append_entries(out: &mut String, column: &dyn Array, types: (&DataType, &DataType), row: usize, zone: Zone) {
    let entries = column.as_list::<i32>().value(row);
    let entries = entries.as_struct();
    list(out, ('{', '}'), entries.len(), |out, index| {
        append(out, entries.column(0), types.0, index, zone);
        out.push('=');
        append(out, entries.column(1), types.1, index, zone);
    });
}

fn list(out: &mut String, brackets: (char, char), length: usize, mut item: impl FnMut(&mut String, usize)) {
    out.push(brackets.0);
    for index in 0..length {
        if index > 0 {
            out.push_str(", ");
        }
        item(out, index);
    }
    out.push(brackets.1);
}

/// `+1-02`: years and months.
fn append_months(out: &mut String, months: i32) {
    let (sign, months) = if months < 0 { ('-', months.unsigned_abs()) } else { ('+', months.unsigned_abs()) };
    let _ = write!(out, "{sign}{}-{:02}", months / 12, months % 12);
}

/// `+1 02:03:04.005`: days and time.
fn append_millis(out: &mut String, millis: i64) {
    let (sign, millis) = if millis < 0 { ('-', millis.unsigned_abs()) } else { ('+', millis.unsigned_abs()) };
    let (days, rest) = (millis / MILLIS_PER_DAY as u64, millis % MILLIS_PER_DAY as u64);
    let (seconds, fraction) = (rest / 1_000, rest % 1_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let _ = write!(out, "{sign}{days} {hours:02}:{minutes:02}:{seconds:02}.{fraction:03}");
}
