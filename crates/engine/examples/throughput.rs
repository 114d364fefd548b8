//! Events per second of single operators in batch delivery: `cargo run --release -p engine --example throughput`.
//!
//! 100k keys, batches of 10k rows, one core; the numbers that the design was chosen by. Seconds are those of the CPU.

#![expect(clippy::print_stderr, reason = "a developer's tool talks to the terminal")]

use arrow_array::{ArrayRef, Int64Array, StringArray};
use data::{ChangeBatch, DataType, Field, RowKind, Schema, TypeKind};
use engine::{Delivery, Engine, Input, Options, TableDef, TableKind};
use functions::Expr;
use plan::{AggregateCall, ChangelogMode, Column, JoinKind, Node, Op, ScanTable, SortKey, TimeAttribute};
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
fn batches(retractions: bool) -> Vec<ChangeBatch> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut standing: Vec<Option<(i64, i64)>> = vec![None; KEYS as usize];
    (0..BATCHES as i64)
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

fn measure(name: &str, plan: Node, input: &[ChangeBatch]) {
    let mut engine = Engine::new(Options { delivery: Delivery::Batch, checkpoints: false, ..Options::default() });
    for table in ["t", "u"] {
        let fields = types().into_iter().enumerate().map(|(at, kind)| Field::new(format!("c{at}"), kind)).collect();
        let (name, schema) = (table.to_owned(), Schema::new(fields));
        engine.add_table(TableDef { name, schema, primary_key: vec![], kind: TableKind::External }).expect("table");
    }
    if let Err(diagnostic) = engine.attach(&plan, "query") {
        eprintln!("{name:<28} {diagnostic}");
        return;
    }
    let start = cpu_seconds();
    let (mut rows, mut told) = (0, 0);
    for batch in input {
        rows += batch.rows();
        let input = Input::Rows { table: "t".into(), split: 0, batch: batch.clone() };
        let output = engine.epoch(0, vec![input]).expect("epoch");
        told += output.changes.iter().map(|change| change.batch.rows()).sum::<usize>();
    }
    let seconds = cpu_seconds() - start;
    let millions = rows as f64 / seconds / 1e6;
    let bytes = engine.statistics().state_bytes() >> 20;
    eprintln!("{name:<28} {millions:6.2} M rows/s  {told:>9} told  {bytes:>5} MiB");
}

fn call(function: &str, args: Vec<Expr>) -> AggregateCall {
    AggregateCall { function: function.into(), args, distinct: false, filter: None, result: DataType::bigint() }
}

fn main() {
    let inserts = batches(false);
    let updates = batches(true);
    let all = ChangelogMode::ALL;
    let append = ChangelogMode::INSERT_ONLY;
    let value = || Expr::column(1, DataType::bigint());
    let aggregate = |calls: Vec<AggregateCall>, input| {
        let types = std::iter::repeat_n(DataType::bigint(), calls.len() + 1).collect();
        node(Op::Aggregate { keys: vec![0], calls }, vec![scan("t", input)], types, all)
    };
    measure("sum, count; updates", aggregate(vec![call("SUM", vec![value()]), call("COUNT", vec![])], all), &updates);
    measure(
        "sum, count; inserts",
        aggregate(vec![call("SUM", vec![value()]), call("COUNT", vec![])], append),
        &inserts,
    );
    measure("max; updates", aggregate(vec![call("MAX", vec![value()])], all), &updates);
    let deduplicate = |time_attribute| {
        let op = Op::Deduplicate { keys: vec![0], time: 3, time_attribute, keep_last: true };
        node(op, vec![scan("t", append)], types(), all)
    };
    measure("last by arrival", deduplicate(TimeAttribute::Processing), &inserts);
    measure("last by event time", deduplicate(TimeAttribute::Event), &inserts);
    let normalize = Op::ChangelogNormalize { keys: vec![0], condition: None, complete: false };
    measure("normalise", node(normalize, vec![scan("t", ChangelogMode::UPSERT)], types(), all), &inserts);
    let top = |to| {
        let order = vec![SortKey { column: 3, descending: true, nulls_first: false }];
        let op = Op::Rank {
            function: plan::RankFunction::RowNumber,
            partition: vec![0],
            order,
            from: 1,
            to,
            output_rank: false,
        };
        node(op, vec![scan("t", append)], types(), all)
    };
    measure("top 1 of inserts", top(1), &inserts);
    measure("top 3 of inserts", top(3), &inserts);
    let join = |kind| {
        let op = Op::Join { kind, left_keys: vec![0], right_keys: vec![0], null_safe: vec![false], condition: None };
        let mut types_of_both = types();
        types_of_both.extend(types());
        let by_key = |input| {
            let op =
                Op::Deduplicate { keys: vec![0], time: 3, time_attribute: TimeAttribute::Processing, keep_last: true };
            node(op, vec![input], types(), all)
        };
        node(op, vec![scan("t", all), by_key(scan("t", append))], types_of_both, all)
    };
    measure("join of updates with last", join(JoinKind::Inner), &updates[..BATCHES / 4]);
}
