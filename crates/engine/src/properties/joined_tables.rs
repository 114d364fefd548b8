//! Joins that look rows up in managed tables give what joins give that keep their rows, as record delivery has them.

use super::{Random, STEPS, source, types};
use crate::testing::plan::{node, sink};
use crate::testing::{changes, fold};
use crate::{
    CheckpointMeta, Delivery, Engine, EntryRef, EntrySink, Input, ManagedMode, MemoryStore, Options, StateStore,
    TableDef, TableKind,
};
use data::{DataType, Field, RowKind, Schema, Value};
use functions::Expr;
use plan::{ChangelogMode, JoinKind, Node, Op, TimeAttribute};

fn column(at: usize) -> Expr {
    Expr::column(at, types()[at].clone())
}

/// A managed table, read whole, or its rows with `v > 0` without the time; with their old rows, or without.
fn table(name: &str, narrow: bool, changelog: ChangelogMode) -> Node {
    let mut scan = source(name, changelog);
    let Op::Scan { table, watermark, .. } = &mut scan.op else { unreachable!("a scan") };
    scan.changelog = if narrow { ChangelogMode::ALL } else { changelog };
    (table.changelog, *watermark) = (scan.changelog, None);
    scan.columns[2].time = None;
    scan.upsert_keys = vec![vec![0]];
    named(&mut scan);
    if !narrow {
        return scan;
    }
    let above = Expr::call(">", vec![column(1), Expr::literal(Value::Int(0), DataType::int())], DataType::boolean());
    let op = Op::ChangelogNormalize { keys: vec![0], condition: Some(above), complete: true };
    let mut kept = node(op, vec![scan], &types(), changelog);
    kept.upsert_keys = vec![vec![0]];
    let op = Op::Calc { columns: vec![column(1), column(0)], condition: None };
    let mut narrowed = node(op, vec![kept], &[types()[1].clone(), types()[0].clone()], changelog);
    narrowed.upsert_keys = vec![vec![1]];
    narrowed
}

/// Names a node that was changed after it was made.
fn named(node: &mut Node) {
    node.hash = 0;
    node.hash = xxhash_rust::xxh3::xxh3_128(format!("{node:?}").as_bytes());
}

fn join(kind: JoinKind, inputs: [Node; 2], keys: [usize; 2], changelog: ChangelogMode) -> Node {
    let mut columns: Vec<DataType> = inputs[0].types().cloned().collect();
    if !matches!(kind, JoinKind::Semi | JoinKind::Anti) {
        columns.extend(inputs[1].types().cloned());
    }
    let [left_keys, right_keys] = keys.map(|key| vec![key]);
    let op = Op::Join { kind, left_keys, right_keys, null_safe: vec![false], condition: None };
    node(op, inputs.into(), &columns, changelog)
}

/// Rows for tables `t`, `u` and the append-only `s`, whose times go back at times.
fn feeds(random: &mut Random) -> Vec<(&'static str, String)> {
    let step = |_| {
        let name = ["t", "u", "s"][random.below(3) as usize];
        let lines = 0..=random.below(6);
        let line = |_| {
            let kind = if name != "s" && random.below(4) == 0 { "-D" } else { "+I" };
            let key = ["a", "b", "c", "d"][random.below(4) as usize];
            format!("{kind} {key} {} {}\n", random.below(3), random.below(30))
        };
        (name, lines.map(line).collect())
    };
    (0..STEPS * 2).map(step).collect()
}

struct Case {
    plans: Vec<Node>,
    feeds: Vec<(&'static str, String)>,
}

impl Case {
    fn engine(delivery: Delivery, parallelism: usize, checkpoints: bool) -> Engine {
        Self::engine_with(Options { delivery, parallelism, checkpoints, ..Options::default() })
    }

    fn engine_with(options: Options) -> Engine {
        let mut engine = Engine::new(options);
        let fields = ["k", "v", "ts"].iter().zip(types()).map(|(name, kind)| Field::new(*name, kind)).collect();
        let schema = Schema::new(fields);
        for name in ["t", "u", "w", "s"] {
            let kind = match name {
                "s" => TableKind::External,
                _ => TableKind::Managed { mode: ManagedMode::Upsert, rowtime: None },
            };
            let def = TableDef { name: name.into(), schema: schema.clone(), primary_key: vec![0], kind };
            engine.add_table(def).expect("table");
        }
        // One more table on the way, so that a change may reach a join by two ways.
        engine.attach(&sink("w", table("t", false, ChangelogMode::UPSERT)), "copy").expect("attach");
        engine
    }

    fn attach(&self, engine: &mut Engine) {
        for (at, plan) in self.plans.iter().enumerate() {
            engine.attach(plan, &format!("plan {at}")).expect("attach");
        }
    }

    fn inputs(feeds: &[(&'static str, String)]) -> Vec<Input> {
        let rows = |(table, text): &(&str, String)| Input::Rows {
            table: (*table).to_owned(),
            split: 0,
            batch: changes(&types(), text),
        };
        feeds.iter().map(rows).collect()
    }

    /// What the first plan leaves, attached before step `late`; restarted at step `cut`.
    fn rows(
        &self,
        delivery: Delivery,
        shards: usize,
        per_epoch: usize,
        late: usize,
        cut: Option<usize>,
    ) -> Vec<String> {
        let mut store = MemoryStore::default();
        let mut engine = Self::engine(delivery, shards, cut.is_some());
        let mut seen = Vec::new();
        let step = |engine: &mut Engine, inputs| {
            let output = engine.epoch(0, inputs).expect("epoch");
            assert!(output.failures.is_empty(), "{:?}", output.failures);
            let types: Vec<DataType> = self.plans[0].types().cloned().collect();
            let first = engine.statements().find(|(_, label)| *label == "plan 0").map(|(id, _)| id);
            let of_first = output.changes.iter().filter(|change| Some(change.statement) == first);
            of_first.flat_map(|change| crate::testing::render(&types, &change.batch)).collect::<Vec<_>>()
        };
        for (at, part) in self.feeds.chunks(per_epoch).enumerate() {
            let at = at * per_epoch;
            if at <= late && late < at + per_epoch {
                self.attach(&mut engine);
            }
            if cut.is_some_and(|cut| at <= cut && cut < at + per_epoch) && at > late {
                engine.checkpoint(&mut store, serde_json::Value::Null).expect("checkpoint");
                step(&mut engine, Self::inputs(part));
                engine = Self::engine(delivery, 5 - shards, true);
                self.attach(&mut engine);
                engine.restore(&mut store).expect("restore");
            }
            seen.extend(step(&mut engine, Self::inputs(part)));
            if at.is_multiple_of(3) && cut.is_some() {
                engine.checkpoint(&mut store, serde_json::Value::Null).expect("checkpoint");
            }
        }
        fold(&seen)
    }

    fn check(&self, name: &str) {
        // Rows of a stream from before a statement are not for it, so that it matters where an epoch starts.
        let reads_stream = self.plans.iter().any(|plan| plan.tables_read().contains(&"s"));
        for late in [0, STEPS].into_iter().filter(|late| *late == 0 || !reads_stream) {
            let expected = self.rows(Delivery::Record, 1, 1, late, None);
            let batch = |shards, per_epoch, cut| self.rows(Delivery::Batch, shards, per_epoch, late, cut);
            assert_eq!(batch(1, 1, None), expected, "one by one, from step {late}, {name}");
            assert_eq!(batch(1, 5, None), expected, "five together, from step {late}, {name}");
            assert_eq!(batch(4, 3, None), expected, "four shards, from step {late}, {name}");
            assert_eq!(batch(1, 2, Some(17)), expected, "restart at four shards, from step {late}, {name}");
            assert_eq!(batch(4, 1, Some(20)), expected, "restart at one shard, from step {late}, {name}");
        }
    }
}

fn check(name: &str, plans: &[Node]) {
    for seed in 1..4 {
        let feeds = feeds(&mut Random(seed * 15_485_863));
        Case { plans: plans.to_vec(), feeds }.check(&format!("seed {seed}, {name}"));
    }
}

#[test]
fn of_rows_with_their_old_ones() {
    use JoinKind::{Anti, Full, Inner, Left, Right, Semi};
    for kind in [Inner, Left, Right, Full, Semi, Anti] {
        let whole = |name| table(name, false, ChangelogMode::ALL);
        let narrow = |name| table(name, true, ChangelogMode::ALL);
        let all = ChangelogMode::ALL;
        check(&format!("{kind:?} by key"), &[join(kind, [whole("t"), whole("u")], [0, 0], all)]);
        check(&format!("{kind:?} by value"), &[join(kind, [whole("t"), narrow("u")], [1, 0], all)]);
        check(&format!("{kind:?} with itself"), &[join(kind, [narrow("t"), whole("t")], [0, 1], all)]);
        check(&format!("{kind:?} by two ways"), &[join(kind, [whole("w"), narrow("t")], [0, 1], all)]);
    }
}

/// Completed again, because what is compared are rows that stand.
fn complete(join: Node, key: usize) -> Node {
    let columns: Vec<DataType> = join.types().cloned().collect();
    let op = Op::ChangelogNormalize { keys: vec![key], condition: None, complete: false };
    node(op, vec![join], &columns, ChangelogMode::ALL)
}

#[test]
fn of_rows_without_their_old_ones() {
    use JoinKind::{Anti, Inner, Left, Semi};
    for kind in [Inner, Left, Semi, Anti] {
        let whole = |name| table(name, false, ChangelogMode::UPSERT);
        let narrow = |name| table(name, true, ChangelogMode::UPSERT);
        let mode = ChangelogMode::UPSERT;
        check(&format!("{kind:?} by key"), &[complete(join(kind, [whole("t"), whole("u")], [0, 0], mode), 0)]);
        check(&format!("{kind:?} narrow"), &[complete(join(kind, [narrow("t"), whole("u")], [1, 0], mode), 1)]);
        check(&format!("{kind:?} with itself"), &[complete(join(kind, [whole("t"), narrow("t")], [0, 1], mode), 0)]);
    }
}

/// What tells late rows apart makes operators behind a scan catch up within an epoch: a join with a table must not.
#[test]
fn beside_operators_that_part_late_rows() {
    let stream = || {
        let mut stream = source("s", ChangelogMode::INSERT_ONLY);
        let Op::Scan { table, .. } = &mut stream.op else { unreachable!("a scan") };
        table.changelog = ChangelogMode::INSERT_ONLY;
        named(&mut stream);
        stream
    };
    let enriched = join(
        JoinKind::Left,
        [stream(), table("t", true, ChangelogMode::ALL)],
        [0, 1],
        ChangelogMode::of(&RowKind::ALL),
    );
    let first = Op::Deduplicate { keys: vec![0], time: 2, time_attribute: TimeAttribute::Event, keep_last: false };
    let first = node(first, vec![stream()], &types(), ChangelogMode::INSERT_ONLY);
    check("beside first rows", &[enriched, first]);
}

/// Such a filter keeps the -D of a row away that it let come: the join has a row that the table does not have any more.
#[test]
fn behind_a_filter_that_follows_the_clock() {
    let now = Expr::call("LOCALTIMESTAMP", vec![], types()[2].clone());
    let later = Expr::call(">", vec![column(2), now], DataType::boolean());
    let op = Op::Calc { columns: (0..3).map(column).collect(), condition: Some(later) };
    let filtered = node(op, vec![table("t", false, ChangelogMode::ALL)], &types(), ChangelogMode::ALL);
    let whole = table("u", false, ChangelogMode::ALL);
    let plan = join(JoinKind::Inner, [filtered, whole], [1, 1], ChangelogMode::ALL);
    let case = Case { plans: vec![plan], feeds: Vec::new() };
    let steps = [
        (0, "t", "+I a 1 5000"),
        (9000, "t", "-D a 1 5000"),
        (9000, "t", "+I b 2 20000"),
        // Has the number that `a` had.
        (9000, "t", "+I c 3 20000"),
        (9000, "u", "+I d 1 1"),
    ];
    let told = |delivery| {
        let mut store = MemoryStore::default();
        let mut engine = Case::engine(delivery, 1, true);
        case.attach(&mut engine);
        let mut told = Vec::new();
        for (clock, name, rows) in steps {
            let output = engine.epoch(clock, Case::inputs(&[(name, rows.to_owned())])).expect("epoch");
            let types: Vec<DataType> = case.plans[0].types().cloned().collect();
            let of_join = |(_, label): &(_, &str)| *label == "plan 0";
            let id = engine.statements().find(of_join).map(|(id, _)| id);
            let changes = output.changes.iter().filter(|change| Some(change.statement) == id);
            told.extend(changes.flat_map(|change| crate::testing::render(&types, &change.batch)));
            engine.checkpoint(&mut store, serde_json::Value::Null).expect("checkpoint");
        }
        let mut engine = Case::engine(delivery, 1, true);
        case.attach(&mut engine);
        engine.restore(&mut store).expect("restore");
        told
    };
    let expected = told(Delivery::Record);
    assert_eq!(expected, ["+I[a, 1, 5000, d, 1, 1]"]);
    assert_eq!(told(Delivery::Batch), expected);
}

/// With retention a join forgets rows that the table has still, so that the state of one is nothing to the other.
#[test]
fn state_kept_in_another_way_is_refused() {
    let plan = join(
        JoinKind::Inner,
        [table("t", false, ChangelogMode::ALL), table("u", false, ChangelogMode::ALL)],
        [1, 1],
        ChangelogMode::ALL,
    );
    let case = Case { plans: vec![plan], feeds: Vec::new() };
    let with_retention = |state_ttl_millis| {
        let mut engine = Case::engine_with(Options { state_ttl_millis, ..Options::default() });
        case.attach(&mut engine);
        engine
    };
    for (before, after) in [(None, Some(1000)), (Some(1000), None)] {
        let mut store = MemoryStore::default();
        let mut engine = with_retention(before);
        engine.epoch(0, Case::inputs(&[("t", "+I a 1 5".to_owned())])).expect("epoch");
        engine.checkpoint(&mut store, serde_json::Value::Null).expect("checkpoint");
        assert_eq!(with_retention(after).restore(&mut store).expect_err("another way").code, "HW3223");
        with_retention(before).restore(&mut store).expect("the same way");
    }
}

/// A row that was there by its day in one zone would not be found by its day in another.
#[test]
fn state_of_another_time_zone_is_refused() {
    let case = Case { plans: Vec::new(), feeds: Vec::new() };
    let mut store = MemoryStore::default();
    let mut engine = Case::engine_with(Options::default());
    engine.epoch(0, Vec::new()).expect("epoch");
    engine.checkpoint(&mut store, serde_json::Value::Null).expect("checkpoint");
    let mut elsewhere = Case::engine_with(Options { time_zone: chrono_tz::Tz::Asia__Tokyo, ..Options::default() });
    case.attach(&mut elsewhere);
    assert_eq!(elsewhere.restore(&mut store).expect_err("another zone").code, "HW3224");
}

/// Counts what the last checkpoint wrote.
#[derive(Default)]
struct Counting(usize);

impl EntrySink for Counting {
    fn put(&mut self, _operator: u128, _entry: EntryRef) {
        self.0 += 1;
    }
}

impl StateStore for Counting {
    fn write(
        &mut self,
        _meta: &CheckpointMeta,
        entries: &mut dyn FnMut(&mut dyn EntrySink),
    ) -> Result<(), data::Diagnostic> {
        self.0 = 0;
        entries(self);
        Ok(())
    }

    fn latest(&mut self) -> Result<Option<CheckpointMeta>, data::Diagnostic> {
        Ok(None)
    }

    fn read(&mut self, _visit: &mut dyn FnMut(u128, EntryRef)) -> Result<(), data::Diagnostic> {
        Ok(())
    }
}

#[test]
fn a_checkpoint_holds_what_changed_however_often_it_did() {
    let all = ChangelogMode::ALL;
    let plan = join(JoinKind::Left, [table("t", false, all), table("u", false, all)], [1, 1], all);
    let case = Case { plans: vec![plan], feeds: Vec::new() };
    let written = |updates: u32| {
        let mut engine = Case::engine(Delivery::Batch, 1, true);
        case.attach(&mut engine);
        for update in 0..=updates {
            engine.epoch(0, Case::inputs(&[("t", format!("+I a 1 {update}"))])).expect("epoch");
        }
        let mut store = Counting::default();
        engine.checkpoint(&mut store, serde_json::Value::Null).expect("checkpoint");
        store.0
    };
    assert_eq!(written(50), written(0));
}
