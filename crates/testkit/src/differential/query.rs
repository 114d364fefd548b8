//! Random queries, one kind of operator each, over the tables of a case.

use super::expression::{Scope, expression};
use super::table::{COLUMNS, Table, Type};
use crate::generate::random::Random;

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    Calc,
    Union,
    Intersect,
    Except,
    Distinct,
    Deduplicate,
    TopN,
    Aggregate,
    DistinctAggregate,
    AggregateOfAggregate,
    InnerJoin,
    LeftJoin,
    RightJoin,
    FullJoin,
    SemiJoin,
    AntiJoin,
    JoinAggregate,
    IntervalJoin,
    Tumble,
    Hop,
}

impl Operator {
    pub const ALL: [Self; 20] = [
        Self::Calc,
        Self::Union,
        Self::Intersect,
        Self::Except,
        Self::Distinct,
        Self::Deduplicate,
        Self::TopN,
        Self::Aggregate,
        Self::DistinctAggregate,
        Self::AggregateOfAggregate,
        Self::InnerJoin,
        Self::LeftJoin,
        Self::RightJoin,
        Self::FullJoin,
        Self::SemiJoin,
        Self::AntiJoin,
        Self::JoinAggregate,
        Self::IntervalJoin,
        Self::Tumble,
        Self::Hop,
    ];

    pub fn name(self) -> String {
        format!("{self:?}")
    }

    /// How many tables it reads.
    pub(super) fn tables(self) -> usize {
        match self {
            Self::Calc
            | Self::Distinct
            | Self::Deduplicate
            | Self::TopN
            | Self::Aggregate
            | Self::DistinctAggregate
            | Self::AggregateOfAggregate
            | Self::Tumble
            | Self::Hop => 1,
            _ => 2,
        }
    }

    /// Whether it is about event time; what is late is then left out, which batch knows nothing of.
    pub(super) fn needs_time(self) -> bool {
        matches!(self, Self::Deduplicate | Self::IntervalJoin | Self::Tumble | Self::Hop)
    }

    pub(super) fn needs_append(self) -> bool {
        self.needs_time()
    }
}

/// A query: its output columns, and its text with a place for one more condition.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) columns: Vec<Type>,
    pub(super) head: String,
    /// Conditions under WHERE; each can be left out.
    pub(super) conditions: Vec<String>,
    pub(super) tail: String,
    /// A condition that splits the rows of the answer into three; absent where parts do not add up.
    pub(super) split: Option<String>,
    /// An aggregate without a key.
    pub(super) is_global: bool,
}

impl Query {
    pub(super) fn sql(&self, split: Option<&str>) -> String {
        let conditions: Vec<&str> = self.conditions.iter().map(String::as_str).chain(split).collect();
        let filter =
            if conditions.is_empty() { String::new() } else { format!("\nWHERE {}", conditions.join(" AND ")) };
        format!("{}{filter}{}", self.head, self.tail)
    }
}

/// Levels of operators in an expression.
const DEPTH: u32 = 2;
const KINDS: [Type; 7] =
    [Type::Int, Type::BigInt, Type::Text, Type::Decimal, Type::Date, Type::Timestamp, Type::Boolean];

/// A list of output expressions, each cast to its type so that the sink can be declared.
struct Outputs {
    columns: Vec<Type>,
    items: Vec<String>,
}

impl Outputs {
    fn new() -> Self {
        Self { columns: Vec::new(), items: Vec::new() }
    }

    fn push(&mut self, kind: Type, text: &str) {
        self.items.push(format!("CAST({text} AS {}) AS c{}", kind.sql(), self.columns.len()));
        self.columns.push(kind);
    }

    fn random(mut self, random: &mut Random, scope: &Scope, count: u64) -> Self {
        for _ in 0..count {
            let kind = random.pick(&KINDS);
            let text = expression(random, scope, kind, DEPTH);
            self.push(kind, &text);
        }
        self
    }

    fn list(&self) -> String {
        self.items.join(", ")
    }
}

pub(super) fn query(random: &mut Random, operator: Operator, tables: &[Table]) -> Query {
    let scope = Scope::of(&tables.iter().map(|table| table.name).collect::<Vec<_>>());
    match operator {
        Operator::Calc => {
            let outputs = Outputs::new().random(random, &scope, 3);
            let head = format!("SELECT {}\nFROM t", outputs.list());
            splittable(random, &scope, outputs, head)
        }
        Operator::Union | Operator::Intersect | Operator::Except => set_operation(random, operator),
        Operator::Distinct => distinct(random, &scope),
        Operator::Deduplicate => deduplicate(random),
        Operator::TopN => top_n(random),
        Operator::Aggregate | Operator::DistinctAggregate => aggregate(random, operator, &scope, "t"),
        Operator::AggregateOfAggregate => aggregate_of_aggregate(random),
        Operator::InnerJoin | Operator::LeftJoin | Operator::RightJoin | Operator::FullJoin => {
            let outputs = Outputs::new().random(random, &scope, 4);
            let head = format!("SELECT {}\nFROM {}", outputs.list(), join(random, operator));
            splittable(random, &scope, outputs, head)
        }
        Operator::SemiJoin | Operator::AntiJoin => membership(random, operator),
        Operator::JoinAggregate => {
            let kind = random.pick(&[Operator::InnerJoin, Operator::LeftJoin, Operator::FullJoin]);
            let from = join(random, kind);
            aggregate(random, Operator::Aggregate, &scope, &from)
        }
        Operator::IntervalJoin => interval_join(random, &scope),
        Operator::Tumble | Operator::Hop => window(random, operator),
    }
}

/// A query whose answer is the sum of its parts by any condition.
fn splittable(random: &mut Random, scope: &Scope, outputs: Outputs, head: String) -> Query {
    let conditions =
        if random.chance(600_000) { vec![expression(random, scope, Type::Boolean, DEPTH)] } else { Vec::new() };
    let split = Some(expression(random, scope, Type::Boolean, DEPTH));
    Query { columns: outputs.columns, head, conditions, tail: String::new(), split, is_global: false }
}

/// Filters that come and go.
fn conditions(random: &mut Random, scope: &Scope) -> Vec<String> {
    if random.chance(400_000) { vec![expression(random, scope, Type::Boolean, DEPTH)] } else { Vec::new() }
}

fn set_operation(random: &mut Random, operator: Operator) -> Query {
    let word = match operator {
        Operator::Union => random.pick(&["UNION ALL", "UNION"]),
        Operator::Intersect => "INTERSECT",
        _ => "EXCEPT",
    };
    let kinds = [random.pick(&KINDS), random.pick(&KINDS)];
    let branch = |random: &mut Random, table: &str| {
        let mut outputs = Outputs::new();
        for kind in kinds {
            // Plain columns, so that branches have something in common.
            let scope = Scope::of(&[table]);
            let text = match scope.pick(random, kind) {
                Some(column) => column.to_owned(),
                None => expression(random, &scope, kind, 1),
            };
            outputs.push(kind, &text);
        }
        format!("SELECT {} FROM {table}", outputs.list())
    };
    let (first, second) = (branch(random, "t"), branch(random, "u"));
    let head = format!("SELECT c0, c1 FROM (\n  {first}\n  {word}\n  {second}\n)");
    Query { columns: kinds.to_vec(), head, conditions: Vec::new(), tail: String::new(), split: None, is_global: false }
}

fn distinct(random: &mut Random, scope: &Scope) -> Query {
    let outputs = Outputs::new().random(random, scope, 2);
    let head = format!("SELECT DISTINCT {}\nFROM t", outputs.list());
    let conditions = conditions(random, scope);
    Query { columns: outputs.columns, head, conditions, tail: String::new(), split: None, is_global: false }
}

/// The columns of a table as they are.
fn all_columns(outputs: &mut Outputs, table: &str) {
    for (name, kind) in COLUMNS {
        outputs.push(kind, &format!("{table}.{name}"));
    }
}

fn deduplicate(random: &mut Random) -> Query {
    let mut outputs = Outputs::new();
    all_columns(&mut outputs, "x");
    let direction = random.pick(&["ASC", "DESC"]);
    let key = random.pick(&["g", "s", "g, s"]);
    let head = format!(
        "SELECT {}\nFROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY ts {direction}) AS place FROM t) AS x",
        outputs.list()
    );
    let conditions = vec!["x.place = 1".to_owned()];
    Query { columns: outputs.columns, head, conditions, tail: String::new(), split: None, is_global: false }
}

fn top_n(random: &mut Random) -> Query {
    let mut outputs = Outputs::new();
    all_columns(&mut outputs, "x");
    let with_place = random.chance(400_000);
    if with_place {
        outputs.push(Type::BigInt, "x.place");
    }
    let key = random.pick(&["PARTITION BY g ", "PARTITION BY s ", ""]);
    let order = random.pick(&["d DESC", "n", "s DESC, dt", "ts"]);
    let head = format!(
        "SELECT {}\nFROM (SELECT *, ROW_NUMBER() OVER ({key}ORDER BY {order}, id, n, d, s, dt, g) AS place FROM t) AS x",
        outputs.list()
    );
    let conditions = vec![format!("x.place <= {}", 2 + random.below(3))];
    Query { columns: outputs.columns, head, conditions, tail: String::new(), split: None, is_global: false }
}

/// An aggregate call and its type.
fn call(random: &mut Random, scope: &Scope, distinct: bool) -> (Type, String) {
    let argument = |random: &mut Random, kind: Type| expression(random, scope, kind, 1);
    let quantifier = if distinct && random.chance(700_000) { "DISTINCT " } else { "" };
    let (kind, text) = match random.below(7) {
        0 => (Type::BigInt, "COUNT(*)".to_owned()),
        1 => {
            let kind = random.pick(&KINDS);
            (Type::BigInt, format!("COUNT({quantifier}{})", argument(random, kind)))
        }
        2 => (Type::Int, format!("SUM({quantifier}{})", argument(random, Type::Int))),
        3 => (Type::Decimal, format!("SUM({quantifier}{})", argument(random, Type::Decimal))),
        4 => (Type::Int, format!("AVG({quantifier}{})", argument(random, Type::Int))),
        5 => {
            let kind = random.pick(&[Type::Int, Type::BigInt, Type::Text, Type::Decimal, Type::Date, Type::Timestamp]);
            (kind, format!("{}({})", random.pick(&["MIN", "MAX"]), argument(random, kind)))
        }
        _ => (Type::Decimal, format!("AVG({quantifier}{})", argument(random, Type::Decimal))),
    };
    if random.chance(250_000) {
        let filter = expression(random, scope, Type::Boolean, 1);
        return (kind, format!("{text} FILTER (WHERE {filter})"));
    }
    (kind, text)
}

fn aggregate(random: &mut Random, operator: Operator, scope: &Scope, from: &str) -> Query {
    let mut outputs = Outputs::new();
    let mut keys = Vec::new();
    for _ in 0..random.below(3) {
        let kind = random.pick(&[Type::Int, Type::Text, Type::Date, Type::Boolean]);
        let key = expression(random, scope, kind, 1);
        outputs.push(kind, &key);
        keys.push(key);
    }
    for _ in 0..1 + random.below(3) {
        let (kind, text) = call(random, scope, operator == Operator::DistinctAggregate);
        outputs.push(kind, &text);
    }
    // A group by a literal is a group by position; an expression of columns is not.
    keys.retain(|key| key.contains('.'));
    let mut tail = if keys.is_empty() { String::new() } else { format!("\nGROUP BY {}", keys.join(", ")) };
    if !keys.is_empty() && random.chance(300_000) {
        tail.push_str(&format!("\nHAVING COUNT(*) >= {}", 1 + random.below(3)));
    }
    let head = format!("SELECT {}\nFROM {from}", outputs.list());
    Query {
        columns: outputs.columns,
        head,
        conditions: conditions(random, scope),
        tail,
        split: None,
        is_global: keys.is_empty(),
    }
}

fn aggregate_of_aggregate(random: &mut Random) -> Query {
    let scope = Scope::of(&["t"]);
    let (kind, inner) = call(random, &scope, false);
    let outer = random.pick(&["MIN(x.v)", "MAX(x.v)", "COUNT(x.v)", "COUNT(DISTINCT x.v)"]);
    let result = if outer.starts_with("COUNT") { Type::BigInt } else { kind };
    let mut outputs = Outputs::new();
    outputs.push(Type::Text, "x.s");
    outputs.push(result, outer);
    outputs.push(Type::BigInt, "COUNT(*)");
    let head = format!("SELECT {}\nFROM (SELECT s, g, {inner} AS v FROM t GROUP BY s, g) AS x", outputs.list());
    Query {
        columns: outputs.columns,
        head,
        conditions: Vec::new(),
        tail: "\nGROUP BY x.s".to_owned(),
        split: None,
        is_global: false,
    }
}

fn join(random: &mut Random, operator: Operator) -> String {
    let word = match operator {
        Operator::LeftJoin => "LEFT JOIN",
        Operator::RightJoin => "RIGHT JOIN",
        Operator::FullJoin => "FULL JOIN",
        _ => "JOIN",
    };
    let mut on = random.pick(&["t.g = u.g", "t.id = u.id", "t.s = u.s", "t.g = u.g AND t.s = u.s"]).to_owned();
    // Outer joins with a condition on both sides are what goes wrong most easily.
    if random.chance(350_000) {
        on.push_str(random.pick(&[" AND t.d < u.d", " AND t.n <> u.n", " AND t.id > 3", " AND u.id > 3"]));
    }
    format!("t {word} u ON {on}")
}

fn membership(random: &mut Random, operator: Operator) -> Query {
    let mut outputs = Outputs::new();
    all_columns(&mut outputs, "t");
    let not = if operator == Operator::AntiJoin { "NOT " } else { "" };
    let column = random.pick(&["id", "g", "s"]);
    let inner = if random.chance(400_000) { " AND u.id > 2" } else { "" };
    let condition = match random.below(2) {
        0 => format!("{not}EXISTS (SELECT 1 FROM u WHERE u.{column} = t.{column}{inner})"),
        _ => format!("t.{column} {not}IN (SELECT u.{column} FROM u WHERE u.{column} IS NOT NULL{inner})"),
    };
    let head = format!("SELECT {}\nFROM t", outputs.list());
    let split = Some(expression(random, &Scope::of(&["t"]), Type::Boolean, 1));
    Query { columns: outputs.columns, head, conditions: vec![condition], tail: String::new(), split, is_global: false }
}

fn interval_join(random: &mut Random, scope: &Scope) -> Query {
    let outputs = Outputs::new().random(random, scope, 3);
    let word = random.pick(&["JOIN", "LEFT JOIN", "FULL JOIN"]);
    let (before, after) = (random.below(4), random.below(4));
    let head = format!(
        "SELECT {}\nFROM t {word} u ON t.g = u.g AND t.ts BETWEEN u.ts - INTERVAL '{before}' SECOND AND u.ts + INTERVAL \
         '{after}' SECOND",
        outputs.list()
    );
    Query { columns: outputs.columns, head, conditions: Vec::new(), tail: String::new(), split: None, is_global: false }
}

fn window(random: &mut Random, operator: Operator) -> Query {
    let mut outputs = Outputs::new();
    outputs.push(Type::Timestamp, "x.window_start");
    outputs.push(Type::Timestamp, "x.window_end");
    let by_group = random.chance(700_000);
    if by_group {
        outputs.push(Type::Int, "x.g");
    }
    for _ in 0..1 + random.below(3) {
        let distinct = random.chance(300_000);
        let (kind, text) = call(random, &Scope::of(&["x"]), distinct);
        outputs.push(kind, &text);
    }
    let window = match operator {
        Operator::Tumble => format!("TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '{}' SECOND)", 1 + random.below(5)),
        _ => {
            let slide = 1 + random.below(3);
            let size = slide * (1 + random.below(3));
            format!("HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '{slide}' SECOND, INTERVAL '{size}' SECOND)")
        }
    };
    let head = format!("SELECT {}\nFROM TABLE({window}) AS x", outputs.list());
    let group = if by_group { ", x.g" } else { "" };
    let tail = format!("\nGROUP BY x.window_start, x.window_end{group}");
    Query { columns: outputs.columns, head, conditions: Vec::new(), tail, split: None, is_global: false }
}
