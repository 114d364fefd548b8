//! Top-N per window: rows wait until event time has passed their window's end and come out ranked, once.

use super::{Context, Operator, Output, Result, TimeReader, input_types, pick};
use crate::checkpoint::EntryRef;
use crate::state::{OrderedRows, Place, RowEmitter, StateWriter};
use arrow_array::Int64Array;
use data::{ChangeBatch, DataType, Diagnostic, RowKind};
use plan::{Node, Op};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) struct WindowRank {
    partition: Vec<usize>,
    /// Column of the window's end.
    end: usize,
    end_type: DataType,
    /// The first N rows of each partition.
    rows: OrderedRows,
    /// Ends of open windows, by partition.
    due: BTreeSet<(i64, u32)>,
    /// Ranks from 0, end exclusive.
    from: usize,
    to: usize,
    output_rank: bool,
    /// The last of equal rows stands.
    latest: bool,
    rows_late: u64,
}

impl WindowRank {
    pub(crate) fn new(node: &Node, checkpoints: bool) -> std::result::Result<Self, Diagnostic> {
        let Op::WindowRank { end, partition, order, from, to, output_rank, latest } = &node.op else {
            unreachable!("made for window ranks only")
        };
        let types = input_types(node, 0);
        Ok(Self {
            partition: partition.clone(),
            end: *end,
            end_type: types[*end].clone(),
            rows: OrderedRows::new(&pick(&types, partition), &types, order, checkpoints),
            due: BTreeSet::new(),
            from: from.saturating_sub(1) as usize,
            to: *to as usize,
            output_rank: *output_rank,
            latest: *latest,
            rows_late: 0,
        })
    }
}

impl Operator for WindowRank {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, _context: &Context, _out: &mut Output) -> Result {
        let partitions = self.rows.partitions(&pick(batch.columns(), &self.partition), batch.rows());
        let rows = self.rows.encode(batch.columns(), batch.rows());
        let sorts = self.rows.sort_keys(batch.columns(), batch.rows());
        let ends = TimeReader::new(batch.column(self.end), &self.end_type);
        for (row, partition) in partitions.into_iter().enumerate() {
            let end = ends.at(row).unwrap_or(i64::MIN);
            if end.saturating_sub(1) <= batch.watermarks().before(row) {
                self.rows_late += 1;
                self.rows.release_if_empty(partition);
                continue;
            }
            self.due.insert((end, partition));
            let place = self.rows.next_place(partition, sorts.row(row));
            if self.latest && self.rows.last_sort(partition) == Some(sorts.row(row)) {
                self.rows.remove_last(partition);
            }
            self.rows.insert(place, rows.row(row));
            if self.rows.size(partition) > self.to {
                self.rows.remove_last(partition);
            }
        }
        Ok(())
    }

    fn advance(&mut self, context: &Context, out: &mut Output) -> Result {
        let (mut emitter, mut ranks) = (RowEmitter::default(), Vec::new());
        let is_over = |end: i64| end.saturating_sub(1) <= context.watermark;
        while let Some((_, partition)) = self.due.first().copied().filter(|(end, _)| is_over(*end)) {
            self.due.pop_first();
            for (rank, (_, row)) in self.rows.ranked(partition, self.from, self.to).into_iter().enumerate() {
                emitter.push(RowKind::Insert, &row);
                ranks.push((self.from + rank + 1) as i64);
            }
            while self.rows.size(partition) > 0 {
                self.rows.remove_last(partition);
            }
        }
        self.rows.settle();
        if emitter.is_empty() {
            return Ok(());
        }
        let mut columns = self.rows.codec().decode(emitter.rows());
        let count = ranks.len();
        if self.output_rank {
            columns.push(Arc::new(Int64Array::from(ranks)));
        }
        out.push(ChangeBatch::inserts(columns, count));
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
        let stored: Vec<(Place, &Arc<[u8]>)> = self.rows.iter().collect();
        let columns = self.rows.codec().decode(stored.iter().map(|(_, row)| &***row));
        let ends = TimeReader::new(&columns[self.end], &self.end_type);
        let due =
            stored.iter().enumerate().map(|(row, (place, _))| (ends.at(row).unwrap_or(i64::MIN), place.partition));
        self.due = due.collect();
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.rows.memory_bytes() + self.due.len() * size_of::<(i64, u32)>()
    }

    fn rows_late(&self) -> u64 {
        self.rows_late
    }
}
