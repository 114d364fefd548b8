//! Generated rows, with Flink's `datagen` options. Every value is a function of seed, column and row number: a run can
//! be repeated, and reading on from a position needs nothing but the row number.
//!
//! - *kind*: how a column is made: `random` values between bounds, or a `sequence` from start to end.

use crate::options::{OptionDef, OptionKind, config};
use crate::spec::{ConnectorDef, OpenContext, SourceDef, TableSpec, with_options};
use data::port::{Polled, Position, Source};
use data::{ChangeBatch, DataType, Diagnostic, TypeKind, Value};

pub(crate) const DEF: ConnectorDef = ConnectorDef {
    identifier: "datagen",
    doc: "Generates rows, random or in sequence, the same ones in every run",
    options: &[
        OptionDef::new("rows-per-second", OptionKind::Integer, "How fast; not in batch mode").default("10000"),
        OptionDef::new("number-of-rows", OptionKind::Integer, "How many; without it there is no end"),
        OptionDef::new("scan.parallelism", OptionKind::Integer, "Without effect: one generator per table"),
        OptionDef::new("fields.#.kind", OptionKind::OneOf(&["random", "sequence"]), "How values are made; random"),
        OptionDef::new("fields.#.min", OptionKind::Text, "The least random number; that of the type"),
        OptionDef::new("fields.#.max", OptionKind::Text, "The greatest random number; that of the type"),
        OptionDef::new("fields.#.max-past", OptionKind::Duration, "How far back random timestamps lie; 0"),
        OptionDef::new("fields.#.length", OptionKind::Integer, "Characters, bytes (100) or elements (3)"),
        OptionDef::new("fields.#.var-len", OptionKind::Boolean, "Whether the length is random up to it; false"),
        OptionDef::new("fields.#.start", OptionKind::Integer, "Where a sequence begins"),
        OptionDef::new("fields.#.end", OptionKind::Integer, "Where it ends, and the table with it"),
        OptionDef::new("fields.#.null-rate", OptionKind::Fraction, "The share of NULL; 0"),
        OptionDef::new("headwater.seed", OptionKind::Integer, "Other seeds give other values").default("0"),
    ],
    metadata: &[],
    formats: false,
    source: Some(SourceDef {
        guarantee: "exactly once: a row is a function of its number",
        bounded: |spec| {
            spec.option("number-of-rows").is_some() || spec.options.keys().any(|name| name.ends_with(".end"))
        },
        open,
    }),
    sink: None,
    check,
};

/// How one column is made.
struct Generator {
    data_type: DataType,
    /// Mixed from the seed and the column's name.
    seed: u64,
    make: Make,
    null_rate: f64,
}

enum Make {
    Sequence(i64),
    Random { min: Option<f64>, max: Option<f64>, length: Option<usize>, var_len: bool, max_past: i64 },
}

fn check(spec: &TableSpec) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for name in spec.options.keys() {
        let Some((column, _)) = name.strip_prefix("fields.").and_then(|rest| rest.rsplit_once('.')) else { continue };
        let top = column.split('.').next().unwrap_or(column);
        if spec.schema.index_of(column).is_none() && spec.schema.index_of(top).is_none() {
            let names: Vec<&str> = spec.schema.fields.iter().map(|field| field.name.as_str()).collect();
            found.push(
                config("HW4102", format!("unsupported option '{name}'"))
                    .detail(format!("table '{}' has no column '{column}'", spec.name))
                    .hint(format!("its columns are: {}", names.join(", "))),
            );
        }
    }
    for field in &spec.schema.fields {
        let option = |what: &str| spec.option(&format!("fields.{}.{what}", field.name));
        if option("kind") != Some("sequence") {
            continue;
        }
        let kind = &field.data_type.kind;
        if !(kind.is_numeric() || kind.is_character()) {
            found.push(
                config("HW4107", format!("column '{}' cannot be a sequence", field.name))
                    .detail(format!("it is {kind}"))
                    .hint("sequences are numbers or text"),
            );
        }
        if option("start").is_none() || option("end").is_none() {
            found.push(
                config("HW4103", format!("the sequence of column '{}' has no bounds", field.name))
                    .detail("a sequence needs both 'start' and 'end'")
                    .hint(format!("add 'fields.{}.start' and 'fields.{}.end'", field.name, field.name)),
            );
        }
    }
    found
}

struct DataGen {
    columns: Vec<Generator>,
    /// Rows per millisecond, as rows per second; absent: as fast as possible.
    rows_per_second: Option<i64>,
    total: Option<u64>,
    next: u64,
    /// When it began to count, and at which row.
    began: Option<(i64, u64)>,
}

fn open(spec: &TableSpec, context: &OpenContext) -> Result<Box<dyn Source>, Diagnostic> {
    let (seed, rate, number) = with_options(spec, |options| {
        let number = options.integer("number-of-rows").and_then(|count| u64::try_from(count).ok());
        (options.integer("headwater.seed").unwrap_or(0), options.integer("rows-per-second"), number)
    });
    let sequences = spec.schema.fields.iter().filter_map(|field| {
        let bound = |what| with_options(spec, |options| options.integer(&format!("fields.{}.{what}", field.name)));
        Some(u64::try_from(bound("end")? - bound("start")? + 1).unwrap_or(0))
    });
    let total = sequences.chain(number).min();
    if context.bounded && total.is_none() {
        return Err(config("HW4109", format!("table '{}' never ends", spec.name))
            .detail("a query over bounded input would wait for its end")
            .hint("set 'number-of-rows', or read it as a stream"));
    }
    Ok(Box::new(DataGen {
        columns: spec.wanted().into_iter().map(|column| generator(spec, column, seed as u64)).collect(),
        rows_per_second: rate.filter(|rate| *rate > 0 && !context.bounded),
        total,
        next: 0,
        began: None,
    }))
}

fn generator(spec: &TableSpec, column: usize, seed: u64) -> Generator {
    let field = &spec.schema.fields[column];
    let name = |what: &str| format!("fields.{}.{what}", field.name);
    let number = |what: &str| spec.option(&name(what)).and_then(|text| text.trim().parse::<f64>().ok());
    with_options(spec, |options| Generator {
        data_type: field.data_type.clone(),
        seed: field.name.bytes().fold(mix(seed), |seed, byte| mix(seed ^ u64::from(byte))),
        make: match options.integer(&name("start")) {
            Some(start) if options.text(&name("kind")) == Some("sequence") => Make::Sequence(start),
            _ => Make::Random {
                min: number("min"),
                max: number("max"),
                length: options.integer(&name("length")).and_then(|length| usize::try_from(length).ok()),
                var_len: options.flag(&name("var-len")),
                max_past: options.duration_millis(&name("max-past")).unwrap_or(0),
            },
        },
        null_rate: options.fraction(&name("null-rate")).unwrap_or(0.0),
    })
}

/// The finaliser of the SplitMix64 generator: every input bit decides about every output bit.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stream of numbers for one value.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// From 0 to below 1.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, min: f64, max: f64) -> f64 {
        min + self.fraction() * (max - min)
    }

    /// Whole numbers, both bounds included.
    fn whole(&mut self, min: Option<f64>, max: Option<f64>, least: i64, greatest: i64) -> i64 {
        let min = min.map_or(least, |bound| (bound as i64).clamp(least, greatest));
        let max = max.map_or(greatest, |bound| (bound as i64).clamp(least, greatest)).max(min);
        let count = i128::from(max) - i128::from(min) + 1;
        (i128::from(min) + i128::from(self.next()) % count) as i64
    }
}

impl Generator {
    fn value(&self, row: u64, now_millis: i64) -> Value {
        let mut draw = Draw(mix(self.seed ^ mix(row)));
        if self.null_rate > 0.0 && draw.fraction() < self.null_rate {
            return Value::Null;
        }
        match &self.make {
            Make::Sequence(start) => in_sequence(&self.data_type.kind, start.saturating_add(row as i64)),
            Make::Random { min, max, length, var_len, max_past } => {
                let past = draw.whole(Some(0.0), Some(*max_past as f64), 0, i64::MAX);
                let bounds = Bounds { min: *min, max: *max, length: *length, var_len: *var_len };
                random(&self.data_type.kind, &bounds, &mut draw, now_millis.saturating_sub(past))
            }
        }
    }
}

fn in_sequence(kind: &TypeKind, number: i64) -> Value {
    match kind {
        TypeKind::TinyInt => Value::TinyInt(number as i8),
        TypeKind::SmallInt => Value::SmallInt(number as i16),
        TypeKind::Int => Value::Int(number as i32),
        TypeKind::BigInt => Value::BigInt(number),
        TypeKind::Float => Value::Float(number as f32),
        TypeKind::Double => Value::Double(number as f64),
        TypeKind::Decimal { scale, .. } => Value::Decimal(i128::from(number) * 10i128.pow(u32::from(*scale))),
        _ => Value::String(number.to_string()),
    }
}

struct Bounds {
    min: Option<f64>,
    max: Option<f64>,
    length: Option<usize>,
    var_len: bool,
}

impl Bounds {
    fn length(&self, draw: &mut Draw, default: usize) -> usize {
        let length = self.length.unwrap_or(default);
        if self.var_len { 1 + (draw.next() % length.max(1) as u64) as usize } else { length }
    }
}

/// A random value; those of time lie at `instant`.
fn random(kind: &TypeKind, bounds: &Bounds, draw: &mut Draw, instant: i64) -> Value {
    let (min, max) = (bounds.min, bounds.max);
    let nested = Bounds { min, max, length: None, var_len: false };
    let elements = |kind: &TypeKind, draw: &mut Draw| {
        let count = bounds.length(draw, 3);
        (0..count).map(|_| random(kind, &nested, draw, instant)).collect::<Vec<_>>()
    };
    match kind {
        TypeKind::Null => Value::Null,
        TypeKind::Boolean => Value::Boolean(draw.next() & 1 == 1),
        TypeKind::TinyInt => Value::TinyInt(draw.whole(min, max, i8::MIN.into(), i8::MAX.into()) as i8),
        TypeKind::SmallInt => Value::SmallInt(draw.whole(min, max, i16::MIN.into(), i16::MAX.into()) as i16),
        TypeKind::Int => Value::Int(draw.whole(min, max, i32::MIN.into(), i32::MAX.into()) as i32),
        TypeKind::BigInt => Value::BigInt(draw.whole(min, max, i64::MIN, i64::MAX)),
        TypeKind::IntervalMonth(_) => Value::IntervalMonth(draw.whole(min, max, 0, 120_000) as i32),
        TypeKind::IntervalDay(_) => Value::IntervalDay(draw.whole(min, max, 0, i64::MAX)),
        TypeKind::Float => Value::Float(draw.between(min.unwrap_or(0.0), max.unwrap_or(1.0)) as f32),
        TypeKind::Double => Value::Double(draw.between(min.unwrap_or(0.0), max.unwrap_or(1.0))),
        TypeKind::Decimal { precision, scale } => {
            let limit = 10i128.pow(u32::from(*precision)) - 1;
            let unit = 10f64.powi(i32::from(*scale));
            let most = limit as f64 / unit;
            let number = draw.between(min.unwrap_or(-most), max.unwrap_or(most));
            Value::Decimal(((number * unit).round() as i128).clamp(-limit, limit))
        }
        TypeKind::Char(length) => Value::String(hex(draw, *length as usize)),
        TypeKind::VarChar(most) => {
            let length = bounds.length(draw, 100).min(*most as usize);
            Value::String(hex(draw, length))
        }
        TypeKind::Binary(length) => Value::Bytes((0..*length).map(|_| draw.next() as u8).collect()),
        TypeKind::VarBinary(most) => {
            let length = bounds.length(draw, 100).min(*most as usize);
            Value::Bytes((0..length).map(|_| draw.next() as u8).collect())
        }
        TypeKind::Date => Value::Date(instant.div_euclid(86_400_000) as i32),
        TypeKind::Time(_) => Value::Time(instant.rem_euclid(86_400_000) as i32),
        TypeKind::Timestamp(_) | TypeKind::TimestampLtz(_) => Value::Timestamp(i128::from(instant) * 1_000_000),
        TypeKind::Array(element) => Value::Array(elements(&element.kind, draw)),
        TypeKind::Map(key, value) => {
            let keys = elements(&key.kind, draw);
            let values = elements(&value.kind, draw);
            Value::Map(distinct(keys.into_iter().zip(values)))
        }
        TypeKind::Multiset(element) => {
            Value::Map(distinct(elements(&element.kind, draw).into_iter().map(|element| (element, Value::Int(1)))))
        }
        TypeKind::Row(fields) => {
            Value::Row(fields.iter().map(|field| random(&field.data_type.kind, &nested, draw, instant)).collect())
        }
    }
}

fn distinct(entries: impl Iterator<Item = (Value, Value)>) -> Vec<(Value, Value)> {
    let mut kept: Vec<(Value, Value)> = Vec::new();
    for entry in entries {
        if kept.iter().all(|(key, _)| *key != entry.0) {
            kept.push(entry);
        }
    }
    kept
}

fn hex(draw: &mut Draw, length: usize) -> String {
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        text.push_str(&format!("{:016x}", draw.next()));
    }
    text.truncate(length);
    text
}

impl DataGen {
    /// How many rows may be given now.
    fn allowed(&mut self, max_rows: usize, now_millis: i64) -> u64 {
        let left = self.total.map_or(u64::MAX, |total| total.saturating_sub(self.next));
        let paced = match self.rows_per_second {
            None => u64::MAX,
            Some(rate) => {
                let (began, first) = *self.began.get_or_insert((now_millis, self.next));
                let elapsed = now_millis.saturating_sub(began).max(0) as u128;
                let due = first as u128 + elapsed * rate as u128 / 1_000;
                u64::try_from(due).unwrap_or(u64::MAX).saturating_sub(self.next)
            }
        };
        left.min(paced).min(max_rows as u64)
    }
}

impl Source for DataGen {
    fn poll(&mut self, max_rows: usize, now_millis: i64) -> Result<Polled, Diagnostic> {
        if self.total.is_some_and(|total| self.next >= total) {
            return Ok(Polled::End);
        }
        let rows = self.allowed(max_rows, now_millis);
        if rows == 0 {
            return Ok(Polled::Idle);
        }
        let column = |generator: &Generator| {
            let values: Vec<Value> =
                (self.next..self.next + rows).map(|row| generator.value(row, now_millis)).collect();
            Value::column(&generator.data_type, &values)
        };
        let batch = ChangeBatch::inserts(self.columns.iter().map(column).collect(), rows as usize);
        self.next += rows;
        Ok(Polled::Rows { split: 0, batch, rejected: Vec::new() })
    }

    fn position(&self) -> Position {
        serde_json::json!({ "next": self.next })
    }

    fn seek(&mut self, position: &Position) -> Result<(), Diagnostic> {
        self.next = position["next"].as_u64().ok_or_else(|| {
            Diagnostic::run("HW3108", "a datagen table cannot go on from its stored position")
                .detail("the position was not written by the datagen connector")
                .hint("start from the beginning, with an empty data folder")
        })?;
        Ok(())
    }

    fn lag(&self) -> Option<u64> {
        self.total.map(|total| total.saturating_sub(self.next))
    }
}

#[cfg(test)]
mod tests {
    use crate::filesystem::tests::{context, drain, table};
    use crate::{OpenContext, TableSpec, open_source, validate};
    use data::Value;
    use data::port::{Polled, Source};
    use std::path::Path;

    fn spec(columns: &str, options: &[(&str, &str)]) -> TableSpec {
        let mut spec = table(columns, &[&[("connector", "datagen")], options].concat());
        spec.options.remove("path");
        spec
    }

    fn open(spec: &TableSpec) -> Box<dyn Source> {
        open_source(spec, &context(Path::new("."))).expect("opens")
    }

    #[test]
    fn sequences_end_the_table() {
        let spec = spec(
            "a INT, b STRING",
            &[("fields.a.kind", "sequence"), ("fields.a.start", "3"), ("fields.a.end", "5"), ("fields.b.length", "4")],
        );
        let read = drain(open(&spec).as_mut(), &spec, 2).expect("reads");
        let numbers: Vec<&Value> = read.rows.iter().map(|row| &row[0]).collect();
        assert_eq!(numbers, [&Value::Int(3), &Value::Int(4), &Value::Int(5)]);
        assert!(read.rows.iter().all(|row| matches!(&row[1], Value::String(text) if text.len() == 4)));
    }

    #[test]
    fn rows_do_not_depend_on_batches_or_restarts() {
        let spec = spec(
            "a BIGINT, b DECIMAL, c INTS, d BOOLEAN, e PAIR, f MAP",
            &[("number-of-rows", "50"), ("fields.a.min", "1"), ("fields.a.max", "6"), ("fields.b.null-rate", "0.5")],
        );
        let all = drain(open(&spec).as_mut(), &spec, 100).expect("reads").rows;
        assert_eq!(all, drain(open(&spec).as_mut(), &spec, 7).expect("reads").rows);
        let mut source = open(&spec);
        source.poll(20, 0).expect("reads");
        let mut resumed = open(&spec);
        resumed.seek(&source.position()).expect("seeks");
        assert_eq!(all[20..], drain(resumed.as_mut(), &spec, 9).expect("reads").rows);
        assert!(all.iter().all(|row| matches!(row[0], Value::BigInt(1..=6))));
        assert!(all.iter().any(|row| row[1].is_null()) && !all.iter().all(|row| row[1].is_null()));
    }

    #[test]
    fn the_rate_follows_the_given_time() {
        let spec = spec("a INT", &[("rows-per-second", "100")]);
        let context = OpenContext { bounded: false, ..context(Path::new(".")) };
        let mut source = open_source(&spec, &context).expect("opens");
        let mut rows = |now| match source.poll(1_000, now) {
            Ok(Polled::Rows { batch, .. }) => batch.rows(),
            _ => 0,
        };
        assert_eq!([rows(5_000), rows(5_100), rows(5_100), rows(6_000)], [0, 10, 0, 90]);
    }

    #[test]
    fn wrong_declarations_are_refused() {
        let codes = |options: &[(&str, &str)]| -> Vec<&str> {
            validate(&spec("a INT, b BOOLEAN", options)).iter().map(|finding| finding.code).collect()
        };
        assert_eq!(codes(&[("fields.a.kind", "sequence")]), ["HW4103"]);
        assert_eq!(codes(&[("fields.z.min", "1")]), ["HW4102"]);
        assert_eq!(codes(&[("fields.a.null-rate", "2")]), ["HW4104"]);
        assert_eq!(codes(&[("fields.b.kind", "sequence"), ("fields.b.start", "1"), ("fields.b.end", "2")]), ["HW4107"]);
    }
}
