//! Expressions: literals, operators, calls, and the special call syntaxes of standard SQL and Flink.
//!
//! - *call*: `name(args)` with whatever may follow it (FILTER, WITHIN GROUP, OVER, null treatment). Functions without
//!   parentheses (`CURRENT_TIMESTAMP`) are calls without arguments.
//! - *context of `*`*: only as an argument (`COUNT(*)`) and as a select item; it is not an expression.

use super::{Ident, IntervalQualifier, ObjectName, OrderItem, Query, TimeUnit, TypeName, WindowSpec};
use data::Span;

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

impl Expr {
    pub fn new(kind: ExprKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// The single identifier this expression consists of.
    pub fn as_ident(&self) -> Option<&Ident> {
        match &self.kind {
            ExprKind::Column(name) if name.0.len() == 1 => name.0.first(),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    Literal(Literal),
    /// `a`, `t.a`, `db.t.a`, `t.row.field`: what each part is, the binder decides.
    Column(ObjectName),
    /// `'a' 'b'` on one line, which is no literal.
    StringChain(Vec<String>),
    /// `x FORMAT JSON` as the input of a JSON function
    FormatJson(Box<Expr>),
    /// `DEFAULT` in a row of VALUES
    Default,
    /// `NEXT VALUE FOR s`, `CURRENT VALUE FOR s`
    Sequence {
        next: bool,
        name: ObjectName,
    },
    /// `?`, numbered from 0 in the order of the text.
    Parameter(u32),
    /// `f(x).a`, `a[1].b`: a field of something that is not a plain name.
    Field {
        base: Box<Expr>,
        field: Ident,
    },
    /// `a[i]` of an array, `m['k']` of a map.
    Element {
        base: Box<Expr>,
        index: Box<Expr>,
    },
    Unary {
        op: UnaryOp,
        expr: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `x IS [NOT] NULL | TRUE | ...`
    Is {
        expr: Box<Expr>,
        test: IsTest,
        negated: bool,
    },
    Between {
        expr: Box<Expr>,
        negated: bool,
        symmetric: bool,
        low: Box<Expr>,
        high: Box<Expr>,
    },
    Like {
        expr: Box<Expr>,
        kind: LikeKind,
        negated: bool,
        pattern: Box<Expr>,
        escape: Option<Box<Expr>>,
    },
    InList {
        expr: Box<Expr>,
        negated: bool,
        list: Vec<Expr>,
    },
    InQuery {
        expr: Box<Expr>,
        negated: bool,
        query: Box<Query>,
    },
    /// `x = ANY (...)`, `x > ALL (...)`; SOME is ANY.
    Quantified {
        expr: Box<Expr>,
        op: BinaryOp,
        all: bool,
        operand: QuantifiedOperand,
    },
    Exists(Box<Query>),
    /// `UNIQUE (query)`
    Unique(Box<Query>),
    /// A scalar (or row) subquery.
    Subquery(Box<Query>),
    Case {
        operand: Option<Box<Expr>>,
        branches: Vec<CaseBranch>,
        otherwise: Option<Box<Expr>>,
    },
    /// `CAST(x AS t)`; `safe` is `TRY_CAST`, NULL instead of failure.
    Cast {
        expr: Box<Expr>,
        to: TypeName,
        safe: bool,
    },
    Call(Box<Call>),
    /// `ROW(a, b)` and `(a, b)`
    Row(Vec<Expr>),
    /// `ARRAY[a, b]`
    Array(Vec<Expr>),
    ArrayQuery(Box<Query>),
    /// `MAP[k, v, k, v]`
    Map(Vec<(Expr, Expr)>),
    MapQuery(Box<Query>),
    /// `MULTISET[a, b]`
    Multiset(Vec<Expr>),
    MultisetQuery(Box<Query>),
    Special(Box<SpecialCall>),
    Json(Box<JsonCall>),
    /// `INTERVAL x DAY` where x is not a string literal.
    Interval {
        value: Box<Expr>,
        qualifier: IntervalQualifier,
    },
}

/// A literal. Numbers keep their digits, because their type follows from how they are written.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Null,
    /// TRUE, FALSE; `None` is UNKNOWN.
    Boolean(Option<bool>),
    /// `12`, `12.50`, `.5`: digits and at most one point, no sign.
    Exact(String),
    /// `1e3`, `1.5E-3`: with an exponent, no sign.
    Approximate(String),
    /// Decoded: `''` is one quote, `U&'\00e9'` is é. Adjacent literals on several lines are joined.
    String {
        value: String,
        charset: Option<String>,
    },
    /// `X'0aff'`
    Binary(Vec<u8>),
    /// The text between the quotes, valid for the kind.
    Date(String),
    Time(String),
    Timestamp(String),
    TimestampLtz(String),
    /// The text between the quotes without a sign.
    Interval {
        negative: bool,
        value: String,
        qualifier: IntervalQualifier,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    Plus,
    Minus,
    Not,
    /// In MATCH_RECOGNIZE: over the rows matched so far, or over the whole match.
    Running,
    Final,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    Or,
    And,
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    IsDistinctFrom,
    IsNotDistinctFrom,
    Plus,
    Minus,
    Multiply,
    Divide,
    /// `%`; the function MOD is a call.
    Modulo,
    /// `||`
    Concat,
    MemberOf,
    SubmultisetOf,
    NotSubmultisetOf,
    MultisetUnion,
    MultisetUnionAll,
    MultisetIntersect,
    MultisetIntersectAll,
    MultisetExcept,
    MultisetExceptAll,
    /// Between periods: `(start, end) OVERLAPS (start, end)`.
    Overlaps,
    Contains,
    PeriodEquals,
    Precedes,
    Succeeds,
    ImmediatelyPrecedes,
    ImmediatelySucceeds,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsTest {
    Null,
    True,
    False,
    Unknown,
    /// `IS A SET`
    ASet,
    /// `IS EMPTY`
    Empty,
    /// `IS JSON [VALUE]`
    JsonValue,
    JsonObject,
    JsonArray,
    JsonScalar,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LikeKind {
    Like,
    SimilarTo,
    Rlike,
    Ilike,
}

#[derive(Clone, Debug, PartialEq)]
pub enum QuantifiedOperand {
    Query(Box<Query>),
    List(Vec<Expr>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct CaseBranch {
    pub when: CaseWhen,
    pub then: Expr,
}

/// `WHEN a`, or several values of a simple CASE: `WHEN a, b`.
pub type CaseWhen = Vec<Expr>;

/// A function or aggregate call, in any of its standard forms.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Function names are not case-sensitive; this keeps what was written.
    pub name: ObjectName,
    pub distinct: bool,
    pub args: Vec<Arg>,
    /// `ARRAY_AGG(x ORDER BY y)`
    pub order_by: Vec<OrderItem>,
    /// `WITHIN GROUP (ORDER BY y)`
    pub within_group: Vec<OrderItem>,
    /// `WITHIN DISTINCT (a, b)`
    pub within_distinct: Vec<Expr>,
    pub null_treatment: Option<NullTreatment>,
    pub filter: Option<Expr>,
    pub over: Option<Over>,
    /// Written without parentheses, like CURRENT_TIMESTAMP.
    pub bare: bool,
}

impl Call {
    /// A plain call with positional arguments.
    pub fn new(name: ObjectName, args: Vec<Arg>) -> Self {
        Self {
            name,
            distinct: false,
            args,
            order_by: Vec::new(),
            within_group: Vec::new(),
            within_distinct: Vec::new(),
            null_treatment: None,
            filter: None,
            over: None,
            bare: false,
        }
    }
}

/// An argument, positional or `name => value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    pub name: Option<Ident>,
    pub value: ArgValue,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ArgValue {
    Expr(Expr),
    /// `COUNT(*)`
    Star,
    /// `name => DEFAULT`
    Default,
    /// `DESCRIPTOR(a, b)`
    Descriptor(Vec<Ident>),
    Table(Box<TableArg>),
    /// `MODEL m`, an argument of ML_PREDICT.
    Model(ObjectName),
}

/// `TABLE t` or `(SELECT ...)` as an argument, with how its rows are partitioned and ordered.
#[derive(Clone, Debug, PartialEq)]
pub struct TableArg {
    pub source: TableArgSource,
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<OrderItem>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TableArgSource {
    Table(ObjectName),
    Query(Box<Query>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NullTreatment {
    Respect,
    Ignore,
}

#[expect(clippy::large_enum_variant, reason = "a call is boxed as a whole")]
#[derive(Clone, Debug, PartialEq)]
pub enum Over {
    /// `OVER w`
    Name(Ident),
    Spec(WindowSpec),
}

/// Built-in functions whose arguments are not a plain list.
#[derive(Clone, Debug, PartialEq)]
pub enum SpecialCall {
    /// `EXTRACT(unit FROM x)`
    Extract { unit: TimeUnit, from: Expr },
    /// `FLOOR(x TO unit)`
    Floor { expr: Expr, unit: TimeUnit },
    /// `CEIL(x TO unit)`
    Ceil { expr: Expr, unit: TimeUnit },
    /// `TIMESTAMPADD(unit, count, timestamp)`
    TimestampAdd { unit: TimeUnit, count: Expr, timestamp: Expr },
    /// `TIMESTAMPDIFF(unit, from, to)`
    TimestampDiff { unit: TimeUnit, from: Expr, to: Expr },
    /// `(end - start) DAY TO SECOND`: how much time lies between two.
    Difference { end: Expr, start: Expr, qualifier: IntervalQualifier },
    /// `TRIM([BOTH | LEADING | TRAILING] [what] FROM x)`, `TRIM(x)`; without `what` blanks are removed.
    Trim { side: TrimSide, what: Option<Expr>, from: Expr },
    /// `POSITION(needle IN haystack [FROM start])`
    Position { needle: Expr, haystack: Expr, from: Option<Expr> },
    /// `SUBSTRING(x FROM start [FOR length])`, `SUBSTRING(x, start [, length])`
    Substring { expr: Expr, start: Expr, length: Option<Expr> },
    /// `OVERLAY(x PLACING new FROM start [FOR length])`
    Overlay { expr: Expr, new: Expr, start: Expr, length: Option<Expr> },
    /// `TRANSLATE(x USING charset)`, `CONVERT(x USING charset)`
    TranslateUsing { expr: Expr, charset: Ident },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrimSide {
    Both,
    Leading,
    Trailing,
}

/// The SQL/JSON functions. What is not written is `None`; its default is the function's.
#[expect(clippy::large_enum_variant, reason = "it is boxed as a whole")]
#[derive(Clone, Debug, PartialEq)]
pub enum JsonCall {
    Exists {
        input: Expr,
        path: Expr,
        on_error: Option<JsonExistsOnError>,
    },
    Value {
        input: Expr,
        path: Expr,
        returning: Option<TypeName>,
        on_empty: Option<JsonValueOn>,
        on_error: Option<JsonValueOn>,
    },
    Query {
        input: Expr,
        path: Expr,
        returning: Option<TypeName>,
        wrapper: Option<JsonWrapper>,
        on_empty: Option<JsonQueryOn>,
        on_error: Option<JsonQueryOn>,
    },
    Object {
        entries: Vec<JsonEntry>,
        on_null: Option<JsonOnNull>,
    },
    Array {
        items: Vec<JsonItem>,
        on_null: Option<JsonOnNull>,
    },
    /// An aggregate. (Neither FILTER nor OVER may follow the two.)
    ObjectAgg {
        entry: JsonEntry,
        on_null: Option<JsonOnNull>,
    },
    /// An aggregate. `order_by` may be written inside or as WITHIN GROUP.
    ArrayAgg {
        item: JsonItem,
        order_by: Vec<OrderItem>,
        on_null: Option<JsonOnNull>,
    },
}

/// `KEY k VALUE v`, `k VALUE v`, `k : v`
#[derive(Clone, Debug, PartialEq)]
pub struct JsonEntry {
    pub key: Expr,
    pub value: JsonItem,
}

/// A value, taken as a string or (`FORMAT JSON`) as JSON text.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonItem {
    pub expr: Expr,
    pub format_json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonExistsOnError {
    True,
    False,
    Unknown,
    Error,
}

#[derive(Clone, Debug, PartialEq)]
pub enum JsonValueOn {
    Error,
    Null,
    Default(Expr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonWrapper {
    Without,
    /// `WITH [UNCONDITIONAL] [ARRAY] WRAPPER`
    Unconditional,
    Conditional,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonQueryOn {
    Error,
    Null,
    EmptyArray,
    EmptyObject,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonOnNull {
    Null,
    Absent,
}
