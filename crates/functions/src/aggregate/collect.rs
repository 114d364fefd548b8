//! COLLECT: how often each value came. A value that is taken back more often than it came has no entry, but is owed.

use super::entries::Changed;
use super::{Accumulator, AggregateDef, AggregateRows, AggregateSite};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example};
use crate::typing::arity;
use arrow_array::{Array, ArrayRef};
use arrow_row::{RowConverter, SortField};
use data::storage::storage_type;
use data::{DataType, TypeKind, Value};
use std::collections::BTreeMap;

pub(super) static FUNCTIONS: &[AggregateDef] = &[AggregateDef {
    name: "COLLECT",
    aliases: &[],
    syntax: &["COLLECT([DISTINCT] value)"],
    doc: "The values that are not NULL as a MULTISET, which counts each; empty when there are none.",
    examples: &[Example { sql: "COLLECT(x) FROM (VALUES ('a'), ('b'), ('a')) AS t (x)", result: "{a=2, b=1}" }],
    bind,
    make: |site| Ok(Box::new(Collect::new(site))),
}];

fn bind(args: &[BindArg], _grouped: bool) -> Result<Binding, BindError> {
    arity("COLLECT", args, 1, "COLLECT(value)")?;
    let element = args[0].data_type.clone();
    Ok(Binding { params: vec![element.clone()], result: DataType::not_null(TypeKind::Multiset(Box::new(element))) })
}

struct Collect {
    input: DataType,
    result: DataType,
    /// Values in row format, with their counts, per group.
    counts: Vec<BTreeMap<Box<[u8]>, i64>>,
    converter: RowConverter,
    changed: Changed<Box<[u8]>>,
}

impl Collect {
    fn new(site: &AggregateSite) -> Self {
        let input = site.arg_types[0].clone();
        let converter =
            RowConverter::new(vec![SortField::new(storage_type(&input))]).expect("storage types have a row format");
        let result = site.result_type.clone();
        Self { input, result, counts: Vec::new(), converter, changed: Changed::default() }
    }

    fn result(&self, group: u32) -> Value {
        let parser = self.converter.parser();
        let present: Vec<(&[u8], i64)> = self.counts[group as usize]
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(key, count)| (key.as_ref(), *count))
            .collect();
        let rows = present.iter().map(|(key, _)| parser.parse(key));
        let columns = self.converter.convert_rows(rows).expect("bytes come from this converter");
        let entry = |(index, (_, count)): (usize, &(&[u8], i64))| {
            let count = i32::try_from(*count).unwrap_or(i32::MAX);
            (Value::at(columns[0].as_ref(), &self.input, index), Value::Int(count))
        };
        Value::Map(present.iter().enumerate().map(entry).collect())
    }
}

impl Accumulator for Collect {
    fn resize(&mut self, groups: usize) {
        self.counts.resize_with(groups, BTreeMap::new);
    }

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError> {
        let column = &rows.args[0];
        let encoded =
            self.converter.convert_columns(std::slice::from_ref(column)).expect("the column has the converter's type");
        for (row, group) in rows.groups.iter().enumerate().filter(|(row, _)| column.is_valid(*row)) {
            let key: Box<[u8]> = encoded.row(row).data().into();
            let step = if rows.additions.is_none_or(|additions| additions.value(row)) { 1 } else { -1 };
            let counts = &mut self.counts[*group as usize];
            let count = counts.entry(key.clone()).or_insert(0);
            *count += step;
            if *count == 0 {
                counts.remove(&key);
            }
            self.changed.mark(*group, key);
        }
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError> {
        let values: Vec<Value> = groups.iter().map(|group| self.result(*group)).collect();
        Ok(Value::column(&self.result, &values))
    }

    fn clear(&mut self, groups: &[u32]) {
        for group in groups {
            for key in std::mem::take(&mut self.counts[*group as usize]).into_keys() {
                self.changed.mark(*group, key);
            }
        }
    }

    fn state_types(&self) -> Vec<DataType> {
        Vec::new()
    }

    fn save(&self, _groups: &[u32]) -> Vec<ArrayRef> {
        Vec::new()
    }

    fn load(&mut self, _groups: &[u32], _columns: &[ArrayRef]) {}

    fn changed_entries(&mut self, visit: &mut dyn FnMut(u32, &[u8], Option<&[u8]>)) {
        for (group, key) in self.changed.take() {
            let count = self.counts[group as usize].get(&key).map(|count| count.to_be_bytes());
            visit(group, &key, count.as_ref().map(<[u8; 8]>::as_slice));
        }
    }

    fn entries(&self, visit: &mut dyn FnMut(u32, &[u8], &[u8])) {
        for (group, counts) in self.counts.iter().enumerate() {
            counts.iter().for_each(|(key, count)| visit(group as u32, key, &count.to_be_bytes()));
        }
    }

    fn load_entry(&mut self, group: u32, key: &[u8], value: &[u8]) {
        let count = value.try_into().map_or(0, i64::from_be_bytes);
        self.counts[group as usize].insert(key.into(), count);
    }

    fn memory_bytes(&self) -> usize {
        let keys = self.counts.iter().flat_map(BTreeMap::keys);
        self.counts.capacity() * 24 + keys.map(|key| key.len() + 32).sum::<usize>() + self.changed.memory_bytes()
    }
}
