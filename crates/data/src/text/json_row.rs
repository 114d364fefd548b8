//! Rows of scripted tests: a JSON array with one element per column.

use super::number::{DecimalError, parse_decimal};
use crate::time::{DateTime, Zone, parse_iso_duration, parse_iso_period, valid_date};
use crate::types::{DataType, RowField, TypeKind};
use crate::value::Value;
use serde_json::Value as Json;

/// The values of a JSON array (`[1, "ada", "10.00"]`) for columns of these types. A TIMESTAMP_LTZ without offset lies
/// in `zone`. The error says which element is wrong and what was wanted.
pub fn parse_row<'a>(
    types: impl IntoIterator<Item = &'a DataType>,
    json: &str,
    zone: Zone,
) -> Result<Vec<Value>, String> {
    let types: Vec<&DataType> = types.into_iter().collect();
    let items = match serde_json::from_str(json) {
        Ok(Json::Array(items)) => items,
        Ok(_) => return Err(format!("a row is a JSON array, not `{json}`")),
        Err(error) => return Err(format!("a row is a JSON array: {error}")),
    };
    if items.len() != types.len() {
        return Err(format!("a row of {} values is wanted, not of {}", types.len(), items.len()));
    }
    let value = |(index, (item, data_type)): (usize, (&Json, &&DataType))| {
        parse_value(data_type, item, zone).map_err(|error| format!("value {}: {error}", index + 1))
    };
    items.iter().zip(&types).enumerate().map(value).collect()
}

/// One JSON value as a value of this type.
pub fn parse_value(data_type: &DataType, json: &Json, zone: Zone) -> Result<Value, String> {
    if json.is_null() {
        // Even for NOT NULL: a deletion by key carries NULL outside the key.
        return Ok(Value::Null);
    }
    let wrong = || format!("`{json}` is no {}", data_type.kind);
    let text = || json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    match &data_type.kind {
        TypeKind::Null => Err(wrong()),
        TypeKind::Boolean => match json {
            Json::Bool(flag) => Ok(Value::Boolean(*flag)),
            Json::String(word) if word.eq_ignore_ascii_case("true") => Ok(Value::Boolean(true)),
            Json::String(word) if word.eq_ignore_ascii_case("false") => Ok(Value::Boolean(false)),
            _ => Err(wrong()),
        },
        TypeKind::TinyInt => integer(json).map(Value::TinyInt).ok_or_else(wrong),
        TypeKind::SmallInt => integer(json).map(Value::SmallInt).ok_or_else(wrong),
        TypeKind::Int => integer(json).map(Value::Int).ok_or_else(wrong),
        TypeKind::BigInt => integer(json).map(Value::BigInt).ok_or_else(wrong),
        TypeKind::Float => text().parse().map(Value::Float).map_err(|_| wrong()),
        TypeKind::Double => text().parse().map(Value::Double).map_err(|_| wrong()),
        TypeKind::Decimal { precision, scale } => match parse_decimal(&text(), *precision, *scale) {
            Ok(unscaled) => Ok(Value::Decimal(unscaled)),
            Err(DecimalError::Malformed) => Err(wrong()),
            Err(DecimalError::Overflow) => Err(format!("`{json}` does not fit {}", data_type.kind)),
        },
        TypeKind::Char(_) | TypeKind::VarChar(_) => Ok(Value::String(text())),
        TypeKind::Binary(_) | TypeKind::VarBinary(_) => bytes(json).map(Value::Bytes).ok_or_else(wrong),
        TypeKind::Date => date(&text()).map(|date| Value::Date(date.days())).ok_or_else(wrong),
        TypeKind::Time(_) => {
            clock(&text()).map(|time| Value::Time((time.to_nanos() / 1_000_000) as i32)).ok_or_else(wrong)
        }
        TypeKind::Timestamp(precision) => {
            date_time(&text()).map(|nanos| timestamp(nanos, *precision)).ok_or_else(wrong)
        }
        TypeKind::TimestampLtz(precision) => {
            instant(json, zone).map(|nanos| timestamp(nanos, *precision)).ok_or_else(wrong)
        }
        TypeKind::IntervalMonth(_) => {
            let months = integer(json).or_else(|| parse_iso_period(json.as_str()?));
            months.map(Value::IntervalMonth).ok_or_else(|| format!("{}, as `P3M` would be", wrong()))
        }
        TypeKind::IntervalDay(_) => {
            let millis = integer(json).or_else(|| parse_iso_duration(json.as_str()?));
            millis.map(Value::IntervalDay).ok_or_else(|| format!("{}, as `PT5S` would be", wrong()))
        }
        TypeKind::Array(element) => {
            let items = json.as_array().ok_or_else(wrong)?;
            items.iter().map(|item| parse_value(element, item, zone)).collect::<Result<_, _>>().map(Value::Array)
        }
        TypeKind::Map(key, value) => map(json, key, value, zone)?.ok_or_else(wrong),
        TypeKind::Multiset(element) => map(json, element, &DataType::int(), zone)?.ok_or_else(wrong),
        TypeKind::Row(fields) => row(json, fields, zone)?.ok_or_else(wrong),
    }
}

fn integer<T: TryFrom<i128>>(json: &Json) -> Option<T> {
    let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    // `5.0` is a whole number in JSON.
    let whole = || json.as_f64().filter(|number| number.fract() == 0.0).map(|number| number as i128);
    text.parse::<i128>().ok().or_else(whole).and_then(|number| T::try_from(number).ok())
}

/// Hexadecimal digits, or a list of numbers from -128 to 255.
fn bytes(json: &Json) -> Option<Vec<u8>> {
    if let Some(items) = json.as_array() {
        let byte = |item: &Json| item.as_i64().filter(|number| (-128..256).contains(number)).map(|number| number as u8);
        return items.iter().map(byte).collect();
    }
    let text = json.as_str().filter(|text| text.len() % 2 == 0 && text.is_ascii())?;
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

fn timestamp(nanos: i128, precision: u8) -> Value {
    let unit = 10_i128.pow(9 - u32::from(precision.min(9)));
    Value::Timestamp(nanos.div_euclid(unit) * unit)
}

/// Milliseconds since the epoch, or a date-time with an offset or in the zone.
fn instant(json: &Json, zone: Zone) -> Option<i128> {
    if let Some(millis) = json.as_i64() {
        return Some(i128::from(millis) * 1_000_000);
    }
    let text = json.as_str()?;
    if let Some(local) = text.strip_suffix(['Z', 'z']) {
        return date_time(local);
    }
    let offset_at = text.len().checked_sub(6).filter(|at| *at > 10 && text.is_char_boundary(*at));
    if let Some((local, offset)) = offset_at.map(|at| text.split_at(at))
        && offset.starts_with(['+', '-'])
        && let Some(offset) = Zone::parse(&format!("GMT{offset}"))
    {
        return date_time(local).map(|nanos| offset.to_instant(nanos));
    }
    date_time(text).map(|nanos| zone.to_instant(nanos))
}

/// `2024-01-01`, `2024-01-01T00:00`, `2024-01-01 00:00:00.123`: local nanoseconds.
fn date_time(text: &str) -> Option<i128> {
    match text.split_once(['T', ' ']) {
        None => date(text).map(DateTime::to_nanos),
        Some((day, time)) => Some(date(day)?.to_nanos() + clock(time)?.to_nanos()),
    }
}

fn date(text: &str) -> Option<DateTime> {
    let mut parts = text.splitn(3, '-').map(|part| number(part, part.len()));
    let (year, month, day) = (parts.next()?? as i32, parts.next()??, parts.next()??);
    let exact = text.len() == 10 && valid_date(year, month, day);
    exact.then_some(DateTime { year, month, day, hour: 0, minute: 0, second: 0, nano: 0 })
}

/// A time of day, on 1970-01-01.
fn clock(text: &str) -> Option<DateTime> {
    let (clock, fraction) = match text.split_once('.') {
        None => (text, "0"),
        Some((clock, fraction)) if clock.len() == 8 => (clock, fraction),
        Some(_) => return None,
    };
    let mut parts = clock.splitn(3, ':').map(|part| number(part, 2));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    let nano = number(fraction, fraction.len())? * 10_u32.pow(9_u32.checked_sub(fraction.len() as u32)?);
    let valid = hour < 24 && minute < 60 && second < 60;
    valid.then_some(DateTime { year: 1970, month: 1, day: 1, hour, minute, second, nano })
}

/// A number of exactly `width` digits.
fn number(text: &str, width: usize) -> Option<u32> {
    let valid = text.len() == width && width > 0 && text.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| text.parse().ok())?
}

fn map(json: &Json, key: &DataType, value: &DataType, zone: Zone) -> Result<Option<Value>, String> {
    let mut entries: Vec<(Value, Value)> = Vec::new();
    let mut put = |name: &Json, item: &Json| -> Result<(), String> {
        let (name, item) = (parse_value(key, name, zone)?, parse_value(value, item, zone)?);
        match entries.iter_mut().find(|entry| entry.0 == name) {
            Some(entry) => entry.1 = item,
            None => entries.push((name, item)),
        }
        Ok(())
    };
    match json {
        Json::Object(fields) => {
            for (name, item) in fields {
                put(&Json::String(name.clone()), item)?;
            }
        }
        Json::Array(pairs) => {
            for pair in pairs {
                match pair.as_array().map(Vec::as_slice) {
                    Some([name, item]) => put(name, item)?,
                    _ => return Ok(None),
                }
            }
        }
        _ => return Ok(None),
    }
    Ok(Some(Value::Map(entries)))
}

fn row(json: &Json, fields: &[RowField], zone: Zone) -> Result<Option<Value>, String> {
    let null = Json::Null;
    let parts: Vec<&Json> = match json {
        Json::Array(items) if items.len() == fields.len() => items.iter().collect(),
        Json::Array(items) => {
            return Err(format!("a row of {} fields is wanted, not of {}", fields.len(), items.len()));
        }
        Json::Object(named) if named.keys().any(|name| fields.iter().all(|field| field.name != *name)) => {
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            return Err(format!("the row has only the fields {}", names.join(", ")));
        }
        Json::Object(named) => fields.iter().map(|field| named.get(&field.name).unwrap_or(&null)).collect(),
        _ => return Ok(None),
    };
    let values = parts.iter().zip(fields).map(|(part, field)| parse_value(&field.data_type, part, zone));
    values.collect::<Result<_, _>>().map(|values| Some(Value::Row(values)))
}
