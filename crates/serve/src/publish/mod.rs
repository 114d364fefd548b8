//! Published tables: what readers see, an epoch at a time.
//!
//! - *view* ([`View`]): every published table as of one epoch. It never changes; the next epoch makes a new one that shares
//!   what did not change.
//! - *publisher*: the thread that applies an epoch's changes; the engine only hands them over.
//! - *segment*: rows that came together, as columns; rows are found in it by number ([`segments`]).
//! - *ring*: the last changes of a table, for those who follow it ([`ring`]).

mod index;
mod publisher;
mod ring;
mod segments;
mod view;

pub(crate) use publisher::{Batch, Publisher};
pub(crate) use ring::Since;
pub(crate) use view::{TableView, View};
