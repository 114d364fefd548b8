//! A case as a scripted test.

use super::table::{Changes, Fed, Row, Table, Type};
use super::{Case, Operator};
use engine::Delivery;
use std::fmt::Write;

/// A way to run a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Rows come one by one; what the others are held against.
    Records,
    /// All rows of a table that follow each other come in one epoch.
    Together,
    /// The final content of the tables as bounded input.
    Batch,
    /// The query reads managed tables into which the rows are copied, and its answer is kept in another one; time passes.
    Kept,
    /// As kept, in an engine in batch delivery, where joins look rows up in the tables.
    KeptTogether,
}

impl Variant {
    pub(super) fn delivery(self) -> Delivery {
        if self == Self::KeptTogether { Delivery::Batch } else { Delivery::Record }
    }

    pub(super) fn is_kept(self) -> bool {
        matches!(self, Self::Kept | Self::KeptTogether)
    }
}

impl Case {
    /// The script of the case in one way. `answers` has what the sinks must hold at the end, by sink; where it is empty,
    /// whoever runs the script fills it in.
    pub fn script(&self, variant: Variant) -> String {
        let mut text = format!("# {} of seed {}\n\n", self.operator.name(), self.seed);
        if variant == Variant::Batch {
            text.push_str("config execution.runtime-mode = batch\n\n");
        }
        for table in &self.tables {
            let _ = write!(text, "{}", declaration(table, variant));
        }
        for (sink, split) in self.sinks() {
            let columns: Vec<String> =
                self.query.columns.iter().enumerate().map(|(at, kind)| format!("c{at} {}", kind.sql())).collect();
            let columns = columns.join(", ");
            let sql = self.query.sql(split.as_deref());
            let options = if variant.is_kept() { "'changelog.mode' = 'retract'" } else { "'connector' = 'test'" };
            let _ = write!(text, "statement ok\nCREATE TABLE {sink} ({columns}) WITH ({options})\n\n");
            let _ = write!(text, "statement ok\nINSERT INTO {sink}\n{sql}\n\n");
        }
        match variant {
            Variant::Batch => self.standing(&mut text),
            _ => self.changes(&mut text, variant),
        }
        text.push_str("end\n\n");
        for (sink, _) in self.sinks() {
            let _ = write!(text, "table {sink}\n\n");
        }
        text
    }

    /// The sink of the whole query and, where it can be split, of its three parts with their conditions.
    pub(super) fn sinks(&self) -> Vec<(&'static str, Option<String>)> {
        let mut sinks = vec![("whole", None)];
        if let Some(split) = &self.query.split {
            sinks.push(("holds", Some(format!("({split})"))));
            sinks.push(("fails", Some(format!("(NOT ({split}))"))));
            sinks.push(("neither", Some(format!("(({split}) IS NULL)"))));
        }
        sinks
    }

    fn changes(&self, text: &mut String, variant: Variant) {
        let mut at = 0;
        while at < self.fed.len() {
            let table = self.fed[at].table;
            let count = self.fed[at..].iter().take_while(|fed| fed.table == table).count();
            let together = if variant == Variant::Together { " batch" } else { "" };
            if variant.is_kept() {
                let _ = writeln!(text, "clock 1970-01-01T00:00:{:02}.{:03}Z\n", at / 1000 % 60, at % 1000);
            }
            let name = fed_table(&self.tables[table], variant);
            let _ = writeln!(text, "feed {name}{together}");
            for (kind, row) in self.fed[at..at + count].iter().flat_map(|fed| &fed.changes) {
                let _ = writeln!(text, "{kind} {}", row.json());
            }
            text.push('\n');
            at += count;
        }
    }

    fn standing(&self, text: &mut String) {
        for (index, table) in self.tables.iter().enumerate() {
            let rows = standing(table, index, &self.fed);
            if rows.is_empty() {
                continue;
            }
            let _ = writeln!(text, "feed {}", table.name);
            for row in rows {
                let _ = writeln!(text, "+I {}", row.json());
            }
            text.push('\n');
        }
    }

    /// Whether some row of a table with a watermark is late, so that batch, which knows no lateness, may answer otherwise. Of
    /// rows with one time the last to come is the latest in a stream, and any of them in batch.
    pub(super) fn may_be_late(&self) -> bool {
        self.operator.needs_time() && (0..self.tables.len()).any(|table| self.has_late_row(table))
    }

    fn has_late_row(&self, table: usize) -> bool {
        let ties = self.operator == Operator::Deduplicate;
        let mut greatest = None;
        let rows = self.fed.iter().filter(|fed| fed.table == table).flat_map(|fed| &fed.changes);
        rows.filter_map(|(_, row)| row.time).any(|time| {
            let is_late = greatest.is_some_and(|greatest| time < greatest || (ties && time == greatest));
            greatest = greatest.max(Some(time));
            is_late
        })
    }
}

fn declaration(table: &Table, variant: Variant) -> String {
    let mut columns: Vec<String> = super::table::COLUMNS.iter().map(|(name, kind)| column(name, *kind)).collect();
    if table.watermark {
        columns.push("WATERMARK FOR ts AS ts - INTERVAL '1' SECOND".to_owned());
    }
    if table.changes == Changes::Upsert {
        columns.push("PRIMARY KEY (id) NOT ENFORCED".to_owned());
    }
    let changes = match (variant, table.changes) {
        (Variant::Batch, _) | (_, Changes::Append) => "I",
        (_, Changes::Retract) => "I,UB,UA,D",
        (_, Changes::Upsert) => "I,UA,D",
    };
    let bounded = if variant == Variant::Batch { ", 'bounded' = 'true'" } else { "" };
    let (name, columns) = (fed_table(table, variant), columns.join(", "));
    let options = format!("'connector' = 'test', 'changelog-mode' = '{changes}'{bounded}");
    let mut text = format!("statement ok\nCREATE TABLE {name} ({columns}) WITH ({options})\n\n");
    if variant.is_kept() {
        let mode = match table.changes {
            Changes::Append => "append",
            Changes::Retract => "retract",
            Changes::Upsert => "upsert",
        };
        let kept = &table.name;
        let _ = write!(text, "statement ok\nCREATE TABLE {kept} ({columns}) WITH ('changelog.mode' = '{mode}')\n\n");
        let _ = write!(text, "statement ok\nINSERT INTO {kept} SELECT * FROM {name}\n\n");
    }
    text
}

/// The table that rows are fed to.
fn fed_table(table: &Table, variant: Variant) -> String {
    if variant.is_kept() { format!("{}_fed", table.name) } else { table.name.to_string() }
}

fn column(name: &str, kind: Type) -> String {
    let kind = if kind == Type::Decimal { "DECIMAL(10, 2)" } else { kind.sql() };
    let null = if name == "id" { " NOT NULL" } else { "" };
    format!("{name} {kind}{null}")
}

/// The rows that stand at the end, in the order in which they came to be.
fn standing<'a>(table: &Table, index: usize, fed: &'a [Fed]) -> Vec<&'a Row> {
    let mut rows: Vec<&Row> = Vec::new();
    for (kind, row) in fed.iter().filter(|fed| fed.table == index).flat_map(|fed| &fed.changes) {
        match *kind {
            "-U" | "-D" => {
                let at = if table.changes == Changes::Upsert {
                    rows.iter().position(|known| known.id == row.id)
                } else {
                    rows.iter().position(|known| *known == row)
                };
                if let Some(at) = at {
                    rows.remove(at);
                }
            }
            "+U" if table.changes == Changes::Upsert => {
                rows.retain(|known| known.id != row.id);
                rows.push(row);
            }
            _ => rows.push(row),
        }
    }
    rows
}
