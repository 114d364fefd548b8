//! OVER ordered by a column that is no time, or by none.
//!
//! On a stream a change takes its place among its partition's rows, and the rows behind it are told anew: with ROWS all
//! of them, with RANGE those whose results differ.

use super::function::{Asked, Functions};
use super::run::Run;
use crate::checkpoint::EntryRef;
use crate::operator::{Context, Operator, Output, Result, Setup, input_types, pick};
use crate::state::{EncodedRows, OrderedRows, RowCodec, RowEmitter, StateWriter};
use data::batch::FINAL_WATERMARK;
use data::{ChangeBatch, Diagnostic, RowKind};
use plan::{Node, Op};
use std::collections::{BTreeMap, HashMap};

pub(super) struct OverByValue {
    partition: Vec<usize>,
    functions: Functions,
    rows: OrderedRows,
    update_before: bool,
    /// Output rows.
    codec: RowCodec,
    touched: BTreeMap<u32, Touched>,
}

/// What a partition was before the first change since the last flush.
struct Touched {
    before: Told,
    /// Rows that came, with the kind they came with.
    came: HashMap<u64, RowKind>,
}

/// Rows of one partition with their results, in order.
struct Told {
    sequences: Vec<u64>,
    rows: EncodedRows,
}

impl OverByValue {
    pub(super) fn new(node: &Node, setup: Setup) -> std::result::Result<Self, Diagnostic> {
        let Op::Over { partition, order, frame, calls } = &node.op else { unreachable!("made for OVER only") };
        let types = input_types(node, 0);
        Ok(Self {
            partition: partition.clone(),
            functions: Functions::new(node, partition, order, frame, calls, Setup { checkpoints: false, ..setup })?,
            rows: OrderedRows::new(&pick(&types, partition), &types, order, setup.checkpoints),
            update_before: node.changelog.contains(RowKind::UpdateBefore),
            codec: RowCodec::new(node.types()),
            touched: BTreeMap::new(),
        })
    }

    fn results(&mut self, partitions: impl Iterator<Item = u32>, in_stream: bool) -> Result<(Vec<u64>, ChangeBatch)> {
        let wanted: Vec<_> = partitions.map(|partition| (partition, 0, self.rows.size(partition))).collect();
        let run = Run::new(&self.rows, wanted.into_iter());
        let results = self.functions.results(&run, Asked { kept: false, in_stream })?;
        let mut columns = run.batch.columns().to_vec();
        columns.extend(results);
        Ok((run.sequences, ChangeBatch::inserts(columns, run.batch.rows())))
    }

    fn told(&mut self, partition: u32) -> Result<Told> {
        let (sequences, batch) = self.results([partition].into_iter(), true)?;
        let rows = self.codec.encode(batch.columns(), batch.rows());
        Ok(Told { sequences, rows })
    }

    /// Tells what became of a partition.
    fn tell(&mut self, partition: u32, touched: &Touched, emitter: &mut RowEmitter) -> Result {
        let after = self.told(partition)?;
        let (before, places) = (&touched.before, after.places());
        let kept = |sequence: &u64| places.contains_key(sequence);
        for (row, _) in before.sequences.iter().enumerate().filter(|(_, sequence)| !kept(sequence)) {
            emitter.push(RowKind::Delete, before.rows.row(row));
        }
        let former = before.places();
        let first_change = (0..after.sequences.len().max(before.sequences.len()))
            .find(|row| before.sequences.get(*row) != after.sequences.get(*row));
        for (row, sequence) in after.sequences.iter().enumerate() {
            let Some(old) = former.get(sequence) else {
                let kind = touched.came.get(sequence).copied().unwrap_or(RowKind::Insert);
                emitter.push(kind, after.rows.row(row));
                continue;
            };
            let (old, new) = (before.rows.row(*old), after.rows.row(row));
            let is_behind = self.functions.frame.rows && first_change.is_some_and(|first| row >= first);
            if old == new && !is_behind {
                continue;
            }
            if self.update_before {
                emitter.push(RowKind::UpdateBefore, old);
            }
            emitter.push(RowKind::UpdateAfter, new);
        }
        Ok(())
    }
}

impl Told {
    fn places(&self) -> HashMap<u64, usize> {
        self.sequences.iter().enumerate().map(|(row, sequence)| (*sequence, row)).collect()
    }
}

impl Operator for OverByValue {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, _out: &mut Output) -> Result {
        let partitions = self.rows.partitions(&pick(batch.columns(), &self.partition), batch.rows());
        let rows = self.rows.encode(batch.columns(), batch.rows());
        let sorts = self.rows.sort_keys(batch.columns(), batch.rows());
        for (row, partition) in partitions.into_iter().enumerate() {
            if !context.is_bounded && !self.touched.contains_key(&partition) {
                let before = self.told(partition)?;
                self.touched.insert(partition, Touched { before, came: HashMap::new() });
            }
            let kind = batch.kind(row);
            if !kind.is_addition() {
                self.rows.remove_equal(partition, sorts.row(row), rows.row(row));
                continue;
            }
            let place = self.rows.next_place(partition, sorts.row(row));
            if let Some(touched) = self.touched.get_mut(&partition) {
                touched.came.insert(place.sequence, kind);
            }
            self.rows.insert(place, rows.row(row));
        }
        Ok(())
    }

    fn flush(&mut self, _context: &Context, out: &mut Output) -> Result {
        let mut emitter = RowEmitter::default();
        for (partition, touched) in std::mem::take(&mut self.touched) {
            self.tell(partition, &touched, &mut emitter)?;
            self.rows.release_if_empty(partition);
        }
        self.rows.settle();
        emitter.emit(&self.codec, out);
        Ok(())
    }

    fn advance(&mut self, context: &Context, out: &mut Output) -> Result {
        if context.is_bounded && context.watermark == FINAL_WATERMARK {
            let partitions: std::collections::BTreeSet<u32> =
                self.rows.iter().map(|(place, _)| place.partition).collect();
            let (_, batch) = self.results(partitions.into_iter(), false)?;
            if !batch.is_empty() {
                out.push(batch);
            }
        }
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
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.rows.memory_bytes() + self.functions.groups.memory_bytes()
    }
}
