//! `POST /v1/query`: one SELECT over managed tables.

use super::{Reply, body};
use crate::door::Door;
use crate::problem::Problem;
use crate::read::parameters::only;
use crate::read::{first_rows, run};
use crate::reply;
use crate::rows::append_list;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use data::{DataType, Span};
use serde::Deserialize;
use serde_json::json;
use sql::ast::{Expr, ExprKind, Literal, Query, Statement, StatementKind};
use std::sync::Arc;

const LIMIT: u64 = 1000;
const LIMIT_MAX: u64 = 10_000;
const SHAPE: &str = "send {\"sql\": \"SELECT …\", \"limit\": 1000}";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    sql: String,
    limit: Option<serde_json::Number>,
}

pub(super) async fn post(State(door): State<Arc<Door>>, request: Request) -> Reply {
    let (parts, content) = request.into_parts();
    let [] = only(parts.uri.query(), [])?;
    let asked: Asked = body::json(&parts.headers, content, SHAPE).await?;
    let limit = limit(asked.limit.as_ref())?;
    let found = run(&door, move |door| {
        let query = only_query(&asked.sql, limit)?;
        let planned = door.project.session.query_in_batch(&query);
        let refused = |errors: Vec<_>| Problem::of(StatusCode::UNPROCESSABLE_ENTITY, &errors, &asked.sql);
        Ok(vec![planned.map_err(refused)?])
    })
    .await?;
    let epoch = found.epoch;
    let Some((node, batch)) = found.results.into_iter().next() else { return Ok(reply::data(epoch, "{}")) };
    let (batch, is_truncated) = first_rows(batch, usize::try_from(limit).unwrap_or(usize::MAX));
    let column = |column: &plan::Column| json!({ "name": column.name, "type": column.data_type.to_string() });
    let columns = serde_json::Value::Array(node.columns.iter().map(column).collect());
    let mut out = format!("{{\"epoch\":{epoch},\"columns\":{columns},\"rows\":[").into_bytes();
    let types: Vec<DataType> = node.types().cloned().collect();
    for row in 0..batch.rows() {
        out.extend_from_slice(if row == 0 { b"\n" } else { b",\n" });
        append_list(&mut out, types.iter(), &batch, row);
    }
    out.extend_from_slice(format!("],\"truncated\":{is_truncated}}}").as_bytes());
    Ok(reply::data(epoch, out))
}

fn limit(asked: Option<&serde_json::Number>) -> Result<u64, Problem> {
    let Some(asked) = asked else { return Ok(LIMIT) };
    // `5.0` is a whole number in JSON.
    let whole = || asked.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0).map(|number| number as u64);
    asked.as_u64().or_else(whole).filter(|limit| *limit <= LIMIT_MAX).ok_or_else(|| {
        Problem::parameter("HW5004", format!("a query cannot give `{asked}` rows, but from 0 to {LIMIT_MAX}"))
            .hint(SHAPE)
    })
}

/// The one statement of a text.
pub(super) fn only_statement(text: &str) -> Result<Statement, Problem> {
    let (mut statements, errors) = sql::parse_script(text);
    if !errors.is_empty() {
        return Err(Problem::of(StatusCode::UNPROCESSABLE_ENTITY, &errors, text));
    }
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => Ok(statement),
        _ => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "HW5220", "one statement is wanted")),
    }
}

/// The text as a query that gives at most one row more than `limit`.
fn only_query(text: &str, limit: u64) -> Result<Query, Problem> {
    let StatementKind::Query(mut query) = only_statement(text)?.kind else {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "HW5220", "only a SELECT is run here")
            .hint("statements that change something belong into the project's files; rows are appended by POST"));
    };
    let given = query.limit.as_ref().and_then(|limit| match &limit.kind {
        ExprKind::Literal(Literal::Exact(digits)) => digits.parse::<u64>().ok(),
        _ => None,
    });
    if query.limit.is_none() || given.is_some_and(|given| given > limit) {
        let literal = ExprKind::Literal(Literal::Exact((limit + 1).to_string()));
        query.limit = Some(Expr::new(literal, Span::default()));
    }
    Ok(*query)
}

#[cfg(test)]
mod tests {
    use super::only_query;

    #[test]
    fn only_one_select() {
        let limit = |text: &str| only_query(text, 10).ok().map(|query| sql::print::query(&query));
        assert_eq!(limit("SELECT 1"), Some("SELECT 1 LIMIT 11".to_owned()));
        assert_eq!(limit("SELECT 1 LIMIT 3;"), Some("SELECT 1 LIMIT 3".to_owned()));
        assert_eq!(limit("SELECT 1 LIMIT 300"), Some("SELECT 1 LIMIT 11".to_owned()));
        for bad in ["SELECT 1; SELECT 2", "DROP TABLE t", "INSERT INTO t SELECT 1", "SET 'a' = 'b'", "", "SELEC"] {
            assert!(only_query(bad, 10).is_err(), "{bad}");
        }
    }
}
