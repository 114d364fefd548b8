//! Rows that an OVER call looks at: of several partitions, one after another, each in its order.
//!
//! - *told*: rows whose results came out before; they are there for the frames of later ones.
//! - *peers*: rows of a partition that the order does not tell apart.

use crate::operator::TimeReader;
use crate::state::OrderedRows;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, UInt32Array};
use data::time::MILLIS_PER_DAY;
use data::{ChangeBatch, DataType, TypeKind};
use plan::{Frame, SortKey};
use std::ops::Range;

pub(super) struct Run {
    pub(super) batch: ChangeBatch,
    /// Identity of each row.
    pub(super) sequences: Vec<u64>,
    pub(super) parts: Vec<Part>,
    /// Of each row, its peers.
    peers: Vec<Range<usize>>,
    /// Partition of each row, by its place in `parts`.
    part_of: Vec<u32>,
}

/// One partition's rows.
pub(super) struct Part {
    pub(super) partition: u32,
    pub(super) start: usize,
    /// The first row that was not told.
    pub(super) fresh: usize,
    pub(super) end: usize,
}

impl Run {
    /// The first rows of partitions: of each how many were told, and how many there are in all.
    pub(super) fn new(rows: &OrderedRows, wanted: impl Iterator<Item = (u32, usize, usize)>) -> Self {
        let (mut stored, mut sequences, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        for (partition, told, count) in wanted {
            let start = stored.len();
            for (sequence, row) in rows.ranked(partition, 0, count) {
                sequences.push(sequence);
                stored.push(row);
            }
            parts.push(Part { partition, start, fresh: (start + told).min(stored.len()), end: stored.len() });
        }
        let columns = rows.codec().decode(stored.iter().map(|row| &**row));
        let sorts = rows.sort_keys(&columns, stored.len());
        let mut peers = vec![0..0; stored.len()];
        let mut part_of = vec![0; stored.len()];
        for (index, part) in parts.iter().enumerate() {
            let mut from = part.start;
            for row in part.start..part.end {
                part_of[row] = index as u32;
                if row + 1 == part.end || sorts.row(row + 1) != sorts.row(from) {
                    peers[from..=row].fill(from..row + 1);
                    from = row + 1;
                }
            }
        }
        Self { batch: ChangeBatch::inserts(columns, stored.len()), sequences, parts, peers, part_of }
    }

    /// Positions of the rows that were not told.
    pub(super) fn fresh(&self) -> UInt32Array {
        self.parts.iter().flat_map(|part| part.fresh as u32..part.end as u32).collect()
    }

    pub(super) fn peers(&self, row: usize) -> Range<usize> {
        self.peers[row].clone()
    }

    pub(super) fn part(&self, row: usize) -> &Part {
        &self.parts[self.part_of[row] as usize]
    }

    /// Of each fresh row, how many rows (or, with `peers`, groups of peers) of its partition come before it.
    pub(super) fn steps(&self, peers: bool) -> Vec<u32> {
        let mut steps = Vec::new();
        for part in &self.parts {
            let mut step = 0;
            for row in part.fresh..part.end {
                let is_next = row > part.fresh && (!peers || self.peers[row].start == row);
                step += u32::from(is_next);
                steps.push(step);
            }
        }
        steps
    }

    /// The frame of each of these rows.
    pub(super) fn frames(&self, rows: &UInt32Array, frame: &Frame, order: Option<&Order>) -> Vec<Range<usize>> {
        let values = order.map(|order| order.values(self.batch.columns())).unwrap_or_default();
        let valued: Vec<Range<usize>> = self.parts.iter().map(|part| valued(part, &values)).collect();
        let frame_of = |row: &u32| {
            let row = *row as usize;
            let part = self.part(row);
            let range = if frame.rows {
                by_rows(row, part, frame)
            } else {
                self.by_value(row, frame, &values, valued[self.part_of[row] as usize].clone())
            };
            range.start..range.end.max(range.start)
        };
        rows.values().iter().map(frame_of).collect()
    }

    /// Rows whose values lie within the frame's distances. Rows without a value are each other's frame.
    fn by_value(&self, row: usize, frame: &Frame, values: &[Option<i64>], valued: Range<usize>) -> Range<usize> {
        let value = values.get(row).copied().flatten();
        let edge = |distance: i64, at_end: bool| {
            let Some(value) = value.filter(|_| distance != 0) else {
                return if at_end { self.peers[row].end } else { self.peers[row].start };
            };
            let bound = value.saturating_add(distance);
            let is_before =
                |value: &Option<i64>| value.is_some_and(|value| value < bound.saturating_add(i64::from(at_end)));
            valued.start + values[valued.clone()].partition_point(is_before)
        };
        let part = self.part(row);
        let start = frame.preceding.map_or(part.start, |distance| edge(-distance, false));
        let end = frame.following.map_or(part.end, |distance| edge(distance, true));
        start..end
    }
}

/// The rows of a partition that have a value: those without stand together at one end.
fn valued(part: &Part, values: &[Option<i64>]) -> Range<usize> {
    let Some(values) = values.get(part.start..part.end) else { return part.start..part.end };
    let first = values.iter().position(Option::is_some).unwrap_or(0);
    let last = values.iter().rposition(Option::is_some).map_or(first, |last| last + 1);
    part.start + first..part.start + last
}

fn by_rows(row: usize, part: &Part, frame: &Frame) -> Range<usize> {
    let at = |distance: i64| {
        let place = (row as i64).saturating_add(distance);
        place.clamp(part.start as i64, part.end as i64) as usize
    };
    let start = frame.preceding.map_or(part.start, |distance| at(-distance));
    let end = frame.following.map_or(part.end, |distance| at(distance.saturating_add(1)));
    start..end
}

/// The column that leads the order, as numbers that rise: milliseconds or whole numbers.
pub(super) struct Order {
    column: usize,
    data_type: DataType,
    descending: bool,
}

impl Order {
    pub(super) fn new(types: &[DataType], key: &SortKey) -> Self {
        Self { column: key.column, data_type: types[key.column].clone(), descending: key.descending }
    }

    pub(super) fn values(&self, columns: &[ArrayRef]) -> Vec<Option<i64>> {
        let column = &columns[self.column];
        let number = |row: usize| -> i64 {
            match self.data_type.kind {
                TypeKind::TinyInt => i64::from(column.as_primitive::<Int8Type>().value(row)),
                TypeKind::SmallInt => i64::from(column.as_primitive::<Int16Type>().value(row)),
                TypeKind::Int => i64::from(column.as_primitive::<Int32Type>().value(row)),
                TypeKind::BigInt => column.as_primitive::<Int64Type>().value(row),
                _ => i64::from(column.as_primitive::<Int32Type>().value(row)) * MILLIS_PER_DAY,
            }
        };
        let is_instant = matches!(self.data_type.kind, TypeKind::Timestamp(_) | TypeKind::TimestampLtz(_));
        let times = is_instant.then(|| TimeReader::new(column, &self.data_type));
        let value = |row: usize| match &times {
            Some(times) => times.at(row),
            None => (!column.is_null(row)).then(|| number(row)),
        };
        let risen = |value: i64| if self.descending { value.saturating_neg() } else { value };
        (0..column.len()).map(|row| value(row).map(risen)).collect()
    }
}
