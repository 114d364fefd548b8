//! Tables of a case and the changes that are fed to them: inserts, updates, deletes, late rows, NULLs, extremes and ties.

use super::query::Operator;
use crate::generate::random::Random;

/// Columns that every table has; all but the first may be NULL.
pub(super) const COLUMNS: [(&str, Type); 7] = [
    ("id", Type::Int),
    ("g", Type::Int),
    ("s", Type::Text),
    ("d", Type::Decimal),
    ("n", Type::BigInt),
    ("dt", Type::Date),
    ("ts", Type::Timestamp),
];

/// Types of columns and expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Int,
    BigInt,
    Text,
    Decimal,
    Date,
    Timestamp,
    Boolean,
}

impl Type {
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Int => "INT",
            Self::BigInt => "BIGINT",
            Self::Text => "STRING",
            Self::Decimal => "DECIMAL(20, 4)",
            Self::Date => "DATE",
            Self::Timestamp => "TIMESTAMP(3)",
            Self::Boolean => "BOOLEAN",
        }
    }
}

/// What kinds of change a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changes {
    Append,
    /// Updates come as -U and +U.
    Retract,
    /// Updates come as +U by key.
    Upsert,
}

#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) changes: Changes,
    pub(super) watermark: bool,
}

/// A change of one table.
#[derive(Clone, Debug)]
pub(super) struct Fed {
    pub(super) table: usize,
    pub(super) changes: Vec<(&'static str, Row)>,
}

/// A row: its id, and its columns as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: u64,
    pub(super) values: Vec<String>,
    /// Milliseconds; absent where NULL.
    pub(super) time: Option<u64>,
}

impl Row {
    pub(super) fn json(&self) -> String {
        format!("[{}]", self.values.join(", "))
    }
}

pub(super) fn tables(random: &mut Random, operator: Operator) -> Vec<Table> {
    let changes = |random: &mut Random| match operator.needs_append() {
        true => Changes::Append,
        false => random.pick(&[Changes::Append, Changes::Retract, Changes::Upsert]),
    };
    let table = |name, random: &mut Random| Table {
        name,
        changes: changes(random),
        watermark: operator.needs_time() || random.chance(200_000),
    };
    ["t", "u"][..operator.tables()].iter().map(|name| table(name, random)).collect()
}

/// Changes of all tables in one order.
pub(super) fn feed(random: &mut Random, tables: &[Table]) -> Vec<Fed> {
    let mut standing: Vec<Vec<Row>> = vec![Vec::new(); tables.len()];
    let mut clock = 0;
    let count = 8 + random.below(25);
    (0..count)
        .map(|step| {
            let table = random.below(tables.len() as u64) as usize;
            clock += random.below(4) * 500;
            let rows = &mut standing[table];
            let is_append = tables[table].changes == Changes::Append;
            let changes_one = !is_append && !rows.is_empty() && random.chance(450_000);
            let changes = if !changes_one {
                let id = if is_append && random.chance(150_000) { random.below(step + 1) } else { step };
                let row = row(random, id, clock, tables[table].watermark);
                rows.push(row.clone());
                vec![("+I", row)]
            } else {
                let at = random.below(rows.len() as u64) as usize;
                let old = rows[at].clone();
                if random.chance(350_000) {
                    rows.remove(at);
                    vec![("-D", old)]
                } else {
                    let new = row(random, old.id, clock, tables[table].watermark);
                    rows[at] = new.clone();
                    match tables[table].changes {
                        Changes::Upsert => vec![("+U", new)],
                        _ => vec![("-U", old), ("+U", new)],
                    }
                }
            };
            Fed { table, changes }
        })
        .collect()
}

fn row(random: &mut Random, id: u64, clock: u64, has_watermark: bool) -> Row {
    let text = |random: &mut Random| random.pick(&["a", "b", "B", "", " c ", "ab", "größer", "x_%"]);
    let optional = |random: &mut Random, value: String| if random.chance(120_000) { "null".to_owned() } else { value };
    let group = random.below(4).to_string();
    let number = match random.below(8) {
        0 => i64::MAX.to_string(),
        1 => i64::MIN.to_string(),
        _ => random.between(-50, 50).to_string(),
    };
    let cents = random.between(-20_000, 20_000);
    let sign = if cents < 0 { "-" } else { "" };
    let decimal = format!("\"{sign}{}.{:02}\"", cents.abs() / 100, cents.abs() % 100);
    let day = format!("\"2024-0{}-{:02}\"", 1 + random.below(3), 1 + random.below(28));
    let string = format!("\"{}\"", text(random));
    // Some rows are older than those before them; a time that drives a watermark is never NULL.
    let time = if random.chance(250_000) { clock.saturating_sub(random.below(8) * 500) } else { clock };
    let is_null = !has_watermark && random.chance(100_000);
    let ts = if is_null { "null".to_owned() } else { timestamp(time) };
    let values = vec![
        id.to_string(),
        optional(random, group),
        optional(random, string),
        optional(random, decimal),
        optional(random, number),
        optional(random, day),
        ts,
    ];
    Row { id, values, time: (!is_null).then_some(time) }
}

fn timestamp(millis: u64) -> String {
    let (seconds, millis) = (millis / 1000, millis % 1000);
    format!("\"2024-01-01T{:02}:{:02}:{:02}.{millis:03}\"", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
