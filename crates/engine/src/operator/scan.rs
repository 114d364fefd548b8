//! Reading a table: computed columns, and event time as the rows carry it.
//!
//! - *split watermark*: the running maximum of the table's watermark expression over the rows of one split.
//! - The scan's watermark is the minimum over the splits that are neither idle nor at their end.

use super::{Context, Result, without_update_before};
use crate::checkpoint::{ScanTime, SplitTime};
use crate::epoch::Input;
use crate::expression::Compiled;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use data::batch::{FINAL_WATERMARK, NO_WATERMARK};
use data::storage::TimestampUnit;
use data::{ChangeBatch, DataType, Diagnostic, RowKind, TypeKind, Watermarks};
use plan::{Node, Op, TimeAttribute};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug)]
struct Split {
    watermark: i64,
    idle: bool,
}

pub(crate) struct Scan {
    pub(crate) table: String,
    read: Vec<usize>,
    columns: Compiled,
    watermark: Option<(Compiled, DataType)>,
    /// The column with the event time of a row, and its type; absent where nobody reads it.
    rowtime: Option<(usize, DataType)>,
    /// The consumer's plan was made for a stream without -U.
    drops_update_before: bool,
    rows_seen: u64,
    splits: BTreeMap<u32, Split>,
    explicit: i64,
    ended: bool,
    /// The highest watermark so far.
    reached: i64,
}

impl Scan {
    pub(crate) fn new(node: &Node) -> std::result::Result<Self, Diagnostic> {
        let Op::Scan { table, read, columns, watermark } = &node.op else { unreachable!("made for scans only") };
        let compile = |watermark: &functions::Expr| {
            Ok::<_, Diagnostic>((Compiled::new(std::slice::from_ref(watermark))?, watermark.data_type.clone()))
        };
        let rowtime = node.columns.iter().position(|column| column.time == Some(TimeAttribute::Event));
        Ok(Self {
            table: table.name.clone(),
            read: read.clone(),
            columns: Compiled::new(columns)?,
            watermark: watermark.as_ref().map(compile).transpose()?,
            rowtime: rowtime.map(|column| (column, node.columns[column].data_type.clone())),
            drops_update_before: !table.changelog.contains(RowKind::UpdateBefore),
            rows_seen: 0,
            splits: BTreeMap::new(),
            explicit: NO_WATERMARK,
            ended: false,
            reached: NO_WATERMARK,
        })
    }

    /// The rows with the scan's columns, each with the watermark that it met.
    pub(crate) fn read(&mut self, split: u32, batch: &ChangeBatch, context: &Context) -> Result<ChangeBatch> {
        let mut batch = batch.project(&self.read);
        if self.drops_update_before {
            batch = without_update_before(&batch);
        }
        let world = context.evaluation(Watermarks::Constant(self.reached), self.rows_seen);
        self.rows_seen += batch.rows() as u64;
        let columns = self.columns.run(&batch, &world)?;
        let batch = batch.with_columns(columns);
        let watermarks = match &self.watermark {
            Some((watermark, data_type)) if !context.is_bounded => {
                let times = watermark.run(&batch, &world)?;
                let data_type = data_type.clone();
                self.follow(split, &times[0], &data_type)
            }
            _ => {
                self.splits.entry(split).or_insert(Split { watermark: NO_WATERMARK, idle: false }).idle = false;
                Watermarks::Constant(self.watermark())
            }
        };
        Ok(batch.with_watermarks(watermarks))
    }

    /// Rows of a batch that it gave before which consumers have to catch up, so that a row is late or not however rows are
    /// grouped: a row whose time the watermark has reached comes alone. `caught_up`: what they have caught up with.
    pub(crate) fn cuts(&self, rows: &ChangeBatch, caught_up: i64) -> Vec<usize> {
        let Some((column, data_type)) = &self.rowtime else { return Vec::new() };
        if rows.watermarks().after() == NO_WATERMARK {
            return Vec::new();
        }
        let times = TimeReader::new(rows.column(*column).as_ref(), data_type);
        let is_behind = |row: &usize| times.at(*row).is_some_and(|time| time <= rows.watermarks().before(*row));
        let behind = (0..rows.rows()).filter(is_behind).flat_map(|row| [row, row + 1]);
        // Before the first row there is nothing to catch up with but a watermark of rows that came apart.
        let is_needed = |row: &usize| *row < rows.rows() && (*row > 0 || rows.watermarks().before(0) > caught_up);
        behind.filter(is_needed).collect()
    }

    /// Moves the split's watermark with each row; gives the scan's as it was before each.
    fn follow(&mut self, split: u32, times: &ArrayRef, data_type: &DataType) -> Watermarks {
        let state = self.splits.entry(split).or_insert(Split { watermark: NO_WATERMARK, idle: false });
        state.idle = false;
        let mut own = state.watermark;
        let others = self.active().filter(|(other, _)| *other != split).map(|(_, state)| state.watermark).min();
        let others = others.unwrap_or(FINAL_WATERMARK);
        let mut reached = self.watermark();
        let millis = TimeReader::new(times, data_type);
        let start = reached;
        let mut before = Vec::with_capacity(times.len());
        for row in 0..times.len() {
            before.push(reached);
            if let Some(time) = millis.at(row) {
                own = own.max(time);
                reached = reached.max(own.min(others));
            }
        }
        self.splits.insert(split, Split { watermark: own, idle: false });
        self.reached = reached;
        if reached == start {
            return Watermarks::Constant(reached);
        }
        Watermarks::PerRow { before: before.into(), after: reached }
    }

    fn active(&self) -> impl Iterator<Item = (u32, Split)> {
        self.splits.iter().filter(|(_, state)| !state.idle).map(|(split, state)| (*split, *state))
    }

    /// Takes in what is not rows.
    pub(crate) fn event(&mut self, input: &Input) {
        let split = |watermark| Split { watermark, idle: false };
        match input {
            Input::Rows { .. } => {}
            Input::Watermark { millis, .. } => self.explicit = self.explicit.max(*millis),
            Input::SplitStart { split: number, .. } => {
                self.splits.entry(*number).or_insert(split(NO_WATERMARK));
            }
            Input::SplitEnd { split: number, .. } => {
                self.splits.insert(*number, split(FINAL_WATERMARK - 1));
            }
            Input::Idle { split: number, .. } => {
                self.splits.entry(*number).or_insert(split(NO_WATERMARK)).idle = true;
            }
            Input::End { .. } => self.ended = true,
        }
    }

    /// Every split is idle: consumers need not wait.
    pub(crate) fn is_idle(&self) -> bool {
        !self.ended && !self.splits.is_empty() && self.splits.values().all(|split| split.idle)
    }

    pub(crate) fn watermark(&mut self) -> i64 {
        // A split at its end holds nothing back, but only the end of the table makes the watermark final.
        let open = self.active().map(|(_, state)| state.watermark).filter(|time| *time < FINAL_WATERMARK - 1).min();
        let splits = open.unwrap_or(NO_WATERMARK);
        let current = if self.ended { FINAL_WATERMARK } else { splits.max(self.explicit) };
        self.reached = self.reached.max(current);
        self.reached
    }

    pub(crate) fn save_time(&self, scan: String) -> ScanTime {
        let split =
            |(split, state): (&u32, &Split)| SplitTime { split: *split, watermark: state.watermark, idle: state.idle };
        ScanTime {
            scan,
            splits: self.splits.iter().map(split).collect(),
            explicit: self.explicit.max(self.reached),
            ended: self.ended,
        }
    }

    pub(crate) fn load_time(&mut self, time: &ScanTime) {
        let split = |time: &SplitTime| (time.split, Split { watermark: time.watermark, idle: time.idle });
        self.splits = time.splits.iter().map(split).collect();
        self.explicit = time.explicit;
        self.ended = time.ended;
        self.watermark();
    }
}

/// Reads timestamps of any precision as milliseconds, rounded down.
pub(crate) struct TimeReader<'a> {
    column: &'a dyn Array,
    unit: TimestampUnit,
}

impl<'a> TimeReader<'a> {
    pub(crate) fn new(column: &'a dyn Array, data_type: &DataType) -> Self {
        let unit = match data_type.kind {
            TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision) => TimestampUnit::of(precision),
            _ => TimestampUnit::Millis,
        };
        Self { column, unit }
    }

    pub(crate) fn at(&self, row: usize) -> Option<i64> {
        if self.column.is_null(row) {
            return None;
        }
        Some(match self.unit {
            TimestampUnit::Millis => self.column.as_primitive::<Int64Type>().value(row),
            TimestampUnit::Micros => self.column.as_primitive::<Int64Type>().value(row).div_euclid(1_000),
            TimestampUnit::Nanos => {
                let nanos = self.column.as_primitive::<Decimal128Type>().value(row);
                i64::try_from(nanos.div_euclid(1_000_000)).unwrap_or(i64::MAX)
            }
        })
    }
}
