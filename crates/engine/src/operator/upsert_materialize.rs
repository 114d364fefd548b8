//! Upsert materialisation before a keyed sink whose input is not keyed the same way: per primary key the rows that stand,
//! in the order in which they came. The last one is what the table shows; when it is taken back, the one before returns.

use super::{Context, Operator, Output, Result, input_types, pick};
use crate::checkpoint::EntryRef;
use crate::state::{EncodedRows, KeyIndex, OrderedRows, Place, Placed, RowEmitter, StateWriter};
use arrow_array::ArrayRef;
use data::{ChangeBatch, RowKind};
use hashbrown::HashMap;
use plan::Node;
use std::sync::Arc;

pub(crate) struct UpsertMaterialize {
    primary_key: Vec<usize>,
    rows: OrderedRows,
    /// How an input row is recognised when it is updated without -U.
    identity: Option<Identity>,
    before: HashMap<u32, Option<Placed>>,
    touched: Vec<u32>,
}

struct Identity {
    /// The input's upsert key.
    columns: Vec<usize>,
    /// Primary key and upsert key of rows that stand.
    keys: KeyIndex,
    places: Vec<Option<Place>>,
}

impl UpsertMaterialize {
    pub(crate) fn new(node: &Node, primary_key: &[usize], checkpoints: bool) -> Self {
        let types = input_types(node, 0);
        let shortest = node.inputs[0].upsert_keys.iter().min_by_key(|key| key.len());
        let identity = shortest.map(|upsert_key| {
            let columns = [primary_key, upsert_key].concat();
            Identity { keys: KeyIndex::new(&pick(&types, &columns)), columns, places: Vec::new() }
        });
        Self {
            primary_key: primary_key.to_vec(),
            rows: OrderedRows::new(&pick(&types, primary_key), &types, &[], checkpoints),
            identity,
            before: HashMap::new(),
            touched: Vec::new(),
        }
    }

    fn touch(&mut self, key: u32) {
        if let hashbrown::hash_map::Entry::Vacant(entry) = self.before.entry(key) {
            entry.insert(self.rows.last(key));
            self.touched.push(key);
        }
    }

    /// A row with the same identity is replaced where it stands; otherwise the row comes last.
    fn add(&mut self, key: u32, identity: Option<u32>, row: &[u8]) {
        let place = match (&mut self.identity, identity) {
            (Some(known), Some(id)) => {
                known.places.resize(known.keys.id_bound(), None);
                // A row that was taken away and comes back within one batch is in use again.
                known.keys.revive(id);
                let place = known.places[id as usize].get_or_insert_with(|| self.rows.next_place(key, &[]));
                place.clone()
            }
            _ => self.rows.next_place(key, &[]),
        };
        self.rows.insert(place, row);
    }

    fn remove(&mut self, key: u32, identity: Option<u32>, row: &[u8]) {
        match (&mut self.identity, identity) {
            (Some(known), Some(id)) => {
                known.places.resize(known.keys.id_bound(), None);
                if let Some(place) = known.places[id as usize].take() {
                    self.rows.remove(&place);
                }
                known.keys.release(id);
            }
            _ => {
                self.rows.remove_equal(key, &[], row);
            }
        }
    }

    fn identities(&mut self, columns: &[ArrayRef], rows: usize) -> Vec<Option<u32>> {
        match &mut self.identity {
            Some(identity) => {
                let ids = identity.keys.intern(&pick(columns, &identity.columns), rows);
                ids.into_iter().map(Some).collect()
            }
            None => vec![None; rows],
        }
    }
}

impl Operator for UpsertMaterialize {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, _context: &Context, _out: &mut Output) -> Result {
        let keys = self.rows.partitions(&pick(batch.columns(), &self.primary_key), batch.rows());
        let identities = self.identities(batch.columns(), batch.rows());
        let rows: EncodedRows = self.rows.encode(batch.columns(), batch.rows());
        for (row, (key, identity)) in keys.into_iter().zip(identities).enumerate() {
            self.touch(key);
            if batch.kind(row).is_addition() {
                self.add(key, identity, rows.row(row));
            } else {
                self.remove(key, identity, rows.row(row));
            }
        }
        Ok(())
    }

    fn flush(&mut self, _context: &Context, out: &mut Output) -> Result {
        let mut emitter = RowEmitter::default();
        for key in std::mem::take(&mut self.touched) {
            let before = self.before.remove(&key).flatten();
            // Keyed sinks want no -U.
            match (before, self.rows.last(key)) {
                (None, None) => self.rows.release_if_empty(key),
                (None, Some((_, row))) => emitter.push(RowKind::Insert, &row),
                (Some((_, row)), None) => emitter.push(RowKind::Delete, &row),
                (Some(before), Some(after)) if before != after => emitter.push(RowKind::UpdateAfter, &after.1),
                _ => {}
            }
        }
        self.rows.settle();
        if let Some(identity) = &mut self.identity {
            identity.keys.reclaim();
        }
        emitter.emit(self.rows.codec(), out);
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
        let Some(identity) = &mut self.identity else { return Ok(()) };
        let stored: Vec<(Place, &Arc<[u8]>)> = self.rows.iter().collect();
        let columns = self.rows.codec().decode(stored.iter().map(|(_, row)| &***row));
        let ids = identity.keys.intern(&pick(&columns, &identity.columns), stored.len());
        identity.places.resize(identity.keys.id_bound(), None);
        for (id, (place, _)) in ids.into_iter().zip(stored) {
            identity.places[id as usize] = Some(place);
        }
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        let identity = self.identity.as_ref().map_or(0, |identity| {
            identity.keys.memory_bytes() + identity.places.capacity() * size_of::<Option<Place>>()
        });
        self.rows.memory_bytes() + identity
    }
}
