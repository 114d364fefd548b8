//! Groups and their aggregates: what grouped and windowed aggregation have in common.
//!
//! - *group*: the rows that share a key; it lives as long as it has rows.
//! - *restart*: a group that loses its last row starts clean; what a batch did to it before does not matter any more.

use super::distinct::Distinct;
use super::{Result, Setup, input_types};
use crate::checkpoint::EntryRef;
use crate::state::{ChangedIds, Expiry, KeyIndex, RowCodec, StateWriter, TIME_TABLE, entry_key, take_part};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::BooleanBuffer;
use arrow_select::filter::filter;
use data::{ChangeBatch, DataType, Diagnostic, Value};
use functions::{Accumulator, AggregateRows, AggregateSite, ExprKind};
use plan::{AggregateCall, Node};

/// Where group entries are in a checkpoint; the tables of call i follow at `1 + 2 * i` (map) and `2 + 2 * i` (distinct).
const GROUP_TABLE: u16 = 0;

enum Argument {
    Column(usize),
    Literal(Value, DataType),
}

struct Call {
    accumulator: Box<dyn Accumulator>,
    arguments: Vec<Argument>,
    filter: Option<usize>,
    distinct: Option<Distinct>,
    state: RowCodec,
}

pub(crate) struct Groups {
    keys: KeyIndex,
    calls: Vec<Call>,
    /// Rows per group.
    records: Vec<i64>,
    /// While a batch is absorbed: one more than the row that emptied the group last.
    restarts: Vec<u32>,
    changed: ChangedIds,
    expiry: Expiry,
    /// Key groups are given, not computed.
    is_placed: bool,
    loaded: Vec<Loaded>,
}

/// An entry of a checkpoint until all are there.
struct Loaded {
    table: u16,
    group: u16,
    key: Box<[u8]>,
    value: Box<[u8]>,
}

impl Groups {
    pub(crate) fn new(
        node: &Node,
        key_types: &[DataType],
        calls: &[AggregateCall],
        is_placed: bool,
        setup: Setup,
    ) -> std::result::Result<Self, Diagnostic> {
        let types = input_types(node, 0);
        let retractable = !node.inputs[0].changelog.is_insert_only();
        let calls = calls.iter().map(|call| Call::new(call, &types, retractable, setup));
        Ok(Self {
            keys: KeyIndex::new(key_types),
            calls: calls.collect::<std::result::Result<_, _>>()?,
            records: Vec::new(),
            restarts: Vec::new(),
            changed: ChangedIds::new(setup.checkpoints),
            expiry: Expiry::new(setup.retention),
            is_placed,
            loaded: Vec::new(),
        })
    }

    /// Moves processing time: groups past their retention are gone, and nobody is told.
    pub(crate) fn expire(&mut self, now: i64) {
        let due = self.expiry.due(now);
        if !due.is_empty() {
            self.release(&due);
        }
    }

    /// Whether groups can go by themselves.
    pub(crate) fn can_expire(&self) -> bool {
        self.expiry.is_enabled()
    }

    /// Groups of the keys in these columns; unknown ones are empty.
    pub(crate) fn of(&mut self, columns: &[ArrayRef], rows: usize) -> Vec<u32> {
        let groups = self.keys.intern(columns, rows);
        self.make_room();
        groups
    }

    /// Says which key groups these groups belong to, for keys that hold more than what rows are divided by.
    pub(crate) fn place(&mut self, groups: &[u32], key_groups: &[u16]) {
        debug_assert!(self.is_placed, "announced when made");
        groups.iter().zip(key_groups).for_each(|(group, key_group)| self.keys.place(*group, *key_group));
    }

    fn make_room(&mut self) {
        let bound = self.keys.id_bound();
        if self.records.len() < bound {
            self.records.resize(bound, 0);
            self.restarts.resize(bound, 0);
            self.calls.iter_mut().for_each(|call| call.accumulator.resize(bound));
        }
    }

    #[inline]
    pub(crate) fn is_empty(&self, group: u32) -> bool {
        self.records[group as usize] <= 0
    }

    /// Columns of these groups' keys.
    pub(crate) fn keys(&self, groups: &[u32]) -> Vec<ArrayRef> {
        self.keys.decode(groups)
    }

    /// One column per call.
    pub(crate) fn results(&self, groups: &[u32]) -> Result<Vec<ArrayRef>> {
        self.calls.iter().map(|call| Ok(call.accumulator.results(groups)?)).collect()
    }

    /// What an aggregation of no rows gives.
    pub(crate) fn results_of_nothing(&mut self) -> Result<Vec<ArrayRef>> {
        let group = self.keys.intern_bytes(&[]);
        self.make_room();
        self.results(&[group])
    }

    /// Takes rows into their groups. A row that is taken back from an empty group is ignored.
    pub(crate) fn absorb(&mut self, batch: &ChangeBatch, groups: &[u32]) -> Result {
        groups.iter().for_each(|group| {
            self.changed.mark(*group);
            self.expiry.write(*group);
        });
        if batch.is_insert_only() {
            for group in groups {
                self.records[*group as usize] += 1;
            }
            return self.update(batch, groups);
        }
        let mut keep = vec![true; groups.len()];
        let mut emptied = Vec::new();
        for (row, group) in groups.iter().enumerate() {
            let records = &mut self.records[*group as usize];
            match (batch.kind(row).is_addition(), *records) {
                (true, _) => *records += 1,
                (false, 0) => keep[row] = false,
                (false, 1) => {
                    *records = 0;
                    let restart = &mut self.restarts[*group as usize];
                    if *restart == 0 {
                        emptied.push(*group);
                    }
                    *restart = row as u32 + 1;
                }
                (false, _) => *records -= 1,
            }
        }
        if !emptied.is_empty() {
            for (row, group) in groups.iter().enumerate() {
                keep[row] &= row >= self.restarts[*group as usize] as usize;
            }
            emptied.iter().for_each(|group| self.restarts[*group as usize] = 0);
            self.clear(&emptied);
        }
        if keep.iter().all(|keep| *keep) {
            return self.update(batch, groups);
        }
        let kept: Vec<u32> = groups.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(group, _)| *group).collect();
        self.update(&batch.filter(&BooleanArray::from(keep)), &kept)
    }

    fn update(&mut self, batch: &ChangeBatch, groups: &[u32]) -> Result {
        let additions = batch.additions();
        self.calls.iter_mut().try_for_each(|call| call.update(batch, groups, additions.as_ref()))
    }

    fn clear(&mut self, groups: &[u32]) {
        if groups.is_empty() {
            return;
        }
        for call in &mut self.calls {
            call.accumulator.clear(groups);
            if let Some(distinct) = &mut call.distinct {
                distinct.clear(groups);
            }
        }
    }

    /// Lets go of groups that are empty, or over.
    pub(crate) fn release(&mut self, groups: &[u32]) {
        self.clear(groups);
        for group in groups {
            self.records[*group as usize] = 0;
            self.changed.mark(*group);
            self.expiry.remove(*group);
            self.keys.release(*group);
        }
    }

    /// Ends a flush: ids of groups that are gone may be used again.
    pub(crate) fn settle(&mut self) {
        if self.changed.is_enabled() {
            return;
        }
        self.keys.reclaim();
        for call in &mut self.calls {
            call.accumulator.changed_entries(&mut |_, _, _| {});
            if let Some(distinct) = &mut call.distinct {
                distinct.settle();
            }
        }
    }

    /// Live groups.
    pub(crate) fn ids(&self) -> Vec<u32> {
        self.keys.live_ids().filter(|group| !self.is_empty(*group)).collect()
    }

    pub(crate) fn save(&mut self, writer: &mut StateWriter) {
        let ids = writer.select(&mut self.changed, self.keys.live_ids());
        self.expiry.save(GROUP_TABLE, &ids, &self.keys, writer);
        let (live, gone): (Vec<u32>, Vec<u32>) = ids.into_iter().partition(|group| !self.is_empty(*group));
        let states: Vec<_> = self.calls.iter().map(|call| call.save(&live)).collect();
        for (row, group) in live.iter().enumerate() {
            let mut value = self.records[*group as usize].to_be_bytes().to_vec();
            for state in &states {
                let bytes = state.row(row);
                value.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
                value.extend_from_slice(bytes);
            }
            writer.put(GROUP_TABLE, self.keys.group(*group), self.keys.key(*group), Some(&value));
        }
        for group in gone {
            writer.put(GROUP_TABLE, self.keys.group(group), self.keys.key(group), None);
        }
        for (index, call) in self.calls.iter_mut().enumerate() {
            call.save_entries(1 + 2 * index as u16, &self.keys, writer);
        }
        self.keys.reclaim();
    }

    pub(crate) fn load(&mut self, entry: EntryRef) {
        if entry.table & TIME_TABLE != 0 {
            let group = self.keys.intern_bytes(entry.key);
            return self.expiry.load(group, entry.value.unwrap_or_default());
        }
        let value = entry.value.unwrap_or_default().into();
        self.loaded.push(Loaded { table: entry.table, group: entry.group, key: entry.key.into(), value });
    }

    pub(crate) fn finish_load(&mut self) {
        let loaded = std::mem::take(&mut self.loaded);
        let (groups, entries): (Vec<Loaded>, Vec<Loaded>) =
            loaded.into_iter().partition(|entry| entry.table == GROUP_TABLE);
        let ids: Vec<u32> = groups.iter().map(|entry| self.keys.intern_bytes(&entry.key)).collect();
        self.make_room();
        let mut rests: Vec<&[u8]> = Vec::with_capacity(groups.len());
        for (id, entry) in ids.iter().zip(&groups) {
            let (records, rest) = entry.value.split_at(8);
            self.records[*id as usize] = i64::from_be_bytes(records.try_into().expect("eight bytes"));
            if self.is_placed {
                self.keys.place(*id, entry.group);
            }
            rests.push(rest);
        }
        for call in &mut self.calls {
            let parts: Vec<&[u8]> = rests.iter_mut().map(take_part).collect();
            let columns = call.state.decode(parts);
            call.accumulator.load(&ids, &columns);
        }
        for entry in entries {
            let mut rest: &[u8] = &entry.key;
            let group = self.keys.intern_bytes(take_part(&mut rest));
            self.make_room();
            let call = &mut self.calls[(entry.table as usize - 1) / 2];
            match (entry.table % 2 == 0, &mut call.distinct) {
                (true, Some(distinct)) => distinct.load(group, rest, &entry.value),
                _ => call.accumulator.load_entry(group, rest, &entry.value),
            }
        }
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let calls = self.calls.iter().map(|call| {
            let distinct = call.distinct.as_ref().map_or(0, Distinct::memory_bytes);
            call.accumulator.memory_bytes() + distinct
        });
        let own = self.keys.memory_bytes() + self.records.capacity() * size_of::<i64>() + self.changed.memory_bytes();
        own + calls.sum::<usize>()
    }
}

impl Call {
    fn new(
        call: &AggregateCall,
        types: &[DataType],
        retractable: bool,
        setup: Setup,
    ) -> std::result::Result<Self, Diagnostic> {
        let broken = |cause: String| {
            Diagnostic::run("HW9205", format!("aggregate `{}` cannot be made", call.function))
                .detail(cause)
                .hint("report it: the planner should have refused it")
        };
        let argument = |expression: &functions::Expr| match &expression.kind {
            ExprKind::Column(column) => Ok(Argument::Column(*column)),
            ExprKind::Literal(value) => Ok(Argument::Literal(value.clone(), expression.data_type.clone())),
            _ => Err(broken("an argument is neither a column nor a literal".to_owned())),
        };
        let arguments: Vec<Argument> =
            call.args.iter().map(argument).collect::<std::result::Result<_, Diagnostic>>()?;
        let arg_types: Vec<DataType> = call.args.iter().map(|argument| argument.data_type.clone()).collect();
        let literals: Vec<Option<Value>> = call.args.iter().map(|argument| argument.as_literal().cloned()).collect();
        debug_assert!(call.filter.is_none_or(|column| column < types.len()), "FILTER is a column of the input");
        let site = AggregateSite { arg_types: &arg_types, literals: &literals, result_type: &call.result, retractable };
        let def = functions::aggregate(&call.function).ok_or_else(|| broken("it is not known".to_owned()))?;
        let accumulator = (def.make)(&site).map_err(|error| broken(error.message))?;
        let distinct = call.distinct.then(|| Distinct::new(&arg_types, setup.checkpoints));
        let state = RowCodec::new(&accumulator.state_types());
        Ok(Self { accumulator, arguments, filter: call.filter, distinct, state })
    }

    fn update(&mut self, batch: &ChangeBatch, groups: &[u32], additions: Option<&BooleanBuffer>) -> Result {
        let arguments: Vec<ArrayRef> = self
            .arguments
            .iter()
            .map(|argument| match argument {
                Argument::Column(column) => batch.column(*column).clone(),
                Argument::Literal(value, data_type) => {
                    Value::column(data_type, std::iter::repeat_n(value, batch.rows()))
                }
            })
            .collect();
        let mut mask = self.filter.map(|column| {
            let column = batch.column(column).as_boolean();
            match column.nulls() {
                None => column.values().clone(),
                Some(nulls) => column.values() & nulls.inner(),
            }
        });
        if let Some(distinct) = &mut self.distinct {
            mask = Some(distinct.changes(&arguments, groups, additions, mask.as_ref()));
        }
        let Some(mask) = mask else {
            let rows = AggregateRows { groups, args: &arguments, additions };
            return Ok(self.accumulator.update(&rows)?);
        };
        let groups: Vec<u32> = mask.set_indices().map(|row| groups[row]).collect();
        let additions =
            additions.map(|flags| mask.set_indices().map(|row| flags.value(row)).collect::<BooleanBuffer>());
        let selected = BooleanArray::new(mask, None);
        let arguments: Vec<ArrayRef> = arguments
            .iter()
            .map(|argument| filter(argument, &selected).expect("mask has the batch's length"))
            .collect();
        let rows = AggregateRows { groups: &groups, args: &arguments, additions: additions.as_ref() };
        Ok(self.accumulator.update(&rows)?)
    }

    fn save(&self, groups: &[u32]) -> crate::state::EncodedRows {
        self.state.encode(&self.accumulator.save(groups), groups.len())
    }

    fn save_entries(&mut self, table: u16, keys: &KeyIndex, writer: &mut StateWriter) {
        if writer.all {
            self.accumulator.changed_entries(&mut |_, _, _| {});
            self.accumulator.entries(&mut |group, key, value| {
                writer.put(table, keys.group(group), &entry_key(keys.key(group), key), Some(value));
            });
        } else {
            self.accumulator.changed_entries(&mut |group, key, value| {
                writer.put(table, keys.group(group), &entry_key(keys.key(group), key), value);
            });
        }
        if let Some(distinct) = &mut self.distinct {
            distinct.save(table + 1, keys, writer);
        }
    }
}
