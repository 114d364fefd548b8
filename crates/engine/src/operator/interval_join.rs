//! Interval join: pairs whose times lie near enough, over two append-only inputs.
//!
//! - *expiry* of a row: the last time at which a row of the other input can match it.
//! - A row is kept while time has not reached its expiry, and met by rows that come until time has passed it. So which
//!   late rows still find a match follows from the watermark that each row met, not from how rows are batched.
//! - A row of an outer side without a match comes out, padded, when it expires.

use super::join::pairs::{Pairs, other_keys};
use super::join::{LEFT, RIGHT, Shape, gather};
use super::{Context, Operator, Output, Result, Setup, input_types};
use crate::checkpoint::EntryRef;
use crate::state::{KeyedMultiset, StateWriter};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, UInt32Array};
use data::batch::{FINAL_WATERMARK, NO_WATERMARK};
use data::storage::TimestampUnit;
use data::{ChangeBatch, DataType, Diagnostic, TypeKind, Watermarks};
use plan::{Node, Op, TimeAttribute};
use std::collections::BTreeMap;

pub(crate) struct IntervalJoin {
    shape: Shape,
    attribute: TimeAttribute,
    sides: [Side; 2],
}

struct Side {
    rows: KeyedMultiset,
    time: Time,
    /// From a row's time to its expiry, milliseconds.
    reach: i64,
    /// Expiry per row id.
    expiry: Vec<i64>,
    /// Rows by expiry.
    queue: BTreeMap<i64, Vec<u32>>,
}

/// Where a row's time stands.
#[derive(Clone, Copy)]
struct Time {
    column: usize,
    /// Units of the column in a millisecond.
    per_milli: i64,
    attribute: TimeAttribute,
}

impl IntervalJoin {
    pub(crate) fn new(node: &Node, setup: Setup) -> std::result::Result<Self, Diagnostic> {
        let Op::IntervalJoin {
            kind,
            left_keys,
            right_keys,
            condition,
            left_time,
            right_time,
            time_attribute,
            lower_millis,
            upper_millis,
        } = &node.op
        else {
            unreachable!("made for interval joins only")
        };
        let types = [input_types(node, LEFT), input_types(node, RIGHT)];
        let keys = [left_keys.clone(), right_keys.clone()];
        let shape = Shape::new(*kind, condition.as_ref(), types, keys, vec![false; left_keys.len()])?;
        let side = |side: usize, column: usize, reach: i64| {
            let types = &shape.types[side];
            let key_types: Vec<DataType> = shape.keys[side].iter().map(|&column| types[column].clone()).collect();
            Side {
                rows: KeyedMultiset::new(&key_types, types, side as u16, setup.lasting()),
                time: Time { column, per_milli: per_milli(&types[column]), attribute: *time_attribute },
                reach,
                expiry: Vec::new(),
                queue: BTreeMap::new(),
            }
        };
        let sides = [side(LEFT, *left_time, -lower_millis), side(RIGHT, *right_time, *upper_millis)];
        Ok(Self { shape, attribute: *time_attribute, sides })
    }

    /// The time that had been reached when each row of the batch came.
    fn reached(&self, batch: &ChangeBatch, context: &Context) -> Vec<i64> {
        if self.attribute == TimeAttribute::Processing {
            return vec![context.clock_millis; batch.rows()];
        }
        // What a row met is the least over both inputs already.
        let at = |row: usize| context.watermark.max(batch.watermarks().before(row));
        (0..batch.rows()).map(at).collect()
    }

    /// Removes what has expired before `now`; rows of an outer side that never matched come out.
    fn expire(&mut self, now: i64, out: &mut Output) {
        for side in [LEFT, RIGHT] {
            let is_outer = self.shape.is_outer(side);
            let unmatched = self.sides[side].expire(now, is_outer);
            if !unmatched.is_empty() {
                let columns = self.sides[side].rows.codec().decode(unmatched.iter().map(AsRef::as_ref));
                self.emit_alone(side, columns, unmatched.len(), out);
            }
        }
    }

    /// Tells rows of one side, padded.
    fn emit_alone(&self, side: usize, own: Vec<ArrayRef>, rows: usize, out: &mut Output) {
        let other = gather(&[], &self.shape.types[1 - side], &UInt32Array::new_null(rows));
        out.push(ChangeBatch::inserts(in_order(side, own, other), rows));
    }
}

impl Operator for IntervalJoin {
    fn process(&mut self, port: usize, batch: &ChangeBatch, context: &Context, out: &mut Output) -> Result {
        let reached = self.reached(batch, context);
        let times = self.sides[port].time.of(batch, context);
        let key_columns = self.shape.key_columns(port, batch);
        let (own_reach, other_reach) = (self.sides[port].reach, self.sides[1 - port].reach);
        let other = &self.sides[1 - port];
        let keys = other_keys(&self.shape, port, batch, &other.rows);
        let accept = |row: usize, id: u32| {
            let expiry = other.expiry[id as usize];
            let other_time = expiry - other_reach;
            times[row] <= expiry && other_time <= times[row] + own_reach && expiry >= reached[row]
        };
        let pairs = Pairs::find(&self.shape, port, batch, &keys, &other.rows, accept, context)?;
        let own_keys = self.sides[port].rows.keys(&key_columns, batch.rows());
        let encoded = self.sides[port].rows.encode(batch.columns(), batch.rows());
        let (mut own_rows, mut pair_rows) = (Vec::new(), Vec::new());
        for row in 0..batch.rows() {
            let mut matched = false;
            for pair in pairs.matches(row) {
                matched = true;
                let other = &mut self.sides[1 - port].rows;
                let id = pairs.other[pair];
                let copies = other.count(id).max(0);
                other.set_matches(id, copies as u32);
                for _ in 0..copies {
                    own_rows.push(Some(row as u32));
                    pair_rows.push(Some(pair as u32));
                }
            }
            let expiry = times[row].saturating_add(own_reach);
            if reached[row] < expiry {
                self.sides[port].keep(own_keys[row], encoded.row(row), expiry, matched);
            } else if !matched && self.shape.is_outer(port) {
                own_rows.push(Some(row as u32));
                pair_rows.push(None);
            }
        }
        if !own_rows.is_empty() {
            let rows = own_rows.len();
            let own = gather(batch.columns(), &self.shape.types[port], &UInt32Array::from(own_rows));
            let other = gather(&pairs.columns, &self.shape.types[1 - port], &UInt32Array::from(pair_rows));
            out.push(
                ChangeBatch::inserts(in_order(port, own, other), rows)
                    .with_watermarks(Watermarks::Constant(self.output_watermark(context.watermark))),
            );
        }
        Ok(())
    }

    fn advance(&mut self, context: &Context, out: &mut Output) -> Result {
        if self.attribute == TimeAttribute::Event {
            self.expire(context.watermark, out);
        } else if context.watermark == FINAL_WATERMARK {
            self.expire(FINAL_WATERMARK, out);
        }
        Ok(())
    }

    fn tick(&mut self, context: &Context, out: &mut Output) -> Result {
        if self.attribute == TimeAttribute::Processing {
            self.expire(context.clock_millis, out);
        }
        Ok(())
    }

    fn next_timer(&self) -> Option<i64> {
        if self.attribute == TimeAttribute::Event {
            return None;
        }
        self.sides.iter().filter_map(|side| side.queue.keys().next()).min().copied()
    }

    /// Padded rows come out after rows of their time have been let through.
    fn output_watermark(&self, watermark: i64) -> i64 {
        if watermark == FINAL_WATERMARK {
            return watermark;
        }
        let delay = self.sides.iter().map(|side| side.reach).max().unwrap_or_default().max(0);
        watermark.saturating_sub(delay)
    }

    fn save(&mut self, writer: &mut StateWriter) {
        self.sides.iter_mut().for_each(|side| side.rows.save(writer));
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        self.sides[usize::from(entry.table)].rows.load(entry);
        Ok(())
    }

    fn loaded(&mut self) -> Result {
        for side in &mut self.sides {
            side.rows.finish_load();
            let ids: Vec<u32> = side.rows.ids().collect();
            if ids.is_empty() {
                continue;
            }
            let columns = side.rows.codec().decode(ids.iter().map(|id| side.rows.row(*id)));
            let times = side.time.stored(&columns[side.time.column]);
            for (id, time) in ids.into_iter().zip(times) {
                side.queue_up(id, time.saturating_add(side.reach));
            }
        }
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        let side = |side: &Side| side.rows.memory_bytes() + (side.expiry.capacity() + side.queue.len() * 4) * 8;
        self.sides.iter().map(side).sum()
    }
}

impl Side {
    fn keep(&mut self, key: u32, row: &[u8], expiry: i64, matched: bool) {
        let (id, before, _) = self.rows.add(key, row, 1);
        if before <= 0 {
            self.queue_up(id, expiry);
        }
        if matched {
            let matches = if before <= 0 { 0 } else { self.rows.matches(id) };
            self.rows.set_matches(id, matches + 1);
        }
    }

    fn queue_up(&mut self, id: u32, expiry: i64) {
        if self.expiry.len() <= id as usize {
            self.expiry.resize(id as usize + 1, NO_WATERMARK);
        }
        self.expiry[id as usize] = expiry;
        self.queue.entry(expiry).or_default().push(id);
    }

    /// Forgets rows whose expiry lies before `now`; gives those, as often as they are there, that never matched.
    fn expire(&mut self, now: i64, wants_unmatched: bool) -> Vec<Box<[u8]>> {
        let mut unmatched = Vec::new();
        while let Some(entry) = self.queue.first_entry() {
            if *entry.key() >= now && now != FINAL_WATERMARK {
                break;
            }
            for id in entry.remove() {
                let copies = self.rows.count(id);
                let row: Box<[u8]> = self.rows.row(id).into();
                if wants_unmatched {
                    let alone = (copies - i64::from(self.rows.matches(id))).max(0);
                    (0..alone).for_each(|_| unmatched.push(row.clone()));
                }
                let key = self.rows.key_of(id);
                self.rows.add(key, &row, -copies);
            }
        }
        self.rows.settle();
        unmatched
    }
}

impl Time {
    /// Milliseconds of each row. A row without a time never matches and expires at once.
    fn of(&self, batch: &ChangeBatch, context: &Context) -> Vec<i64> {
        match self.attribute {
            TimeAttribute::Processing => vec![context.clock_millis; batch.rows()],
            TimeAttribute::Event => self.stored(batch.column(self.column)),
        }
    }

    fn stored(&self, column: &ArrayRef) -> Vec<i64> {
        let column = column.as_primitive::<Int64Type>();
        let millis = |row: usize| column.value(row).div_euclid(self.per_milli);
        (0..column.len()).map(|row| if column.is_null(row) { NO_WATERMARK } else { millis(row) }).collect()
    }
}

fn per_milli(time: &DataType) -> i64 {
    match &time.kind {
        TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision)
            if TimestampUnit::of(*precision) == TimestampUnit::Micros =>
        {
            1_000
        }
        _ => 1,
    }
}

fn in_order(side: usize, own: Vec<ArrayRef>, other: Vec<ArrayRef>) -> Vec<ArrayRef> {
    if side == LEFT { own.into_iter().chain(other).collect() } else { other.into_iter().chain(own).collect() }
}
