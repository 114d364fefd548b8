//! GROUP BY a window: one row per key and window, told when the window is over. A row whose windows are all over is late
//! and dropped.

use super::groups::Groups;
use super::window::{Assigner, Span};
use super::{Context, Operator, Output, Result, Setup, input_types, pick};
use crate::checkpoint::EntryRef;
use crate::state::{RowCodec, StateWriter, key_groups};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, UInt32Array};
use data::{ChangeBatch, DataType, Diagnostic, TypeKind};
use plan::{AggregateCall, Node, Window, WindowProperty};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) struct WindowAggregate {
    assigner: Assigner,
    keys: Vec<usize>,
    properties: Vec<WindowProperty>,
    /// By keys, window start and window end.
    groups: Groups,
    /// For the key group, which must not depend on the window.
    key_codec: RowCodec,
    /// Groups by the instant at which their window is over.
    timers: BTreeMap<i64, Vec<u32>>,
    has_timer: Vec<bool>,
    /// Timers of restored groups are set once the zone is known.
    restored: bool,
    rows_late: u64,
}

impl WindowAggregate {
    pub(crate) fn new(
        node: &Node,
        window: &Window,
        keys: &[usize],
        calls: &[AggregateCall],
        properties: &[WindowProperty],
        setup: Setup,
    ) -> std::result::Result<Self, Diagnostic> {
        let mut key_types = pick(&input_types(node, 0), keys);
        let key_codec = RowCodec::new(&key_types);
        let bound = DataType::not_null(TypeKind::BigInt);
        key_types.extend([bound.clone(), bound]);
        Ok(Self {
            assigner: Assigner::new(window, node),
            keys: keys.to_vec(),
            properties: properties.to_vec(),
            groups: Groups::new(node, &key_types, calls, true, setup.lasting())?,
            key_codec,
            timers: BTreeMap::new(),
            has_timer: Vec::new(),
            restored: false,
            rows_late: 0,
        })
    }

    /// The rows' open windows; counts rows that have none.
    fn open(&mut self, batch: &ChangeBatch, context: &Context) -> Result<Vec<(u32, Span)>> {
        let assigned = self.assigner.assign(batch, context, false)?;
        if !self.assigner.is_event_time() || context.is_bounded {
            return Ok(assigned);
        }
        let watermarks = batch.watermarks();
        let mut has_open = vec![false; batch.rows()];
        let is_open = |(row, span): &(u32, Span)| {
            let open = self.assigner.timer(*span, context) > watermarks.before(*row as usize);
            has_open[*row as usize] |= open;
            open
        };
        let open: Vec<(u32, Span)> = assigned.into_iter().filter(is_open).collect();
        self.rows_late += has_open.iter().filter(|open| !**open).count() as u64;
        Ok(open)
    }

    fn set_timers(&mut self, groups: &[u32], spans: impl Iterator<Item = Span>, context: &Context) {
        for (group, span) in groups.iter().zip(spans) {
            if self.has_timer.len() <= *group as usize {
                self.has_timer.resize(*group as usize + 1, false);
            }
            if !std::mem::replace(&mut self.has_timer[*group as usize], true) {
                let timer = self.assigner.timer(span, context);
                self.timers.entry(timer).or_default().push(*group);
            }
        }
    }

    fn set_restored_timers(&mut self, context: &Context) {
        if std::mem::take(&mut self.restored) {
            let groups = self.groups.ids();
            let spans = self.spans(&groups);
            self.set_timers(&groups, spans.into_iter(), context);
        }
    }

    /// Windows of groups.
    fn spans(&self, groups: &[u32]) -> Vec<Span> {
        let columns = self.groups.keys(groups);
        let [.., starts, ends] = columns.as_slice() else { return Vec::new() };
        let (starts, ends) = (starts.as_primitive::<Int64Type>(), ends.as_primitive::<Int64Type>());
        starts.values().iter().zip(ends.values()).map(|(start, end)| Span { start: *start, end: *end }).collect()
    }

    /// Tells the windows whose timers are at most `until`.
    fn fire(&mut self, until: i64, context: &Context, out: &mut Output) -> Result {
        self.set_restored_timers(context);
        let mut due = Vec::new();
        while let Some(entry) = self.timers.first_entry().filter(|entry| *entry.key() <= until) {
            due.extend(entry.remove());
        }
        if due.is_empty() {
            return Ok(());
        }
        let told: Vec<u32> = due.iter().copied().filter(|group| !self.groups.is_empty(*group)).collect();
        let spans = self.spans(&told);
        let mut columns = self.groups.keys(&told);
        columns.truncate(self.keys.len());
        columns.extend(self.groups.results(&told)?);
        for property in &self.properties {
            let value = |span: &Span| match property {
                WindowProperty::Start => span.start,
                WindowProperty::End => span.end,
                WindowProperty::Time => self.assigner.window_time(*span, context),
            };
            columns.push(Arc::new(spans.iter().map(value).collect::<Int64Array>()));
        }
        out.push(ChangeBatch::inserts(columns, told.len()));
        due.iter().for_each(|group| self.has_timer[*group as usize] = false);
        self.groups.release(&due);
        self.groups.settle();
        Ok(())
    }
}

impl Operator for WindowAggregate {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, _out: &mut Output) -> Result {
        self.set_restored_timers(context);
        let open = self.open(batch, context)?;
        if open.is_empty() {
            return Ok(());
        }
        let rows = UInt32Array::from_iter_values(open.iter().map(|(row, _)| *row));
        let spread = batch.take(&rows);
        let keys: Vec<ArrayRef> = pick(spread.columns(), &self.keys);
        let key_groups = key_groups(&self.key_codec, &keys, spread.rows());
        let column = |value: fn(&Span) -> i64| -> ArrayRef {
            Arc::new(open.iter().map(|(_, span)| value(span)).collect::<Int64Array>())
        };
        let mut columns = keys;
        columns.extend([column(|span| span.start), column(|span| span.end)]);
        let groups = self.groups.of(&columns, spread.rows());
        self.groups.place(&groups, &key_groups);
        self.set_timers(&groups, open.iter().map(|(_, span)| *span), context);
        self.groups.absorb(&spread, &groups)
    }

    fn advance(&mut self, context: &Context, out: &mut Output) -> Result {
        if self.assigner.is_event_time() { self.fire(context.watermark, context, out) } else { Ok(()) }
    }

    fn tick(&mut self, context: &Context, out: &mut Output) -> Result {
        if self.assigner.is_event_time() { Ok(()) } else { self.fire(context.clock_millis - 1, context, out) }
    }

    fn next_timer(&self) -> Option<i64> {
        if self.assigner.is_event_time() {
            return None;
        }
        // Restored windows get their timers at the first occasion, which is now.
        if self.restored { Some(i64::MIN) } else { self.timers.keys().next().copied() }
    }

    fn save(&mut self, writer: &mut StateWriter) {
        self.groups.save(writer);
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        self.groups.load(entry);
        Ok(())
    }

    fn loaded(&mut self) -> Result {
        self.groups.finish_load();
        self.restored = true;
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.groups.memory_bytes() + self.has_timer.capacity() + self.timers.len() * size_of::<(i64, Vec<u32>)>()
    }

    fn rows_late(&self) -> u64 {
        self.rows_late
    }
}
