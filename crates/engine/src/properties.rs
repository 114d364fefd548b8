//! What must hold for every plan: delivery, parallelism, batching and restarts change nothing about the final tables.

mod joined_tables;

use crate::testing::plan::{node, scan_of};
use crate::testing::{changes, fold, render};
use crate::{Delivery, Engine, Input, ManagedMode, MemoryStore, Options, TableDef, TableKind};
use data::{DataType, Field, RowKind, Schema, TypeKind, Value};
use functions::Expr;
use plan::{
    AggregateCall, Bound, ChangelogMode, JoinKind, Node, Op, SortKey, TimeAttribute, Window, WindowKind, WindowProperty,
};

const STEPS: usize = 12;

/// A small generator, so that a failure can be repeated by its seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn types() -> Vec<DataType> {
    vec![DataType::string(), DataType::int(), DataType::new(TypeKind::Timestamp(3))]
}

fn source(table: &str, changelog: ChangelogMode) -> Node {
    let mut source = scan_of(table, &types(), Some(2));
    source.changelog = changelog;
    source.columns[2].time = Some(TimeAttribute::Event);
    source
}

/// Batches for tables `t` and `u` in turn. Only rows that stand are taken back.
fn feeds(random: &mut Random, retracts: bool) -> Vec<(&'static str, String)> {
    let mut standing: [Vec<String>; 2] = Default::default();
    let mut time = 0;
    (0..STEPS)
        .map(|_| {
            let side = random.below(2) as usize;
            let mut lines = String::new();
            for _ in 0..=random.below(6) {
                let rows = &mut standing[side];
                if retracts && !rows.is_empty() && random.below(3) == 0 {
                    let row = rows.swap_remove(random.below(rows.len() as u64) as usize);
                    lines.push_str(&format!("-D {row}\n"));
                    continue;
                }
                time += random.below(3);
                let key = ["a", "b", "c", "null"][random.below(4) as usize];
                let row = format!("{key} {} {}", random.below(5), 10 + time - random.below(5));
                lines.push_str(&format!("+I {row}\n"));
                rows.push(row);
            }
            (["t", "u"][side], lines)
        })
        .collect()
}

fn engine(plan: &Node, delivery: Delivery, parallelism: usize) -> Engine {
    let mut engine = Engine::new(Options { delivery, parallelism, ..Options::default() });
    for table in ["t", "u"] {
        let fields = ["k", "v", "ts"].iter().zip(types()).map(|(name, kind)| Field::new(*name, kind)).collect();
        let (name, schema) = (table.to_owned(), Schema::new(fields));
        engine.add_table(TableDef { name, schema, primary_key: vec![], kind: TableKind::External }).expect("table");
    }
    engine.attach(plan, "query").expect("attach");
    engine
}

fn inputs(feeds: &[(&str, String)]) -> Vec<Input> {
    let rows = |(table, text): &(&str, String)| Input::Rows {
        table: (*table).to_owned(),
        split: 0,
        batch: changes(&types(), text),
    };
    feeds.iter().map(rows).collect()
}

fn run(engine: &mut Engine, plan: &Node, inputs: Vec<Input>) -> Vec<String> {
    let output = engine.epoch(0, inputs).expect("epoch");
    assert!(output.failures.is_empty(), "{:?}", output.failures);
    let types: Vec<DataType> = plan.types().cloned().collect();
    output.changes.iter().flat_map(|change| render(&types, &change.batch)).collect()
}

fn ends() -> Vec<Input> {
    ["t", "u"].map(|table| Input::End { table: table.to_owned() }).to_vec()
}

fn check(plan: &Node, retracts: bool) {
    for seed in 1..20 {
        let feeds = feeds(&mut Random(seed * 7919), retracts);
        let table = |delivery, parallelism, per_epoch: usize, cut: Option<usize>| {
            let mut store = MemoryStore::default();
            let mut running = engine(plan, delivery, parallelism);
            let mut seen = Vec::new();
            for (index, part) in feeds.chunks(per_epoch).enumerate() {
                if cut == Some(index) {
                    running.checkpoint(&mut store, serde_json::Value::Null).expect("checkpoint");
                    run(&mut running, plan, inputs(part));
                    running = engine(plan, delivery, 5 - parallelism);
                    running.restore(&mut store).expect("restore");
                }
                seen.extend(run(&mut running, plan, inputs(part)));
            }
            seen.extend(run(&mut running, plan, ends()));
            fold(&seen)
        };
        let expect = table(Delivery::Record, 1, 1, None);
        assert_eq!(table(Delivery::Batch, 1, 1, None), expect, "batch delivery, seed {seed}");
        assert_eq!(table(Delivery::Batch, 1, STEPS, None), expect, "one epoch, seed {seed}");
        assert_eq!(table(Delivery::Batch, 4, 3, None), expect, "four shards, seed {seed}");
        assert_eq!(table(Delivery::Record, 4, 2, Some(3)), expect, "restart in record delivery, seed {seed}");
        assert_eq!(table(Delivery::Batch, 1, 2, Some(4)), expect, "restart at four shards, seed {seed}");
    }
}

#[test]
fn ranks_are_the_same_however_they_are_run() {
    let order = vec![
        SortKey { column: 1, descending: true, nulls_first: false },
        SortKey { column: 2, descending: false, nulls_first: true },
    ];
    for (retracts, to, output_rank) in [(false, 1, false), (false, 2, true), (true, 2, false), (true, 3, true)] {
        let mut types = types();
        if output_rank {
            types.push(DataType::bigint());
        }
        let changelog = if retracts { ChangelogMode::ALL } else { ChangelogMode::INSERT_ONLY };
        let op = Op::Rank {
            function: plan::RankFunction::RowNumber,
            partition: vec![0],
            order: order.clone(),
            from: 1,
            to,
            output_rank,
        };
        check(&node(op, vec![source("t", changelog)], &types, ChangelogMode::ALL), retracts);
    }
}

#[test]
fn best_rows_without_old_ones_are_the_same_however_they_are_run() {
    let order = vec![
        SortKey { column: 1, descending: true, nulls_first: false },
        SortKey { column: 2, descending: false, nulls_first: true },
    ];
    let function = plan::RankFunction::RowNumber;
    let op = Op::Rank { function, partition: vec![0], order, from: 1, to: 1, output_rank: false };
    let best = node(op, vec![source("t", ChangelogMode::INSERT_ONLY)], &types(), ChangelogMode::UPSERT);
    // Completed again, because what is compared are rows that stand.
    let op = Op::ChangelogNormalize { keys: vec![0], condition: None, complete: false };
    check(&node(op, vec![best], &types(), ChangelogMode::ALL), false);
}

#[test]
fn first_and_last_rows_are_the_same_however_they_are_run() {
    for (time_attribute, keep_last) in
        [(TimeAttribute::Event, true), (TimeAttribute::Processing, true), (TimeAttribute::Processing, false)]
    {
        let op = Op::Deduplicate { keys: vec![0], time: 2, time_attribute, keep_last };
        let plan = node(op, vec![source("t", ChangelogMode::INSERT_ONLY)], &types(), ChangelogMode::ALL);
        check(&plan, false);
    }
}

#[test]
fn normalised_changes_are_the_same_however_they_are_run() {
    let op = Op::ChangelogNormalize { keys: vec![0, 1], condition: None, complete: false };
    check(&node(op, vec![source("t", ChangelogMode::UPSERT)], &types(), ChangelogMode::ALL), false);
}

/// Over a table that keeps its rows, completing by memory and completing by the table's own old rows tell the same, change
/// for change.
#[test]
fn changes_completed_by_the_table_are_those_completed_by_memory() {
    let plan = |complete: bool| {
        let changelog = if complete { ChangelogMode::ALL } else { ChangelogMode::UPSERT };
        let mut scan = source("kept", changelog);
        let Op::Scan { table, .. } = &mut scan.op else { unreachable!("a scan") };
        table.changelog = changelog;
        let narrow = vec![types()[0].clone(), types()[1].clone()];
        let columns = narrow.iter().enumerate().map(|(at, kind)| Expr::column(at, kind.clone())).collect();
        let narrowed = node(Op::Calc { columns, condition: None }, vec![scan], &narrow, changelog);
        let two = Expr::literal(Value::Int(2), DataType::int());
        let above = Expr::call(">", vec![Expr::column(1, DataType::int()), two], DataType::boolean());
        let op = Op::ChangelogNormalize { keys: vec![0], condition: Some(above), complete };
        node(op, vec![narrowed], &narrow, ChangelogMode::ALL)
    };
    for seed in 1..40 {
        let mut random = Random(seed * 104_729);
        let lines = |random: &mut Random| -> String {
            let line = |random: &mut Random| {
                let kind = if random.below(4) == 0 { "-D" } else { "+U" };
                format!(
                    "{kind} {} {} {}\n",
                    ["a", "b", "c"][random.below(3) as usize],
                    random.below(5),
                    random.below(2)
                )
            };
            (0..=random.below(8)).map(|_| line(random)).collect()
        };
        let feeds: Vec<String> = (0..STEPS).map(|_| lines(&mut random)).collect();
        for delivery in [Delivery::Record, Delivery::Batch] {
            let [by_memory, by_table] = [false, true].map(|complete| {
                let mut engine = Engine::new(Options { delivery, parallelism: 1, ..Options::default() });
                let fields = ["k", "v", "ts"].iter().zip(types()).map(|(name, kind)| Field::new(*name, kind));
                let kind = TableKind::Managed { mode: ManagedMode::Upsert, rowtime: None };
                let schema = Schema::new(fields.collect());
                engine.add_table(TableDef { name: "kept".into(), schema, primary_key: vec![0], kind }).expect("table");
                let plan = plan(complete);
                engine.attach(&plan, "query").expect("attach");
                let input =
                    |text: &String| Input::Rows { table: "kept".into(), split: 0, batch: changes(&types(), text) };
                feeds.iter().flat_map(|text| run(&mut engine, &plan, vec![input(text)])).collect::<Vec<_>>()
            });
            assert_eq!(by_table, by_memory, "{delivery:?}, seed {seed}");
        }
    }
}

#[test]
fn aggregates_are_the_same_however_they_are_run() {
    let call = |function: &str, distinct, result| AggregateCall {
        function: function.into(),
        args: vec![Expr::column(1, DataType::int())],
        distinct,
        filter: None,
        result,
    };
    for retracts in [false, true] {
        let calls = vec![
            call("COUNT", false, DataType::bigint()),
            call("COUNT", true, DataType::bigint()),
            call("SUM", false, DataType::int()),
            call("SUM", true, DataType::int()),
            call("MIN", false, DataType::int()),
            call("MAX", true, DataType::int()),
            call("AVG", false, DataType::int()),
        ];
        let mut columns = vec![DataType::string()];
        columns.extend(calls.iter().map(|call| call.result.clone()));
        let input = source("t", if retracts { ChangelogMode::ALL } else { ChangelogMode::INSERT_ONLY });
        let op = Op::Aggregate { keys: vec![0], calls: calls.clone() };
        check(&node(op, vec![input.clone()], &columns, ChangelogMode::ALL), retracts);
        let window = Window {
            kind: WindowKind::Cumulate { max: 10, step: 5, offset: 0 },
            bound: Bound::Time(2),
            time_attribute: TimeAttribute::Event,
        };
        let op = Op::WindowAggregate { window, keys: vec![0], calls, properties: vec![WindowProperty::End] };
        columns.push(DataType::not_null(TypeKind::Timestamp(3)));
        check(&node(op, vec![input], &columns, ChangelogMode::INSERT_ONLY), retracts);
    }
}

#[test]
fn joins_are_the_same_however_they_are_run() {
    use JoinKind::{Anti, Full, Inner, Left, Right, Semi};
    for kind in [Inner, Left, Right, Full, Semi, Anti] {
        let mut both = types();
        if !matches!(kind, Semi | Anti) {
            both.extend(types());
        }
        let op = Op::Join { kind, left_keys: vec![0], right_keys: vec![0], null_safe: vec![false], condition: None };
        let inputs = vec![source("t", ChangelogMode::ALL), source("u", ChangelogMode::ALL)];
        check(&node(op, inputs, &both, ChangelogMode::ALL), true);
    }
}

#[test]
fn chains_are_the_same_however_they_are_run() {
    let last = Op::Deduplicate { keys: vec![0], time: 2, time_attribute: TimeAttribute::Processing, keep_last: true };
    let last = node(last, vec![source("t", ChangelogMode::INSERT_ONLY)], &types(), ChangelogMode::ALL);
    let mut both = types();
    both.extend(types());
    let kind = JoinKind::Left;
    let join = Op::Join { kind, left_keys: vec![1], right_keys: vec![1], null_safe: vec![false], condition: None };
    let join = node(join, vec![last, source("u", ChangelogMode::INSERT_ONLY)], &both, ChangelogMode::ALL);
    let order = vec![SortKey { column: 1, descending: false, nulls_first: true }];
    let changelog = ChangelogMode::of(&[RowKind::Insert, RowKind::Delete]);
    let limit = Op::SortLimit { order: [order, all_columns(6)].concat(), offset: 0, fetch: Some(3) };
    check(&node(limit, vec![join], &both, changelog), false);
}

/// Breaks ties, which SQL leaves open.
fn all_columns(count: usize) -> Vec<SortKey> {
    (0..count).map(|column| SortKey { column, descending: false, nulls_first: true }).collect()
}
