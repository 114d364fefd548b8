//! MIN and MAX. Over rows that only come, one value per group; over rows that may be taken back, an ordered multiset of them.

use super::counts::Counts;
use super::entries::Changed;
use super::order_key::OrderKey;
use super::{Accumulator, AggregateDef, AggregateRows, AggregateSite};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example};
use crate::typing::{arity, mismatch};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_schema::DataType as ArrowType;

use data::storage::storage_type;
use data::{DataType, TypeKind};
use std::sync::Arc;

pub(super) static FUNCTIONS: &[AggregateDef] = &[
    AggregateDef {
        name: "MIN",
        aliases: &[],
        syntax: &["MIN([ALL | DISTINCT] value)"],
        doc: "The least of the values that are not NULL; NULL when there are none. Strings compare by their bytes.",
        examples: &[Example { sql: "MIN(x) FROM (VALUES ('b'), ('a')) AS t (x)", result: "a" }],
        bind: |args, grouped| bind("MIN", args, grouped),
        make: |site| make(site, true),
    },
    AggregateDef {
        name: "MAX",
        aliases: &[],
        syntax: &["MAX([ALL | DISTINCT] value)"],
        doc: "The greatest of the values that are not NULL; NULL when there are none. Strings compare by their bytes.",
        examples: &[Example { sql: "MAX(x) FROM (VALUES (1), (3), (2)) AS t (x)", result: "3" }],
        bind: |args, grouped| bind("MAX", args, grouped),
        make: |site| make(site, false),
    },
];

fn bind(name: &str, args: &[BindArg], grouped: bool) -> Result<Binding, BindError> {
    let form = format!("{name}(value)");
    arity(name, args, 1, &form)?;
    let input = args[0].data_type;
    let kind = &input.kind;
    let ordered = kind.is_numeric() || kind.is_character() || kind.is_datetime() || *kind == TypeKind::Boolean;
    if !ordered {
        return Err(mismatch(name, args, &form).hint("MIN and MAX want numbers, strings, booleans, dates or times"));
    }
    let result = input.clone().with_nullable(input.nullable || !grouped);
    Ok(Binding { params: vec![input.clone()], result })
}

fn make(site: &AggregateSite, least: bool) -> Result<Box<dyn Accumulator>, BindError> {
    let data_type = site.result_type;
    Ok(match (storage_type(data_type), site.retractable) {
        (ArrowType::Int8, false) => Box::new(Single::<Int8Type>::new(data_type, least)),
        (ArrowType::Int16, false) => Box::new(Single::<Int16Type>::new(data_type, least)),
        (ArrowType::Int32, false) => Box::new(Single::<Int32Type>::new(data_type, least)),
        (ArrowType::Int64, false) => Box::new(Single::<Int64Type>::new(data_type, least)),
        (ArrowType::Float32, false) => Box::new(Single::<Float32Type>::new(data_type, least)),
        (ArrowType::Float64, false) => Box::new(Single::<Float64Type>::new(data_type, least)),
        (ArrowType::Decimal128(..), false) => Box::new(Single::<Decimal128Type>::new(data_type, least)),
        (ArrowType::Boolean | ArrowType::Int8, retractable) => {
            Box::new(Ordered::<u8>::new(data_type, least, retractable))
        }
        (ArrowType::Int16, retractable) => Box::new(Ordered::<u16>::new(data_type, least, retractable)),
        (ArrowType::Int32, retractable) => Box::new(Ordered::<u32>::new(data_type, least, retractable)),
        (ArrowType::Int64 | ArrowType::Float32 | ArrowType::Float64, retractable) => {
            Box::new(Ordered::<u64>::new(data_type, least, retractable))
        }
        (ArrowType::Decimal128(..), retractable) => Box::new(Ordered::<u128>::new(data_type, least, retractable)),
        (_, retractable) => Box::new(Ordered::<Box<[u8]>>::new(data_type, least, retractable)),
    })
}

/// The extreme of a fixed-width type over rows that only come.
struct Single<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    known: Vec<bool>,
    least: bool,
    data_type: DataType,
}

impl<T: ArrowPrimitiveType> Single<T> {
    fn new(data_type: &DataType, least: bool) -> Self {
        Self { values: Vec::new(), known: Vec::new(), least, data_type: data_type.clone() }
    }

    fn column(&self, groups: &[u32]) -> ArrayRef {
        let value = |group: &u32| self.known[*group as usize].then(|| self.values[*group as usize]);
        let column = PrimitiveArray::<T>::from_iter(groups.iter().map(value));
        Arc::new(column.with_data_type(storage_type(&self.data_type)))
    }
}

impl<T> Accumulator for Single<T>
where
    T: ArrowPrimitiveType + Send,
    T::Native: Send,
{
    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, T::Native::default());
        self.known.resize(groups, false);
    }

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError> {
        let column = rows.args[0].as_primitive::<T>();
        let nulls = column.nulls();
        for (row, (group, value)) in rows.groups.iter().zip(column.values()).enumerate() {
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            let group = *group as usize;
            // NaN, which equals nothing, never takes the place of a number.
            let better = if self.least { *value < self.values[group] } else { *value > self.values[group] };
            if better || !self.known[group] {
                self.values[group] = *value;
                self.known[group] = true;
            }
        }
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError> {
        Ok(self.column(groups))
    }

    fn clear(&mut self, groups: &[u32]) {
        groups.iter().for_each(|group| self.known[*group as usize] = false);
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![self.data_type.clone().with_nullable(true)]
    }

    fn save(&self, groups: &[u32]) -> Vec<ArrayRef> {
        vec![self.column(groups)]
    }

    fn load(&mut self, groups: &[u32], columns: &[ArrayRef]) {
        let column = columns[0].as_primitive::<T>();
        for (row, group) in groups.iter().enumerate() {
            self.known[*group as usize] = column.is_valid(row);
            self.values[*group as usize] = column.value(row);
        }
    }

    fn memory_bytes(&self) -> usize {
        self.values.capacity() * size_of::<T::Native>() + self.known.capacity()
    }
}

/// The extreme by order keys: how often each value is there, or of rows that only come, just the best.
struct Ordered<K> {
    /// Count per order key, per group.
    values: Vec<Counts<K>>,
    least: bool,
    retractable: bool,
    data_type: DataType,
    changed: Changed<K>,
    /// Bytes of all `values` beyond their own places.
    held: usize,
}

impl<K: OrderKey> Ordered<K> {
    fn new(data_type: &DataType, least: bool, retractable: bool) -> Self {
        let data_type = data_type.clone();
        Self { values: Vec::new(), least, retractable, data_type, changed: Changed::default(), held: 0 }
    }

    fn best(&self, group: u32) -> Option<&K> {
        let values = &self.values[group as usize];
        if self.least { values.least() } else { values.greatest() }
    }

    fn add(&mut self, group: u32, key: K, step: i64) {
        let group_at = group as usize;
        let held = self.values[group_at].held_bytes();
        if self.retractable {
            self.values[group_at].add(key.clone(), step);
            self.changed.mark(group, key);
        } else if self.best(group).is_none_or(|best| if self.least { key < *best } else { key > *best }) {
            // There is one value, the best so far.
            if let Some(old) = self.best(group).cloned() {
                self.values[group_at].add(old.clone(), -1);
                self.changed.mark(group, old);
            }
            self.values[group_at].add(key.clone(), 1);
            self.changed.mark(group, key);
        }
        self.held = self.held + self.values[group_at].held_bytes() - held;
    }
}

impl<K: OrderKey> Accumulator for Ordered<K> {
    fn resize(&mut self, groups: usize) {
        self.values.resize_with(groups, Counts::default);
    }

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError> {
        let keys = K::of_column(&rows.args[0]);
        for (row, (group, key)) in rows.groups.iter().zip(keys).enumerate() {
            let added = rows.additions.is_none_or(|additions| additions.value(row));
            if let Some(key) = key {
                self.add(*group, key, if added { 1 } else { -1 });
            }
        }
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError> {
        Ok(K::to_column(&self.data_type, &mut groups.iter().map(|group| self.best(*group))))
    }

    fn clear(&mut self, groups: &[u32]) {
        for group in groups {
            let values = std::mem::take(&mut self.values[*group as usize]);
            self.held -= values.held_bytes();
            values.into_keys().for_each(|key| self.changed.mark(*group, key));
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
            let count = self.values[group as usize].count(&key).map(i64::to_be_bytes);
            visit(group, key.bytes().as_ref(), count.as_ref().map(<[u8; 8]>::as_slice));
        }
    }

    fn entries(&self, visit: &mut dyn FnMut(u32, &[u8], &[u8])) {
        for (group, values) in self.values.iter().enumerate() {
            values.each(&mut |key, count| visit(group as u32, key.bytes().as_ref(), &count.to_be_bytes()));
        }
    }

    fn load_entry(&mut self, group: u32, key: &[u8], value: &[u8]) {
        let count = value.try_into().map_or(0, i64::from_be_bytes);
        let values = &mut self.values[group as usize];
        let held = values.held_bytes();
        values.add(K::from_bytes(key), count);
        self.held = self.held + values.held_bytes() - held;
    }

    fn memory_bytes(&self) -> usize {
        self.values.capacity() * size_of::<Counts<K>>() + self.held + self.changed.memory_bytes()
    }
}
