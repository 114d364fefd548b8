//! Events per second of single operators in batch delivery: `cargo xtask bench micro [NAME…] [--batches N]`.
//!
//! 100k keys, batches of 10k rows, one core; the numbers that the design was chosen by. Seconds are those of the CPU. Prints a
//! table, and as its last line one JSON object: by name, rows per CPU-second and bytes of state.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool talks to the terminal")]

use arrow_array::{ArrayRef, Int64Array, StringArray};
use data::{ChangeBatch, DataType, Field, RowKind, Schema, TypeKind};
use engine::{Delivery, Engine, Input, Options, TableDef, TableKind};
use functions::Expr;
use plan::{AggregateCall, ChangelogMode, Column, JoinKind, Node, Op, ScanTable, SortKey, TimeAttribute};
use std::process::ExitCode;
use std::sync::Arc;

const KEYS: i64 = 100_000;
const BATCH: usize = 10_000;
const BATCHES: usize = 200;

fn types() -> Vec<DataType> {
    vec![DataType::bigint(), DataType::bigint(), DataType::string(), DataType::new(TypeKind::Timestamp(3))]
}

fn node(op: Op, inputs: Vec<Node>, types: Vec<DataType>, changelog: ChangelogMode) -> Node {
    let column = |data_type| Column { name: "c".into(), data_type, time: None };
    Node { op, inputs, columns: types.into_iter().map(column).collect(), changelog, upsert_keys: vec![], hash: 0 }
}

fn scan(table: &str, changelog: ChangelogMode) -> Node {
    let columns: Vec<Expr> = types().into_iter().enumerate().map(|(at, kind)| Expr::column(at, kind)).collect();
    let table = ScanTable { name: table.into(), changelog, primary_key: vec![], keeps_rows: false };
    let op = Op::Scan { table, read: (0..columns.len()).collect(), columns, watermark: None };
    node(op, vec![], types(), changelog)
}

/// Rows in a fixed pseudo-random order; with retractions every row is taken back by the next one of its slot.
fn batches(retractions: bool, count: usize) -> Vec<ChangeBatch> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut standing: Vec<Option<(i64, i64)>> = vec![None; KEYS as usize];
    (0..count as i64)
        .map(|batch| {
            let (mut keys, mut values, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
            while keys.len() < BATCH {
                let slot = (next() % KEYS as u64) as usize;
                let new = (slot as i64, (next() % 1000) as i64);
                if let Some((key, value)) = standing[slot].replace(new).filter(|_| retractions) {
                    keys.push(key);
                    values.push(value);
                    kinds.push(RowKind::UpdateBefore);
                }
                keys.push(new.0);
                values.push(new.1);
                kinds.push(if retractions { RowKind::UpdateAfter } else { RowKind::Insert });
            }
            let names: StringArray = keys.iter().map(|key| Some(format!("customer {key}"))).collect();
            let times: Int64Array = (0..keys.len() as i64).map(|row| batch * 1000 + row / 10).collect();
            let columns: Vec<ArrayRef> = vec![
                Arc::new(Int64Array::from(keys)),
                Arc::new(Int64Array::from(values)),
                Arc::new(names),
                Arc::new(times),
            ];
            ChangeBatch::new(columns, kinds)
        })
        .collect()
}

/// What this thread has spent on a CPU, by Linux's account.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    text.split_whitespace().next().and_then(|nanos| nanos.parse::<f64>().ok()).expect("nanoseconds") / 1e9
}

/// What a case took.
struct Measured {
    rows_per_cpu_second: f64,
    told: usize,
    state_bytes: usize,
}

fn measure(plan: &Node, input: &[ChangeBatch]) -> Measured {
    let mut engine = Engine::new(Options { delivery: Delivery::Batch, checkpoints: false, ..Options::default() });
    for table in ["t", "u"] {
        let fields = types().into_iter().enumerate().map(|(at, kind)| Field::new(format!("c{at}"), kind)).collect();
        let (name, schema) = (table.to_owned(), Schema::new(fields));
        engine.add_table(TableDef { name, schema, primary_key: vec![], kind: TableKind::External }).expect("table");
    }
    engine.attach(plan, "query").expect("a plan that runs");
    let start = cpu_seconds();
    let (mut rows, mut told) = (0, 0);
    for batch in input {
        rows += batch.rows();
        let input = Input::Rows { table: "t".into(), split: 0, batch: batch.clone() };
        let output = engine.epoch(0, vec![input]).expect("epoch");
        told += output.changes.iter().map(|change| change.batch.rows()).sum::<usize>();
    }
    let rows_per_cpu_second = rows as f64 / (cpu_seconds() - start);
    Measured { rows_per_cpu_second, told, state_bytes: engine.statistics().state_bytes() }
}

fn call(function: &str, args: Vec<Expr>) -> AggregateCall {
    AggregateCall { function: function.into(), args, distinct: false, filter: None, result: DataType::bigint() }
}

fn aggregate(calls: Vec<AggregateCall>, input: ChangelogMode) -> Node {
    let types = std::iter::repeat_n(DataType::bigint(), calls.len() + 1).collect();
    node(Op::Aggregate { keys: vec![0], calls }, vec![scan("t", input)], types, ChangelogMode::ALL)
}

fn last(time_attribute: TimeAttribute) -> Node {
    let op = Op::Deduplicate { keys: vec![0], time: 3, time_attribute, keep_last: true };
    node(op, vec![scan("t", ChangelogMode::INSERT_ONLY)], types(), ChangelogMode::ALL)
}

fn normalise() -> Node {
    let op = Op::ChangelogNormalize { keys: vec![0], condition: None, complete: false };
    node(op, vec![scan("t", ChangelogMode::UPSERT)], types(), ChangelogMode::ALL)
}

fn top(to: u64) -> Node {
    let order = vec![SortKey { column: 3, descending: true, nulls_first: false }];
    let function = plan::RankFunction::RowNumber;
    let op = Op::Rank { function, partition: vec![0], order, from: 1, to, output_rank: false };
    node(op, vec![scan("t", ChangelogMode::INSERT_ONLY)], types(), ChangelogMode::ALL)
}

/// Changing rows with the last row of the same key.
fn join() -> Node {
    let kind = JoinKind::Inner;
    let op = Op::Join { kind, left_keys: vec![0], right_keys: vec![0], null_safe: vec![false], condition: None };
    let types_of_both = types().into_iter().chain(types()).collect();
    let inputs = vec![scan("t", ChangelogMode::ALL), last(TimeAttribute::Processing)];
    node(op, inputs, types_of_both, ChangelogMode::ALL)
}

/// By name: a plan, and whether its input takes rows back.
fn cases() -> Vec<(&'static str, Node, bool)> {
    let value = || Expr::column(1, DataType::bigint());
    let sums = || vec![call("SUM", vec![value()]), call("COUNT", vec![])];
    vec![
        ("sum-count-updates", aggregate(sums(), ChangelogMode::ALL), true),
        ("sum-count-inserts", aggregate(sums(), ChangelogMode::INSERT_ONLY), false),
        ("max-updates", aggregate(vec![call("MAX", vec![value()])], ChangelogMode::ALL), true),
        ("last-by-arrival", last(TimeAttribute::Processing), false),
        ("last-by-event-time", last(TimeAttribute::Event), false),
        ("normalise", normalise(), false),
        ("top-1", top(1), false),
        ("top-3", top(3), false),
        ("join-updates", join(), true),
    ]
}

/// The names that are asked for, and how many batches; `None` for what cannot be understood.
fn arguments() -> Option<(Vec<String>, usize)> {
    let (mut names, mut count) = (Vec::new(), BATCHES);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--batches" => count = arguments.next()?.parse().ok()?,
            name if cases().iter().any(|case| case.0 == name) => names.push(name.to_owned()),
            _ => return None,
        }
    }
    Some((names, count))
}

fn main() -> ExitCode {
    let Some((names, count)) = arguments() else {
        let known: Vec<&str> = cases().iter().map(|case| case.0).collect();
        eprintln!("usage: throughput [NAME…] [--batches N]; names: {}", known.join(", "));
        return ExitCode::from(2);
    };
    let mut figures = Vec::new();
    for (name, plan, retractions) in cases() {
        if !names.is_empty() && !names.iter().any(|asked| asked == name) {
            continue;
        }
        let Measured { rows_per_cpu_second, told, state_bytes } = measure(&plan, &batches(retractions, count));
        let (millions, mebibytes) = (rows_per_cpu_second / 1e6, state_bytes >> 20);
        println!("{name:<20} {millions:6.2} M rows/CPU-s  {told:>9} told  {mebibytes:>5} MiB");
        figures.push(format!(
            "\"{name}\":{{\"rows_per_cpu_second\":{rows_per_cpu_second:.0},\"state_bytes\":{state_bytes}}}"
        ));
    }
    println!("{{\"micro\":{{{}}}}}", figures.join(","));
    ExitCode::SUCCESS
}
