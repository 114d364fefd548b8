//! Server-sent events: a bounded channel between who writes them and the client. A client that does not read is cut off;
//! nobody waits for it.

use crate::door::Door;
use crate::reply::EPOCH;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::Frame;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;

/// Chunks on their way to one client.
const CHUNKS: usize = 8;
/// How long a client may take to make room.
const SEND_TIME: Duration = Duration::from_secs(10);
/// A comment comes so often, so that a connection that is gone is noticed.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);

/// The writing end.
pub(super) struct Events {
    sender: mpsc::Sender<Bytes>,
    door: Arc<Door>,
}

/// The client is gone, or too slow.
pub(super) struct Gone;

struct Stream(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// An open stream and its answer.
pub(super) fn open(door: &Arc<Door>, epoch: u64) -> (Events, Response) {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let mut response = Response::new(Body::new(Stream(receiver)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(EPOCH, HeaderValue::from(epoch));
    door.metrics.streams.fetch_add(1, Ordering::Relaxed);
    (Events { sender, door: Arc::clone(door) }, response)
}

impl Events {
    pub(super) async fn send(&self, chunk: impl Into<Bytes>) -> Result<(), Gone> {
        match tokio::time::timeout(SEND_TIME, self.sender.send(chunk.into())).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }

    /// Ends when the client has gone away.
    pub(super) async fn closed(&self) {
        self.sender.closed().await;
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.door.metrics.streams.fetch_sub(1, Ordering::Relaxed);
    }
}
