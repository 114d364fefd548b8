//! The engine as a whole: plans in, changelogs out.

use crate::testing::{changes, plan, render};
use crate::{Delivery, Engine, Input, ManagedMode, MemoryStore, Options, TableDef, TableKind};
use data::{DataType, Field, Schema, TypeKind};

fn external(name: &str) -> TableDef {
    let fields = vec![Field::new("k", DataType::int()), Field::new("v", DataType::string())];
    TableDef { name: name.to_owned(), schema: Schema::new(fields), primary_key: vec![], kind: TableKind::External }
}

fn managed(name: &str, mode: ManagedMode) -> TableDef {
    let primary_key = if mode == ManagedMode::Upsert { vec![0] } else { vec![] };
    TableDef { primary_key, kind: TableKind::Managed { mode, rowtime: None }, ..external(name) }
}

fn feed(engine: &mut Engine, table: &str, rows: &str) -> Vec<String> {
    let types = [DataType::int(), DataType::string()];
    let input = Input::Rows { table: table.to_owned(), split: 0, batch: changes(&types, rows) };
    let output = engine.epoch(0, vec![input]).expect("epoch");
    output.changes.iter().flat_map(|change| render(&types, &change.batch)).collect()
}

#[test]
fn a_sink_gets_what_a_scan_reads() {
    for delivery in [Delivery::Record, Delivery::Batch] {
        let mut engine = Engine::new(Options { delivery, ..Options::default() });
        engine.add_table(external("s")).expect("table");
        engine.add_table(external("t")).expect("table");
        engine.attach(&plan::sink("t", plan::scan("s")), "insert").expect("attach");
        assert_eq!(feed(&mut engine, "s", "+I 1 a\n+I 2 b"), ["+I[1, a]", "+I[2, b]"]);
    }
}

#[test]
fn a_managed_table_keeps_the_last_row_of_each_key() {
    for delivery in [Delivery::Record, Delivery::Batch] {
        let mut engine = Engine::new(Options { delivery, ..Options::default() });
        engine.add_table(external("s")).expect("table");
        engine.add_table(managed("m", ManagedMode::Upsert)).expect("table");
        engine.attach(&plan::sink("m", plan::scan("s")), "insert").expect("attach");
        engine.attach(&plan::scan("m"), "select").expect("attach");
        feed(&mut engine, "s", "+I 1 a\n+I 2 b");
        let seen = feed(&mut engine, "s", "+I 1 c\n-D 2 b\n+I 1 d");
        let snapshot = engine.snapshot("m").expect("snapshot");
        let types: Vec<DataType> = snapshot.schema.types().cloned().collect();
        assert_eq!(render(&types, &snapshot.batches[0]), ["+I[1, d]"]);
        let reader: Vec<&str> = seen[3..].iter().map(String::as_str).collect();
        match delivery {
            Delivery::Batch => assert_eq!(reader, ["-U[1, a]", "+U[1, d]", "-D[2, b]"]),
            Delivery::Record => {
                assert_eq!(reader, ["-U[1, a]", "+U[1, c]", "-D[2, b]", "-U[1, c]", "+U[1, d]"]);
            }
        }
    }
}

#[test]
fn a_row_that_moves_to_another_key_leaves_its_old_one() {
    for delivery in [Delivery::Record, Delivery::Batch] {
        let mut engine = Engine::new(Options { delivery, ..Options::default() });
        engine.add_table(managed("m", ManagedMode::Upsert)).expect("table");
        feed(&mut engine, "m", "+I 2 a");
        feed(&mut engine, "m", "-U 2 a\n+U 4 a");
        feed(&mut engine, "m", "-U 4 a\n+U 4 b");
        let snapshot = engine.snapshot("m").expect("snapshot");
        let types: Vec<DataType> = snapshot.schema.types().cloned().collect();
        assert_eq!(render(&types, &snapshot.batches[0]), ["+I[4, b]"]);
    }
}

#[test]
fn a_table_that_is_declared_otherwise_does_not_get_its_rows_back() {
    let mut store = MemoryStore::default();
    let mut engine = Engine::new(Options::default());
    engine.add_table(managed("m", ManagedMode::Append)).expect("table");
    feed(&mut engine, "m", "+I 1 a");
    engine.checkpoint(&mut store, serde_json::Value::Null).expect("checkpoint");
    let restore = |def: TableDef| {
        let mut engine = Engine::new(Options::default());
        engine.add_table(def).expect("table");
        engine.restore(&mut store.clone()).map(|_| ())
    };
    restore(managed("m", ManagedMode::Append)).expect("the same table");
    let mut longer = managed("m", ManagedMode::Append);
    longer.schema.fields[0].data_type = DataType::bigint();
    for other in [longer, managed("m", ManagedMode::Upsert)] {
        assert_eq!(restore(other).expect_err("another table").code, "HW3209");
    }
}

#[test]
fn a_watched_table_tells_its_rows_and_then_its_changes() {
    let mut engine = Engine::new(Options::default());
    engine.add_table(managed("m", ManagedMode::Upsert)).expect("table");
    let types = [DataType::int(), DataType::string()];
    let tell = |engine: &mut Engine, rows: &str| {
        let input = Input::Rows { table: "m".to_owned(), split: 0, batch: changes(&types, rows) };
        let output = engine.epoch(0, vec![input]).expect("epoch");
        output.tables.iter().flat_map(|change| render(&types, &change.batch)).collect::<Vec<_>>()
    };
    assert!(tell(&mut engine, "+I 1 a\n+I 2 b").is_empty());
    assert_eq!(render(&types, &engine.watch("m").expect("managed").batches[0]), ["+I[1, a]", "+I[2, b]"]);
    assert_eq!(tell(&mut engine, "+I 1 c\n+I 1 d\n-D 2 b"), ["-U[1, a]", "+U[1, d]", "-D[2, b]"]);
    assert!(engine.watch("nowhere").is_err());
}

#[test]
fn a_row_is_taken_back_whenever_it_came() {
    let rowtime = Field::new("$rowtime", DataType::new(TypeKind::TimestampLtz(3)));
    let mut def = managed("m", ManagedMode::Retract);
    def.schema.fields.push(rowtime);
    def.kind = TableKind::Managed { mode: ManagedMode::Retract, rowtime: Some(2) };
    let mut engine = Engine::new(Options::default());
    engine.add_table(def).expect("table");
    let types = [DataType::int(), DataType::string()];
    let told = [DataType::int(), DataType::string(), DataType::new(TypeKind::TimestampLtz(3))];
    engine.watch("m").expect("managed");
    let mut tell = |millis, rows: &str| {
        let input = Input::Rows { table: "m".to_owned(), split: 0, batch: changes(&types, rows) };
        let output = engine.epoch(millis, vec![input]).expect("epoch");
        let told = output.tables.iter().flat_map(|change| render(&told, &change.batch)).collect::<Vec<_>>();
        let content = engine.snapshot("m").expect("managed");
        (told, content.rows())
    };
    let change = |kind: &str, row: &str, millis: u32| format!("{kind}[{row}, {millis}]");
    assert_eq!(tell(1, "+I 1 a\n+I 2 b"), (vec![change("+I", "1, a", 1), change("+I", "2, b", 1)], 2));
    assert_eq!(tell(2, "+I 1 a"), (vec![change("+I", "1, a", 2)], 3));
    // The oldest goes, with the time at which it came.
    assert_eq!(tell(3, "-D 1 a"), (vec![change("-D", "1, a", 1)], 2));
    assert_eq!(tell(4, "-U 1 a\n+U 1 c"), (vec![change("-U", "1, a", 2), change("+U", "1, c", 4)], 2));
    // What is taken back before it comes is owed.
    assert_eq!(tell(5, "-D 9 z"), (vec![change("-D", "9, z", 5)], 2));
    assert_eq!(tell(6, "+I 9 z"), (vec![change("+I", "9, z", 5)], 2));
}

#[test]
fn a_late_reader_gets_the_table_as_it_is() {
    let mut engine = Engine::new(Options::default());
    engine.add_table(managed("m", ManagedMode::Append)).expect("table");
    feed(&mut engine, "m", "+I 1 a\n+I 2 b");
    engine.attach(&plan::scan("m"), "select").expect("attach");
    assert_eq!(feed(&mut engine, "m", "+I 3 c"), ["+I[1, a]", "+I[2, b]", "+I[3, c]"]);
}

#[test]
fn a_restored_engine_goes_on_where_the_checkpoint_was() {
    let mut store = MemoryStore::default();
    let build = |parallelism| {
        let mut engine = Engine::new(Options { parallelism, ..Options::default() });
        for mode in [ManagedMode::Upsert, ManagedMode::Append, ManagedMode::Retract] {
            engine.add_table(managed(&format!("{mode:?}"), mode)).expect("table");
        }
        engine.attach(&plan::scan("Upsert"), "select").expect("attach");
        engine
    };
    let mut engine = build(1);
    for table in ["Upsert", "Append", "Retract"] {
        feed(&mut engine, table, "+I 1 a\n+I 2 b");
    }
    engine.checkpoint(&mut store, serde_json::json!({"at": 7})).expect("checkpoint");
    feed(&mut engine, "Upsert", "+I 9 z");
    let mut engine = build(3);
    assert_eq!(engine.restore(&mut store).expect("restore"), Some(serde_json::json!({"at": 7})));
    assert_eq!(feed(&mut engine, "Upsert", "+I 1 c"), ["-U[1, a]", "+U[1, c]"]);
    assert_eq!(engine.snapshot("Append").expect("snapshot").rows(), 2);
    assert_eq!(engine.snapshot("Retract").expect("snapshot").rows(), 2);
    assert_eq!(engine.epoch_number(), 4);
}

#[test]
fn what_cannot_run_is_refused() {
    let mut engine = Engine::new(Options::default());
    engine.add_table(managed("m", ManagedMode::Append)).expect("table");
    let unknown = engine.attach(&plan::scan("nowhere"), "select").expect_err("unknown table");
    assert_eq!(unknown.code, "HW9201");
    let itself = engine.attach(&plan::sink("m", plan::scan("m")), "insert").expect_err("feeds itself");
    assert_eq!(itself.code, "HW3204");
}
