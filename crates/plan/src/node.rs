//! Plan nodes: relational operators as a plain tree.
//!
//! - *changelog mode*: the row kinds that a node emits.
//! - *upsert key*: columns that identify a row among the node's rows at every moment.
//! - *time attribute*: a timestamp column that watermarks (event time) or the clock (processing time) follow.
//! - *hash*: of the node's own definition and of its inputs; state belongs to it, equal nodes are run once.

use data::{DataType, RowKind, Value};
use functions::Expr;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub op: Op,
    pub inputs: Vec<Node>,
    pub columns: Vec<Column>,
    pub changelog: ChangelogMode,
    /// Minimal upsert keys; positions sorted. An empty key says that there is at most one row.
    pub upsert_keys: Vec<Vec<usize>>,
    /// Content hash; zero until the plan is finished.
    pub hash: u128,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub data_type: DataType,
    pub time: Option<TimeAttribute>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeAttribute {
    /// Watermarks hold for this column.
    Event,
    /// The column is the clock's instant when it is read.
    Processing,
}

/// The row kinds that a node emits, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChangelogMode(u8);

impl ChangelogMode {
    pub const INSERT_ONLY: Self = Self(1);
    /// `+I -U +U -D`
    pub const ALL: Self = Self(0b1111);
    /// `+I +U -D`
    pub const UPSERT: Self = Self(0b1101);

    pub fn of(kinds: &[RowKind]) -> Self {
        Self(kinds.iter().fold(0, |set, kind| set | 1 << *kind as u8))
    }

    pub fn contains(self, kind: RowKind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    #[must_use]
    pub fn with(self, kind: RowKind) -> Self {
        Self(self.0 | 1 << kind as u8)
    }

    #[must_use]
    pub fn without(self, kind: RowKind) -> Self {
        Self(self.0 & !(1 << kind as u8))
    }

    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn is_insert_only(self) -> bool {
        self == Self::INSERT_ONLY
    }

    /// Whether updates come, with or without their old row.
    pub fn has_updates(self) -> bool {
        self.contains(RowKind::UpdateBefore) || self.contains(RowKind::UpdateAfter)
    }

    pub fn kinds(self) -> impl Iterator<Item = RowKind> {
        RowKind::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }
}

/// `I,UB,UA,D`
impl std::fmt::Display for ChangelogMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, kind) in self.kinds().enumerate() {
            let name = ["I", "UB", "UA", "D"][kind as usize];
            write!(f, "{}{name}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// What a node does. Positions refer to the columns of the input (of a join: left columns, then right columns).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// The changes of a table. `read` are positions among the table's columns that are not computed (one past the last
    /// is
    /// `$rowtime` of a managed table); `columns` the output as expressions over those (computed columns included). The
    /// watermark of each row is the running maximum of `watermark` (an expression over the output; milliseconds after
    /// the cast to TIMESTAMP(3)) per split.
    Scan { table: ScanTable, read: Vec<usize>, columns: Vec<Expr>, watermark: Option<Expr> },
    /// Rows written in the statement.
    Values { rows: Vec<Vec<Value>> },
    /// Keeps the rows for which `condition` is true, then computes `columns` over the input.
    Calc { columns: Vec<Expr>, condition: Option<Expr> },
    /// All rows of all inputs.
    Union,
    /// One row per key (one in all without keys): the keys, then the calls.
    Aggregate { keys: Vec<usize>, calls: Vec<AggregateCall> },
    /// One row per key and window, when the watermark or the clock has passed its end: the keys, the calls, the
    /// properties.
    WindowAggregate { window: Window, keys: Vec<usize>, calls: Vec<AggregateCall>, properties: Vec<WindowProperty> },
    /// Each row once for every window it is in: the input's columns, then window_start, window_end, window_time.
    WindowAssign { window: Window },
    /// The first or last row per key by a time attribute.
    Deduplicate { keys: Vec<usize>, time: usize, time_attribute: TimeAttribute, keep_last: bool },
    /// The rows ranked `from ..= to` (counted from 1) per partition; the rank is a last column if `output_rank`.
    Rank { function: RankFunction, partition: Vec<usize>, order: Vec<SortKey>, from: u64, to: u64, output_rank: bool },
    /// A Top-N whose partition is a window: its rows come once, when event time has passed the window's `end`.
    /// `latest`: of rows that are equal in the order the last one stands, as in a deduplication; then there is one rank.
    WindowRank {
        end: usize,
        partition: Vec<usize>,
        order: Vec<SortKey>,
        from: u64,
        to: u64,
        output_rank: bool,
        latest: bool,
    },
    Join {
        kind: JoinKind,
        left_keys: Vec<usize>,
        /// Positions among the right input's own columns.
        right_keys: Vec<usize>,
        /// Per key whether NULL equals NULL.
        null_safe: Vec<bool>,
        /// What else must hold, over left columns then right columns.
        condition: Option<Expr>,
    },
    /// Rows of one window, joined when event time has passed its end. The keys hold the window's edges; `left_end` and
    /// `right_end` are columns of the sides.
    WindowJoin {
        kind: JoinKind,
        left_keys: Vec<usize>,
        right_keys: Vec<usize>,
        null_safe: Vec<bool>,
        condition: Option<Expr>,
        left_end: usize,
        right_end: usize,
    },
    /// Rows whose times differ by `lower ..= upper` milliseconds (left minus right).
    IntervalJoin {
        kind: JoinKind,
        left_keys: Vec<usize>,
        right_keys: Vec<usize>,
        condition: Option<Expr>,
        left_time: usize,
        right_time: usize,
        time_attribute: TimeAttribute,
        lower_millis: i64,
        upper_millis: i64,
    },
    /// The input's columns, then each call over the rows of the partition that its frame holds.
    Over { partition: Vec<usize>, order: Vec<SortKey>, frame: Frame, calls: Vec<AggregateCall> },
    /// Each row once per projection (grouping sets).
    Expand { projections: Vec<Vec<Expr>> },
    /// Each row as often as its last column says, without that column.
    Replicate,
    /// Each row once per element of the collection in its last column: the other columns, those of the element, and its
    /// number from 1 if `ordinality`. `padded`: a row without elements comes once, with NULL. With a `condition` (over the
    /// columns of the element, counted from 0) elements for which it does not hold are as if they were not there.
    Unnest { padded: bool, ordinality: bool, condition: Option<Expr> },
    /// Full changes from an upsert stream: looks up what a key's row was, drops changes that change nothing. A row for
    /// which `condition` does not hold counts as removed. `complete`: the input has the old rows already, nothing is kept.
    ChangelogNormalize { keys: Vec<usize>, condition: Option<Expr>, complete: bool },
    /// Leaves out -U.
    DropUpdateBefore,
    /// All rows in order; bounded input.
    Sort { order: Vec<SortKey> },
    /// Rows `offset .. offset + fetch` in order, kept up to date on a stream.
    SortLimit { order: Vec<SortKey>, offset: u64, fetch: Option<u64> },
    /// Into a table. `columns` of the input are the table's columns that take part in writing, in declared order.
    Sink {
        table: String,
        /// Primary key of the table, in positions of the input.
        primary_key: Vec<usize>,
        /// Which of several rows with one primary key stands.
        conflict: Conflict,
        /// Columns declared NOT NULL that the query may fill with NULL: a run-time error there.
        not_null: Vec<usize>,
    },
}

/// What a sink does about rows that claim one primary key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Conflict {
    /// There are none, or the table decides.
    #[default]
    Pass,
    /// The last writer wins; when it takes its row back, the one before returns. Keeps the history of each key.
    LastWriter,
    /// Changes wait for the watermark; then the first row stands.
    FirstRow,
    /// Changes wait for the watermark; a second row is an error.
    Refuse,
}

/// The table behind a scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScanTable {
    /// `catalog.database.name`
    pub name: String,
    /// What the table's own change stream holds.
    pub changelog: ChangelogMode,
    /// The declared primary key, in positions of the scan's output; empty without one.
    pub primary_key: Vec<usize>,
    /// A managed table that keeps the last row per key: it can send -U, too, when somebody wants them.
    pub keeps_rows: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AggregateCall {
    /// Registry name.
    pub function: String,
    /// Columns or literals.
    pub args: Vec<Expr>,
    pub distinct: bool,
    /// A BOOLEAN column: only rows where it is true count.
    pub filter: Option<usize>,
    pub result: DataType,
}

/// How rows of a partition are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RankFunction {
    #[default]
    RowNumber,
    /// Equal rows have one rank, and as many ranks are left out after them.
    Rank,
    /// Equal rows have one rank.
    DenseRank,
}

impl RankFunction {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ROW_NUMBER" => Self::RowNumber,
            "RANK" => Self::Rank,
            "DENSE_RANK" => Self::DenseRank,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::RowNumber => "ROW_NUMBER",
            Self::Rank => "RANK",
            Self::DenseRank => "DENSE_RANK",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortKey {
    pub column: usize,
    pub descending: bool,
    pub nulls_first: bool,
}

/// The rows around the current one that an OVER call sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// ROWS counts rows; otherwise RANGE, in the unit of the order column (milliseconds for time).
    pub rows: bool,
    /// How far back it begins; `None`: at the partition's first row.
    pub preceding: Option<i64>,
    /// How far ahead it ends; `None`: at the partition's last row. Streams know only 0, the current row.
    pub following: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    /// Left rows with a match.
    Semi,
    /// Left rows without one.
    Anti,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    pub kind: WindowKind,
    /// The time column, or window_start and window_end of an earlier window.
    pub bound: Bound,
    pub time_attribute: TimeAttribute,
}

/// Sizes in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WindowKind {
    Tumble { size: i64, offset: i64 },
    Hop { size: i64, slide: i64, offset: i64 },
    Cumulate { max: i64, step: i64, offset: i64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bound {
    /// Rows are put into windows by this column.
    Time(usize),
    /// Rows already carry their window in these columns.
    Attached { start: usize, end: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WindowProperty {
    Start,
    End,
    /// window_end minus one millisecond, as the time attribute.
    Time,
}

impl Node {
    /// Types of the columns.
    pub fn types(&self) -> impl ExactSizeIterator<Item = &DataType> {
        self.columns.iter().map(|column| &column.data_type)
    }
}
