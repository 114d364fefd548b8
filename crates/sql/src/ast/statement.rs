//! Statements: a query, an insertion, a definition, or an order to the session.

use super::ddl::{
    AlterCatalog, AlterDatabase, AlterFunction, AlterMaterializedTable, AlterObject, AlterTable, AlterView,
    CreateCatalog, CreateConnection, CreateDatabase, CreateFunction, CreateMaterializedTable, CreateModel, CreateTable,
    CreateView, Drop, DropKind, PartitionValue,
};
use super::{Call, Expr, Ident, ObjectName, Property, Query, QueryBodyKind, TableRef, Text, ValuesRow};
use data::Span;

/// A statement without its `;`. The span begins at its first and ends at its last word: comments around it are outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub kind: StatementKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    Query(Box<Query>),
    Insert(Box<Insert>),
    /// `EXECUTE STATEMENT SET BEGIN ... END`; only INSERTs are allowed in it.
    StatementSet(Vec<Insert>),
    /// `BEGIN STATEMENT SET`, closed by a later `END`.
    BeginStatementSet,
    End,
    Delete(Box<Delete>),
    Update(Box<Update>),
    Merge(Box<Merge>),
    Truncate(ObjectName),

    CreateTable(Box<CreateTable>),
    CreateView(Box<CreateView>),
    CreateMaterializedTable(Box<CreateMaterializedTable>),
    CreateCatalog(Box<CreateCatalog>),
    CreateDatabase(Box<CreateDatabase>),
    CreateFunction(Box<CreateFunction>),
    CreateModel(Box<CreateModel>),
    CreateConnection(Box<CreateConnection>),
    AlterTable(Box<AlterTable>),
    AlterView(Box<AlterView>),
    AlterMaterializedTable(Box<AlterMaterializedTable>),
    AlterCatalog(Box<AlterCatalog>),
    AlterDatabase(Box<AlterDatabase>),
    AlterFunction(Box<AlterFunction>),
    AlterModel(Box<AlterObject>),
    AlterConnection(Box<AlterObject>),
    Drop(Box<Drop>),

    /// `SET`, `SET 'key' = 'value'`
    Set(Option<Property>),
    /// `RESET`, `RESET 'key'`
    Reset(Option<Text>),
    UseCatalog(Ident),
    UseDatabase(ObjectName),
    UseModules(Vec<Ident>),
    LoadModule {
        name: Ident,
        options: Vec<Property>,
    },
    UnloadModule(Ident),
    Show(Box<Show>),
    Describe(Box<Describe>),
    Explain(Box<Explain>),
    /// `COMPILE PLAN 'path' [IF NOT EXISTS] FOR ...`
    CompilePlan {
        path: Text,
        if_not_exists: bool,
        statement: Box<Statement>,
    },
    /// `EXECUTE PLAN 'path'`
    ExecutePlan(Text),
    /// `COMPILE AND EXECUTE PLAN 'path' FOR ...`
    CompileAndExecutePlan {
        path: Text,
        statement: Box<Statement>,
    },
    Analyze(Box<Analyze>),
    /// `ALTER SESSION | SYSTEM SET | RESET ...`
    AlterScope(Box<AlterScope>),
    /// HELP, CLEAR, QUIT, EXIT: an order to Flink's client.
    Client(ClientOrder),
    /// `CALL procedure(args)`
    Call(Box<Call>),
    AddJar(Text),
    RemoveJar(Text),
    StopJob(Box<StopJob>),
}

impl Statement {
    /// What it is, in keywords: `SELECT`, `CREATE TABLE`, `SHOW`.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            StatementKind::Query(query) => match query.body.kind {
                QueryBodyKind::Values(_) => "VALUES",
                _ => "SELECT",
            },
            StatementKind::Insert(insert) if insert.upsert => "UPSERT",
            StatementKind::Insert(_) => "INSERT",
            StatementKind::StatementSet(_) => "STATEMENT SET",
            StatementKind::BeginStatementSet => "BEGIN STATEMENT SET",
            StatementKind::End => "END",
            StatementKind::Delete(_) => "DELETE",
            StatementKind::Update(_) => "UPDATE",
            StatementKind::Merge(_) => "MERGE",
            StatementKind::Truncate(_) => "TRUNCATE TABLE",
            StatementKind::CreateTable(_) => "CREATE TABLE",
            StatementKind::CreateView(_) => "CREATE VIEW",
            StatementKind::CreateMaterializedTable(_) => "CREATE MATERIALIZED TABLE",
            StatementKind::CreateCatalog(_) => "CREATE CATALOG",
            StatementKind::CreateDatabase(_) => "CREATE DATABASE",
            StatementKind::CreateFunction(_) => "CREATE FUNCTION",
            StatementKind::CreateModel(_) => "CREATE MODEL",
            StatementKind::CreateConnection(_) => "CREATE CONNECTION",
            StatementKind::AlterTable(_) => "ALTER TABLE",
            StatementKind::AlterView(_) => "ALTER VIEW",
            StatementKind::AlterMaterializedTable(_) => "ALTER MATERIALIZED TABLE",
            StatementKind::AlterCatalog(_) => "ALTER CATALOG",
            StatementKind::AlterDatabase(_) => "ALTER DATABASE",
            StatementKind::AlterFunction(_) => "ALTER FUNCTION",
            StatementKind::AlterModel(_) => "ALTER MODEL",
            StatementKind::AlterConnection(_) => "ALTER CONNECTION",
            StatementKind::Drop(drop) => match drop.object {
                DropKind::Catalog => "DROP CATALOG",
                DropKind::Database => "DROP DATABASE",
                DropKind::Table => "DROP TABLE",
                DropKind::MaterializedTable => "DROP MATERIALIZED TABLE",
                DropKind::View => "DROP VIEW",
                DropKind::Function => "DROP FUNCTION",
                DropKind::Model => "DROP MODEL",
                DropKind::Connection => "DROP CONNECTION",
            },
            StatementKind::Set(_) => "SET",
            StatementKind::Reset(_) => "RESET",
            StatementKind::UseCatalog(_) => "USE CATALOG",
            StatementKind::UseDatabase(_) => "USE",
            StatementKind::UseModules(_) => "USE MODULES",
            StatementKind::LoadModule { .. } => "LOAD MODULE",
            StatementKind::UnloadModule(_) => "UNLOAD MODULE",
            StatementKind::Show(_) => "SHOW",
            StatementKind::Describe(_) => "DESCRIBE",
            StatementKind::Explain(_) => "EXPLAIN",
            StatementKind::CompilePlan { .. } => "COMPILE PLAN",
            StatementKind::ExecutePlan(_) => "EXECUTE PLAN",
            StatementKind::CompileAndExecutePlan { .. } => "COMPILE AND EXECUTE PLAN",
            StatementKind::Analyze(_) => "ANALYZE TABLE",
            StatementKind::AlterScope(alter) if alter.system => "ALTER SYSTEM",
            StatementKind::AlterScope(_) => "ALTER SESSION",
            StatementKind::Client(order) => order.word(),
            StatementKind::Call(_) => "CALL",
            StatementKind::AddJar(_) => "ADD JAR",
            StatementKind::RemoveJar(_) => "REMOVE JAR",
            StatementKind::StopJob(_) => "STOP JOB",
        }
    }
}

/// `INSERT INTO t [PARTITION (...)] [(columns)] query [ON CONFLICT DO ...]`
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    pub overwrite: bool,
    /// `UPSERT INTO`
    pub upsert: bool,
    pub table: ObjectName,
    /// `/*+ OPTIONS(...) */` behind the table.
    pub hints: Vec<super::Hint>,
    pub partition: Vec<PartitionValue>,
    pub columns: Vec<ObjectName>,
    pub query: Box<Query>,
    pub on_conflict: Option<OnConflict>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnConflict {
    pub action: ConflictAction,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictAction {
    Deduplicate,
    Error,
    Nothing,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    pub table: ObjectName,
    pub hints: Vec<super::Hint>,
    pub alias: Option<Ident>,
    pub filter: Option<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    pub table: ObjectName,
    pub hints: Vec<super::Hint>,
    pub alias: Option<Ident>,
    pub assignments: Vec<(Ident, Expr)>,
    pub filter: Option<Expr>,
}

/// `MERGE INTO t [AS a] USING source ON condition WHEN MATCHED THEN UPDATE ... WHEN NOT MATCHED THEN INSERT ...`; at least
/// one of the two branches is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Merge {
    pub table: ObjectName,
    pub hints: Vec<super::Hint>,
    pub alias: Option<Ident>,
    pub source: TableRef,
    pub on: Expr,
    pub update: Option<Vec<(ObjectName, Expr)>>,
    pub insert: Option<MergeInsert>,
}

/// `INSERT [(columns)] VALUES row`
#[derive(Clone, Debug, PartialEq)]
pub struct MergeInsert {
    pub columns: Vec<ObjectName>,
    pub row: ValuesRow,
}

/// An option of this session or of the whole system.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterScope {
    pub system: bool,
    pub setting: ScopeSetting,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ScopeSetting {
    /// The value is a literal or a name; ON is one.
    Set {
        name: ObjectName,
        value: Expr,
    },
    Reset(ObjectName),
    ResetAll,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientOrder {
    Help,
    Clear,
    Quit,
    Exit,
}

impl ClientOrder {
    pub const ALL: [Self; 4] = [Self::Help, Self::Clear, Self::Quit, Self::Exit];

    pub fn word(self) -> &'static str {
        match self {
            Self::Help => "HELP",
            Self::Clear => "CLEAR",
            Self::Quit => "QUIT",
            Self::Exit => "EXIT",
        }
    }
}

/// `SHOW what [FROM | IN scope] [[NOT] LIKE | ILIKE 'pattern']`
#[derive(Clone, Debug, PartialEq)]
pub struct Show {
    pub what: ShowWhat,
    /// `FROM scope` (IN is FROM).
    pub from: Option<ObjectName>,
    pub like: Option<ShowLike>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ShowLike {
    pub negated: bool,
    pub ilike: bool,
    pub pattern: Text,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ShowWhat {
    Catalogs,
    CurrentCatalog,
    Databases,
    CurrentDatabase,
    Tables,
    MaterializedTables,
    Views,
    /// `SHOW [USER] FUNCTIONS`
    Functions {
        user: bool,
    },
    Procedures,
    Models,
    Connections,
    /// `SHOW [FULL] MODULES`
    Modules {
        full: bool,
    },
    Jars,
    Jobs,
    /// `from` is the table.
    Columns,
    Partitions {
        table: ObjectName,
        partition: Vec<PartitionValue>,
    },
    Create {
        object: ShowCreate,
        name: ObjectName,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShowCreate {
    Table,
    View,
    MaterializedTable,
    Catalog,
    Model,
    Connection,
}

/// `DESC` is DESCRIBE.
#[derive(Clone, Debug, PartialEq)]
pub enum Describe {
    Table {
        name: ObjectName,
        extended: bool,
    },
    /// `DESCRIBE TABLE t [column]`, which Flink reads and then refuses.
    TableColumn {
        name: ObjectName,
        column: Option<Ident>,
    },
    /// `DESCRIBE [STATEMENT] ...`: the columns of a statement's result.
    Statement(Box<Statement>),
    Catalog {
        name: Ident,
        extended: bool,
    },
    Database {
        name: ObjectName,
        extended: bool,
    },
    Function {
        name: ObjectName,
        extended: bool,
    },
    Model {
        name: ObjectName,
        extended: bool,
    },
    Connection {
        name: ObjectName,
        extended: bool,
    },
    Job(Text),
}

/// Of a query, an INSERT, a CREATE TABLE ... AS or a statement set; PLAN FOR and EXECUTE before it mean nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Explain {
    pub details: Vec<ExplainDetail>,
    pub statement: Box<Statement>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainDetail {
    EstimatedCost,
    ChangelogMode,
    JsonExecutionPlan,
    PlanAdvice,
}

/// `ANALYZE TABLE t [PARTITION (...)] COMPUTE STATISTICS [FOR COLUMNS a, b | FOR ALL COLUMNS]`
#[derive(Clone, Debug, PartialEq)]
pub struct Analyze {
    pub table: ObjectName,
    pub partition: Vec<PartitionValue>,
    pub columns: Vec<Ident>,
    pub all_columns: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StopJob {
    pub job: Text,
    pub with_savepoint: bool,
    pub with_drain: bool,
}
