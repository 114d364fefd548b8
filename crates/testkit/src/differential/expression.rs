//! Random expressions of a wanted type over the columns of one or two tables. None of them fails on any row.

use super::table::{COLUMNS, Type};
use crate::generate::random::Random;

/// Columns that an expression may use, as they are written.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) columns: Vec<(String, Type)>,
}

impl Scope {
    /// The columns of tables under these names.
    pub(super) fn of(names: &[&str]) -> Self {
        let columns = |name: &&str| COLUMNS.map(|(column, kind)| (format!("{name}.{column}"), kind));
        Self { columns: names.iter().flat_map(columns).collect() }
    }

    pub(super) fn pick(&self, random: &mut Random, kind: Type) -> Option<&str> {
        let fitting: Vec<&str> =
            self.columns.iter().filter(|(_, known)| *known == kind).map(|(name, _)| name.as_str()).collect();
        (!fitting.is_empty()).then(|| random.pick(&fitting))
    }
}

/// An expression of a type, with at most `depth` levels of operators.
pub(super) fn expression(random: &mut Random, scope: &Scope, kind: Type, depth: u32) -> String {
    if depth == 0 || random.chance(250_000) {
        return leaf(random, scope, kind);
    }
    if random.chance(150_000) {
        let condition = expression(random, scope, Type::Boolean, depth - 1);
        let then = expression(random, scope, kind, depth - 1);
        let otherwise = expression(random, scope, kind, depth - 1);
        return match random.below(3) {
            0 => format!("CASE WHEN {condition} THEN {then} ELSE {otherwise} END"),
            1 => format!("CASE WHEN {condition} THEN {then} END"),
            _ => format!("COALESCE({then}, {otherwise})"),
        };
    }
    let one = |random: &mut Random, kind: Type| expression(random, scope, kind, depth - 1);
    match kind {
        Type::Int => integer(random, &one),
        Type::BigInt => match random.below(3) {
            0 => format!("({} + {})", one(random, Type::BigInt), one(random, Type::Int)),
            1 => format!("CAST({} AS BIGINT)", one(random, Type::Decimal)),
            _ => format!("({} * {})", one(random, Type::BigInt), 1 + random.below(3)),
        },
        Type::Decimal => match random.below(4) {
            0 => format!("CAST({} + {} AS DECIMAL(20, 4))", one(random, kind), one(random, kind)),
            1 => format!("CAST({} * {} AS DECIMAL(20, 4))", one(random, kind), one(random, Type::Int)),
            2 => format!("CAST({} / {}.5 AS DECIMAL(20, 4))", one(random, kind), 1 + random.below(9)),
            _ => format!("CAST(ROUND({}, 1) AS DECIMAL(20, 4))", one(random, kind)),
        },
        Type::Text => text(random, &one),
        Type::Boolean => boolean(random, &one),
        Type::Date => match random.below(2) {
            0 => format!("({} + INTERVAL '{}' DAY)", one(random, kind), random.below(40)),
            _ => format!("CAST({} AS DATE)", one(random, Type::Timestamp)),
        },
        Type::Timestamp => match random.below(3) {
            0 => format!("CAST({} AS TIMESTAMP(3))", one(random, Type::Date)),
            1 => format!("CAST(FLOOR({} TO MINUTE) AS TIMESTAMP(3))", one(random, kind)),
            _ => format!("({} + INTERVAL '{}' SECOND)", one(random, kind), random.below(100)),
        },
    }
}

fn integer(random: &mut Random, one: &dyn Fn(&mut Random, Type) -> String) -> String {
    match random.below(7) {
        0 => format!("({} + {})", one(random, Type::Int), one(random, Type::Int)),
        1 => format!("({} - {})", one(random, Type::Int), one(random, Type::Int)),
        2 => format!("({} / {})", one(random, Type::Int), 1 + random.below(5)),
        3 => format!("MOD({}, {})", one(random, Type::Int), 1 + random.below(5)),
        4 => format!("CHAR_LENGTH({})", one(random, Type::Text)),
        5 => format!("CAST(EXTRACT(DAY FROM {}) AS INT)", one(random, Type::Date)),
        _ => format!("CAST({} AS INT)", one(random, Type::Decimal)),
    }
}

fn text(random: &mut Random, one: &dyn Fn(&mut Random, Type) -> String) -> String {
    match random.below(6) {
        0 => format!("UPPER({})", one(random, Type::Text)),
        1 => format!("TRIM({})", one(random, Type::Text)),
        2 => format!("({} || {})", one(random, Type::Text), one(random, Type::Text)),
        3 => format!("SUBSTRING({}, {})", one(random, Type::Text), 1 + random.below(3)),
        4 => format!("REPLACE({}, 'a', 'xy')", one(random, Type::Text)),
        _ => {
            let kind = random.pick(&[Type::Int, Type::Decimal, Type::Date, Type::Timestamp, Type::Boolean]);
            format!("CAST({} AS STRING)", one(random, kind))
        }
    }
}

fn boolean(random: &mut Random, one: &dyn Fn(&mut Random, Type) -> String) -> String {
    let compared = random.pick(&[Type::Int, Type::BigInt, Type::Text, Type::Decimal, Type::Date, Type::Timestamp]);
    match random.below(8) {
        0 => format!("({} AND {})", one(random, Type::Boolean), one(random, Type::Boolean)),
        1 => format!("({} OR {})", one(random, Type::Boolean), one(random, Type::Boolean)),
        2 => format!("(NOT {})", one(random, Type::Boolean)),
        3 => format!("({} IS NULL)", one(random, compared)),
        4 => format!("({} LIKE '%{}%')", one(random, Type::Text), random.pick(&["a", "B", "_", "ß"])),
        5 => format!("({} IN (0, 2, 5))", one(random, Type::Int)),
        6 => format!("({} BETWEEN -10 AND {})", one(random, Type::Int), random.below(20)),
        _ => {
            let operator = random.pick(&["=", "<>", "<", "<=", ">", ">="]);
            format!("({} {operator} {})", one(random, compared), one(random, compared))
        }
    }
}

fn leaf(random: &mut Random, scope: &Scope, kind: Type) -> String {
    if random.chance(800_000)
        && let Some(column) = scope.pick(random, kind)
    {
        return column.to_owned();
    }
    match kind {
        Type::Int => random.between(0, 9).to_string(),
        Type::BigInt => format!("CAST({} AS BIGINT)", random.between(0, 99)),
        Type::Text => random.pick(&["'a'", "'B'", "'xy'", "''"]).to_owned(),
        Type::Decimal => format!("CAST({}.25 AS DECIMAL(20, 4))", random.below(50)),
        Type::Date => format!("DATE '2024-02-{:02}'", 1 + random.below(28)),
        Type::Timestamp => format!("TIMESTAMP '2024-01-01 00:00:{:02}'", random.below(60)),
        Type::Boolean => match scope.pick(random, Type::Int) {
            Some(column) => format!("({column} > {})", random.below(4)),
            None => "TRUE".to_owned(),
        },
    }
}
