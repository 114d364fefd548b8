//! Runs a plan over published tables: on a thread for such work, so many at a time, for so long, in so much memory.

use crate::door::Door;
use crate::problem::Problem;
use crate::publish::View;
use axum::http::StatusCode;
use data::{ChangeBatch, Diagnostic, crash};
use plan::Node;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const QUERY_TIME: Duration = Duration::from_secs(10);
const QUERY_BYTES: usize = 256 << 20;
/// How long a query waits for others to end.
const QUEUE_TIME: Duration = Duration::from_secs(2);

/// What plans gave.
pub(crate) struct Found {
    /// Of each plan, in order.
    pub(crate) results: Vec<(Node, ChangeBatch)>,
    /// The epoch that all rows are of.
    pub(crate) epoch: u64,
}

/// Makes plans and runs them over one view. Planning may take a while, too, and is done where it holds up nobody.
pub(crate) async fn run(
    door: &Arc<Door>,
    plan: impl FnOnce(&Door) -> Result<Vec<Node>, Problem> + Send + 'static,
) -> Result<Found, Problem> {
    let permit = tokio::time::timeout(QUEUE_TIME, Arc::clone(&door.queries).acquire_owned()).await;
    let Ok(Ok(permit)) = permit else {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "HW5301", "too many queries run at once"));
    };
    let planned = Arc::clone(door);
    let plan = move || crash::catch(|| plan(&planned)).unwrap_or_else(|error| Err(Problem::internal(&error)));
    let nodes = blocking(plan).await??;
    let tables = positions(door, &nodes)?;
    let view = door.view(&tables).await?;
    let epoch = view.epoch;
    let cancel = Cancel(Arc::new(AtomicBool::new(false)));
    let (flag, running) = (Arc::clone(&cancel.0), Arc::clone(door));
    let work = blocking(move || {
        // Others wait until this one has really ended.
        let _permit = permit;
        let run = |node: Node| {
            let rows = crash::catch(|| query(&running, &node, &view, Arc::clone(&flag))).and_then(|rows| rows)?;
            Ok((node, rows))
        };
        nodes.into_iter().map(run).collect::<Result<Vec<_>, Diagnostic>>()
    });
    match tokio::time::timeout(QUERY_TIME, work).await {
        Ok(done) => Ok(Found { results: done?.map_err(|error| refused(&error))?, epoch }),
        Err(_) => {
            let detail = format!("the query took longer than {} s", QUERY_TIME.as_secs());
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "HW5223", detail)
                .hint("filter earlier, join on equal keys, or make a table of it"))
        }
    }
}

/// Stops a query that nobody waits for any more.
struct Cancel(Arc<AtomicBool>);

impl Drop for Cancel {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        Problem::internal(&Diagnostic::run(crash::INTERNAL, "internal error").detail(error.to_string()))
    })
}

fn query(door: &Door, node: &Node, view: &View, cancel: Arc<AtomicBool>) -> Result<ChangeBatch, Diagnostic> {
    let input = |name: &str| {
        let at = door.project.position(name)?;
        let batches = view.table(at).map_or_else(Vec::new, |table| table.all().to_vec());
        Some((door.project.tables[at].def.clone(), batches))
    };
    let tables = node.tables_read().into_iter().filter_map(input).collect();
    let options =
        engine::Options { cancel: Some(cancel), memory_limit: Some(QUERY_BYTES), ..door.project.options.clone() };
    engine::query(node, options, door.status().clock_millis, tables)
}

/// Positions of the tables that plans read; all have to be managed.
fn positions(door: &Door, nodes: &[Node]) -> Result<Vec<usize>, Problem> {
    let position = |name: &str| {
        let at = door.project.position(name).filter(|at| door.project.tables[*at].is_managed());
        at.ok_or_else(|| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "HW5221", format!("`{name}` is not a managed table"))
                .hint("queries read tables whose rows Headwater keeps; GET /v1/tables lists them")
        })
    };
    nodes.iter().flat_map(Node::tables_read).collect::<BTreeSet<_>>().into_iter().map(position).collect()
}

fn refused(error: &Diagnostic) -> Problem {
    let status = match error.code {
        crash::INTERNAL => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    match error.code {
        "HW3206" => {
            let detail = format!("the query needs more than {} MB", QUERY_BYTES >> 20);
            Problem::new(status, "HW5223", detail).hint("filter earlier, join on equal keys, or make a table of it")
        }
        _ => Problem::of(status, std::slice::from_ref(error), ""),
    }
}

/// The batch cut to its first rows, and whether there were more.
pub(crate) fn first_rows(batch: ChangeBatch, limit: usize) -> (ChangeBatch, bool) {
    if batch.rows() <= limit { (batch, false) } else { (batch.slice(0, limit), true) }
}
