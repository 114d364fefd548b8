//! [`super::top_one`] where nobody asks for the row that another replaces: only the sort key of each partition's row is kept.

use super::{Context, Operator, Output, Result, Setup, input_types, pick};
use crate::checkpoint::EntryRef;
use crate::state::{ByteTable, ChangedIds, Expiry, KeyIndex, RowCodec, SortCodec, StateWriter, TIME_TABLE};
use arrow_array::ArrayRef;
use arrow_select::interleave::interleave;
use data::{ChangeBatch, RowKind};
use plan::{Node, SortKey};

pub(crate) struct TopOneAfter {
    partition: Vec<usize>,
    order: Vec<usize>,
    keys: KeyIndex,
    sort_codec: SortCodec,
    /// Sort key of each partition's row, in bytes that compare in the order.
    sorts: ByteTable,
    /// The columns of the order as checkpoints hold them.
    stored_codec: RowCodec,
    loaded: Vec<(u32, Box<[u8]>)>,
    changed: ChangedIds,
    expiry: Expiry,
    /// Batches since the last flush, and the row of each partition that changed, in the order of the first change.
    batches: Vec<ChangeBatch>,
    winners: Vec<Winner>,
    /// By partition: one more than its place in `winners`, or 0.
    places: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Winner {
    id: u32,
    existed: bool,
    batch: u32,
    row: u32,
}

impl TopOneAfter {
    pub(crate) fn new(node: &Node, partition: &[usize], order: &[SortKey], setup: Setup) -> Self {
        let types = input_types(node, 0);
        let columns: Vec<usize> = order.iter().map(|key| key.column).collect();
        Self {
            partition: partition.to_vec(),
            keys: KeyIndex::new(&pick(&types, partition)),
            sort_codec: SortCodec::new(&types, order),
            sorts: ByteTable::default(),
            stored_codec: RowCodec::new(&pick(&types, &columns)),
            loaded: Vec::new(),
            changed: ChangedIds::new(setup.checkpoints),
            expiry: Expiry::new(setup.retention),
            batches: Vec::new(),
            winners: Vec::new(),
            places: Vec::new(),
            order: columns,
        }
    }

    fn expire(&mut self, now: i64) {
        for id in self.expiry.due(now) {
            self.sorts.remove(id);
            self.changed.mark(id);
            self.keys.release(id);
        }
    }

    fn win(&mut self, id: u32, sort: &[u8], batch: u32, row: u32) {
        let place = &mut self.places[id as usize];
        if *place == 0 {
            self.winners.push(Winner { id, existed: self.sorts.get(id).is_some(), batch, row });
            *place = self.winners.len() as u32;
            self.changed.mark(id);
        } else {
            let winner = &mut self.winners[*place as usize - 1];
            (winner.batch, winner.row) = (batch, row);
        }
        self.keys.revive(id);
        self.expiry.write(id);
        self.sorts.put(id, sort);
    }
}

impl Operator for TopOneAfter {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, _out: &mut Output) -> Result {
        self.expire(context.clock_millis);
        let ids = self.keys.intern(&pick(batch.columns(), &self.partition), batch.rows());
        self.places.resize(self.keys.id_bound(), 0);
        let sorts = self.sort_codec.encode(&pick(batch.columns(), &self.order), batch.rows());
        let number = self.batches.len() as u32;
        for (row, id) in ids.into_iter().enumerate() {
            if self.sorts.get(id).is_none_or(|best| sorts.row(row) < best) {
                self.win(id, sorts.row(row), number, row as u32);
            }
        }
        self.batches.push(batch.clone());
        Ok(())
    }

    fn flush(&mut self, _context: &Context, out: &mut Output) -> Result {
        let (batches, winners) = (std::mem::take(&mut self.batches), std::mem::take(&mut self.winners));
        if winners.is_empty() {
            return Ok(());
        }
        winners.iter().for_each(|winner| self.places[winner.id as usize] = 0);
        let rows: Vec<(usize, usize)> =
            winners.iter().map(|winner| (winner.batch as usize, winner.row as usize)).collect();
        let column = |at: usize| {
            let parts: Vec<_> = batches.iter().map(|batch| batch.column(at).as_ref()).collect();
            interleave(&parts, &rows).expect("batches of one stream have the same storage types")
        };
        let columns: Vec<ArrayRef> = (0..batches[0].columns().len()).map(column).collect();
        let kind = |winner: &Winner| if winner.existed { RowKind::UpdateAfter } else { RowKind::Insert };
        out.push(ChangeBatch::inserts(columns, rows.len()).with_kinds(winners.iter().map(kind).collect()));
        self.keys.reclaim_untracked(&self.changed);
        Ok(())
    }

    fn save(&mut self, writer: &mut StateWriter) {
        let ids = writer.select(&mut self.changed, self.keys.live_ids());
        let standing: Vec<u32> = ids.iter().copied().filter(|id| self.sorts.get(*id).is_some()).collect();
        let columns = self.sort_codec.decode(standing.iter().filter_map(|id| self.sorts.get(*id)));
        let stored = self.stored_codec.encode(&columns, standing.len());
        let mut stored = stored.iter();
        for &id in &ids {
            let value = self.sorts.get(id).and_then(|_| stored.next());
            writer.put(0, self.keys.group(id), self.keys.key(id), value);
        }
        self.expiry.save(0, &ids, &self.keys, writer);
        self.keys.reclaim();
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        let id = self.keys.intern_bytes(entry.key);
        let value = entry.value.unwrap_or_default();
        if entry.table & TIME_TABLE != 0 {
            self.expiry.load(id, value);
        } else {
            self.loaded.push((id, value.into()));
        }
        Ok(())
    }

    fn loaded(&mut self) -> Result {
        let loaded = std::mem::take(&mut self.loaded);
        let columns = self.stored_codec.decode(loaded.iter().map(|(_, row)| &**row));
        let sorts = self.sort_codec.encode(&columns, loaded.len());
        for (row, (id, _)) in loaded.iter().enumerate() {
            self.sorts.put(*id, sorts.row(row));
        }
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.keys.memory_bytes()
            + self.sorts.memory_bytes()
            + self.changed.memory_bytes()
            + self.expiry.memory_bytes()
            + self.places.capacity() * size_of::<u32>()
    }
}
