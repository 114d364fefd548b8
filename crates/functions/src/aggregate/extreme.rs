//! MIN and MAX. Over rows that only come, one value per group; over rows that may be taken back, an ordered multiset of them.
//!
//! - *order key*: a value's bytes such that they compare as the values do, NaN above all other numbers.

use super::entries::Changed;
use super::{Accumulator, AggregateDef, AggregateRows, AggregateSite};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example};
use crate::typing::{arity, mismatch};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, StringArray, new_null_array};
use arrow_schema::DataType as ArrowType;

use data::storage::storage_type;
use data::{DataType, TypeKind};
use std::collections::BTreeMap;
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
        (_, retractable) => Box::new(Ordered::new(data_type, least, retractable)),
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
struct Ordered {
    /// Count per order key, per group.
    values: Vec<BTreeMap<Box<[u8]>, i64>>,
    least: bool,
    retractable: bool,
    data_type: DataType,
    changed: Changed<Box<[u8]>>,
}

impl Ordered {
    fn new(data_type: &DataType, least: bool, retractable: bool) -> Self {
        let data_type = data_type.clone();
        Self { values: Vec::new(), least, retractable, data_type, changed: Changed::default() }
    }

    fn best(&self, group: u32) -> Option<&[u8]> {
        let mut present = self.values[group as usize].iter().filter(|(_, count)| **count > 0);
        let best = if self.least { present.next() } else { present.next_back() };
        best.map(|(key, _)| &**key)
    }

    fn add(&mut self, group: u32, key: Box<[u8]>, step: i64) {
        if !self.retractable {
            let better = self.best(group).is_none_or(|best| if self.least { *key < *best } else { *key > *best });
            if better {
                let values = &mut self.values[group as usize];
                if let Some((old, _)) = values.pop_first() {
                    self.changed.mark(group, old);
                }
                values.insert(key.clone(), 1);
                self.changed.mark(group, key);
            }
            return;
        }
        let values = &mut self.values[group as usize];
        let count = values.entry(key.clone()).or_insert(0);
        *count += step;
        if *count == 0 {
            values.remove(&key);
        }
        self.changed.mark(group, key);
    }
}

impl Accumulator for Ordered {
    fn resize(&mut self, groups: usize) {
        self.values.resize_with(groups, BTreeMap::new);
    }

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError> {
        let column = &rows.args[0];
        let keys = order_keys(column);
        for (row, (group, key)) in rows.groups.iter().zip(keys).enumerate() {
            let added = rows.additions.is_none_or(|additions| additions.value(row));
            if let Some(key) = key {
                self.add(*group, key, if added { 1 } else { -1 });
            }
        }
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError> {
        Ok(from_order_keys(&self.data_type, groups.iter().map(|group| self.best(*group))))
    }

    fn clear(&mut self, groups: &[u32]) {
        for group in groups {
            for key in std::mem::take(&mut self.values[*group as usize]).into_keys() {
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
            let count = self.values[group as usize].get(&key).map(|count| count.to_be_bytes());
            visit(group, &key, count.as_ref().map(<[u8; 8]>::as_slice));
        }
    }

    fn entries(&self, visit: &mut dyn FnMut(u32, &[u8], &[u8])) {
        for (group, values) in self.values.iter().enumerate() {
            values.iter().for_each(|(key, count)| visit(group as u32, key, &count.to_be_bytes()));
        }
    }

    fn load_entry(&mut self, group: u32, key: &[u8], value: &[u8]) {
        let count = value.try_into().map_or(0, i64::from_be_bytes);
        self.values[group as usize].insert(key.into(), count);
    }

    fn memory_bytes(&self) -> usize {
        // A value costs about its bytes and two words in the tree.
        let group = |values: &BTreeMap<Box<[u8]>, i64>| values.keys().map(|key| key.len() + 40).sum::<usize>();
        self.values.capacity() * 24 + self.values.iter().map(group).sum::<usize>() + self.changed.memory_bytes()
    }
}

/// The order key of each row that is not NULL.
fn order_keys(column: &ArrayRef) -> Vec<Option<Box<[u8]>>> {
    macro_rules! primitive {
        ($arrow:ty, $key:expr) => {
            column.as_primitive::<$arrow>().iter().map(|value| value.map(|value| Box::from($key(value)))).collect()
        };
    }
    match column.data_type() {
        ArrowType::Boolean => {
            column.as_boolean().iter().map(|value| value.map(|flag| Box::from([u8::from(flag)]))).collect()
        }
        ArrowType::Utf8 => {
            column.as_string::<i32>().iter().map(|text| text.map(|text| Box::from(text.as_bytes()))).collect()
        }
        ArrowType::Int8 => primitive!(Int8Type, |value: i8| ((value as u8) ^ (1 << 7)).to_be_bytes()),
        ArrowType::Int16 => primitive!(Int16Type, |value: i16| ((value as u16) ^ (1 << 15)).to_be_bytes()),
        ArrowType::Int32 => primitive!(Int32Type, |value: i32| ((value as u32) ^ (1 << 31)).to_be_bytes()),
        ArrowType::Int64 => primitive!(Int64Type, |value: i64| ((value as u64) ^ (1 << 63)).to_be_bytes()),
        ArrowType::Float32 => primitive!(Float32Type, |value: f32| float_key(f64::from(value)).to_be_bytes()),
        ArrowType::Float64 => primitive!(Float64Type, |value: f64| float_key(value).to_be_bytes()),
        ArrowType::Decimal128(..) => {
            primitive!(Decimal128Type, |value: i128| ((value as u128) ^ (1 << 127)).to_be_bytes())
        }
        other => unreachable!("{other} has no order and is refused when bound"),
    }
}

/// Bits that compare as `f64::total_cmp` does, with one NaN above everything.
fn float_key(value: f64) -> u64 {
    let bits = if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn from_order_keys<'a>(data_type: &DataType, keys: impl Iterator<Item = Option<&'a [u8]>>) -> ArrayRef {
    macro_rules! primitive {
        ($arrow:ty, $bits:ty, $value:expr) => {{
            let value = |key: &[u8]| $value(<$bits>::from_be_bytes(key.try_into().unwrap_or_default()));
            let column = PrimitiveArray::<$arrow>::from_iter(keys.map(|key| key.map(value)));
            Arc::new(column.with_data_type(storage_type(data_type)))
        }};
    }
    let float = |bits: u64| f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits });
    match storage_type(data_type) {
        ArrowType::Boolean => Arc::new(BooleanArray::from_iter(keys.map(|key| key.map(|key| key == [1])))),
        ArrowType::Utf8 => Arc::new(StringArray::from_iter(keys.map(|key| key.map(String::from_utf8_lossy)))),
        ArrowType::Int8 => primitive!(Int8Type, u8, |bits: u8| (bits ^ (1 << 7)) as i8),
        ArrowType::Int16 => primitive!(Int16Type, u16, |bits: u16| (bits ^ (1 << 15)) as i16),
        ArrowType::Int32 => primitive!(Int32Type, u32, |bits: u32| (bits ^ (1 << 31)) as i32),
        ArrowType::Int64 => primitive!(Int64Type, u64, |bits: u64| (bits ^ (1 << 63)) as i64),
        ArrowType::Float32 => primitive!(Float32Type, u64, |bits: u64| float(bits) as f32),
        ArrowType::Float64 => primitive!(Float64Type, u64, float),
        ArrowType::Decimal128(..) => primitive!(Decimal128Type, u128, |bits: u128| (bits ^ (1 << 127)) as i128),
        other => new_null_array(&other, keys.count()),
    }
}

#[test]
fn order_keys_compare_as_values_do_and_come_back() {
    let numbers = [f64::NEG_INFINITY, -1.5, -0.0, 0.0, 1e-300, 2.5, f64::INFINITY, f64::NAN];
    let column: ArrayRef = Arc::new(PrimitiveArray::<Float64Type>::from_iter_values(numbers));
    let keys: Vec<Box<[u8]>> = order_keys(&column).into_iter().flatten().collect();
    assert!(keys.is_sorted());
    let back = from_order_keys(&DataType::double(), keys.iter().map(|key| Some(&**key)));
    assert_eq!(
        format!("{:?}", back.as_primitive::<Float64Type>().values()),
        format!("{:?}", column.as_primitive::<Float64Type>().values())
    );
    let column: ArrayRef = Arc::new(PrimitiveArray::<Int64Type>::from_iter_values([i64::MIN, -1, 0, i64::MAX]));
    let keys: Vec<Box<[u8]>> = order_keys(&column).into_iter().flatten().collect();
    assert!(keys.is_sorted());
    let back = from_order_keys(&DataType::bigint(), keys.iter().map(|key| Some(&**key)));
    assert_eq!(&back, &column);
}
