//! All rows in order: of a bounded input at its end, of a stream by a time attribute as time passes.

use super::{Context, Operator, Output, Result, TimeReader, input_types};
use crate::checkpoint::EntryRef;
use crate::state::{OrderedRows, RowEmitter, SortCodec, StateWriter};
use arrow_array::{ArrayRef, Int64Array};
use data::batch::{FINAL_WATERMARK, NO_WATERMARK};
use data::{ChangeBatch, DataType, RowKind};
use plan::{Node, SortKey, TimeAttribute};
use std::sync::Arc;

pub(crate) struct Sort {
    rows: OrderedRows,
    /// The time that leads the order of a stream.
    time: Option<Time>,
    rows_late: u64,
}

struct Time {
    column: usize,
    data_type: DataType,
    attribute: TimeAttribute,
    codec: SortCodec,
    /// Time of the last row told: older ones are late.
    told: i64,
}

impl Sort {
    pub(crate) fn new(node: &Node, order: &[SortKey], checkpoints: bool) -> Self {
        let types = input_types(node, 0);
        let input = &node.inputs[0];
        let lead = order.first().filter(|key| !key.descending);
        let time = lead.and_then(|key| {
            let attribute = input.columns[key.column].time?;
            let codec = SortCodec::new(&types, &order[..1]);
            let data_type = types[key.column].clone();
            Some(Time { column: key.column, data_type, attribute, codec, told: NO_WATERMARK })
        });
        Self { rows: OrderedRows::new(&[], &types, order, checkpoints), time, rows_late: 0 }
    }

    fn release(&mut self, bound: Option<i64>, out: &mut Output) {
        let bound: Vec<u8> = match (bound, &self.time) {
            (Some(bound), Some(time)) => {
                let column: ArrayRef = Arc::new(Int64Array::from(vec![bound]));
                time.codec.encode(&[column], 1).row(0).to_vec()
            }
            _ => Vec::new(),
        };
        let mut emitter = RowEmitter::default();
        while let Some(row) = self.rows.pop_until(0, &bound) {
            emitter.push(RowKind::Insert, &row);
        }
        if emitter.is_empty() {
            return;
        }
        let columns = self.rows.codec().decode(emitter.rows());
        if let Some(time) = &mut self.time {
            let reader = TimeReader::new(&columns[time.column], &time.data_type);
            let last = columns[time.column].len() - 1;
            time.told = time.told.max(reader.at(last).unwrap_or(NO_WATERMARK));
        }
        let rows = emitter.kinds().len();
        out.push(ChangeBatch::inserts(columns, rows));
    }
}

impl Operator for Sort {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, _out: &mut Output) -> Result {
        self.rows.partitions(&[], batch.rows());
        let rows = self.rows.encode(batch.columns(), batch.rows());
        let sorts = self.rows.sort_keys(batch.columns(), batch.rows());
        let times = self.time.as_ref().filter(|time| time.attribute == TimeAttribute::Event && !context.is_bounded);
        let reader = times.map(|time| (TimeReader::new(batch.column(time.column), &time.data_type), time.told));
        for row in 0..batch.rows() {
            if let Some((reader, told)) = &reader
                && reader.at(row).is_none_or(|time| time <= *told)
            {
                self.rows_late += 1;
                continue;
            }
            if batch.kind(row).is_addition() {
                let place = self.rows.next_place(0, sorts.row(row));
                self.rows.insert(place, rows.row(row));
            } else {
                self.rows.remove_equal(0, sorts.row(row), rows.row(row));
            }
        }
        Ok(())
    }

    fn advance(&mut self, context: &Context, out: &mut Output) -> Result {
        match &self.time {
            Some(time) if time.attribute == TimeAttribute::Event && context.watermark < FINAL_WATERMARK => {
                self.release(Some(context.watermark), out);
            }
            _ if context.watermark == FINAL_WATERMARK => self.release(None, out),
            _ => {}
        }
        Ok(())
    }

    fn save(&mut self, writer: &mut StateWriter) {
        self.rows.save(writer);
        if let Some(time) = &self.time {
            writer.put(1, 0, b"told", Some(&time.told.to_be_bytes()));
        }
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        match (entry.table, &mut self.time) {
            (1, Some(time)) => {
                let value = entry.value.and_then(|value| value.try_into().ok());
                time.told = value.map_or(NO_WATERMARK, i64::from_be_bytes);
            }
            _ => self.rows.load(entry),
        }
        Ok(())
    }

    fn loaded(&mut self) -> Result {
        self.rows.finish_load();
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.rows.memory_bytes()
    }

    fn rows_late(&self) -> u64 {
        self.rows_late
    }
}
