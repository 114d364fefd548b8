//! The best row of each partition, of rows that only come: "the latest version of each key". A row takes the place of one
//! that it precedes in the order, not of an equal one.

use super::{Context, Operator, Output, Result, Setup, input_types, pick};
use crate::checkpoint::EntryRef;
use crate::state::{ByteTable, KeyedRows, SortCodec, StateWriter, UpdateStyle};
use arrow_array::ArrayRef;
use data::{ChangeBatch, RowKind};
use plan::{Node, SortKey};

pub(crate) struct TopOne {
    partition: Vec<usize>,
    rows: KeyedRows,
    order: Vec<usize>,
    sort_codec: SortCodec,
    /// Sort key of each partition's row, in bytes that compare in the order.
    sorts: ByteTable,
    style: UpdateStyle,
}

impl TopOne {
    pub(crate) fn new(node: &Node, partition: &[usize], order: &[SortKey], setup: Setup) -> Self {
        let types = input_types(node, 0);
        let update_before = node.changelog.contains(RowKind::UpdateBefore);
        Self {
            partition: partition.to_vec(),
            rows: KeyedRows::new(&pick(&types, partition), &types, 0, setup),
            order: order.iter().map(|key| key.column).collect(),
            sort_codec: SortCodec::new(&types, order),
            sorts: ByteTable::default(),
            style: UpdateStyle { update_before, unchanged: true },
        }
    }

    fn sort_keys(&self, columns: &[ArrayRef], rows: usize) -> crate::state::EncodedRows {
        self.sort_codec.encode(&pick(columns, &self.order), rows)
    }
}

impl Operator for TopOne {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, _out: &mut Output) -> Result {
        self.rows.expire(context.clock_millis);
        let ids = self.rows.keys(&pick(batch.columns(), &self.partition), batch.rows());
        let rows = self.rows.encode(batch.columns(), batch.rows());
        let sorts = self.sort_keys(batch.columns(), batch.rows());
        for (row, id) in ids.into_iter().enumerate() {
            let best = self.sorts.get(id).filter(|_| self.rows.get(id).is_some());
            if best.is_none_or(|best| sorts.row(row) < best) {
                self.sorts.put(id, sorts.row(row));
                self.rows.put(id, rows.row(row));
            }
        }
        Ok(())
    }

    fn flush(&mut self, _context: &Context, out: &mut Output) -> Result {
        self.rows.flush(self.style, out);
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
        let (ids, columns) = self.rows.ids_and_columns();
        let sorts = self.sort_keys(&columns, ids.len());
        for (row, id) in ids.into_iter().enumerate() {
            self.sorts.put(id, sorts.row(row));
        }
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.rows.memory_bytes() + self.sorts.memory_bytes()
    }
}
