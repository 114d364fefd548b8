//! One input of a join: kept here, or looked up in the table that it is.

use super::changes::{Change, Extended};
use super::kept_side::KeptSide;
use super::pairs::Candidates;
use super::table_side::TableSide;
use super::{Result, Shape};
use crate::checkpoint::EntryRef;
use crate::state::StateWriter;
use arrow_array::ArrayRef;
use data::ChangeBatch;

pub(crate) enum Side {
    Kept(Box<KeptSide>),
    Table(Box<TableSide>),
}

impl Side {
    pub(crate) fn extend(&mut self, shape: &Shape, side: usize, batch: &ChangeBatch) -> Extended {
        match self {
            Self::Kept(kept) => Extended::of_kept(shape, side, batch, kept),
            Self::Table(table) => Extended::of_table(shape, side, batch, table),
        }
    }

    /// Takes in the row of a change, under its key; gives its id.
    pub(crate) fn add(&mut self, change: &Change, extended: &Extended) -> u32 {
        match self {
            Self::Kept(kept) => kept.add(change.key, extended.bytes(change.row), change.id),
            Self::Table(table) => table.add(change),
        }
    }

    /// Takes `row` of the extended delta out.
    pub(crate) fn remove(&mut self, change: &Change, row: u32, extended: &Extended) {
        match self {
            Self::Kept(kept) => kept.remove(change.key, extended.bytes(row), change.id),
            Self::Table(table) => table.remove(change),
        }
    }

    /// Takes out the row that the change replaces; the change's own follows.
    pub(crate) fn take_back(&mut self, change: &Change, old: u32, extended: &Extended) {
        match self {
            Self::Kept(kept) => kept.remove(change.key, extended.bytes(old), None),
            Self::Table(table) => table.remove(change),
        }
    }

    /// How often a row is there.
    pub(crate) fn count(&self, id: u32) -> i64 {
        match self {
            Self::Kept(kept) => kept.rows.count(id),
            Self::Table(_) => 1,
        }
    }

    pub(crate) fn matches(&self, id: u32) -> u32 {
        match self {
            Self::Kept(kept) => kept.rows.matches(id),
            Self::Table(table) => table.matches(id),
        }
    }

    pub(crate) fn set_matches(&mut self, id: u32, matches: u32) {
        match self {
            Self::Kept(kept) => kept.rows.set_matches(id, matches),
            Self::Table(table) => table.set_matches(id, matches),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Kept(kept) => kept.is_empty(),
            Self::Table(_) => false,
        }
    }

    /// Until [`Side::reach`], rows are those of before these changes, which the side has not taken in yet.
    pub(crate) fn stand_before(&mut self, batch: &ChangeBatch) {
        if let Self::Table(table) = self {
            table.stand_before(batch);
        }
    }

    /// Rows are what the table has told.
    pub(crate) fn reach(&mut self) {
        if let Self::Table(table) = self {
            table.reach();
        }
    }

    pub(crate) fn expire(&mut self, now: i64) {
        if let Self::Kept(kept) = self {
            kept.expire(now);
        }
    }

    pub(crate) fn settle(&mut self) {
        match self {
            Self::Kept(kept) => kept.settle(),
            Self::Table(table) => table.settle(),
        }
    }

    pub(crate) fn save(&mut self, writer: &mut StateWriter) {
        match self {
            Self::Kept(kept) => kept.save(writer),
            Self::Table(table) => table.save(writer),
        }
    }

    pub(crate) fn load(&mut self, entry: EntryRef) -> Result {
        match self {
            Self::Kept(kept) => kept.load(entry),
            Self::Table(table) => table.load(entry)?,
        }
        Ok(())
    }

    pub(crate) fn loaded(&mut self) {
        match self {
            Self::Kept(kept) => kept.loaded(),
            Self::Table(table) => table.loaded(),
        }
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        match self {
            Self::Kept(kept) => kept.memory_bytes(),
            Self::Table(table) => table.memory_bytes(),
        }
    }
}

impl Candidates for Side {
    fn find_keys(&self, columns: &[ArrayRef], rows: usize) -> Vec<Option<u32>> {
        match self {
            Self::Kept(kept) => kept.rows.find_keys(columns, rows),
            Self::Table(table) => table.find_keys(columns, rows),
        }
    }

    fn each_of(&self, key: u32, visit: impl FnMut(u32)) {
        match self {
            Self::Kept(kept) => Candidates::each_of(&kept.rows, key, visit),
            Self::Table(table) => table.each_of(key, visit),
        }
    }

    fn columns(&self, ids: &[u32]) -> Result<Vec<ArrayRef>> {
        match self {
            Self::Kept(kept) => Candidates::columns(&kept.rows, ids),
            Self::Table(table) => table.columns(ids),
        }
    }
}
