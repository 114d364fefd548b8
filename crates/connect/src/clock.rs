//! Processing time as a table: rows that say what time it is, so that a pipeline can let time pass for rows that hear
//! nothing else. A silent customer becomes inactive because the clock ticks, not because the customer does something.
//!
//! - *tick*: an instant at which the clock speaks: when it starts, and then at each multiple of the interval.
//! - *bucket*: each tick is one row per bucket, to be joined by bucket, so that no single row drives everything.

use crate::options::{OptionDef, OptionKind, config};
use crate::spec::{ConnectorDef, OpenContext, SourceDef, TableSpec, with_options};
use data::port::{Polled, Position, Source};
use data::{ChangeBatch, DataType, Diagnostic, TypeKind, Value};

pub(crate) const DEF: ConnectorDef = ConnectorDef {
    identifier: "headwater-clock",
    doc: "Processing time as rows: at the start, and then at every full interval, one row per bucket. Needs one column \
          for the bucket (a whole number from 0, or a STRING of its hexadecimal digits) and one for the time \
          (TIMESTAMP and DATE in UTC, or TIMESTAMP_LTZ). Elsewhere a topic or a file that something ticks takes its place",
    options: &[
        OptionDef::new("buckets", OptionKind::Integer, "Rows per tick").default("1"),
        OptionDef::new("interval", OptionKind::Duration, "Time between ticks, counted from 1970-01-01T00:00:00Z")
            .default("1 d"),
    ],
    metadata: &[],
    formats: false,
    source: Some(SourceDef {
        guarantee: "exactly once; ticks missed while stopped are made up by a single one",
        bounded: |_| false,
        open,
    }),
    sink: None,
    check,
};

fn check(spec: &TableSpec) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let kinds = || spec.schema.fields.iter().map(|field| &field.data_type.kind);
    if kinds().filter(|kind| is_bucket(kind)).count() != 1
        || kinds().filter(|kind| is_time(kind)).count() != 1
        || spec.schema.len() != 2
    {
        found.push(
            config("HW4120", format!("table '{}' has the wrong columns for a clock", spec.name))
                .detail("a clock has one column for the bucket and one for the time")
                .hint("declare (bucket INT, tick TIMESTAMP(3)), for example"),
        );
    }
    let (buckets, interval) =
        with_options(spec, |options| (options.integer("buckets"), options.duration_millis("interval")));
    if !buckets.is_some_and(|count| (1..=65_536).contains(&count)) {
        found.push(
            config("HW4104", "option 'buckets' has an invalid value")
                .detail("a tick has from 1 to 65536 rows")
                .hint("write '16', for example"),
        );
    }
    if interval.is_none_or(|millis| millis <= 0) {
        found.push(
            config("HW4104", "option 'interval' has an invalid value")
                .detail("time between ticks has to be positive")
                .hint("write '1 d', for example"),
        );
    }
    found
}

fn is_bucket(kind: &TypeKind) -> bool {
    kind.is_integer() || kind.is_character()
}

fn is_time(kind: &TypeKind) -> bool {
    kind.is_timestamp() || matches!(kind, TypeKind::Date)
}

struct Clock {
    columns: Vec<DataType>,
    buckets: i64,
    interval: i64,
    /// Batch: a single tick, then the end.
    bounded: bool,
    last: Option<i64>,
}

fn open(spec: &TableSpec, context: &OpenContext) -> Result<Box<dyn Source>, Diagnostic> {
    let columns = spec.wanted().into_iter().map(|column| spec.schema.fields[column].data_type.clone()).collect();
    let (buckets, interval) =
        with_options(spec, |options| (options.integer("buckets"), options.duration_millis("interval")));
    Ok(Box::new(Clock {
        columns,
        buckets: buckets.unwrap_or(1),
        interval: interval.unwrap_or(86_400_000),
        bounded: context.bounded,
        last: None,
    }))
}

impl Clock {
    /// The latest tick at `now`, if there is one that was not told yet. What lies between is not made up: only the
    /// present matters to whoever reads a clock.
    fn due(&self, now: i64) -> Option<i64> {
        let Some(last) = self.last else { return Some(now) };
        let latest = now.div_euclid(self.interval) * self.interval;
        (latest > last).then_some(latest)
    }

    fn value(&self, kind: &TypeKind, bucket: i64, instant: i64) -> Value {
        match kind {
            TypeKind::Date => Value::Date(instant.div_euclid(86_400_000) as i32),
            TypeKind::Timestamp(_) | TypeKind::TimestampLtz(_) => Value::Timestamp(i128::from(instant) * 1_000_000),
            TypeKind::TinyInt => Value::TinyInt(bucket as i8),
            TypeKind::SmallInt => Value::SmallInt(bucket as i16),
            TypeKind::Int => Value::Int(bucket as i32),
            TypeKind::BigInt => Value::BigInt(bucket),
            _ => {
                let digits = format!("{:x}", self.buckets - 1).len();
                Value::String(format!("{bucket:0digits$x}"))
            }
        }
    }
}

impl Source for Clock {
    fn poll(&mut self, _max_rows: usize, now_millis: i64) -> Result<Polled, Diagnostic> {
        let Some(instant) = self.due(now_millis) else {
            return Ok(if self.bounded { Polled::End } else { Polled::Idle });
        };
        if self.bounded && self.last.is_some() {
            return Ok(Polled::End);
        }
        self.last = Some(instant);
        let column = |data_type: &DataType| {
            let values: Vec<Value> =
                (0..self.buckets).map(|bucket| self.value(&data_type.kind, bucket, instant)).collect();
            Value::column(data_type, &values)
        };
        let batch = ChangeBatch::inserts(self.columns.iter().map(column).collect(), self.buckets as usize);
        Ok(Polled::Rows { split: 0, batch, rejected: Vec::new() })
    }

    fn position(&self) -> Position {
        serde_json::json!({ "last": self.last })
    }

    fn seek(&mut self, position: &Position) -> Result<(), Diagnostic> {
        self.last = position["last"].as_i64();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::filesystem::tests::{context, table};
    use crate::{OpenContext, open_source, validate};
    use data::port::{Polled, Source};
    use data::{DataType, Value};
    use std::path::Path;

    const DAY: i64 = 86_400_000;

    fn clock(buckets: &str) -> crate::TableSpec {
        let mut spec = table("bucket STRING, tick TIMESTAMP(3)", &[("connector", "headwater-clock")]);
        spec.options.remove("path");
        spec.options.insert("buckets".to_owned(), buckets.to_owned());
        spec
    }

    fn told(source: &mut dyn Source, now: i64) -> Option<(String, i128)> {
        match source.poll(100, now).expect("a clock does not fail") {
            Polled::Rows { batch, .. } => {
                let last = batch.rows() - 1;
                let bucket = Value::at(batch.column(0).as_ref(), &DataType::string(), last);
                let tick = data::value::timestamp_nanos(batch.column(1).as_ref(), 3, last) / 1_000_000;
                let Value::String(bucket) = bucket else { unreachable!("a text") };
                Some((bucket, tick))
            }
            _ => None,
        }
    }

    #[test]
    fn ticks_at_the_start_and_at_full_days() {
        let open = || {
            let context = OpenContext { bounded: false, ..context(Path::new(".")) };
            open_source(&clock("16"), &context).expect("opens")
        };
        let mut source = open();
        let noon = DAY / 2;
        assert_eq!(told(source.as_mut(), noon), Some(("f".to_owned(), i128::from(noon))));
        assert_eq!(told(source.as_mut(), DAY - 1), None);
        assert_eq!(told(source.as_mut(), DAY + 5), Some(("f".to_owned(), i128::from(DAY))));
        let mut resumed = open();
        resumed.seek(&source.position()).expect("seeks");
        assert_eq!(told(resumed.as_mut(), DAY + 6), None);
        assert_eq!(told(resumed.as_mut(), 9 * DAY + 7), Some(("f".to_owned(), i128::from(9 * DAY))));
    }

    #[test]
    fn a_bounded_clock_tells_the_time_once() {
        let mut source = open_source(&clock("256"), &context(Path::new("."))).expect("opens");
        assert_eq!(told(source.as_mut(), 7), Some(("ff".to_owned(), 7)));
        assert!(matches!(source.poll(1, 9 * DAY), Ok(Polled::End)));
    }

    #[test]
    fn wrong_declarations_are_refused() {
        assert!(validate(&clock("16")).is_empty());
        assert_eq!(validate(&clock("0"))[0].code, "HW4104");
        let mut spec = clock("16");
        spec.schema.fields.pop();
        assert_eq!(validate(&spec)[0].code, "HW4120");
    }
}
