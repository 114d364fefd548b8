//! `GET /v1/status/stream`: where the run stands, once a second.

use super::Reply;
use super::events::{self, Events, Gone};
use crate::door::Door;
use crate::read::parameters::only;
use axum::extract::State;
use axum::http::Uri;
use std::sync::Arc;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(1);

pub(super) async fn get(State(door): State<Arc<Door>>, uri: Uri) -> Reply {
    let [] = only(uri.query(), [])?;
    let (events, response) = events::open(&door, door.status().epoch);
    tokio::spawn(async move {
        // Either end may go away; there is nobody left to be told.
        let _ = tell(&door, &events).await;
    });
    Ok(response)
}

async fn tell(door: &Door, events: &Events) -> Result<(), Gone> {
    let mut closing = door.closing.subscribe();
    loop {
        let status = door.status().json(door.started_millis);
        events.send(format!("event: status\ndata: {status}\n\n")).await?;
        if *closing.borrow() {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            _ = closing.changed() => {}
            () = events.closed() => return Err(Gone),
        }
    }
}
