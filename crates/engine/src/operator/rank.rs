//! Top-N per partition, and ORDER BY with LIMIT as its case of one partition.
//!
//! - *window*: the ranks that are told. After a change the windows before and after are compared.
//! - *by rank*: ranks are part of the result (or an offset, or N = 1 over rows that are not taken back): the row at a rank
//!   gives way to another by -U/+U.
//! - *by row*: otherwise rows leave by -D and come by +I.
//! - Input that updates rows without -U is told apart by its upsert key.

use super::{Context, Operator, Output, Result, input_types, pick};
use crate::checkpoint::EntryRef;
use crate::state::{KeyIndex, OrderedRows, Place, Placed, RowEmitter, StateWriter};
use arrow_array::Int64Array;
use data::{ChangeBatch, Diagnostic, RowKind};
use hashbrown::HashMap;
use plan::{Node, SortKey};
use std::sync::Arc;

/// What is ranked and which ranks are told.
pub(crate) struct Ranking<'a> {
    pub partition: &'a [usize],
    pub order: &'a [SortKey],
    /// First rank, from 1.
    pub from: u64,
    /// Last rank; absent: all.
    pub to: Option<u64>,
    pub output_rank: bool,
}

/// How rows are taken back.
enum Input {
    /// Not at all: only the first N rows matter.
    Append,
    /// By -U and -D of an equal row.
    Retract,
    /// By their upsert key: where each key's row stands.
    Upsert(Box<UpsertInput>),
}

struct UpsertInput {
    /// The input's upsert key.
    columns: Vec<usize>,
    keys: KeyIndex,
    places: Vec<Option<Place>>,
}

pub(crate) struct Rank {
    partition: Vec<usize>,
    rows: OrderedRows,
    input: Input,
    /// Ranks from 0, end exclusive.
    from: usize,
    to: usize,
    output_rank: bool,
    by_rank: bool,
    update_before: bool,
    /// Windows of partitions as they were at the last flush, and the order in which they were touched.
    before: HashMap<u32, Vec<Placed>>,
    touched: Vec<u32>,
    /// Sequences that rows got since the last flush, and those they had then.
    moved: HashMap<u64, u64>,
}

impl Rank {
    pub(crate) fn new(node: &Node, ranking: &Ranking, checkpoints: bool) -> std::result::Result<Self, Diagnostic> {
        let types = input_types(node, 0);
        let source = &node.inputs[0];
        let input = if source.changelog.is_insert_only() {
            Input::Append
        } else if source.changelog.contains(RowKind::UpdateBefore) || !source.changelog.has_updates() {
            Input::Retract
        } else {
            let holds = |key: &&Vec<usize>| ranking.partition.iter().all(|column| key.contains(column));
            let columns = source.upsert_keys.iter().find(holds).cloned().ok_or_else(|| {
                Diagnostic::run("HW9204", "Top-N gets updates without their old rows and without a key")
                    .hint("report it: the plan should ask its input for full changes")
            })?;
            let keys = KeyIndex::new(&pick(&types, &columns));
            Input::Upsert(Box::new(UpsertInput { columns, keys, places: Vec::new() }))
        };
        let is_top_one = ranking.to == Some(1) && !matches!(input, Input::Retract);
        Ok(Self {
            partition: ranking.partition.to_vec(),
            rows: OrderedRows::new(&pick(&types, ranking.partition), &types, ranking.order, checkpoints),
            input,
            from: ranking.from.saturating_sub(1) as usize,
            to: ranking.to.map_or(usize::MAX, |to| to as usize),
            output_rank: ranking.output_rank,
            by_rank: ranking.output_rank || ranking.from > 1 || is_top_one,
            update_before: node.changelog.contains(RowKind::UpdateBefore),
            before: HashMap::new(),
            touched: Vec::new(),
            moved: HashMap::new(),
        })
    }

    fn touch(&mut self, partition: u32) {
        if let hashbrown::hash_map::Entry::Vacant(entry) = self.before.entry(partition) {
            entry.insert(self.rows.ranked(partition, self.from, self.to));
            self.touched.push(partition);
        }
    }

    fn change(&mut self, partition: u32, kind: RowKind, sort: &[u8], row: &[u8]) {
        if matches!(self.input, Input::Append) && self.rows.size(partition) >= self.to {
            let worst = self.rows.last_sort(partition);
            if worst.is_none_or(|worst| sort >= worst) {
                return;
            }
        }
        self.touch(partition);
        if !kind.is_addition() {
            self.rows.remove_equal(partition, sort, row);
            return;
        }
        let place = self.rows.next_place(partition, sort);
        self.rows.insert(place, row);
        if matches!(self.input, Input::Append) && self.rows.size(partition) > self.to {
            self.rows.remove_last(partition);
        }
    }

    /// Puts a key's row where it belongs now. A row whose sort key stays keeps its place among equals; one that moves comes
    /// after those that were there.
    fn upsert(&mut self, key: u32, partition: u32, kind: RowKind, sort: &[u8], row: &[u8]) {
        let Input::Upsert(known) = &mut self.input else { return };
        let UpsertInput { keys, places, .. } = known.as_mut();
        places.resize(keys.id_bound(), None);
        let old = places[key as usize].take();
        let new = kind.is_addition().then(|| match &old {
            Some(old) if old.partition == partition && *old.sort == *sort => old.clone(),
            Some(old) if old.partition == partition => {
                let place = self.rows.next_place(partition, sort);
                let identity = self.moved.remove(&old.sequence).unwrap_or(old.sequence);
                self.moved.insert(place.sequence, identity);
                place
            }
            _ => self.rows.next_place(partition, sort),
        });
        places[key as usize].clone_from(&new);
        if let Some(old) = old {
            self.touch(old.partition);
            self.rows.remove(&old);
        }
        if let Some(new) = new {
            self.touch(partition);
            self.rows.insert(new, row);
        }
    }

    fn tell(&self, before: &[Placed], after: &[Placed], told: &mut Told) {
        if self.by_rank {
            self.tell_by_rank(before, after, told);
        } else {
            self.tell_by_row(before, after, told);
        }
    }

    fn tell_by_rank(&self, before: &[Placed], after: &[Placed], told: &mut Told) {
        for index in 0..before.len().max(after.len()) {
            let rank = (self.from + index + 1) as i64;
            match (before.get(index), after.get(index)) {
                (Some(old), Some(new)) if old != new => {
                    if self.update_before {
                        told.push(RowKind::UpdateBefore, &old.1, rank);
                    }
                    told.push(RowKind::UpdateAfter, &new.1, rank);
                }
                (Some(old), None) => told.push(RowKind::Delete, &old.1, rank),
                (None, Some(new)) => told.push(RowKind::Insert, &new.1, rank),
                _ => {}
            }
        }
    }

    fn tell_by_row(&self, before: &[Placed], after: &[Placed], told: &mut Told) {
        let identified: Vec<Placed>;
        let after = if self.moved.is_empty() {
            after
        } else {
            let identity = |sequence: &u64| self.moved.get(sequence).copied().unwrap_or(*sequence);
            identified = after.iter().map(|(sequence, row)| (identity(sequence), row.clone())).collect();
            &identified
        };
        let (old, new) = (Identities::new(before), Identities::new(after));
        for (_, row) in before.iter().filter(|(sequence, _)| new.find(*sequence).is_none()) {
            told.push(RowKind::Delete, row, 0);
        }
        for (sequence, row) in after {
            match old.find(*sequence) {
                None => told.push(RowKind::Insert, row, 0),
                Some(old) if old != row => {
                    if self.update_before {
                        told.push(RowKind::UpdateBefore, old, 0);
                    }
                    told.push(RowKind::UpdateAfter, row, 0);
                }
                Some(_) => {}
            }
        }
    }
}

/// The rows of a window by identity.
enum Identities<'a> {
    /// Looking through a few is faster than hashing.
    Few(&'a [Placed]),
    Many(HashMap<u64, &'a Arc<[u8]>>),
}

impl<'a> Identities<'a> {
    fn new(rows: &'a [Placed]) -> Self {
        const FEW: usize = 16;
        if rows.len() <= FEW {
            return Self::Few(rows);
        }
        Self::Many(rows.iter().map(|(sequence, row)| (*sequence, row)).collect())
    }

    fn find(&self, sequence: u64) -> Option<&'a Arc<[u8]>> {
        match self {
            Self::Few(rows) => rows.iter().find(|row| row.0 == sequence).map(|row| &row.1),
            Self::Many(rows) => rows.get(&sequence).copied(),
        }
    }
}

/// Rows to emit, with their ranks.
#[derive(Default)]
struct Told {
    rows: RowEmitter,
    ranks: Vec<i64>,
}

impl Told {
    fn push(&mut self, kind: RowKind, row: &[u8], rank: i64) {
        self.rows.push(kind, row);
        self.ranks.push(rank);
    }
}

impl Operator for Rank {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, _context: &Context, _out: &mut Output) -> Result {
        let count = batch.rows();
        let partitions = self.rows.partitions(&pick(batch.columns(), &self.partition), count);
        let rows = self.rows.encode(batch.columns(), count);
        let sorts = self.rows.sort_keys(batch.columns(), count);
        if let Input::Upsert(known) = &mut self.input {
            let UpsertInput { columns, keys, .. } = known.as_mut();
            let ids = keys.intern(&pick(batch.columns(), columns), count);
            for (row, (partition, key)) in partitions.into_iter().zip(ids).enumerate() {
                self.upsert(key, partition, batch.kind(row), sorts.row(row), rows.row(row));
            }
            return Ok(());
        }
        for (row, partition) in partitions.into_iter().enumerate() {
            self.change(partition, batch.kind(row), sorts.row(row), rows.row(row));
        }
        Ok(())
    }

    fn flush(&mut self, _context: &Context, out: &mut Output) -> Result {
        let mut told = Told::default();
        for partition in std::mem::take(&mut self.touched) {
            let before = self.before.remove(&partition).unwrap_or_default();
            let after = self.rows.ranked(partition, self.from, self.to);
            self.tell(&before, &after, &mut told);
            self.rows.release_if_empty(partition);
        }
        self.moved.clear();
        self.rows.settle();
        if told.rows.is_empty() {
            return Ok(());
        }
        let mut columns = self.rows.codec().decode(told.rows.rows());
        let kinds = told.rows.kinds().to_vec();
        if self.output_rank {
            columns.push(Arc::new(Int64Array::from(told.ranks)));
        }
        out.push(ChangeBatch::new(columns, kinds));
        Ok(())
    }

    fn save(&mut self, writer: &mut StateWriter) {
        self.rows.save(writer);
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        self.rows.load(entry);
        Ok(())
    }

    fn loaded(&mut self) -> Result {
        self.rows.finish_load();
        let Input::Upsert(known) = &mut self.input else { return Ok(()) };
        let UpsertInput { columns, keys, places } = known.as_mut();
        let stored: Vec<(Place, &Arc<[u8]>)> = self.rows.iter().collect();
        let row_columns = self.rows.codec().decode(stored.iter().map(|(_, row)| &***row));
        let ids = keys.intern(&pick(&row_columns, columns), stored.len());
        places.resize(keys.id_bound(), None);
        for (id, (place, _)) in ids.into_iter().zip(stored) {
            places[id as usize] = Some(place);
        }
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        let keys = match &self.input {
            Input::Upsert(known) => known.keys.memory_bytes() + known.places.capacity() * size_of::<Option<Place>>(),
            _ => 0,
        };
        self.rows.memory_bytes() + keys
    }
}
