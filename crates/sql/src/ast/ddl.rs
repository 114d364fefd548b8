//! Statements that define: CREATE, ALTER, DROP of catalogs, databases, tables, views, functions, models, connections.
//!
//! - *physical, computed, metadata column*: stored; an expression; a value of the connector.
//! - *options*: the `WITH ('key' = 'value')` list.

use super::{Expr, Ident, ObjectName, Property, Query, Text, TypeName};
use data::Span;

/// `CREATE TABLE`, also `CREATE OR REPLACE TABLE`, `... AS query` and `... LIKE other`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    pub temporary: bool,
    pub or_replace: bool,
    /// `REPLACE TABLE`: the table must exist.
    pub replace: bool,
    pub if_not_exists: bool,
    pub name: ObjectName,
    pub columns: Columns,
    pub comment: Option<Text>,
    pub distribution: Option<Distribution>,
    pub partitioned_by: Vec<Ident>,
    pub options: Vec<Property>,
    pub like: Option<TableLike>,
    pub query: Option<Box<Query>>,
}

/// What stands between the parentheses of CREATE TABLE.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// In CREATE TABLE ... AS, a column may be a bare name: an order for the query's columns.
    pub columns: Vec<Column>,
    pub watermark: Option<Watermark>,
    /// PRIMARY KEY and UNIQUE as table constraints, and those written at a column.
    pub constraints: Vec<Constraint>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: Ident,
    pub kind: ColumnKind,
    pub comment: Option<Text>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ColumnKind {
    Physical {
        data_type: TypeName,
    },
    /// `name AS expr`
    Computed {
        expr: Expr,
    },
    /// `name type METADATA [FROM 'key'] [VIRTUAL]`
    Metadata {
        data_type: TypeName,
        from: Option<Text>,
        virtual_: bool,
    },
    /// A bare name.
    Name,
}

/// `WATERMARK FOR column AS expr`; the column may be a path into a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Watermark {
    pub column: ObjectName,
    pub expr: Expr,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    pub name: Option<Ident>,
    pub kind: ConstraintKind,
    pub columns: Vec<Ident>,
    /// `None`: neither ENFORCED nor NOT ENFORCED was written.
    pub enforced: Option<bool>,
    /// Written at the column itself.
    pub inline: bool,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    PrimaryKey,
    Unique,
}

/// `DISTRIBUTED [BY [HASH | RANGE] (columns)] [INTO n BUCKETS]`
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    pub kind: Option<DistributionKind>,
    pub columns: Vec<Ident>,
    pub buckets: Option<u32>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistributionKind {
    Hash,
    Range,
}

/// `LIKE table (INCLUDING ALL OVERWRITING OPTIONS ...)`
#[derive(Clone, Debug, PartialEq)]
pub struct TableLike {
    pub name: ObjectName,
    pub options: Vec<LikeOption>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LikeOption {
    pub strategy: LikeStrategy,
    pub feature: LikeFeature,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LikeStrategy {
    Including,
    Excluding,
    Overwriting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LikeFeature {
    All,
    Constraints,
    Distribution,
    Generated,
    Metadata,
    Options,
    Partitions,
    Watermarks,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateView {
    pub temporary: bool,
    pub or_replace: bool,
    pub if_not_exists: bool,
    pub name: ObjectName,
    pub columns: Vec<Ident>,
    pub comment: Option<Text>,
    pub query: Box<Query>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateMaterializedTable {
    pub or_alter: bool,
    pub name: ObjectName,
    pub columns: Columns,
    pub comment: Option<Text>,
    pub distribution: Option<Distribution>,
    pub partitioned_by: Vec<Ident>,
    pub options: Vec<Property>,
    /// An interval literal.
    pub freshness: Option<Expr>,
    pub refresh_mode: Option<RefreshMode>,
    pub start_mode: Option<StartMode>,
    pub query: Box<Query>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshMode {
    Full,
    Continuous,
}

/// `START_MODE = FROM_BEGINNING`, `FROM_NOW(INTERVAL '1' DAY)` and such.
#[derive(Clone, Debug, PartialEq)]
pub struct StartMode {
    pub kind: StartModeKind,
    /// The interval or the timestamp in parentheses.
    pub argument: Option<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartModeKind {
    FromBeginning,
    FromNow,
    FromTimestamp,
    ResumeOrFromBeginning,
    ResumeOrFromNow,
    ResumeOrFromTimestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateCatalog {
    pub if_not_exists: bool,
    pub name: Ident,
    pub comment: Option<Text>,
    pub options: Vec<Property>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateDatabase {
    pub if_not_exists: bool,
    pub name: ObjectName,
    pub comment: Option<Text>,
    pub options: Vec<Property>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateFunction {
    pub or_replace: bool,
    pub scope: FunctionScope,
    pub if_not_exists: bool,
    pub name: ObjectName,
    pub definition: FunctionDefinition,
    pub options: Vec<Property>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionScope {
    Permanent,
    Temporary,
    /// `TEMPORARY SYSTEM`
    System,
}

/// `AS 'class' [LANGUAGE JAVA] [USING JAR '...', ...]`
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionDefinition {
    pub class: Text,
    pub language: Option<FunctionLanguage>,
    pub using: Vec<Resource>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionLanguage {
    Java,
    Scala,
    Python,
    Sql,
}

/// `JAR 'uri'`, `ARTIFACT 'uri'`
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub kind: ResourceKind,
    pub uri: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    Jar,
    Artifact,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateModel {
    pub temporary: bool,
    pub or_replace: bool,
    pub if_not_exists: bool,
    pub name: ObjectName,
    pub input: Vec<Column>,
    pub output: Vec<Column>,
    pub comment: Option<Text>,
    pub options: Vec<Property>,
    pub query: Option<Box<Query>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateConnection {
    pub temporary: bool,
    /// `TEMPORARY SYSTEM`
    pub system: bool,
    pub if_not_exists: bool,
    pub name: ObjectName,
    pub comment: Option<Text>,
    pub options: Vec<Property>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterTable {
    pub if_exists: bool,
    pub name: ObjectName,
    pub action: AlterTableAction,
}

/// `key = value` of PARTITION (...); a key alone (`PARTITION (key)`) where the grammar allows one.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionValue {
    pub key: Ident,
    pub value: Option<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AlterTableAction {
    Rename(ObjectName),
    RenameColumn { from: ObjectName, to: Ident },
    SetOptions(Vec<Property>),
    ResetOptions(Vec<Text>),
    Add(AlterSchema),
    Modify(AlterSchema),
    DropColumns(Vec<ObjectName>),
    DropPrimaryKey,
    DropConstraint(Ident),
    DropWatermark,
    DropDistribution,
    AddDistribution(Distribution),
    ModifyDistribution(Distribution),
    AddPartitions { if_not_exists: bool, partitions: Vec<AddPartition> },
    DropPartitions { if_exists: bool, partitions: Vec<Vec<PartitionValue>> },
}

#[derive(Clone, Debug, PartialEq)]
pub struct AddPartition {
    pub values: Vec<PartitionValue>,
    pub options: Vec<Property>,
}

/// What ADD and MODIFY carry: columns with positions, constraints, a watermark.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterSchema {
    pub columns: Vec<PositionedColumn>,
    pub watermark: Option<Watermark>,
    pub constraints: Vec<Constraint>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PositionedColumn {
    pub column: Column,
    /// The path when the column is a field of a row column.
    pub path: ObjectName,
    pub position: Option<ColumnPosition>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ColumnPosition {
    First,
    After(ObjectName),
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterView {
    pub name: ObjectName,
    pub action: AlterViewAction,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AlterViewAction {
    Rename(ObjectName),
    As(Box<Query>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterMaterializedTable {
    pub name: ObjectName,
    pub action: AlterMaterializedTableAction,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AlterMaterializedTableAction {
    Suspend,
    Resume(Vec<Property>),
    Refresh(Vec<PartitionValue>),
    SetFreshness(Expr),
    SetRefreshMode(RefreshMode),
    SetOptions(Vec<Property>),
    ResetOptions(Vec<Text>),
    As(Box<Query>),
    /// Changes of columns, constraints, distribution, as for a table.
    Table(AlterTableAction),
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterCatalog {
    pub name: Ident,
    pub action: AlterObjectAction,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterDatabase {
    pub name: ObjectName,
    pub options: Vec<Property>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterFunction {
    pub scope: FunctionScope,
    pub if_exists: bool,
    pub name: ObjectName,
    pub definition: FunctionDefinition,
}

/// ALTER MODEL, ALTER CONNECTION.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterObject {
    pub if_exists: bool,
    pub name: ObjectName,
    pub action: AlterObjectAction,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AlterObjectAction {
    Rename(ObjectName),
    SetOptions(Vec<Property>),
    ResetOptions(Vec<Text>),
    /// `COMMENT 'text'` of a catalog.
    Comment(Text),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Drop {
    pub object: DropKind,
    pub temporary: bool,
    /// `TEMPORARY SYSTEM`
    pub system: bool,
    pub if_exists: bool,
    pub name: ObjectName,
    /// CASCADE is `Some(true)`, RESTRICT `Some(false)`.
    pub cascade: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropKind {
    Catalog,
    Database,
    Table,
    MaterializedTable,
    View,
    Function,
    Model,
    Connection,
}

impl DropKind {
    pub fn keywords(self) -> &'static str {
        match self {
            Self::Catalog => "CATALOG",
            Self::Database => "DATABASE",
            Self::Table => "TABLE",
            Self::MaterializedTable => "MATERIALIZED TABLE",
            Self::View => "VIEW",
            Self::Function => "FUNCTION",
            Self::Model => "MODEL",
            Self::Connection => "CONNECTION",
        }
    }
}
