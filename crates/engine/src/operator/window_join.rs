//! Join of rows in one window: both sides wait until event time has passed the window's end, and are joined then, once.

use super::join::{LEFT, RIGHT, Shape, bounded};
use super::{Context, Operator, Output, Result, Setup, TimeReader, input_types, pick};
use crate::checkpoint::EntryRef;
use crate::state::{OrderedRows, Place, RowEmitter, StateWriter};
use data::batch::NO_WATERMARK;
use data::{ChangeBatch, DataType, Diagnostic, RowKind};
use plan::{Node, Op};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) struct WindowJoin {
    shape: Shape,
    sides: [Side; 2],
    rows_late: u64,
}

struct Side {
    /// Column of the window's end.
    end: usize,
    end_type: DataType,
    /// By join key, in the order of arrival.
    rows: OrderedRows,
    /// Ends of open windows, by key.
    due: BTreeSet<(i64, u32)>,
    /// The watermark that this input has reached.
    watermark: i64,
}

impl WindowJoin {
    pub(crate) fn new(node: &Node, setup: Setup) -> std::result::Result<Self, Diagnostic> {
        let Op::WindowJoin { kind, left_keys, right_keys, null_safe, condition, left_end, right_end } = &node.op else {
            unreachable!("made for window joins only")
        };
        let types = [input_types(node, LEFT), input_types(node, RIGHT)];
        let keys = [left_keys.clone(), right_keys.clone()];
        let shape = Shape::new(*kind, condition.as_ref(), types, keys, null_safe.clone())?;
        let side = |side: usize, end: usize| {
            let types = &shape.types[side];
            let key_types = pick(types, &shape.keys[side]);
            Side {
                end,
                end_type: types[end].clone(),
                rows: OrderedRows::new(&key_types, types, &[], setup.checkpoints),
                due: BTreeSet::new(),
                watermark: NO_WATERMARK,
            }
        };
        let sides = [side(LEFT, *left_end), side(RIGHT, *right_end)];
        Ok(Self { shape, sides, rows_late: 0 })
    }
}

impl Side {
    /// Takes out the rows of windows that are over.
    fn release(&mut self, watermark: i64) -> Vec<ChangeBatch> {
        let mut emitter = RowEmitter::default();
        while let Some((_, key)) = self.due.first().copied().filter(|(end, _)| end.saturating_sub(1) <= watermark) {
            self.due.pop_first();
            while let Some(row) = self.rows.pop_until(key, &[]) {
                emitter.push(RowKind::Insert, &row);
            }
        }
        self.rows.settle();
        if emitter.is_empty() {
            return Vec::new();
        }
        let columns = self.rows.codec().decode(emitter.rows());
        vec![ChangeBatch::inserts(columns, emitter.kinds().len())]
    }
}

impl Operator for WindowJoin {
    fn process(&mut self, port: usize, batch: &ChangeBatch, context: &Context, _out: &mut Output) -> Result {
        let other = self.sides[1 - port].watermark;
        let side = &mut self.sides[port];
        side.watermark = batch.watermarks().after();
        let keys = side.rows.partitions(&pick(batch.columns(), &self.shape.keys[port]), batch.rows());
        let rows = side.rows.encode(batch.columns(), batch.rows());
        let sorts = side.rows.sort_keys(batch.columns(), batch.rows());
        let ends = TimeReader::new(batch.column(side.end), &side.end_type);
        for (row, key) in keys.into_iter().enumerate() {
            let end = ends.at(row).unwrap_or(i64::MIN);
            let reached = context.watermark.max(batch.watermarks().before(row).min(other));
            if end.saturating_sub(1) <= reached {
                self.rows_late += 1;
                side.rows.release_if_empty(key);
                continue;
            }
            side.due.insert((end, key));
            let place = side.rows.next_place(key, sorts.row(row));
            side.rows.insert(place, rows.row(row));
        }
        Ok(())
    }

    fn advance(&mut self, context: &Context, out: &mut Output) -> Result {
        let [left, right] = &mut self.sides;
        let over = [left.release(context.watermark), right.release(context.watermark)];
        if over.iter().all(Vec::is_empty) {
            return Ok(());
        }
        bounded::join(&self.shape, &over, context, out)
    }

    fn save(&mut self, writer: &mut StateWriter) {
        for (table, side) in self.sides.iter_mut().enumerate() {
            writer.behind(table as u16, |writer| side.rows.save(writer));
        }
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        self.sides[usize::from(entry.table)].rows.load(EntryRef { table: 0, ..entry });
        Ok(())
    }

    fn loaded(&mut self) -> Result {
        for side in &mut self.sides {
            side.rows.finish_load();
            let stored: Vec<(Place, &Arc<[u8]>)> = side.rows.iter().collect();
            let columns = side.rows.codec().decode(stored.iter().map(|(_, row)| &***row));
            let ends = TimeReader::new(&columns[side.end], &side.end_type);
            let due =
                stored.iter().enumerate().map(|(row, (place, _))| (ends.at(row).unwrap_or(i64::MIN), place.partition));
            side.due = due.collect();
        }
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        let side = |side: &Side| side.rows.memory_bytes() + side.due.len() * size_of::<(i64, u32)>();
        self.sides.iter().map(side).sum()
    }

    fn rows_late(&self) -> u64 {
        self.rows_late
    }
}
