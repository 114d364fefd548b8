//! The first or last row of each key by a time attribute; input is insert-only.
//!
//! - By processing time the order is that of arrival.
//! - *last by event time*: a row replaces one that is older or as old.
//! - *first by event time*: the earliest row that came before the watermark passed it, told when it has; once only.

use super::{Context, Operator, Output, Result, Setup, input_types, pick};
use crate::checkpoint::EntryRef;
use crate::operator::TimeReader;
use crate::state::{KeyedRows, RowEmitter, StateWriter, UpdateStyle};
use arrow_array::{ArrayRef, BooleanArray};
use data::{ChangeBatch, DataType, RowKind};
use plan::{Node, TimeAttribute};
use std::collections::BTreeSet;

/// Makes the operator for a `Deduplicate` node.
pub(crate) fn make(
    node: &Node,
    keys: &[usize],
    (time, attribute): (usize, TimeAttribute),
    keep_last: bool,
    setup: Setup,
) -> Box<dyn Operator> {
    let types = input_types(node, 0);
    let keys = Keys { columns: keys.to_vec(), types: pick(&types, keys) };
    let update_before = node.changelog.contains(RowKind::UpdateBefore);
    match (attribute, keep_last) {
        (TimeAttribute::Processing, false) => Box::new(FirstSeen::new(keys, setup)),
        (TimeAttribute::Event, false) => Box::new(FirstByTime::new(keys, &types, time, setup.lasting())),
        (attribute, true) => {
            let by_time = attribute == TimeAttribute::Event;
            // Rows hold their time, so that no two are equal for Flink, even where it is not read.
            let style = UpdateStyle { update_before, unchanged: true };
            let rows = KeyedRows::new(&keys.types, &types, 0, setup);
            let times = by_time.then(|| Times::new(time, &types));
            Box::new(Last { keys: keys.columns, rows, times, style })
        }
    }
}

struct Keys {
    columns: Vec<usize>,
    types: Vec<DataType>,
}

/// A time attribute's column, and the time that is kept of each key.
struct Times {
    position: usize,
    data_type: DataType,
    /// Milliseconds by key id.
    kept: Vec<i64>,
}

impl Times {
    fn new(position: usize, types: &[DataType]) -> Self {
        Self { position, data_type: types[position].clone(), kept: Vec::new() }
    }

    /// Whether a row of this time takes the place of what is kept; if so its time is kept from now on.
    fn replaces(&mut self, id: u32, time: i64, is_first: bool) -> bool {
        if self.kept.len() <= id as usize {
            self.kept.resize(id as usize + 1, i64::MIN);
        }
        let kept = &mut self.kept[id as usize];
        let newer = is_first || *kept <= time;
        if newer {
            *kept = time;
        }
        newer
    }
}

/// Keeps the last row.
struct Last {
    keys: Vec<usize>,
    rows: KeyedRows,
    times: Option<Times>,
    style: UpdateStyle,
}

impl Operator for Last {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, _out: &mut Output) -> Result {
        self.rows.expire(context.clock_millis);
        let ids = self.rows.keys(&pick(batch.columns(), &self.keys), batch.rows());
        let rows = self.rows.encode(batch.columns(), batch.rows());
        match &mut self.times {
            None => ids.into_iter().enumerate().for_each(|(row, id)| self.rows.put(id, rows.row(row))),
            Some(times) => {
                let column = batch.column(times.position).clone();
                let data_type = times.data_type.clone();
                let reader = TimeReader::new(&column, &data_type);
                for (row, id) in ids.into_iter().enumerate() {
                    let is_first = self.rows.get(id).is_none();
                    if times.replaces(id, reader.at(row).unwrap_or(i64::MIN), is_first) {
                        self.rows.put(id, rows.row(row));
                    }
                }
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
        if let Some(times) = &mut self.times {
            let (ids, columns) = self.rows.ids_and_columns();
            let (column, data_type) = (&columns[times.position], times.data_type.clone());
            let reader = TimeReader::new(column, &data_type);
            for (row, id) in ids.into_iter().enumerate() {
                times.replaces(id, reader.at(row).unwrap_or(i64::MIN), true);
            }
        }
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.rows.memory_bytes() + self.times.as_ref().map_or(0, |times| times.kept.capacity() * size_of::<i64>())
    }
}

/// Passes the first row of each key on.
struct FirstSeen {
    keys: Vec<usize>,
    seen: KeyedRows,
}

impl FirstSeen {
    fn new(keys: Keys, setup: Setup) -> Self {
        Self { seen: KeyedRows::new(&keys.types, &[], 0, setup), keys: keys.columns }
    }
}

impl Operator for FirstSeen {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, out: &mut Output) -> Result {
        self.seen.expire(context.clock_millis);
        let ids = self.seen.keys(&pick(batch.columns(), &self.keys), batch.rows());
        let mut is_first = |id: u32| {
            let first = self.seen.get(id).is_none();
            if first {
                self.seen.put(id, &[]);
            }
            Some(first)
        };
        let first: BooleanArray = ids.into_iter().map(&mut is_first).collect();
        self.seen.forget_touched();
        out.push(batch.filter(&first));
        Ok(())
    }

    fn save(&mut self, writer: &mut StateWriter) {
        self.seen.save(writer);
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        self.seen.load(entry);
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.seen.memory_bytes()
    }
}

/// Tells the earliest row of each key once the watermark is there.
struct FirstByTime {
    keys: Vec<usize>,
    /// The earliest row of each key that has not been told.
    waiting: KeyedRows,
    /// Keys that have been told.
    told: KeyedRows,
    /// When each waiting key is due; ties in the order of arrival.
    due: BTreeSet<(i64, u64, u32)>,
    /// Per key its entry in `due`.
    entries: Vec<Option<(i64, u64)>>,
    arrivals: u64,
    time: usize,
    time_type: DataType,
    rows_late: u64,
}

impl FirstByTime {
    fn new(keys: Keys, types: &[DataType], time: usize, setup: Setup) -> Self {
        Self {
            waiting: KeyedRows::new(&keys.types, types, 0, setup),
            told: KeyedRows::new(&keys.types, &[], 1, setup),
            keys: keys.columns,
            due: BTreeSet::new(),
            entries: Vec::new(),
            arrivals: 0,
            time,
            time_type: types[time].clone(),
            rows_late: 0,
        }
    }

    fn schedule(&mut self, id: u32, time: i64) {
        if self.entries.len() <= id as usize {
            self.entries.resize(id as usize + 1, None);
        }
        if let Some((old, arrival)) = self.entries[id as usize].replace((time, self.arrivals)) {
            self.due.remove(&(old, arrival, id));
        }
        self.due.insert((time, self.arrivals, id));
        self.arrivals += 1;
    }
}

impl Operator for FirstByTime {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, _context: &Context, _out: &mut Output) -> Result {
        let key_columns: Vec<ArrayRef> = pick(batch.columns(), &self.keys);
        let told = self.told.find(&key_columns, batch.rows());
        let rows = self.waiting.encode(batch.columns(), batch.rows());
        let ids = self.waiting.keys(&key_columns, batch.rows());
        let times = TimeReader::new(batch.column(self.time), &self.time_type);
        for (row, id) in ids.into_iter().enumerate() {
            let time = times.at(row).unwrap_or(i64::MIN);
            // What the watermark has reached but not passed is told when it moves on.
            if time < batch.watermarks().before(row) {
                self.rows_late += 1;
                self.waiting.release_if_empty(id);
                continue;
            }
            let earliest = self.entries.get(id as usize).copied().flatten().is_none_or(|(known, _)| time < known);
            if told[row].is_none() && earliest {
                self.waiting.put(id, rows.row(row));
                self.schedule(id, time);
            } else {
                self.waiting.release_if_empty(id);
            }
        }
        self.waiting.forget_touched();
        Ok(())
    }

    fn advance(&mut self, context: &Context, out: &mut Output) -> Result {
        let mut emitter = RowEmitter::default();
        let mut ids = Vec::new();
        while let Some((_, _, id)) = self.due.first().copied().filter(|first| first.0 <= context.watermark) {
            self.due.pop_first();
            self.entries[id as usize] = None;
            emitter.push(RowKind::Insert, self.waiting.get(id).unwrap_or_default());
            ids.push(id);
        }
        let keys = self.waiting.key_columns(&ids);
        for id in self.told.keys(&keys, ids.len()) {
            self.told.put(id, &[]);
        }
        self.told.forget_touched();
        ids.iter().for_each(|id| self.waiting.remove(*id));
        self.waiting.forget_touched();
        emitter.emit(self.waiting.codec(), out);
        Ok(())
    }

    fn save(&mut self, writer: &mut StateWriter) {
        self.waiting.save(writer);
        self.told.save(writer);
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        match entry.table {
            0 => self.waiting.load(entry),
            _ => self.told.load(entry),
        }
        Ok(())
    }

    fn loaded(&mut self) -> Result {
        let (ids, columns) = self.waiting.ids_and_columns();
        let data_type = self.time_type.clone();
        let times = TimeReader::new(&columns[self.time], &data_type);
        for (row, id) in ids.into_iter().enumerate() {
            if let Some(time) = times.at(row) {
                self.schedule(id, time);
            }
        }
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.waiting.memory_bytes() + self.told.memory_bytes() + self.due.len() * 48
    }

    fn rows_late(&self) -> u64 {
        self.rows_late
    }
}
