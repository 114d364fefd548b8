//! `POST /v1/tables/{t}`: appends rows. All of them or none, answered when they are on the disk.

use super::{READING, Reply, body, path_part};
use crate::append::AppendError;
use crate::door::{Door, Phase};
use crate::problem::Problem;
use crate::project::TableInfo;
use crate::read::parameters::only;
use crate::reply;
use crate::rows::parse_row;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data::Field;
use data::time::Zone;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const KEY_BYTES: usize = 255;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A JSON array of objects.
    Array,
    /// An object per line.
    Lines,
}

pub(super) async fn post(State(door): State<Arc<Door>>, request: Request) -> Reply {
    let (parts, content) = request.into_parts();
    let (_, table) = door.managed(&path_part(&parts.uri, 3)?)?;
    if !table.appendable {
        return Ok(not_appendable(table));
    }
    let [] = only(parts.uri.query(), [])?;
    let shape = match body::media_type(&parts.headers).as_str() {
        "application/json" => Shape::Array,
        "application/x-ndjson" | "application/jsonl" | "application/x-jsonlines" => Shape::Lines,
        _ => return Err(body::unsupported("application/json with an array, or application/x-ndjson")),
    };
    let key = idempotency_key(&parts.headers)?;
    let bytes = body::read(&parts.headers, content).await?;
    let fields: Vec<Field> = table.fields().cloned().collect();
    let zone = door.project.zone();
    let hash = hash(shape, &bytes);
    // Reading the rows takes time, and a log that is opened may have to wait for another process that writes it.
    let (opener, name) = (Arc::clone(&door), table.path.name.clone());
    let prepared = tokio::task::spawn_blocking(move || {
        let parsed = parse(shape, &bytes, &fields, zone)?;
        Ok((parsed, opener.appends().log(&name).map_err(|error| Problem::internal(&error))?))
    });
    let prepared: Result<_, Problem> =
        prepared.await.map_err(|error| Problem::parameter("HW5005", error.to_string()))?;
    let ((lines, rows), log) = prepared?;
    let Some(log) = log else {
        return Err(match door.phase() {
            Phase::Ended | Phase::Failed => Problem::new(StatusCode::GONE, "HW5100", "the run has ended"),
            _ => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "HW5300", "the run is not ready yet"),
        });
    };
    match log.append(key, hash, lines, rows).await {
        Ok(appended) => {
            let mut response = reply::json(json!({ "rows": appended.rows }).to_string());
            if appended.is_replayed {
                response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            }
            Ok(reply::with_status(response, StatusCode::CREATED))
        }
        Err(AppendError::OtherBody) => {
            let detail = "this Idempotency-Key came before with another body";
            Err(Problem::new(StatusCode::CONFLICT, "HW5093", detail).hint("a new request needs a new key"))
        }
        Err(AppendError::Failed(error)) => Err(Problem::internal(&error)),
    }
}

fn not_appendable(table: &TableInfo) -> Response {
    let detail = format!("rows of `{}` come from a statement", table.path.name);
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "HW5091", detail)
        .hint("append to a table that no statement writes, or declare this one with 'headwater.appendable' = 'true'");
    let mut response = problem.into_response();
    response.headers_mut().insert(header::ALLOW, READING);
    response
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=KEY_BYTES).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(key.to_owned()))
        }
        _ => Err(Problem::parameter("HW5006", format!("an Idempotency-Key has 1 to {KEY_BYTES} visible characters"))),
    }
}

fn hash(shape: Shape, bytes: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update([u8::from(shape == Shape::Lines)]);
    hasher.update(bytes);
    format!("{:x}", hasher.finalize())
}

/// The rows as lines, each checked by reading it as the table's.
fn parse(shape: Shape, bytes: &[u8], fields: &[Field], zone: Zone) -> Result<(Vec<u8>, u64), Problem> {
    let (mut lines, mut rows) = (Vec::with_capacity(bytes.len()), 0);
    let mut row = |place: String, value: Json| {
        let checked = match &value {
            Json::Object(row) => parse_row(fields, row, zone).map(drop),
            _ => Err("a row is a JSON object".to_owned()),
        };
        checked.map_err(|error| unreadable(format!("{place}: {error}")))?;
        lines.extend_from_slice(value.to_string().as_bytes());
        lines.push(b'\n');
        rows += 1;
        Ok::<(), Problem>(())
    };
    match shape {
        Shape::Array => match serde_json::from_slice(bytes) {
            Ok(Json::Array(values)) => {
                for (index, value) in values.into_iter().enumerate() {
                    row(format!("row {}", index + 1), value)?;
                }
            }
            Ok(_) => return Err(unreadable("the body is not an array of objects".to_owned())),
            Err(error) => return Err(Problem::parameter("HW5005", format!("the body is not JSON: {error}"))),
        },
        Shape::Lines => {
            for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                let place = format!("line {}", index + 1);
                let value = serde_json::from_slice(line).map_err(|error| unreadable(format!("{place}: {error}")))?;
                row(place, value)?;
            }
        }
    }
    Ok((lines, rows))
}

fn unreadable(detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "HW5222", detail)
        .hint("nothing was appended; GET /v1/tables describes the columns")
}

#[cfg(test)]
mod tests {
    use super::{Shape, parse};
    use data::time::Zone;
    use data::{DataType, Field, TypeKind};

    #[test]
    fn one_bad_row_refuses_all() {
        let fields = [Field::new("id", DataType::not_null(TypeKind::Int)), Field::new("name", DataType::string())];
        let read = |shape, text: &str| parse(shape, text.as_bytes(), &fields, Zone::UTC).ok();
        let (lines, rows) = read(Shape::Array, r#"[{"id": 1, "name": "a\nb"}, {"id": 2}]"#).expect("rows");
        assert_eq!(
            (String::from_utf8(lines).expect("text").as_str(), rows),
            ("{\"id\":1,\"name\":\"a\\nb\"}\n{\"id\":2}\n", 2)
        );
        assert_eq!(read(Shape::Lines, "{\"id\":1}\n\n{\"id\":2}\r\n").expect("rows").1, 2);
        for bad in [r#"[{"id": 1}, {"id": "x"}]"#, r#"[{"name": "a"}]"#, r#"[{"id": 1, "nam": "a"}]"#, "[1]", "{}", "["]
        {
            assert!(read(Shape::Array, bad).is_none(), "{bad}");
        }
        assert!(read(Shape::Lines, "{\"id\":1}\n{").is_none());
    }
}
