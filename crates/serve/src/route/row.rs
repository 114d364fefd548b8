//! `GET /v1/tables/{t}/{key}`: one row. The fast way: no plan, no lock, straight from the columns.

use super::{Reply, path_part, raw_part};
use crate::door::Door;
use crate::problem::Problem;
use crate::project::TableInfo;
use crate::read::parameters::{only, percent_decode};
use crate::read::parse_operand;
use crate::reply;
use crate::rows::{append_row, shown};
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use data::Value;
use data::time::Zone;
use std::sync::Arc;

pub(super) async fn get(State(door): State<Arc<Door>>, uri: Uri) -> Reply {
    let [] = only(uri.query(), [])?;
    let (at, table) = door.managed(&path_part(&uri, 3)?)?;
    let name = &table.path.name;
    if !table.has_lookup() {
        let problem = Problem::new(StatusCode::CONFLICT, "HW5092", format!("rows of `{name}` have no key"));
        return Err(problem.hint(format!("filter them: /v1/tables/{name}?column=eq.value")));
    }
    let text = raw_part(&uri, 4);
    let key = parse_key(table, text, door.project.zone())?;
    let (view, rows) = door.table_view(at).await?;
    let Some((batch, row)) = rows.get(&key) else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "HW5042", format!("`{name}` has no row with key `{text}`")));
    };
    let mut out = Vec::with_capacity(1024);
    append_row(&mut out, &shown(table), batch, row);
    Ok(reply::data(view.epoch, out))
}

/// Parts are joined by `,`; one inside a part is percent-encoded. Where that leaves no doubt about what is meant, the joining
/// ones may be encoded, too, and the one inside the only part need not be.
fn parse_key(table: &TableInfo, text: &str, zone: Zone) -> Result<Vec<Value>, Problem> {
    let fields: Vec<_> = table.key_fields().collect();
    let mut parts: Vec<String> = if fields.len() == 1 { vec![text] } else { text.split(',').collect() }
        .into_iter()
        .map(|part| percent_decode(part, false))
        .collect::<Result<_, _>>()?;
    if let [whole] = parts.as_slice()
        && fields.len() > 1
    {
        parts = whole.split(',').map(str::to_owned).collect();
    }
    if parts.len() != fields.len() {
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        let detail = format!("the key of `{}` has {} parts, not {}", table.path.name, fields.len(), parts.len());
        return Err(Problem::parameter("HW5002", detail)
            .hint(format!("write {}; a `,` inside a part is written %2C", names.join(","))));
    }
    let value = |(text, field): (&String, &&data::Field)| parse_operand(field, text, zone);
    parts.iter().zip(&fields).map(value).collect()
}
