//! Each operator alone between a scan and its root: changes in, changelog out, in both deliveries.

use crate::testing::plan::{node, scan_of};
use crate::testing::{changes, fold, render};
use crate::{Delivery, Engine, Input, MemoryStore, Options, TableDef, TableKind};
use data::{DataType, Field, RowKind, Schema, TypeKind};
use functions::Expr;
use plan::{AggregateCall, ChangelogMode, Node, Op, SortKey, TimeAttribute, Window, WindowKind, WindowProperty};

fn types() -> Vec<DataType> {
    vec![DataType::string(), DataType::int(), DataType::new(TypeKind::Timestamp(3))]
}

fn table() -> TableDef {
    let names = ["k", "v", "ts"];
    let fields = names.iter().zip(types()).map(|(name, data_type)| Field::new(*name, data_type)).collect();
    TableDef { name: "t".into(), schema: Schema::new(fields), primary_key: vec![], kind: TableKind::External }
}

/// A scan of `k STRING, v INT, ts TIMESTAMP(3)` with these changes; `ts` is the watermark.
fn source(changelog: ChangelogMode) -> Node {
    let mut source = scan_of("t", &types(), Some(2));
    source.changelog = changelog;
    source
}

fn over(op: Op, changelog: ChangelogMode, extra: &[DataType], input: ChangelogMode) -> Node {
    let mut types = types();
    types.extend_from_slice(extra);
    let mut made = node(op, vec![source(input)], &types, changelog);
    made.inputs[0].columns[2].time = Some(TimeAttribute::Event);
    made
}

fn order(column: usize, descending: bool) -> Vec<SortKey> {
    vec![SortKey { column, descending, nulls_first: !descending }]
}

fn run(plan: &Node, delivery: Delivery, feeds: &[&str], end: bool) -> Vec<String> {
    let mut engine = Engine::new(Options { delivery, ..Options::default() });
    engine.add_table(table()).expect("table");
    engine.attach(plan, "query").expect("attach");
    let mut seen = Vec::new();
    for feed in feeds {
        seen.extend(step(&mut engine, plan, rows(feed)));
    }
    if end {
        seen.extend(step(&mut engine, plan, Input::End { table: "t".into() }));
    }
    seen
}

fn rows(text: &str) -> Input {
    Input::Rows { table: "t".into(), split: 0, batch: changes(&types(), text) }
}

fn step(engine: &mut Engine, plan: &Node, input: Input) -> Vec<String> {
    let output = engine.epoch(0, vec![input]).expect("epoch");
    assert_eq!(output.failures.len(), 0, "{:?}", output.failures);
    let types: Vec<DataType> = plan.types().cloned().collect();
    output.changes.iter().flat_map(|change| render(&types, &change.batch)).collect()
}

/// The changelog in record delivery, and that batch delivery and a restart in the middle end with the same table.
fn check(plan: &Node, feed: &str, expect: &str) {
    let lines = |text: &str| text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    let expect: Vec<String> = lines(expect);
    let record = run(plan, Delivery::Record, &[feed], true);
    assert_eq!(record, expect, "record delivery");
    let table = fold(&record);
    assert_eq!(fold(&run(plan, Delivery::Batch, &[feed], true)), table, "batch delivery");
    let feed: Vec<String> = lines(feed);
    for cut in 0..feed.len() {
        let (first, second) = feed.split_at(cut);
        assert_eq!(fold(&restarted(plan, &first.join("\n"), &second.join("\n"))), table, "restart after {cut}");
    }
}

/// Runs the first part twice: what came after the checkpoint is undone by the restart.
fn restarted(plan: &Node, first: &str, second: &str) -> Vec<String> {
    let start = |parallelism| {
        let mut engine = Engine::new(Options { parallelism, ..Options::default() });
        engine.add_table(table()).expect("table");
        engine.attach(plan, "query").expect("attach");
        engine
    };
    let mut store = MemoryStore::default();
    let mut engine = start(1);
    let mut seen = step(&mut engine, plan, rows(first));
    engine.checkpoint(&mut store, serde_json::Value::Null).expect("checkpoint");
    step(&mut engine, plan, rows(second));
    let mut engine = start(3);
    engine.restore(&mut store).expect("restore");
    seen.extend(step(&mut engine, plan, rows(second)));
    seen.extend(step(&mut engine, plan, Input::End { table: "t".into() }));
    seen
}

#[test]
fn top_two_without_rank_of_rows_that_only_come() {
    let op = Op::Rank {
        function: plan::RankFunction::RowNumber,
        partition: vec![0],
        order: order(1, true),
        from: 1,
        to: 2,
        output_rank: false,
    };
    let plan = over(op, ChangelogMode::of(&[RowKind::Insert, RowKind::Delete]), &[], ChangelogMode::INSERT_ONLY);
    check(
        &plan,
        "+I a 10 1\n+I a 20 2\n+I a 5 3\n+I a 20 4\n+I b null 5\n+I a 30 6",
        "+I[a, 10, 1]\n+I[a, 20, 2]\n-D[a, 10, 1]\n+I[a, 20, 4]\n+I[b, null, 5]\n-D[a, 20, 4]\n+I[a, 30, 6]",
    );
}

#[test]
fn top_two_with_rank_of_rows_that_only_come() {
    let op = Op::Rank {
        function: plan::RankFunction::RowNumber,
        partition: vec![0],
        order: order(1, true),
        from: 1,
        to: 2,
        output_rank: true,
    };
    let plan = over(op, ChangelogMode::ALL, &[DataType::bigint()], ChangelogMode::INSERT_ONLY);
    check(
        &plan,
        "+I a 10 1\n+I a 20 2\n+I a 15 3",
        "+I[a, 10, 1, 1]\n-U[a, 10, 1, 1]\n+U[a, 20, 2, 1]\n+I[a, 10, 1, 2]\n-U[a, 10, 1, 2]\n+U[a, 15, 3, 2]",
    );
}

#[test]
fn top_one_of_rows_that_only_come_updates() {
    let op = Op::Rank {
        function: plan::RankFunction::RowNumber,
        partition: vec![0],
        order: order(1, true),
        from: 1,
        to: 1,
        output_rank: false,
    };
    let plan = over(op, ChangelogMode::ALL, &[], ChangelogMode::INSERT_ONLY);
    check(&plan, "+I a 10 1\n+I a 10 2\n+I a 20 3", "+I[a, 10, 1]\n-U[a, 10, 1]\n+U[a, 20, 3]");
}

#[test]
fn top_two_of_rows_that_are_taken_back() {
    let op = Op::Rank {
        function: plan::RankFunction::RowNumber,
        partition: vec![0],
        order: order(1, true),
        from: 1,
        to: 2,
        output_rank: true,
    };
    let plan = over(op, ChangelogMode::ALL, &[DataType::bigint()], ChangelogMode::ALL);
    check(
        &plan,
        "+I a 10 1\n+I a 20 1\n+I a 30 1\n-D a 30 1\n-D a 10 1\n-D a 20 1",
        "+I[a, 10, 1, 1]
         -U[a, 10, 1, 1]\n+U[a, 20, 1, 1]\n+I[a, 10, 1, 2]
         -U[a, 20, 1, 1]\n+U[a, 30, 1, 1]\n-U[a, 10, 1, 2]\n+U[a, 20, 1, 2]
         -U[a, 30, 1, 1]\n+U[a, 20, 1, 1]\n-U[a, 20, 1, 2]\n+U[a, 10, 1, 2]
         -D[a, 10, 1, 2]\n-D[a, 20, 1, 1]",
    );
}

#[test]
fn limit_with_offset_gives_ranks_to_rows() {
    let op = Op::SortLimit { order: order(1, false), offset: 1, fetch: Some(2) };
    let plan = over(op, ChangelogMode::ALL, &[], ChangelogMode::ALL);
    check(
        &plan,
        "+I a 10 1\n+I b 30 1\n+I c 20 1\n-D a 10 1",
        "+I[b, 30, 1]\n-U[b, 30, 1]\n+U[c, 20, 1]\n+I[b, 30, 1]\n-U[c, 20, 1]\n+U[b, 30, 1]\n-D[b, 30, 1]",
    );
}

#[test]
fn first_row_by_event_time_comes_with_the_watermark() {
    let op = Op::Deduplicate { keys: vec![0], time: 2, time_attribute: TimeAttribute::Event, keep_last: false };
    let plan = over(op, ChangelogMode::INSERT_ONLY, &[], ChangelogMode::INSERT_ONLY);
    check(&plan, "+I a 1 10\n+I b 2 20\n+I a 3 15\n+I a 4 30\n+I c 5 40", "+I[a, 1, 10]\n+I[b, 2, 20]\n+I[c, 5, 40]");
}

#[test]
fn first_row_by_arrival() {
    let op = Op::Deduplicate { keys: vec![0], time: 2, time_attribute: TimeAttribute::Processing, keep_last: false };
    let plan = over(op, ChangelogMode::INSERT_ONLY, &[], ChangelogMode::INSERT_ONLY);
    check(
        &plan,
        "+I a 1 10\n+I b 2 20\n+I a 3 15\n+I null 4 30\n+I null 5 40",
        "+I[a, 1, 10]\n+I[b, 2, 20]\n+I[null, 4, 30]",
    );
}

#[test]
fn last_row_by_time() {
    for time_attribute in [TimeAttribute::Processing, TimeAttribute::Event] {
        let op = Op::Deduplicate { keys: vec![0], time: 2, time_attribute, keep_last: true };
        let plan = over(op, ChangelogMode::ALL, &[], ChangelogMode::INSERT_ONLY);
        let last = match time_attribute {
            TimeAttribute::Processing => "-U[a, 2, 30]\n+U[a, 3, 20]\n-U[a, 3, 20]\n+U[a, 4, 30]",
            TimeAttribute::Event => "-U[a, 2, 30]\n+U[a, 4, 30]",
        };
        let expect = format!("+I[a, 1, 10]\n-U[a, 1, 10]\n+U[a, 2, 30]\n{last}");
        check(&plan, "+I a 1 10\n+I a 2 30\n+I a 3 20\n+I a 4 30", &expect);
    }
}

#[test]
fn normalisation_completes_an_upsert_stream() {
    let plan = over(
        Op::ChangelogNormalize { keys: vec![0], condition: None, complete: false },
        ChangelogMode::ALL,
        &[],
        ChangelogMode::UPSERT,
    );
    check(
        &plan,
        "+U a 1 1\n+U a 1 1\n+U a 2 1\n-D a null null\n-D b null null\n+I b 3 1",
        "+I[a, 1, 1]\n-U[a, 1, 1]\n+U[a, 2, 1]\n-D[a, 2, 1]\n+I[b, 3, 1]",
    );
}

#[test]
fn a_stream_is_sorted_by_its_time() {
    let plan = over(Op::Sort { order: order(2, false) }, ChangelogMode::INSERT_ONLY, &[], ChangelogMode::INSERT_ONLY);
    check(&plan, "+I a 1 10\n+I b 2 20\n+I c 3 30", "+I[a, 1, 10]\n+I[b, 2, 20]\n+I[c, 3, 30]");
}

#[test]
fn rows_come_with_their_windows() {
    let time = DataType::not_null(TypeKind::Timestamp(3));
    let window = Window {
        kind: WindowKind::Hop { size: 10, slide: 5, offset: 0 },
        bound: plan::Bound::Time(2),
        time_attribute: TimeAttribute::Event,
    };
    let plan = over(
        Op::WindowAssign { window },
        ChangelogMode::INSERT_ONLY,
        &[time.clone(), time.clone(), time],
        ChangelogMode::INSERT_ONLY,
    );
    check(&plan, "+I a 1 7\n+I b 2 null", "+I[a, 1, 7, 5, 15, 14]\n+I[a, 1, 7, 0, 10, 9]");
}

fn call(function: &str, column: Option<usize>, result: DataType) -> AggregateCall {
    let args = column.map(|column| Expr::column(column, types()[column].clone())).into_iter().collect();
    AggregateCall { function: function.into(), args, distinct: false, filter: None, result }
}

/// GROUP BY k with these calls.
fn grouped(keys: &[usize], calls: Vec<AggregateCall>, input: ChangelogMode) -> Node {
    let mut columns: Vec<DataType> = keys.iter().map(|key| types()[*key].clone()).collect();
    columns.extend(calls.iter().map(|call| call.result.clone()));
    node(Op::Aggregate { keys: keys.to_vec(), calls }, vec![source(input)], &columns, ChangelogMode::ALL)
}

#[test]
fn a_group_appears_changes_and_goes() {
    let calls = vec![call("COUNT", None, DataType::bigint()), call("SUM", Some(1), DataType::int())];
    let plan = grouped(&[0], calls, ChangelogMode::ALL);
    check(
        &plan,
        "+I a 1 1\n-D b 1 1\n+I a 2 1\n+I b 5 1\n-U a 1 1\n+U a 3 1\n-D b 5 1\n+I b 7 1\n+I a null 1",
        "+I[a, 1, 1]
         -U[a, 1, 1]\n+U[a, 2, 3]\n+I[b, 1, 5]
         -U[a, 2, 3]\n+U[a, 1, 2]\n-U[a, 1, 2]\n+U[a, 2, 5]
         -D[b, 1, 5]\n+I[b, 1, 7]\n-U[a, 2, 5]\n+U[a, 3, 5]",
    );
}

#[test]
fn an_unchanged_result_is_silent() {
    let plan = grouped(&[0], vec![call("MAX", Some(1), DataType::int())], ChangelogMode::ALL);
    check(
        &plan,
        "+I a 5 1\n+I a 3 1\n-D a 3 1\n+I a 7 1\n-D a 7 1",
        "+I[a, 5]\n-U[a, 5]\n+U[a, 7]\n-U[a, 7]\n+U[a, 5]",
    );
}

#[test]
fn distinct_values_count_once() {
    let mut distinct = call("COUNT", Some(1), DataType::bigint());
    distinct.distinct = true;
    let plan = grouped(&[0], vec![distinct, call("COUNT", Some(1), DataType::bigint())], ChangelogMode::ALL);
    check(
        &plan,
        "+I a 5 1\n+I a 5 2\n+I a 6 1\n-D a 5 1\n-D a 5 2",
        "+I[a, 1, 1]\n-U[a, 1, 1]\n+U[a, 1, 2]\n-U[a, 1, 2]\n+U[a, 2, 3]
         -U[a, 2, 3]\n+U[a, 2, 2]\n-U[a, 2, 2]\n+U[a, 1, 1]",
    );
}

#[test]
fn a_global_aggregate_goes_with_its_last_row() {
    let plan = grouped(&[], vec![call("COUNT", None, DataType::bigint())], ChangelogMode::ALL);
    check(&plan, "+I a 1 1\n-D a 1 1\n+I a 2 1", "+I[1]\n-D[1]\n+I[1]");
}

fn window(kind: WindowKind) -> Window {
    Window { kind, bound: plan::Bound::Time(2), time_attribute: TimeAttribute::Event }
}

fn windowed(kind: WindowKind, input: ChangelogMode) -> Node {
    let op = Op::WindowAggregate {
        window: window(kind),
        keys: vec![0],
        calls: vec![call("SUM", Some(1), DataType::int())],
        properties: vec![WindowProperty::Start, WindowProperty::End],
    };
    let time = DataType::not_null(TypeKind::Timestamp(3));
    let columns = [DataType::string(), DataType::int(), time.clone(), time];
    node(op, vec![source(input)], &columns, ChangelogMode::INSERT_ONLY)
}

#[test]
fn windows_are_told_when_they_are_over_and_late_rows_are_dropped() {
    let plan = windowed(WindowKind::Tumble { size: 10, offset: 0 }, ChangelogMode::INSERT_ONLY);
    check(
        &plan,
        "+I a 1 1\n+I b 2 8\n+I a 4 7\n+I a 8 10\n+I a 16 5\n+I a 32 25",
        "+I[a, 5, 0, 10]\n+I[b, 2, 0, 10]\n+I[a, 8, 10, 20]\n+I[a, 32, 20, 30]",
    );
}

#[test]
fn a_row_behind_the_watermark_counts_in_windows_that_are_open() {
    let plan = windowed(WindowKind::Hop { size: 10, slide: 5, offset: 0 }, ChangelogMode::INSERT_ONLY);
    check(
        &plan,
        "+I a 1 4\n+I a 2 6\n+I a 4 1\n+I a 8 10",
        "+I[a, 1, -5, 5]\n+I[a, 7, 0, 10]\n+I[a, 10, 5, 15]\n+I[a, 8, 10, 20]",
    );
}

#[test]
fn a_window_that_was_emptied_is_not_told() {
    let plan = windowed(WindowKind::Tumble { size: 10, offset: 0 }, ChangelogMode::ALL);
    check(&plan, "+I a 1 1\n+I b 2 1\n-D a 1 1\n+I b 3 2\n+I a 9 12", "+I[b, 5, 0, 10]\n+I[a, 9, 10, 20]");
}

#[test]
fn processing_time_windows_are_told_by_the_clock() {
    let mut plan = windowed(WindowKind::Tumble { size: 10, offset: 0 }, ChangelogMode::INSERT_ONLY);
    if let Op::WindowAggregate { window, .. } = &mut plan.op {
        window.time_attribute = TimeAttribute::Processing;
    }
    let mut engine = Engine::new(Options { delivery: Delivery::Record, ..Options::default() });
    engine.add_table(table()).expect("table");
    engine.attach(&plan, "query").expect("attach");
    engine.epoch(3, vec![rows("+I a 1 0\n+I a 2 0")]).expect("epoch");
    assert_eq!(engine.next_timer(), Some(9));
    assert_eq!(engine.advance_clock(9).expect("clock").len(), 0);
    let mut store = MemoryStore::default();
    engine.checkpoint(&mut store, serde_json::Value::Null).expect("checkpoint");
    let mut engine = Engine::new(Options { delivery: Delivery::Record, ..Options::default() });
    engine.add_table(table()).expect("table");
    engine.attach(&plan, "query").expect("attach");
    engine.restore(&mut store).expect("restore");
    let outputs = engine.advance_clock(30).expect("clock");
    let types: Vec<DataType> = plan.types().cloned().collect();
    let told: Vec<String> =
        outputs.iter().flat_map(|output| &output.changes).flat_map(|change| render(&types, &change.batch)).collect();
    assert_eq!(told, ["+I[a, 3, 0, 10]"]);
}
