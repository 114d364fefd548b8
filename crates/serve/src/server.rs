//! Listens and serves: a few threads of its own beside the engine, limits on connections, headers and time.

use crate::clock;
use crate::door::{Door, closed};
use crate::guard::Guard;
use crate::route::router;
use axum::Router;
use data::Diagnostic;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

const CONNECTIONS: usize = 1024;
const HEADER_TIME: Duration = Duration::from_secs(10);
/// Where a connection is cut off without an answer. More than the guard allows, so that it can say what is wrong.
const HEADER_BYTES: usize = 64 << 10;
/// What is under way at the end has so long to end itself.
const CLOSE_TIME: Duration = Duration::from_secs(2);
/// Statements may be nested deeply; pages of a stack are only touched when they are.
const STACK_BYTES: usize = 32 << 20;

/// Where to listen.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// `host:port`; port 0 is any that is free.
    pub address: String,
    /// Where nobody asked for this port: take another when it is taken.
    pub may_move: bool,
    /// Asked for by name: listen where others can reach it, although nobody has to say who he is.
    pub allow_remote: bool,
}

pub struct Server {
    address: SocketAddr,
    has_moved: bool,
    runtime: Runtime,
    door: Arc<Door>,
}

impl Server {
    /// Listens at once; requests are answered from now on.
    ///
    /// # Errors
    /// An address that cannot be used.
    pub fn start(door: Arc<Door>, options: &ServerOptions) -> Result<Self, Diagnostic> {
        let host = options.address.rsplit_once(':').map_or(options.address.as_str(), |(host, _)| host);
        let (listener, has_moved) = listen(options)?;
        let failed = |error: std::io::Error| cannot_listen(&options.address, &error);
        let address = listener.local_addr().map_err(failed)?;
        if !address.ip().is_loopback() && !options.allow_remote {
            return Err(Diagnostic::run("HW4522", format!("`{}` can be reached from other machines", options.address))
                .detail("there is no authentication: whoever reaches it reads and appends rows")
                .hint("listen on 127.0.0.1, or say --http-unsafe-without-auth when the network is yours"));
        }
        listener.set_nonblocking(true).map_err(failed)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(std::thread::available_parallelism().map_or(2, usize::from).min(4))
            .thread_name("http")
            .thread_stack_size(STACK_BYTES)
            .enable_io()
            .enable_time()
            .build()
            .map_err(failed)?;
        let guard = Guard::new(host, options.allow_remote && !address.ip().is_loopback());
        let app = router(Arc::clone(&door), guard);
        let inside = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        runtime.spawn(accept(listener, app, Arc::clone(&door)));
        drop(inside);
        Ok(Self { address, has_moved, runtime, door })
    }

    /// `http://127.0.0.1:8800`
    pub fn url(&self) -> String {
        let ip = self.address.ip();
        // An address for all is none to go to.
        match (ip.is_unspecified(), self.address) {
            (true, address) => format!("http://localhost:{}", address.port()),
            (false, address) => format!("http://{address}"),
        }
    }

    /// Whether another port than the one that was named had to be taken.
    pub fn has_moved(&self) -> bool {
        self.has_moved
    }

    /// Ends all connections; those with an answer under way get a little time. The door is closed before.
    pub fn stop(self) {
        let until = clock::now() + CLOSE_TIME;
        while self.door.metrics.connections.load(Ordering::Relaxed) > 0 && clock::now() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
        self.runtime.shutdown_timeout(CLOSE_TIME);
    }
}

fn cannot_listen(address: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::run("HW4523", format!("cannot listen on `{address}`"))
        .detail(error.to_string())
        .hint("name another address with --http, port 0 for any free one, or `off`")
}

/// The listener, and whether it is on another port than asked.
fn listen(options: &ServerOptions) -> Result<(TcpListener, bool), Diagnostic> {
    let failed = |error: std::io::Error| cannot_listen(&options.address, &error);
    let addresses: Vec<SocketAddr> = options.address.to_socket_addrs().map_err(failed)?.collect();
    match TcpListener::bind(addresses.as_slice()) {
        Ok(listener) => Ok((listener, false)),
        Err(error) if options.may_move && error.kind() == std::io::ErrorKind::AddrInUse => {
            let free: Vec<SocketAddr> = addresses.iter().map(|address| SocketAddr::new(address.ip(), 0)).collect();
            TcpListener::bind(free.as_slice()).map(|listener| (listener, true)).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

async fn accept(listener: tokio::net::TcpListener, app: Router, door: Arc<Door>) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let mut closing = door.closing.subscribe();
    loop {
        // Without a place left the next one waits in the system's queue.
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = closed(&mut closing) => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let (app, door) = (app.clone(), Arc::clone(&door));
                tokio::spawn(async move {
                    let _permit = permit;
                    let _counted = Counted::new(&door.metrics.connections);
                    serve(stream, app, &door).await;
                });
            }
            // Out of file descriptors, say: others have to end first.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Counts for as long as it lives.
struct Counted<'a>(&'a AtomicU64);

impl<'a> Counted<'a> {
    fn new(counter: &'a AtomicU64) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn serve(stream: TcpStream, app: Router, door: &Door) {
    // Small answers are not held back to be joined with later ones.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BYTES)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    tokio::pin!(connection);
    let mut closing = door.closing.subscribe();
    tokio::select! {
        // What went wrong between two machines is told to neither.
        _ = connection.as_mut() => {}
        () = closed(&mut closing) => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(CLOSE_TIME, connection).await;
        }
    }
}
