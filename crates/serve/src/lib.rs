//! The HTTP door: tables, look-ups, filters, live changes, appended rows, queries, metrics, the page.
//!
//! - *door* ([`Door`]): everything that requests share; the runner hands it what epochs give.
//! - *published table*: one that somebody has asked for; a view of it is made after each epoch ([`publish`]).
//! - *view*: all published tables as of one epoch, immutable; a request reads from one view only.
//! - *problem*: an answer that is not what was asked for, as an RFC 9457 document ([`problem`]).
//!
//! Nothing here evaluates a predicate: filters, order and queries become plans ([`read`]). Only look-ups by key do not.

pub mod append;
mod clock;
mod door;
mod guard;
mod metrics;
mod openapi;
mod problem;
mod project;
mod publish;
mod read;
mod reply;
mod route;
mod rows;
mod server;
mod status;

pub use door::{Door, Update};
pub use project::{Project, StatementInfo, TableInfo};
pub use server::{Server, ServerOptions};
pub use status::{Checkpoint, Memory, Status, TableStatus};
