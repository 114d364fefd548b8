//! Definitions and orders to the session: CREATE, ALTER, DROP, USE, SET, SHOW, DESCRIBE.

mod alter;
mod create;
mod describe;
mod drop;
mod like;
mod order;
mod schema;
mod show;
mod view;

use crate::error::{refused, unsupported};
use crate::session::{Planned, Session};
use data::{Diagnostic, Span};
use sql::ast::{Statement, StatementKind};

type Done = Result<Planned, Vec<Diagnostic>>;

/// Carries out a statement that is no query and no INSERT. `text` is what it was parsed from.
pub(crate) fn execute(session: &mut Session, statement: &Statement, text: &str) -> Done {
    let span = statement.span;
    match &statement.kind {
        StatementKind::CreateTable(create) => create::table(session, create, text),
        StatementKind::CreateView(create) => view::create(session, create, text),
        StatementKind::CreateCatalog(create) => order::create_catalog(session, create),
        StatementKind::CreateDatabase(create) => order::create_database(session, create),
        StatementKind::AlterTable(alter) => alter::table(session, alter, text, span),
        StatementKind::AlterView(alter) => view::alter(session, alter, text),
        StatementKind::AlterDatabase(alter) => order::alter_database(session, alter),
        StatementKind::Drop(drop) => drop::drop(session, drop),
        StatementKind::Set(property) => order::set(session, property.as_ref()),
        StatementKind::Reset(key) => order::reset(session, key.as_ref()),
        StatementKind::UseCatalog(name) => order::use_catalog(session, name),
        StatementKind::UseDatabase(name) => order::use_database(session, name),
        StatementKind::Show(show) => show::show(session, show),
        StatementKind::Describe(describe) => describe::describe(session, describe, span),
        StatementKind::Query(_)
        | StatementKind::Insert(_)
        | StatementKind::StatementSet(_)
        | StatementKind::Explain(_) => Ok(Planned::Done),
        StatementKind::Merge(_) | StatementKind::AlterScope(_) | StatementKind::Client(_) => {
            Err(vec![foreign(statement)])
        }
        other => Err(vec![not_yet(other, statement, span)]),
    }
}

/// Statements that no planner of Flink takes.
pub(crate) fn foreign(statement: &Statement) -> Diagnostic {
    let instead = match &statement.kind {
        StatementKind::Merge(_) => {
            "write INSERT INTO: in a table with a PRIMARY KEY a row replaces the one with its key"
        }
        StatementKind::AlterScope(_) => "write SET 'key' = 'value', or RESET 'key'",
        _ => "leave it out: it is an order to Flink's SQL client",
    };
    refused(statement.span, statement.kind_name(), instead)
}

fn not_yet(kind: &StatementKind, statement: &Statement, span: Span) -> Diagnostic {
    let instead = match kind {
        StatementKind::CreateMaterializedTable(_) => "use CREATE TABLE ... AS SELECT",
        StatementKind::CreateFunction(_) | StatementKind::AlterFunction(_) => "use the built-in functions",
        StatementKind::Delete(_) | StatementKind::Update(_) | StatementKind::Truncate(_) => {
            "append changes to the table instead"
        }
        StatementKind::BeginStatementSet | StatementKind::End => {
            "write EXECUTE STATEMENT SET BEGIN ... END as one statement"
        }
        _ => "leave the statement out",
    };
    unsupported(span, statement.kind_name(), instead)
}

/// The answer of a statement whose result is one error.
pub(super) fn fail(error: Diagnostic) -> Done {
    Err(vec![error])
}
