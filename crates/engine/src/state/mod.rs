//! Operator state: the one module through which operators keep anything between flushes.
//!
//! - *row bytes*: a row in as few bytes as it needs ([`RowCodec`]); equal rows have equal bytes.
//! - *key id*: a small number for a key, dense, given by a [`KeyIndex`]; used again after the key is forgotten.
//! - *key group*: 0..128, from the hash of a key's row bytes; shards and checkpoints divide keys by it.
//! - *changed*: touched since the last checkpoint; only such entries are written by the next.

mod bytes;
mod codec;
mod column_codec;
mod expiry;
mod keyed_rows;
mod keys;
mod lists;
mod lookup;
mod multiset;
mod ordered;
mod ordered_part;
mod parts;
mod per_id;
mod tracking;

pub(crate) use bytes::ByteTable;
pub(crate) use codec::{EncodedRows, RowCodec, RowEmitter, SortCodec};
pub(crate) use expiry::{Expiry, TIME_TABLE};
pub(crate) use keyed_rows::{KeyedRows, SharedRows, UpdateStyle};
pub(crate) use keys::{KeyIndex, key_groups, shard_of};
pub(crate) use lists::Lists;
pub(crate) use multiset::KeyedMultiset;
pub(crate) use ordered::{OrderedRows, Place, Placed};
pub(crate) use parts::{entry_key, take_part};
pub(crate) use per_id::PerId;
pub(crate) use tracking::{ChangedIds, StateWriter};

/// What state is made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    /// Whether to remember what changed.
    pub checkpoints: bool,
    /// Milliseconds of processing time after which an entry that was not written is gone.
    pub retention: Option<i64>,
}

impl Setup {
    /// For state that must stay: of time-bound operators, which forget by themselves, and of tables.
    pub(crate) fn lasting(self) -> Self {
        Self { retention: None, ..self }
    }
}

/// How many key groups there are.
pub(crate) const KEY_GROUPS: usize = 128;
