//! `GET /v1/tables/{t}`: rows of a table, filtered, ordered, a page of them.

use super::{Reply, path_part};
use crate::door::Door;
use crate::problem::Problem;
use crate::read::{self, Selection};
use crate::reply;
use crate::rows::append_row;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use data::{DataType, Field, Value};
use std::sync::Arc;

const PREFER: HeaderName = HeaderName::from_static("prefer");

pub(super) async fn get(State(door): State<Arc<Door>>, uri: Uri, headers: HeaderMap) -> Reply {
    let (_, table) = door.managed(&path_part(&uri, 3)?)?;
    let selection = Selection::parse(table, uri.query(), door.project.zone())?;
    let wants = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("count=exact"));
    let with_count = headers.get_all(PREFER).iter().any(wants);
    let mut queries = vec![selection.query(table)];
    queries.extend(with_count.then(|| selection.count(table)));
    let found = read::run(&door, move |door| {
        let plan = |query| door.project.session.query_in_batch(query);
        let refused = |errors: Vec<data::Diagnostic>| {
            let errors: Vec<_> = errors.into_iter().map(|error| data::Diagnostic { span: None, ..error }).collect();
            Problem::of(StatusCode::BAD_REQUEST, &errors, "")
        };
        queries.iter().map(|query| plan(query).map_err(refused)).collect()
    })
    .await?;
    let columns: Vec<(usize, &Field)> = selection.columns.iter().enumerate().collect();
    let (mut out, mut rows) = (vec![b'['], 0);
    if let Some((_, batch)) = found.results.first() {
        rows = batch.rows();
        for row in 0..rows {
            out.extend_from_slice(if row == 0 { b"\n" } else { b",\n" });
            append_row(&mut out, &columns, batch, row);
        }
    }
    out.extend_from_slice(if rows == 0 { b"]" } else { b"\n]" });
    let count = found.results.get(1).map(|(_, batch)| Value::at(batch.column(0), &DataType::bigint(), 0));
    let total = match count {
        Some(Value::BigInt(count)) => count.to_string(),
        _ => "*".to_owned(),
    };
    let range = match rows {
        0 => format!("*/{total}"),
        rows => format!("{}-{}/{total}", selection.offset, selection.offset + rows as u64 - 1),
    };
    let mut response = reply::data(found.epoch, out);
    if let Ok(range) = HeaderValue::from_str(&range) {
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    Ok(response)
}
