//! Queries: set operations, SELECT, table references, windows, MATCH_RECOGNIZE.
//!
//! - *table reference*: what stands in FROM; joins are a tree of them, the comma is a cross join that binds weakest.
//! - *hint*: `/*+ NAME(...) */` after SELECT or behind a table.

use super::{Call, Expr, Ident, ObjectName, Property, Text};
use data::Span;

/// A query with its ORDER BY and limits. `FETCH FIRST n ROWS ONLY` is LIMIT n; `LIMIT ALL` is no limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub with: Option<With>,
    pub body: QueryBody,
    pub order_by: Vec<OrderItem>,
    pub offset: Option<Expr>,
    pub limit: Option<Expr>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct With {
    pub recursive: bool,
    pub ctes: Vec<Cte>,
    pub span: Span,
}

/// `name (columns) AS (query)`
#[derive(Clone, Debug, PartialEq)]
pub struct Cte {
    pub name: Ident,
    pub columns: Vec<Ident>,
    pub query: Box<Query>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct QueryBody {
    pub kind: QueryBodyKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum QueryBodyKind {
    Select(Box<Select>),
    /// `VALUES (1, 'a'), (2, 'b')`; a row without parentheses has one column.
    Values(Vec<ValuesRow>),
    /// `TABLE t`
    Table(ObjectName),
    /// A query in parentheses that has its own WITH, ORDER BY or limit (others are unwrapped).
    Query(Box<Query>),
    SetOp {
        op: SetOp,
        /// ALL was written; otherwise duplicates are removed.
        all: bool,
        left: Box<QueryBody>,
        right: Box<QueryBody>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct ValuesRow {
    pub items: Vec<Expr>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOp {
    Union,
    Intersect,
    /// EXCEPT, MINUS
    Except,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
    pub expr: Expr,
    pub descending: bool,
    pub nulls: Option<NullOrder>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NullOrder {
    First,
    Last,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    pub hints: Vec<Hint>,
    pub distinct: bool,
    /// `SELECT STREAM`, which changes nothing.
    pub stream: bool,
    pub items: Vec<SelectItem>,
    /// `None`: a SELECT without FROM, one row.
    pub from: Option<TableRef>,
    pub filter: Option<Expr>,
    pub group_by: Option<GroupBy>,
    pub having: Option<Expr>,
    pub windows: Vec<NamedWindow>,
    pub qualify: Option<Expr>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SelectItem {
    pub kind: SelectItemKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SelectItemKind {
    Expr {
        expr: Expr,
        alias: Option<Ident>,
    },
    /// `*`
    Star,
    /// `t.*`
    QualifiedStar(ObjectName),
}

/// `NAME(a, b)` or `OPTIONS('k'='v')` in `/*+ ... */`.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    pub name: Ident,
    pub args: HintArgs,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum HintArgs {
    None,
    /// Identifiers, literals.
    List(Vec<HintArg>),
    /// `'k' = 'v'`; a bare key (`LOOKUP('table'='t')`, `STATE_TTL('o'='1d')`) is a string here too.
    Options(Vec<Property>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum HintArg {
    Name(ObjectName),
    Text(Text),
    Number(Text),
}

#[derive(Clone, Debug, PartialEq)]
pub struct TableRef {
    pub kind: TableRefKind,
    pub alias: Option<TableAlias>,
    pub sample: Option<TableSample>,
    pub span: Span,
}

/// `AS name (columns)`
#[derive(Clone, Debug, PartialEq)]
pub struct TableAlias {
    pub name: Ident,
    pub columns: Vec<Ident>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TableRefKind {
    Table {
        name: ObjectName,
        hints: Vec<Hint>,
        /// `FOR SYSTEM_TIME AS OF x`
        system_time: Option<Box<Expr>>,
    },
    /// A subquery, `VALUES` too.
    Derived {
        lateral: bool,
        query: Box<Query>,
    },
    /// `TABLE(f(...))`, `LATERAL TABLE(f(...))` and `f(...)`: a window or user table function.
    Function {
        lateral: bool,
        call: Box<Call>,
        call_span: Span,
    },
    Unnest {
        lateral: bool,
        items: Vec<Expr>,
        ordinality: bool,
    },
    Join(Box<Join>),
    MatchRecognize(Box<MatchRecognize>),
    Pivot(Box<Pivot>),
    Unpivot(Box<Unpivot>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct TableSample {
    /// `TABLESAMPLE SUBSTITUTE('name')` has none of the others.
    pub substitute: Option<Text>,
    pub bernoulli: bool,
    pub percentage: Option<Text>,
    pub repeatable: Option<Text>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    pub kind: JoinKind,
    pub natural: bool,
    pub left: TableRef,
    pub right: TableRef,
    /// `None` for a cross join (also one written with a comma) and a natural one.
    pub condition: Option<JoinCondition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Cross,
}

#[derive(Clone, Debug, PartialEq)]
pub enum JoinCondition {
    On(Expr),
    Using(Vec<Ident>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct GroupBy {
    pub distinct: bool,
    pub items: Vec<GroupItem>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum GroupItem {
    Expr(Expr),
    /// `()` and `(a, b)`
    Set(Vec<Expr>),
    /// Each element a list of expressions: `ROLLUP(a, (b, c))`.
    Rollup(Vec<Vec<Expr>>),
    Cube(Vec<Vec<Expr>>),
    GroupingSets(Vec<GroupItem>),
}

/// `WINDOW name AS (spec)`
#[derive(Clone, Debug, PartialEq)]
pub struct NamedWindow {
    pub name: Ident,
    pub spec: WindowSpec,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WindowSpec {
    /// A named window this one refines.
    pub base: Option<Ident>,
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<OrderItem>,
    pub frame: Option<Frame>,
    pub span: Span,
}

/// `ROWS 3 PRECEDING` is `ROWS BETWEEN 3 PRECEDING AND CURRENT ROW`.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub unit: FrameUnit,
    pub start: FrameBound,
    pub end: FrameBound,
    /// `DISALLOW PARTIAL`
    pub disallow_partial: bool,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameUnit {
    Rows,
    Range,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(Expr),
    CurrentRow,
    Following(Expr),
    UnboundedFollowing,
}

/// `input MATCH_RECOGNIZE (...)`
#[derive(Clone, Debug, PartialEq)]
pub struct MatchRecognize {
    pub input: TableRef,
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<OrderItem>,
    pub measures: Vec<Measure>,
    pub rows_per_match: Option<RowsPerMatch>,
    pub after_match: Option<AfterMatch>,
    pub pattern: Pattern,
    pub within: Option<Expr>,
    pub subsets: Vec<PatternSubset>,
    pub define: Vec<PatternDefinition>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    pub expr: Expr,
    pub alias: Ident,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowsPerMatch {
    One,
    All,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AfterMatch {
    ToNextRow,
    PastLastRow,
    ToFirst(Ident),
    /// `SKIP TO LAST v`, `SKIP TO v`
    ToLast(Ident),
}

/// A row pattern: a regular expression over pattern variables.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    pub kind: PatternKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum PatternKind {
    Variable(Ident),
    /// `^`
    Start,
    /// `$`
    End,
    Concat(Vec<Pattern>),
    /// `A | B`
    Alternation(Vec<Pattern>),
    /// `{- A -}`: matched, not in the output.
    Exclude(Box<Pattern>),
    /// `PERMUTE(A, B)`
    Permute(Vec<Pattern>),
    /// `A*`, `A+?`, `A{2,3}`; `max` of `None` is unbounded.
    Repeat {
        pattern: Box<Pattern>,
        min: u32,
        max: Option<u32>,
        reluctant: bool,
    },
}

/// `U = (A, B)`
#[derive(Clone, Debug, PartialEq)]
pub struct PatternSubset {
    pub name: Ident,
    pub members: Vec<Ident>,
}

/// `A AS condition`
#[derive(Clone, Debug, PartialEq)]
pub struct PatternDefinition {
    pub name: Ident,
    pub condition: Expr,
}

/// `input PIVOT (aggregates FOR axes IN (values))`: parses as in Flink, whose planner has no use for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pivot {
    pub input: TableRef,
    pub aggregates: Vec<(Expr, Option<Ident>)>,
    pub axes: Vec<Ident>,
    pub values: Vec<(Vec<Expr>, Option<Ident>)>,
}

/// `input UNPIVOT [INCLUDE NULLS] (measures FOR axes IN (columns AS values))`
#[derive(Clone, Debug, PartialEq)]
pub struct Unpivot {
    pub input: TableRef,
    pub include_nulls: bool,
    pub measures: Vec<Ident>,
    pub axes: Vec<Ident>,
    pub columns: Vec<(Vec<Ident>, Option<Vec<Expr>>)>,
}
