//! Money moves between accounts, and whatever is read adds up: after every epoch the balances sum to zero, the table of
//! their total says zero, and no change of it ever said anything else. Meanwhile transfers are corrected late, before they
//! arrive or twice, are taken back and come again, and the engine is lost and restored at another parallelism.

use arrow_array::ArrayRef;
use catalog::project::Project;
use data::{ChangeBatch, DataType, Value};
use deploy::pipelines::Pipelines;
use engine::{Engine, Input, MemoryStore, Options};
use std::collections::BTreeMap;
use std::path::Path;
use testkit::generate::random::Random;

const CATALOG: &str = "default_catalog.default_database";
const ACCOUNTS: u64 = 20;
const EPOCHS: usize = 400;

/// The project: what was sent, the newest version of each transfer, a balance per account, the total.
const FILES: [(&str, &str); 7] = [
    (
        "sources/bank/sent/sql-scripts/ddl.sent.sql",
        "CREATE TABLE sent (id INT, version INT, giver INT, taker INT, amount DECIMAL(18, 2))",
    ),
    (
        "dimensions/bank/transfers/sql-scripts/ddl.transfers.sql",
        "CREATE TABLE transfers (id INT, giver INT, taker INT, amount DECIMAL(18, 2), PRIMARY KEY (id) NOT ENFORCED)
         WITH ('changelog.mode' = 'upsert')",
    ),
    (
        "dimensions/bank/transfers/sql-scripts/dml.transfers.sql",
        "INSERT INTO transfers SELECT id, giver, taker, amount FROM (
           SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY version DESC) AS place FROM sent
         ) WHERE place = 1 AND amount > 0",
    ),
    (
        "facts/bank/balances/sql-scripts/ddl.balances.sql",
        "CREATE TABLE balances (account INT, balance DECIMAL(38, 2)) WITH ('changelog.mode' = 'retract')",
    ),
    (
        "facts/bank/balances/sql-scripts/dml.balances.sql",
        "INSERT INTO balances
         SELECT COALESCE(c.account, d.account), COALESCE(c.amount, 0) - COALESCE(d.amount, 0)
         FROM (SELECT taker AS account, SUM(amount) AS amount FROM transfers GROUP BY taker) AS c
         FULL OUTER JOIN (SELECT giver AS account, SUM(amount) AS amount FROM transfers GROUP BY giver) AS d
         ON c.account = d.account",
    ),
    (
        "views/bank/total/sql-scripts/ddl.total.sql",
        "CREATE TABLE total (accounts INT, total DECIMAL(38, 2)) WITH ('changelog.mode' = 'retract')",
    ),
    (
        "views/bank/total/sql-scripts/dml.total.sql",
        "INSERT INTO total SELECT CAST(COUNT(*) AS INT), SUM(balance) FROM balances",
    ),
];

/// One row of `sent`. An amount of zero takes the transfer back.
#[derive(Clone, Copy)]
struct Sent {
    id: i32,
    version: i32,
    giver: i32,
    taker: i32,
    cents: i128,
}

/// The rows of every epoch.
fn sent(random: &mut Random, per_epoch: u64) -> Vec<Vec<Sent>> {
    let mut versions: Vec<i32> = Vec::new();
    let mut row = || {
        let corrects = versions.len() > 10 && random.below(3) == 0;
        let id = if corrects { random.below(versions.len() as u64) as usize } else { versions.len() };
        if id == versions.len() {
            versions.push(5);
        }
        // A version may be older than what is there, and then changes nothing.
        let version = versions[id] - 2 + random.below(4) as i32;
        versions[id] = versions[id].max(version);
        let cents = if random.below(8) == 0 { 0 } else { 1 + i128::from(random.below(1_000_000)) };
        let (giver, taker) = (random.below(ACCOUNTS) as i32, random.below(ACCOUNTS) as i32);
        Sent { id: id as i32, version, giver, taker, cents }
    };
    (0..EPOCHS).map(|_| (0..per_epoch).map(|_| row()).collect()).collect()
}

fn batch(rows: &[Sent]) -> ChangeBatch {
    let column = |kind: &DataType, value: &dyn Fn(&Sent) -> Value| -> ArrayRef {
        Value::column(kind, &rows.iter().map(value).collect::<Vec<_>>())
    };
    let int = |value: &dyn Fn(&Sent) -> i32| column(&DataType::int(), &|row: &Sent| Value::Int(value(row)));
    let amount = DataType::decimal(18, 2);
    let columns = vec![
        int(&|row| row.id),
        int(&|row| row.version),
        int(&|row| row.giver),
        int(&|row| row.taker),
        column(&amount, &|row| Value::Decimal(row.cents)),
    ];
    ChangeBatch::inserts(columns, rows.len())
}

/// What the balances have to be.
fn balances(rows: &[Sent]) -> BTreeMap<i32, i128> {
    let mut newest: BTreeMap<i32, Sent> = BTreeMap::new();
    for row in rows {
        // Of equal versions the first stays.
        let kept = newest.entry(row.id).or_insert(*row);
        if row.version > kept.version {
            *kept = *row;
        }
    }
    let mut balances = BTreeMap::new();
    for row in newest.values().filter(|row| row.cents > 0) {
        *balances.entry(row.taker).or_default() += row.cents;
        *balances.entry(row.giver).or_default() -= row.cents;
    }
    balances
}

fn pipelines() -> Pipelines {
    let files: Vec<(String, String)> =
        FILES.iter().map(|(path, text)| (format!("pipelines/{path}"), (*text).to_owned())).collect();
    let project = Project::from_files(&files, "local", &BTreeMap::new()).expect("a project");
    deploy::load(&project, Path::new("."), false).unwrap_or_else(|errors| panic!("{errors:?}")).pipelines
}

fn start(pipelines: &Pipelines, options: Options) -> Engine {
    let mut engine = Engine::new(options);
    for table in pipelines.tables.values() {
        engine.add_table(table.def.clone()).expect("a table");
    }
    for statement in &pipelines.statements {
        engine.attach(&statement.node, &statement.label).expect("a statement");
    }
    engine
}

/// What a reader of a table sees: the values of two columns.
fn read(engine: &mut Engine, table: &str) -> BTreeMap<i32, i128> {
    let snapshot = engine.snapshot(&format!("{CATALOG}.{table}")).expect("a table");
    snapshot.batches.iter().flat_map(|batch| pairs(batch, &snapshot.schema)).collect()
}

fn pairs(batch: &ChangeBatch, schema: &data::Schema) -> Vec<(i32, i128)> {
    let value = |column: usize, row| Value::at(batch.column(column).as_ref(), &schema.fields[column].data_type, row);
    let pair = |row| match (value(0, row), value(1, row)) {
        (Value::Int(key), Value::Decimal(amount)) => (key, amount),
        (Value::Int(key), Value::Null) => (key, 0),
        other => panic!("{other:?}"),
    };
    (0..batch.rows()).map(pair).collect()
}

/// Runs all epochs, loses the engine now and then, and looks after every epoch.
fn check(seed: u64, per_epoch: u64) {
    let mut random = Random::new(seed, 0);
    let epochs = sent(&mut random, per_epoch);
    let pipelines = pipelines();
    let label = format!("seed {seed}, {per_epoch} rows an epoch");
    let options = |parallelism| Options { parallelism, ..Options::default() };
    let mut engine = start(&pipelines, options(1));
    let mut store = MemoryStore::default();
    let mut stored = None;
    let total = format!("{CATALOG}.total");
    engine.watch(&total).expect("watched");
    let (mut at, mut losses, mut changes) = (0, 0, 0);
    while at < epochs.len() {
        let input = Input::Rows { table: format!("{CATALOG}.sent"), split: 0, batch: batch(&epochs[at]) };
        let output = engine.epoch(at as i64, vec![input]).expect("an epoch");
        assert!(output.failures.is_empty(), "{label}: {:?}", output.failures);
        at += 1;
        for change in &output.tables {
            for (_, told) in pairs(&change.batch, &engine.snapshot(&total).expect("a table").schema) {
                assert_eq!(told, 0, "{label}, epoch {at}: a change of the total");
                changes += 1;
            }
        }
        let seen = read(&mut engine, "balances");
        assert_eq!(seen.values().sum::<i128>(), 0, "{label}, epoch {at}: the balances");
        assert!(read(&mut engine, "total").values().all(|total| *total == 0), "{label}, epoch {at}: the total");
        if random.below(12) == 0 {
            engine.checkpoint(&mut store, serde_json::Value::Null).expect("a checkpoint");
            stored = Some(at);
        }
        if random.below(40) == 0
            && let Some(back) = stored
        {
            engine = start(&pipelines, options(1 + random.below(4) as usize));
            engine.restore(&mut store.clone()).expect("restored");
            engine.watch(&total).expect("watched");
            (at, losses) = (back, losses + 1);
        }
    }
    assert!(losses > 2, "{label}: the engine was lost {losses} times");
    assert!(changes > 0, "{label}: the total was never told");
    let all: Vec<Sent> = epochs.concat();
    let seen: BTreeMap<i32, i128> = read(&mut engine, "balances");
    assert_eq!(seen, balances(&all), "{label}: the balances at the end");
}

#[test]
fn every_read_adds_up_while_money_moves() {
    for seed in [7, 42] {
        check(seed, 1);
        check(seed, 25);
    }
}
