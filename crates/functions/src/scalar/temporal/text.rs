//! Datetimes from and to text and numbers: DATE_FORMAT, TO_DATE, TO_TIMESTAMP, TO_TIMESTAMP_LTZ, FROM_UNIXTIME,
//! UNIX_TIMESTAMP, CONVERT_TZ.

use super::moment::{Moment, Moments, column};
use super::pattern::{Patterns, legacy, modern};
use super::{failed, local_zone, pure};
use crate::registry::{
    BindArg, BindError, Binding, CallSite, EvalError, Example, Kernel, KernelArgs, ScalarDef, Volatility,
};
use crate::scalar::columns::{build, build_text, primitives, texts, try_build, try_build_text};
use crate::typing::{arity_between, mismatch, signature};
use arrow_array::ArrayRef;
use arrow_array::types::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use data::time::{DateTime, MILLIS_PER_DAY, NANOS_PER_DAY, Zone, days_from_civil, parse_date, parse_timestamp};
use data::types::MAX_LENGTH;
use data::{DataType, TypeKind, Value};

const STRING: TypeKind = TypeKind::VarChar(MAX_LENGTH);
/// What Flink's TO_DATE with a pattern makes of a text that does not follow it.
const UNREADABLE_DATE: i32 = days_from_civil(1_705_471, 9, 27);
/// Years 0 to 9999, in nanoseconds.
const INSTANTS: std::ops::RangeInclusive<i128> = -62_167_219_200_000_000_000..=253_402_300_799_999_999_999;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        fallible: true,
        ..pure(
            "DATE_FORMAT",
            &["DATE_FORMAT(timestamp, pattern)", "DATE_FORMAT(string, pattern)"],
            "The timestamp as text by a pattern of `java.time.format.DateTimeFormatter`. A text is first read as \
             `yyyy-MM-dd HH:mm:ss`, and then written by a pattern of `java.text.SimpleDateFormat`.",
            &[Example {
                sql: "DATE_FORMAT(TIMESTAMP '2024-01-05 15:04:05', 'yyyy/MM/dd HH:mm')",
                result: "2024/01/05 15:04",
            }],
            bind_date_format,
            date_format,
        )
    },
    ScalarDef {
        fallible: true,
        ..pure(
            "TO_DATE",
            &["TO_DATE(string[, pattern])"],
            "The date that a text names, read as CAST reads it or by a pattern of `java.text.SimpleDateFormat`. NULL \
             when CAST cannot read it.",
            &[Example { sql: "TO_DATE('05/01/2020', 'dd/MM/yyyy')", result: "2020-01-05" }],
            |args| bind_text("TO_DATE", args, TypeKind::Date, "TO_DATE(string[, pattern])"),
            to_date,
        )
    },
    pure(
        "TO_TIMESTAMP",
        &["TO_TIMESTAMP(string[, pattern])"],
        "The TIMESTAMP(3) that a text names, read as CAST reads it or by a pattern of \
         `java.time.format.DateTimeFormatter`; a text that does not follow the pattern is tried as `yyyy-M-d` and \
         `yyyy-M-d H:m:s`. NULL when it cannot be read.",
        &[Example { sql: "TO_TIMESTAMP('2020/01/05 10', 'yyyy/MM/dd HH')", result: "2020-01-05T10:00" }],
        |args| bind_text("TO_TIMESTAMP", args, TypeKind::Timestamp(3), "TO_TIMESTAMP(string[, pattern])"),
        to_timestamp,
    ),
    ScalarDef {
        fallible: true,
        ..pure(
            "TO_TIMESTAMP_LTZ",
            &["TO_TIMESTAMP_LTZ(number[, precision])", "TO_TIMESTAMP_LTZ(string[, pattern[, zone]])"],
            "The instant so many units after 1970-01-01T00:00:00Z, where a unit is 10^-precision seconds (milliseconds \
             by default); or the one that a text names, in UTC by default. NULL outside the years 0 to 9999 and for a \
             text that does not follow the pattern.",
            &[
                Example { sql: "TO_TIMESTAMP_LTZ(100, 3)", result: "1970-01-01T00:00:00.100Z" },
                Example {
                    sql: "TO_TIMESTAMP_LTZ('2020-01-01', 'yyyy-MM-dd', 'Asia/Shanghai')",
                    result: "2019-12-31T16:00:00Z",
                },
            ],
            bind_instant,
            to_timestamp_ltz,
        )
    },
    ScalarDef {
        fallible: true,
        // The session's zone counts.
        volatility: Volatility::Epoch,
        ..pure(
            "FROM_UNIXTIME",
            &["FROM_UNIXTIME(seconds[, pattern])"],
            "The instant so many seconds after 1970-01-01T00:00:00Z as text in the session's zone, by a pattern of \
             `java.text.SimpleDateFormat` (`yyyy-MM-dd HH:mm:ss` by default).",
            &[Example { sql: "FROM_UNIXTIME(44)", result: "1970-01-01 00:00:44" }],
            |args| {
                let forms: &[&[TypeKind]] = &[&[TypeKind::BigInt], &[TypeKind::BigInt, STRING]];
                signature("FROM_UNIXTIME", args, forms, STRING, "FROM_UNIXTIME(seconds[, pattern])").map(nullable)
            },
            from_unixtime,
        )
    },
    ScalarDef {
        fallible: true,
        // The session's zone counts, and without arguments the clock.
        volatility: Volatility::Epoch,
        ..pure(
            "UNIX_TIMESTAMP",
            &["UNIX_TIMESTAMP()", "UNIX_TIMESTAMP(string[, pattern])"],
            "Seconds since 1970-01-01T00:00:00Z: of now, or of what a text names in the session's zone by a pattern of \
             `java.text.SimpleDateFormat` (`yyyy-MM-dd HH:mm:ss` by default). The smallest BIGINT for a text that does \
             not follow it.",
            &[Example { sql: "UNIX_TIMESTAMP('1970/01/02', 'yyyy/MM/dd')", result: "86400" }],
            |args| {
                let forms: &[&[TypeKind]] = &[&[], &[STRING], &[STRING, STRING]];
                signature("UNIX_TIMESTAMP", args, forms, TypeKind::BigInt, "UNIX_TIMESTAMP([string[, pattern]])")
            },
            unix_timestamp,
        )
    },
    pure(
        "CONVERT_TZ",
        &["CONVERT_TZ(string, from zone, to zone)"],
        "A text of the form `yyyy-MM-dd HH:mm:ss` that is local in one zone, as it is in another. NULL when it has not \
         that form; a zone that is not known is taken for GMT.",
        &[Example {
            sql: "CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles')",
            result: "1969-12-31 16:00:00",
        }],
        |args| {
            let form = "CONVERT_TZ(string, from zone, to zone)";
            signature("CONVERT_TZ", args, &[&[STRING, STRING, STRING]], STRING, form).map(nullable)
        },
        convert_tz,
    ),
];

fn nullable(mut binding: Binding) -> Binding {
    binding.result.nullable = true;
    binding
}

fn bind_text(name: &str, args: &[BindArg], result: TypeKind, form: &str) -> Result<Binding, BindError> {
    signature(name, args, &[&[STRING], &[STRING, STRING]], result, form).map(nullable)
}

fn bind_date_format(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "DATE_FORMAT(timestamp or string, pattern)";
    arity_between("DATE_FORMAT", args, 2, 2, form)?;
    let kind = &args[0].data_type.kind;
    if kind.is_timestamp() && args[1].data_type.kind.is_character() {
        let params = args.iter().map(|arg| arg.data_type.clone()).collect();
        return Ok(Binding { params, result: DataType::string() });
    }
    if matches!(kind, TypeKind::Date | TypeKind::Time(_)) {
        return Err(mismatch("DATE_FORMAT", args, form));
    }
    signature("DATE_FORMAT", args, &[&[STRING, STRING]], STRING, form).map(nullable)
}

fn date_format(site: &CallSite) -> Result<Kernel, BindError> {
    let kind = site.arg_types[0].kind.clone();
    if kind.is_timestamp() {
        let patterns = Patterns::of(site, 1, modern::Pattern::new);
        return Ok(Box::new(move |args| {
            let (moments, pattern, zone) = (Moments::of(args, 0, &kind), texts(args, 1), local_zone(args, &kind));
            let mut patterns = patterns.clone();
            try_build_text(args.rows, |row, out| {
                let Some((moment, pattern)) = moments.get(row).zip(pattern.get(row)) else { return Ok(None) };
                let local = Moment { millis: zone.to_local_millis(moment.millis), ..moment };
                let time = DateTime::from_nanos(local.to_nanos());
                let appended = patterns.get(pattern).map_err(failed(row))?.append(out, &time);
                appended.map(Some).map_err(|problem| failed(row)(&problem))
            })
        }));
    }
    let source = legacy_pattern(legacy::DATE_TIME)?;
    let patterns = Patterns::of(site, 1, legacy::Pattern::new);
    Ok(Box::new(move |args| {
        let (text, pattern) = (texts(args, 0), texts(args, 1));
        let mut patterns = patterns.clone();
        try_build_text(args.rows, |row, out| {
            let Some((text, pattern)) = text.get(row).zip(pattern.get(row)) else { return Ok(None) };
            let pattern = patterns.get(pattern).map_err(failed(row))?;
            Ok(source.parse(text, Zone::UTC).map(|millis| pattern.append(out, millis, Zone::UTC)))
        })
    }))
}

fn legacy_pattern(pattern: &str) -> Result<legacy::Pattern, BindError> {
    legacy::Pattern::new(pattern).map_err(BindError::new)
}

fn to_date(site: &CallSite) -> Result<Kernel, BindError> {
    if site.arg_types.len() == 1 {
        return Ok(Box::new(|args| {
            let text = texts(args, 0);
            try_build::<Int32Type>(args.rows, |row| match text.get(row) {
                // Java's parseInt throws where the digits are of no INT.
                Some(text) if year_overflows(text) => Err(failed(row)(&format!("For input string: \"{text}\""))),
                text => Ok(text.and_then(parse_date)),
            })
        }));
    }
    let patterns = Patterns::of(site, 1, legacy::Pattern::new);
    Ok(Box::new(move |args| {
        let (text, pattern) = (texts(args, 0), texts(args, 1));
        let mut patterns = patterns.clone();
        try_build::<Int32Type>(args.rows, |row| {
            let Some((text, pattern)) = text.get(row).zip(pattern.get(row)) else { return Ok(None) };
            let millis = patterns.get(pattern).map_err(failed(row))?.parse(text, Zone::UTC);
            Ok(Some(millis.map_or(UNREADABLE_DATE, |millis| millis.div_euclid(MILLIS_PER_DAY) as i32)))
        })
    }))
}

fn year_overflows(text: &str) -> bool {
    let year = text.split([' ', '-']).next().unwrap_or_default();
    year.len() > 9 && year.bytes().all(|byte| byte.is_ascii_digit()) && year.parse::<i32>().is_err()
}

fn to_timestamp(site: &CallSite) -> Result<Kernel, BindError> {
    if site.arg_types.len() == 1 {
        return Ok(Box::new(|args| {
            let text = texts(args, 0);
            build::<Int64Type>(args.rows, |row| Some((parse_timestamp(text.get(row)?, 3)? / 1_000_000) as i64))
        }));
    }
    let patterns = Patterns::of(site, 1, modern::Pattern::new);
    Ok(Box::new(move |args| {
        let (text, pattern) = (texts(args, 0), texts(args, 1));
        let mut patterns = patterns.clone();
        build::<Int64Type>(args.rows, |row| {
            let (text, pattern) = (text.get(row)?, patterns.get(pattern.get(row)?).ok()?);
            Some(read(text, pattern)?.div_euclid(1_000_000) as i64)
        })
    }))
}

/// Local nanoseconds of a text by a pattern, or else by the forms of `java.sql.Date` and `java.sql.Timestamp`.
fn read(text: &str, pattern: &modern::Pattern) -> Option<i128> {
    pattern.parse(text).or_else(|| read_jdbc(text.trim()))
}

/// `yyyy-[m]m-[d]d` and `yyyy-[m]m-[d]d hh:mm:ss[.f...]`, parts past their range running over.
fn read_jdbc(text: &str) -> Option<i128> {
    let number = |text: &str, widths: std::ops::RangeInclusive<usize>| {
        let valid = widths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        valid.then(|| text.parse::<u32>().ok())?
    };
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.splitn(3, '-');
    let year = number(parts.next()?, 4..=4)? as i32;
    let (month, day) = (number(parts.next()?, 1..=2)?, number(parts.next()?, 1..=2)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let midnight = i128::from(days_from_civil(year, month, day)) * NANOS_PER_DAY;
    let Some(time) = time else { return Some(midnight) };
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = clock.splitn(3, ':');
    let (hour, minute) = (number(parts.next()?, 1..=9)?, number(parts.next()?, 1..=9)?);
    let second = number(parts.next()?, 1..=9)?;
    let nano = number(fraction, 1..=9)? * 10_u32.pow(9 - fraction.len() as u32);
    let seconds = i128::from(hour) * 3_600 + i128::from(minute) * 60 + i128::from(second);
    Some(midnight + seconds * 1_000_000_000 + i128::from(nano))
}

fn bind_instant(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "TO_TIMESTAMP_LTZ(number[, precision]) or TO_TIMESTAMP_LTZ(string[, pattern[, zone]])";
    arity_between("TO_TIMESTAMP_LTZ", args, 1, 3, form)?;
    if !args[0].data_type.kind.is_numeric() {
        let forms: &[&[TypeKind]] = &[&[STRING], &[STRING, STRING], &[STRING, STRING, STRING]];
        return signature("TO_TIMESTAMP_LTZ", args, forms, TypeKind::TimestampLtz(text_precision(args)?), form)
            .map(nullable);
    }
    let integral = |arg: &BindArg| matches!(arg.data_type.kind, TypeKind::Int | TypeKind::Null);
    if args.len() > 2 || !args.get(1).is_none_or(integral) {
        return Err(mismatch("TO_TIMESTAMP_LTZ", args, form));
    }
    let precision = match args.get(1).and_then(|arg| arg.literal) {
        Some(Value::Int(precision)) => {
            u8::try_from(*precision).ok().filter(|precision| *precision <= 9).ok_or_else(|| {
                BindError::new(format!(
                    "the precision of TO_TIMESTAMP_LTZ lies between 0 and 9, and {precision} does not"
                ))
                .hint("write 0 for seconds or 3 for milliseconds")
            })?
        }
        _ => 3,
    };
    let kind = match &args[0].data_type.kind {
        kind if kind.is_integer() => TypeKind::BigInt,
        TypeKind::Decimal { .. } => args[0].data_type.kind.clone(),
        _ => TypeKind::Double,
    };
    let kinds = [kind, TypeKind::Int];
    let params = args.iter().zip(kinds).map(|(arg, kind)| DataType::new(kind).with_nullable(arg.data_type.nullable));
    Ok(Binding { params: params.collect(), result: DataType::new(TypeKind::TimestampLtz(precision.max(3))) })
}

/// As many digits as a literal pattern reads, but three at least. A wrong literal is found here.
fn text_precision(args: &[BindArg]) -> Result<u8, BindError> {
    let literal = |argument: usize| match args.get(argument).and_then(|arg| arg.literal) {
        Some(Value::String(text)) => Some(text.as_str()),
        _ => None,
    };
    if let Some(zone) = literal(2)
        && zone_id(zone).is_none()
    {
        return Err(BindError::new(format!("`{zone}` is no time zone")).hint("write a name such as Europe/Berlin"));
    }
    match (literal(1).map(modern::Pattern::new), args.len()) {
        (Some(Ok(pattern)), _) => Ok(pattern.fraction_digits().clamp(3, 9) as u8),
        // Without a zone, a wrong pattern only makes the result NULL.
        (Some(Err(problem)), 3) => Err(BindError::new(problem).hint("write a pattern such as 'yyyy-MM-dd HH:mm:ss'")),
        _ => Ok(3),
    }
}

/// A zone as `java.time.ZoneId.of` reads it: unlike `TimeZone`, without three-letter names but with bare offsets and
/// offsets behind UTC.
fn zone_id(name: &str) -> Option<Zone> {
    let behind = name.strip_prefix("UTC").or_else(|| name.strip_prefix("UT"));
    match behind.unwrap_or(name) {
        offset if offset.starts_with(['+', '-']) => Zone::parse(&format!("GMT{offset}")),
        _ if name.len() == 3
            && !matches!(name, "GMT" | "UTC" | "CET" | "EET" | "MET" | "WET" | "PRC" | "ROC" | "ROK") =>
        {
            None
        }
        _ => Zone::parse(name),
    }
}

fn to_timestamp_ltz(site: &CallSite) -> Result<Kernel, BindError> {
    let result = site.result_type.kind.clone();
    if site.arg_types[0].kind.is_numeric() {
        let number = site.arg_types[0].kind.clone();
        return Ok(Box::new(move |args| instants_of_numbers(args, &number, &result)));
    }
    let TypeKind::TimestampLtz(precision) = result else { return Err(BindError::new("an instant is a TIMESTAMP_LTZ")) };
    let unit = 10_i128.pow(9 - u32::from(precision));
    let patterns = Patterns::of(site, 1, modern::Pattern::new);
    Ok(Box::new(move |args| {
        let text = texts(args, 0);
        let pattern = (args.columns.len() > 1).then(|| texts(args, 1));
        let zone = (args.columns.len() > 2).then(|| texts(args, 2));
        let mut patterns = patterns.clone();
        let mut unreadable = None;
        let column = column(&result, args.rows, |row| {
            let text = text.get(row)?;
            let zone = match &zone {
                Some(zone) => zone_id(zone.get(row)?)?,
                None => Zone::UTC,
            };
            let local = match &pattern {
                Some(pattern) => read(text, patterns.get(pattern.get(row)?).ok()?)?,
                None => parse_timestamp(text, 3).or_else(|| {
                    unreadable.get_or_insert((row, text));
                    None
                })?,
            };
            Some(Moment::of_nanos(zone.to_instant(local.div_euclid(unit) * unit)))
        })?;
        match unreadable {
            Some((row, text)) => Err(failed(row)(&format!("TO_TIMESTAMP_LTZ cannot read `{text}`"))),
            None => Ok(column),
        }
    }))
}

fn instants_of_numbers(args: &KernelArgs, number: &TypeKind, result: &TypeKind) -> Result<ArrayRef, EvalError> {
    let nanos = instant_reader(args, number);
    let precision = (args.columns.len() > 1).then(|| primitives::<Int32Type>(args, 1));
    let mut wrong = None;
    let column = column(result, args.rows, |row| {
        let precision = match &precision {
            Some(precision) => precision.get(row)?,
            None => 3,
        };
        if !(0..=9).contains(&precision) {
            wrong.get_or_insert((row, precision));
            return None;
        }
        let nanos = nanos(row, precision as u32)?;
        INSTANTS.contains(&nanos).then(|| Moment::of_nanos(nanos))
    })?;
    match wrong {
        Some((row, precision)) => Err(failed(row)(&format!(
            "the precision of TO_TIMESTAMP_LTZ lies between 0 and 9, and {precision} does not"
        ))),
        None => Ok(column),
    }
}

/// Nanoseconds of the number in a row, counted in 10^-precision seconds.
fn instant_reader<'a>(args: &KernelArgs<'a>, number: &TypeKind) -> Box<dyn Fn(usize, u32) -> Option<i128> + 'a> {
    let unit = |precision: u32| 10_i128.pow(9 - precision);
    match number {
        TypeKind::BigInt => {
            let numbers = primitives::<Int64Type>(args, 0);
            Box::new(move |row, precision| Some(i128::from(numbers.get(row)?) * unit(precision)))
        }
        TypeKind::Decimal { scale, .. } => {
            let numbers = primitives::<Decimal128Type>(args, 0);
            let one = 10_i128.pow(u32::from(*scale));
            Box::new(move |row, precision| (numbers.get(row)? / one).checked_mul(unit(precision)))
        }
        _ => {
            let numbers = primitives::<Float64Type>(args, 0);
            Box::new(move |row, precision| {
                // Below milliseconds whole units count, above whole milliseconds.
                let counted = numbers.get(row)? * 10_f64.powi(3 - precision.min(3) as i32);
                Some(i128::from(counted as i64) * unit(precision.max(3)))
            })
        }
    }
}

fn from_unixtime(site: &CallSite) -> Result<Kernel, BindError> {
    let patterns = Patterns::of(site, 1, legacy::Pattern::new);
    Ok(Box::new(move |args| {
        let seconds = primitives::<Int64Type>(args, 0);
        let pattern = (args.columns.len() > 1).then(|| texts(args, 1));
        let zone = Zone::from(args.context.time_zone);
        let mut patterns = patterns.clone();
        try_build_text(args.rows, |row, out| {
            let pattern = pattern.as_ref().map_or(Some(legacy::DATE_TIME), |pattern| pattern.get(row));
            let Some((seconds, pattern)) = seconds.get(row).zip(pattern) else { return Ok(None) };
            patterns.get(pattern).map_err(failed(row))?.append(out, seconds.wrapping_mul(1_000), zone);
            Ok(Some(()))
        })
    }))
}

fn unix_timestamp(site: &CallSite) -> Result<Kernel, BindError> {
    let patterns = Patterns::of(site, 1, legacy::Pattern::new);
    Ok(Box::new(move |args| {
        if args.columns.is_empty() {
            return build::<Int64Type>(args.rows, |_| Some(args.context.clock_millis / 1_000));
        }
        let text = texts(args, 0);
        let pattern = (args.columns.len() > 1).then(|| texts(args, 1));
        let zone = Zone::from(args.context.time_zone);
        let mut patterns = patterns.clone();
        try_build::<Int64Type>(args.rows, |row| {
            let pattern = pattern.as_ref().map_or(Some(legacy::DATE_TIME), |pattern| pattern.get(row));
            let Some((text, pattern)) = text.get(row).zip(pattern) else { return Ok(None) };
            let millis = patterns.get(pattern).map_err(failed(row))?.parse(text, zone);
            Ok(Some(millis.map_or(i64::MIN, |millis| millis / 1_000)))
        })
    }))
}

fn convert_tz(_: &CallSite) -> Result<Kernel, BindError> {
    let pattern = legacy_pattern(legacy::DATE_TIME)?;
    Ok(Box::new(move |args| {
        let (text, from, to) = (texts(args, 0), texts(args, 1), texts(args, 2));
        let zone = |name: &str| Zone::parse(name).unwrap_or(Zone::UTC);
        build_text(args.rows, |row, out| {
            let (text, from, to) = (text.get(row)?, from.get(row)?, to.get(row)?);
            pattern.append(out, pattern.parse(text, zone(from))?, zone(to));
            Some(())
        })
    }))
}
