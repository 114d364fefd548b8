//! The HTTP door of a run: where it listens, and what is said about it.

use crate::context::Failure;
use crate::output::Output;
use clap::Args;
use data::Diagnostic;
use serve::{Door, Server, ServerOptions};
use std::sync::Arc;

const DEFAULT_ADDRESS: &str = "127.0.0.1:8800";
const OFF: &str = "off";

#[derive(Args, Clone, Debug)]
pub(crate) struct DoorFlags {
    /// Answer HTTP here while running; port 0 is any free one, `off` none [default: 127.0.0.1:8800, `off` in batch]
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub(crate) http: Option<String>,
    /// Allow an address that other machines reach, although nobody is asked who he is
    #[arg(long)]
    pub(crate) http_unsafe_without_auth: bool,
    /// Where to answer the Postgres protocol; only `off` so far [default: off]
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub(crate) pg: Option<String>,
}

impl DoorFlags {
    /// Refuses what there is no door for.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.pg.as_deref() {
            None | Some(OFF) => Ok(()),
            Some(address) => Err(Diagnostic::run("HW4514", format!("cannot listen on {address} for Postgres clients"))
                .detail("the Postgres protocol is not spoken yet")
                .hint("leave --pg out; `--http` answers queries: POST /v1/query")
                .into()),
        }
    }

    /// Whether an address was named.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.http.as_deref().is_some_and(|address| address != OFF)
    }

    /// Where to listen, if anywhere.
    pub(crate) fn options(&self, is_batch: bool) -> Option<ServerOptions> {
        let address = match self.http.as_deref() {
            Some(OFF) => return None,
            None if is_batch => return None,
            None => DEFAULT_ADDRESS,
            Some(address) => address,
        };
        Some(ServerOptions {
            address: address.to_owned(),
            may_move: self.http.is_none(),
            allow_remote: self.http_unsafe_without_auth,
        })
    }
}

/// An open door and its server.
pub(crate) struct OpenDoor {
    pub(crate) door: Arc<Door>,
    server: Server,
}

impl OpenDoor {
    pub(crate) fn open(project: serve::Project, options: &ServerOptions, output: &mut Output) -> Result<Self, Stopped> {
        let door = Door::new(project)?;
        let server = Server::start(Arc::clone(&door), options)?;
        if server.has_moved() {
            output.note(format_args!("{} is taken; listening on {} instead", options.address, server.url()))?;
        }
        Ok(Self { door, server })
    }

    /// `http://127.0.0.1:8800`
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Ends what is under way.
    pub(crate) fn close(self) {
        self.door.ended(false);
        self.server.stop();
    }
}

/// Why the door is not open.
pub(crate) enum Stopped {
    Diagnostic(Diagnostic),
    Failure(Failure),
}

impl From<Diagnostic> for Stopped {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Diagnostic(diagnostic)
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// `host:port`, a port, or `off`.
fn address(text: &str) -> Result<String, String> {
    let wanted = || "an address is wanted, like `127.0.0.1:8800`, `127.0.0.1:0` or `off`".to_owned();
    if text == OFF {
        return Ok(text.to_owned());
    }
    if text.parse::<u16>().is_ok() {
        return Ok(format!("127.0.0.1:{text}"));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => {
            Ok(if host.is_empty() { format!("127.0.0.1:{port}") } else { text.to_owned() })
        }
        _ => Err(wanted()),
    }
}

#[test]
fn addresses() {
    assert_eq!(address("8800"), Ok("127.0.0.1:8800".to_owned()));
    assert_eq!(address(":0"), Ok("127.0.0.1:0".to_owned()));
    assert_eq!(address("[::1]:9"), Ok("[::1]:9".to_owned()));
    assert_eq!(address("off"), Ok("off".to_owned()));
    assert!(address("here").is_err() && address("127.0.0.1:99999").is_err());
}
