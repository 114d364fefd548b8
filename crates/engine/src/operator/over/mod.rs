//! OVER: each row with aggregates of the rows around it.
//!
//! - *by event time*: a row waits until event time has reached it, then comes out once, for good.
//! - *by arrival*: by processing time a row comes out at once, unless its frame is a span of time.
//! - *by value*: on a stream ordered by any other column every change of a partition renews the rows behind it.
//! - A bounded input is answered at its end, in every order and with every frame.

mod by_value;
mod function;
mod run;

use super::{Context, Operator, Output, Result, Setup, TimeReader, input_types, pick};
use crate::checkpoint::EntryRef;
use crate::state::{ChangedIds, OrderedRows, StateWriter};
use arrow_array::{ArrayRef, UInt32Array};
use data::batch::FINAL_WATERMARK;
use data::{ChangeBatch, DataType, Diagnostic};
use function::{Asked, Functions, Reach};
use plan::{Node, Op, TimeAttribute};
use run::Run;
use std::collections::{BTreeMap, BTreeSet};

/// Where the numbers of told rows are in a checkpoint; the totals follow, the rows are before.
const TOLD_TABLE: u16 = 1;
const TOTALS_TABLES: u16 = 2;

/// Makes the operator for an `Over` node.
pub(crate) fn make(node: &Node, setup: Setup) -> std::result::Result<Box<dyn Operator>, Diagnostic> {
    let Op::Over { order, .. } = &node.op else { unreachable!("made for OVER only") };
    let attribute = order.first().and_then(|key| node.inputs[0].columns[key.column].time);
    Ok(match attribute {
        Some(attribute) => Box::new(Over::new(node, attribute, setup)?),
        None => Box::new(by_value::OverByValue::new(node, setup)?),
    })
}

/// Ordered by a time attribute.
struct Over {
    attribute: TimeAttribute,
    partition: Vec<usize>,
    time: usize,
    time_type: DataType,
    functions: Functions,
    /// Rows that wait, and before them in their partition told ones that frames still reach.
    rows: OrderedRows,
    /// By partition.
    told: Vec<usize>,
    changed: ChangedIds,
    /// How many rows wait, by time and partition.
    waiting: BTreeMap<(i64, u32), usize>,
    /// When partitions forget what they told, by event time.
    expiry: BTreeSet<(i64, u32)>,
    /// By partition.
    expires: Vec<i64>,
    loaded: Vec<Loaded>,
    rows_late: u64,
}

/// What a checkpoint says of a partition besides its rows.
struct Loaded {
    key: Box<[u8]>,
    told: usize,
    expires: i64,
}

impl Over {
    fn new(node: &Node, attribute: TimeAttribute, setup: Setup) -> std::result::Result<Self, Diagnostic> {
        let Op::Over { partition, order, frame, calls } = &node.op else { unreachable!("made for OVER only") };
        let types = input_types(node, 0);
        let mut frame = frame.clone();
        // By processing time no row waits for its peers.
        frame.rows |= attribute == TimeAttribute::Processing && frame.preceding.is_none();
        Ok(Self {
            attribute,
            partition: partition.clone(),
            time: order[0].column,
            time_type: types[order[0].column].clone(),
            functions: Functions::new(node, partition, order, &frame, calls, setup)?,
            rows: OrderedRows::new(&pick(&types, partition), &types, order, setup.checkpoints),
            told: Vec::new(),
            changed: ChangedIds::new(setup.checkpoints),
            waiting: BTreeMap::new(),
            expiry: BTreeSet::new(),
            expires: Vec::new(),
            loaded: Vec::new(),
            rows_late: 0,
        })
    }

    /// A frame's distance back in time.
    fn span(&self) -> Option<i64> {
        self.functions.frame.preceding.filter(|_| !self.functions.frame.rows)
    }

    fn told(&self, partition: u32) -> usize {
        self.told.get(partition as usize).copied().unwrap_or(0)
    }

    fn set_told(&mut self, partition: u32, told: usize) {
        if self.told.len() <= partition as usize {
            self.told.resize(partition as usize + 1, 0);
        }
        self.told[partition as usize] = told;
        self.changed.mark(partition);
    }

    /// Whether a row comes too late. Totals go by the watermark; frames that end, by what was told of the partition.
    fn is_late(&self, partition: u32, time: Option<i64>, watermark: i64) -> bool {
        let Some(time) = time else { return true };
        if self.functions.reach == Reach::Growing {
            return time <= watermark;
        }
        let told = self.told(partition);
        let last = told.checked_sub(1).and_then(|last| self.rows.ranked(partition, last, told).pop());
        last.and_then(|(_, row)| self.times(&self.rows.codec().decode([&*row]))[0]).is_some_and(|last| time <= last)
    }

    fn times(&self, columns: &[ArrayRef]) -> Vec<Option<i64>> {
        let times = TimeReader::new(&columns[self.time], &self.time_type);
        (0..columns[self.time].len()).map(|row| times.at(row)).collect()
    }

    /// Tells the rows of times up to `until`.
    fn fire(&mut self, until: i64, is_bounded: bool, out: &mut Output) -> Result {
        let mut due: BTreeMap<u32, usize> = BTreeMap::new();
        while let Some(entry) = self.waiting.first_entry().filter(|entry| entry.key().0 <= until) {
            let ((_, partition), rows) = entry.remove_entry();
            *due.entry(partition).or_default() += rows;
        }
        if due.is_empty() {
            return Ok(());
        }
        let wanted = due.iter().map(|(partition, rows)| {
            let told = self.told(*partition);
            (*partition, told, told + rows)
        });
        let run = Run::new(&self.rows, wanted);
        let results = self.functions.results(&run, Asked { kept: !is_bounded, in_stream: !is_bounded })?;
        let fresh = run.fresh();
        let times = self.times(run.batch.columns());
        // Partitions take turns by time.
        let mut turns: Vec<u32> = (0..fresh.len() as u32).collect();
        turns.sort_by_key(|row| times[fresh.value(*row as usize) as usize]);
        let mut columns = run.batch.take(&fresh).columns().to_vec();
        columns.extend(results);
        out.push(ChangeBatch::inserts(columns, fresh.len()).take(&UInt32Array::from(turns)));
        for part in &run.parts {
            self.forget(part.partition, &times[part.start..part.end], until);
        }
        self.rows.settle();
        Ok(())
    }

    /// Lets go of told rows that no later frame reaches.
    fn forget(&mut self, partition: u32, times: &[Option<i64>], until: i64) {
        let last = times.last().copied().flatten().unwrap_or(until);
        let back = self.functions.rows_back();
        let mut told = times.len();
        let mut times = times.iter().flatten();
        let is_needed = |time: Option<&i64>, told: usize| match self.span() {
            // The last row says what is late.
            Some(span) => told <= 1 || time.is_some_and(|time| *time >= last.saturating_sub(span)),
            None => told <= back.max(usize::from(self.functions.reach == Reach::Moving)),
        };
        let mut gone = 0;
        while told > 0 && !is_needed(times.next(), told) {
            gone += 1;
            told -= 1;
        }
        for _ in 0..gone {
            self.rows.pop_until(partition, &[]);
        }
        self.set_told(partition, told);
    }

    /// A row puts off when its partition forgets what it told: until the row is out of reach, and half as long again so
    /// that this is done seldom. What is late is known until then.
    fn put_off_expiry(&mut self, partition: u32, time: i64) {
        let Some(span) = self.span().filter(|_| self.attribute == TimeAttribute::Event) else { return };
        let out_of_reach = |span: i64| time.saturating_add(span).saturating_add(1);
        if self.expires(partition) < out_of_reach(span) {
            self.set_expires(partition, out_of_reach(span.saturating_add(span / 2 + span % 2)));
        }
    }

    fn expires(&self, partition: u32) -> i64 {
        self.expires.get(partition as usize).copied().unwrap_or(i64::MIN)
    }

    fn set_expires(&mut self, partition: u32, time: i64) {
        if self.expires.len() <= partition as usize {
            self.expires.resize(partition as usize + 1, i64::MIN);
        }
        self.expires[partition as usize] = time;
        self.changed.mark(partition);
        if time > i64::MIN {
            self.expiry.insert((time, partition));
        }
    }

    /// Event time has left the spans of these partitions' told rows behind.
    fn expire(&mut self, watermark: i64) {
        while let Some((time, partition)) = self.expiry.first().copied().filter(|(time, _)| *time <= watermark) {
            self.expiry.pop_first();
            if self.expires(partition) != time {
                continue;
            }
            self.set_expires(partition, i64::MIN);
            for _ in 0..self.told(partition) {
                self.rows.pop_until(partition, &[]);
            }
            self.set_told(partition, 0);
        }
        self.rows.settle();
    }
}

impl Operator for Over {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, out: &mut Output) -> Result {
        let partitions = self.rows.partitions(&pick(batch.columns(), &self.partition), batch.rows());
        let rows = self.rows.encode(batch.columns(), batch.rows());
        let sorts = self.rows.sort_keys(batch.columns(), batch.rows());
        let times = self.times(batch.columns());
        let by_event = self.attribute == TimeAttribute::Event && !context.is_bounded;
        for (row, partition) in partitions.into_iter().enumerate() {
            if by_event && self.is_late(partition, times[row], batch.watermarks().before(row)) {
                self.rows_late += 1;
                self.rows.release_if_empty(partition);
                continue;
            }
            let place = self.rows.next_place(partition, sorts.row(row));
            self.rows.insert(place, rows.row(row));
            self.put_off_expiry(partition, times[row].unwrap_or(i64::MIN));
            *self.waiting.entry((times[row].unwrap_or(i64::MIN), partition)).or_default() += 1;
        }
        let at_once = self.attribute == TimeAttribute::Processing && self.span().is_none() && !context.is_bounded;
        if at_once { self.fire(i64::MAX, false, out) } else { Ok(()) }
    }

    fn advance(&mut self, context: &Context, out: &mut Output) -> Result {
        if context.is_bounded {
            return if context.watermark == FINAL_WATERMARK { self.fire(i64::MAX, true, out) } else { Ok(()) };
        }
        if self.attribute == TimeAttribute::Event {
            self.fire(context.watermark, false, out)?;
            self.expire(context.watermark);
        }
        Ok(())
    }

    fn tick(&mut self, context: &Context, out: &mut Output) -> Result {
        match self.attribute {
            TimeAttribute::Processing => self.fire(context.clock_millis.saturating_sub(2), false, out),
            TimeAttribute::Event => Ok(()),
        }
    }

    fn next_timer(&self) -> Option<i64> {
        let (time, _) = self.waiting.keys().next().filter(|_| self.attribute == TimeAttribute::Processing)?;
        Some(time.saturating_add(1))
    }

    fn save(&mut self, writer: &mut StateWriter) {
        let ids = writer.select(&mut self.changed, 0..self.told.len().max(self.expires.len()) as u32);
        for partition in ids {
            let (told, expires) = (self.told(partition), self.expires(partition));
            let value = (told > 0 || expires > i64::MIN).then(|| {
                let (told, expires) = ((told as u64).to_be_bytes(), expires.to_be_bytes());
                [told, expires].concat()
            });
            let (group, key) = self.rows.partition(partition);
            writer.put(TOLD_TABLE, group, key, value.as_deref());
        }
        self.rows.save(writer);
        if self.functions.reach == Reach::Growing {
            writer.behind(TOTALS_TABLES, |writer| self.functions.groups.save(writer));
        }
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        match entry.table {
            0 => self.rows.load(entry),
            TOLD_TABLE => {
                let (told, expires) = entry.value.unwrap_or(&[0; 16]).split_at(8);
                let number = |bytes: &[u8]| i64::from_be_bytes(bytes.try_into().expect("eight bytes"));
                let (told, expires) = (number(told) as usize, number(expires));
                self.loaded.push(Loaded { key: entry.key.into(), told, expires });
            }
            table => self.functions.groups.load(EntryRef { table: table - TOTALS_TABLES, ..entry }),
        }
        Ok(())
    }

    fn loaded(&mut self) -> Result {
        self.rows.finish_load();
        self.functions.groups.finish_load();
        for loaded in std::mem::take(&mut self.loaded) {
            if let Some(partition) = self.rows.find_partition(&loaded.key) {
                self.set_told(partition, loaded.told);
                self.set_expires(partition, loaded.expires);
            }
        }
        let mut stored: BTreeMap<u32, Vec<std::sync::Arc<[u8]>>> = BTreeMap::new();
        for (place, row) in self.rows.iter() {
            stored.entry(place.partition).or_default().push(row.clone());
        }
        for (partition, rows) in stored {
            let times = self.times(&self.rows.codec().decode(rows.iter().map(|row| &**row)));
            let told = self.told(partition).min(times.len());
            for time in &times[told..] {
                *self.waiting.entry((time.unwrap_or(i64::MIN), partition)).or_default() += 1;
            }
        }
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        let waiting = self.waiting.len() * size_of::<((i64, u32), usize)>();
        let told = self.told.capacity() * size_of::<usize>() + self.expiry.len() * size_of::<(i64, u32)>();
        self.rows.memory_bytes() + self.functions.groups.memory_bytes() + waiting + told
    }

    fn rows_late(&self) -> u64 {
        self.rows_late
    }
}
