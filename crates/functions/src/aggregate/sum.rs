//! SUM and AVG. Sums of integers wrap around as Java's do, sums of decimals are exact up to 38 digits, past which they are NULL.

use super::state::{doubles, ints, save_doubles, save_ints, save_wide, wide, wide_integer};
use super::{Accumulator, AggregateDef, AggregateRows, AggregateSite};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example};
use crate::typing::{DecimalType, MAX_PRECISION, arity, decimal_average, mismatch};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_buffer::i256;
use data::storage::storage_type;
use data::{DataType, TypeKind};
use std::sync::Arc;

pub(super) static FUNCTIONS: &[AggregateDef] = &[
    AggregateDef {
        name: "SUM",
        aliases: &[],
        syntax: &["SUM([ALL | DISTINCT] number)"],
        doc: "The sum of the values that are not NULL; NULL when there are none. Of the argument's type; of a DECIMAL with \
              38 digits. A sum of integers wraps around when it leaves its type.",
        examples: &[Example { sql: "SUM(x) FROM (VALUES (1), (2), (3)) AS t (x)", result: "6" }],
        bind: |args, grouped| bind("SUM", args, grouped),
        make: |site| make(site, false),
    },
    AggregateDef {
        name: "AVG",
        aliases: &[],
        syntax: &["AVG([ALL | DISTINCT] number)"],
        doc: "The mean of the values that are not NULL; NULL when there are none. Of an integer type it is an integer, cut \
              towards zero: cast the argument to DECIMAL or DOUBLE for a fraction.",
        examples: &[
            Example { sql: "AVG(x) FROM (VALUES (1), (2)) AS t (x)", result: "1" },
            Example { sql: "AVG(CAST(x AS DECIMAL(10, 2))) FROM (VALUES (1), (2)) AS t (x)", result: "1.500000" },
        ],
        bind: |args, grouped| bind("AVG", args, grouped),
        make: |site| make(site, true),
    },
];

fn bind(name: &str, args: &[BindArg], grouped: bool) -> Result<Binding, BindError> {
    arity(name, args, 1, &format!("{name}(number)"))?;
    let input = args[0].data_type;
    if !input.kind.is_numeric() {
        return Err(mismatch(name, args, &format!("{name}(number)")));
    }
    let kind = match &input.kind {
        TypeKind::Decimal { scale, .. } if name == "SUM" => {
            TypeKind::Decimal { precision: MAX_PRECISION, scale: *scale }
        }
        other => average_kind(other),
    };
    let result = DataType::new(kind).with_nullable(input.nullable || !grouped);
    Ok(Binding { params: vec![input.clone()], result })
}

/// The type of an average: the argument's own, of a DECIMAL one with room for a quotient.
pub(super) fn average_kind(kind: &TypeKind) -> TypeKind {
    match kind {
        TypeKind::Decimal { precision, scale } => decimal_average(DecimalType::new(*precision, *scale)).kind(),
        other => other.clone(),
    }
}

fn make(site: &AggregateSite, average: bool) -> Result<Box<dyn Accumulator>, BindError> {
    Ok(match &site.arg_types[0].kind {
        TypeKind::TinyInt => Box::new(Integers::<Int8Type>::new(site, average)),
        TypeKind::SmallInt => Box::new(Integers::<Int16Type>::new(site, average)),
        TypeKind::Int => Box::new(Integers::<Int32Type>::new(site, average)),
        TypeKind::BigInt => Box::new(Integers::<Int64Type>::new(site, average)),
        TypeKind::Float if average => Box::new(Floats::<Float32Type>::new(true)),
        TypeKind::Float => Box::new(Floats::<Float32Type>::new(false)),
        TypeKind::Double => Box::new(Floats::<Float64Type>::new(average)),
        TypeKind::Decimal { scale, .. } => Box::new(Decimals::new(site, *scale, average)),
        other => return Err(BindError::new(format!("cannot sum {other}"))),
    })
}

/// Adds each row's value, signed, to its group, skipping NULLs.
fn for_each_value<T: ArrowPrimitiveType>(rows: &AggregateRows, mut add: impl FnMut(usize, T::Native, bool)) {
    let column = rows.args[0].as_primitive::<T>();
    match (column.nulls(), rows.additions) {
        (None, None) => {
            for (group, value) in rows.groups.iter().zip(column.values()) {
                add(*group as usize, *value, true);
            }
        }
        (nulls, additions) => {
            for (row, (group, value)) in rows.groups.iter().zip(column.values()).enumerate() {
                if nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                    add(*group as usize, *value, additions.is_none_or(|additions| additions.value(row)));
                }
            }
        }
    }
}

/// Sums of an integer type, kept in 64 bits; the result wraps to the type.
struct Integers<T: ArrowPrimitiveType> {
    sums: Vec<i64>,
    counts: Vec<i64>,
    average: bool,
    data_type: DataType,
    native: std::marker::PhantomData<T>,
}

impl<T: ArrowPrimitiveType> Integers<T> {
    fn new(site: &AggregateSite, average: bool) -> Self {
        let data_type = site.result_type.clone();
        Self { sums: Vec::new(), counts: Vec::new(), average, data_type, native: std::marker::PhantomData }
    }
}

impl<T> Accumulator for Integers<T>
where
    T: ArrowPrimitiveType + Send,
    T::Native: Into<i64> + Wrapping,
{
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, 0);
        self.counts.resize(groups, 0);
    }

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError> {
        let (sums, counts) = (&mut self.sums, &mut self.counts);
        for_each_value::<T>(rows, |group, value, added| {
            let value: i64 = value.into();
            let (value, step) = if added { (value, 1) } else { (value.wrapping_neg(), -1) };
            sums[group] = sums[group].wrapping_add(value);
            counts[group] += step;
        });
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError> {
        let value = |group: &u32| {
            let (sum, count) = (self.sums[*group as usize], self.counts[*group as usize]);
            let value = if self.average { sum.wrapping_div(count.max(1)) } else { sum };
            (count != 0).then(|| T::Native::wrap(value))
        };
        let column = PrimitiveArray::<T>::from_iter(groups.iter().map(value));
        debug_assert_eq!(column.data_type(), &storage_type(&self.data_type));
        Ok(Arc::new(column))
    }

    fn clear(&mut self, groups: &[u32]) {
        for group in groups {
            (self.sums[*group as usize], self.counts[*group as usize]) = (0, 0);
        }
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::bigint(), DataType::bigint()]
    }

    fn save(&self, groups: &[u32]) -> Vec<ArrayRef> {
        vec![save_ints(&self.sums, groups), save_ints(&self.counts, groups)]
    }

    fn load(&mut self, groups: &[u32], columns: &[ArrayRef]) {
        ints(&mut self.sums, groups, &columns[0]);
        ints(&mut self.counts, groups, &columns[1]);
    }

    fn memory_bytes(&self) -> usize {
        (self.sums.capacity() + self.counts.capacity()) * size_of::<i64>()
    }
}

/// The low bits of a 64-bit number, as Java narrows.
trait Wrapping {
    fn wrap(value: i64) -> Self;
}

macro_rules! wrapping {
    ($($native:ty),*) => {
        $(impl Wrapping for $native {
            fn wrap(value: i64) -> Self {
                value as $native
            }
        })*
    };
}
wrapping!(i8, i16, i32, i64);

/// Sums of FLOAT or DOUBLE. A sum of FLOAT is rounded to FLOAT at every step, its average is not.
struct Floats<T> {
    sums: Vec<f64>,
    counts: Vec<i64>,
    average: bool,
    native: std::marker::PhantomData<T>,
}

impl<T> Floats<T> {
    fn new(average: bool) -> Self {
        Self { sums: Vec::new(), counts: Vec::new(), average, native: std::marker::PhantomData }
    }
}

impl<T> Accumulator for Floats<T>
where
    T: ArrowPrimitiveType + Send,
    T::Native: Into<f64> + Rounded,
{
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, 0.0);
        self.counts.resize(groups, 0);
    }

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError> {
        let (sums, counts, average) = (&mut self.sums, &mut self.counts, self.average);
        for_each_value::<T>(rows, |group, value, added| {
            let value: f64 = value.into();
            let sum = if added { sums[group] + value } else { sums[group] - value };
            sums[group] = if average { sum } else { T::Native::round(sum).into() };
            counts[group] += if added { 1 } else { -1 };
            if counts[group] == 0 {
                // What rounding has left over belongs to no row.
                sums[group] = 0.0;
            }
        });
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError> {
        let value = |group: &u32| {
            let (sum, count) = (self.sums[*group as usize], self.counts[*group as usize]);
            let value = if self.average { sum / count as f64 } else { sum };
            (count != 0).then(|| T::Native::round(value))
        };
        Ok(Arc::new(PrimitiveArray::<T>::from_iter(groups.iter().map(value))))
    }

    fn clear(&mut self, groups: &[u32]) {
        for group in groups {
            (self.sums[*group as usize], self.counts[*group as usize]) = (0.0, 0);
        }
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::double(), DataType::bigint()]
    }

    fn save(&self, groups: &[u32]) -> Vec<ArrayRef> {
        vec![save_doubles(&self.sums, groups), save_ints(&self.counts, groups)]
    }

    fn load(&mut self, groups: &[u32], columns: &[ArrayRef]) {
        doubles(&mut self.sums, groups, &columns[0]);
        ints(&mut self.counts, groups, &columns[1]);
    }

    fn memory_bytes(&self) -> usize {
        (self.sums.capacity() + self.counts.capacity()) * size_of::<i64>()
    }
}

trait Rounded {
    fn round(value: f64) -> Self;
}

impl Rounded for f32 {
    fn round(value: f64) -> Self {
        value as f32
    }
}

impl Rounded for f64 {
    fn round(value: f64) -> Self {
        value
    }
}

/// Sums of a DECIMAL, exact.
struct Decimals {
    sums: Vec<i128>,
    counts: Vec<i64>,
    scale: u8,
    average: bool,
    data_type: DataType,
}

/// The least number of 39 digits.
const LIMIT: i128 = 100_000_000_000_000_000_000_000_000_000_000_000_000;

impl Decimals {
    fn new(site: &AggregateSite, scale: u8, average: bool) -> Self {
        Self { sums: Vec::new(), counts: Vec::new(), scale, average, data_type: site.result_type.clone() }
    }

    fn result(&self, group: u32) -> Option<i128> {
        let (sum, count) = (self.sums[group as usize], self.counts[group as usize]);
        if count == 0 || !(-LIMIT < sum && sum < LIMIT) {
            return None;
        }
        let TypeKind::Decimal { scale, .. } = self.data_type.kind else { return Some(sum) };
        if !self.average {
            return Some(sum);
        }
        let shifted = i256::from_i128(sum).wrapping_mul(i256::from_i128(10i128.pow(u32::from(scale - self.scale))));
        divide_half_up(shifted, i256::from_i128(i128::from(count))).filter(|value| -LIMIT < *value && *value < LIMIT)
    }
}

/// The quotient, rounded half away from zero; nothing when it does not fit or the divisor is zero.
pub(super) fn divide_half_up(dividend: i256, divisor: i256) -> Option<i128> {
    let quotient = dividend.checked_div(divisor)?;
    let rest = dividend.checked_rem(divisor)?;
    let two = i256::from_i128(2);
    let away = rest.wrapping_abs().wrapping_mul(two) >= divisor.wrapping_abs();
    let step = match (away, (dividend < i256::ZERO) == (divisor < i256::ZERO)) {
        (false, _) => i256::ZERO,
        (true, true) => i256::ONE,
        (true, false) => i256::MINUS_ONE,
    };
    quotient.wrapping_add(step).to_i128()
}

impl Accumulator for Decimals {
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, 0);
        self.counts.resize(groups, 0);
    }

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError> {
        let (sums, counts) = (&mut self.sums, &mut self.counts);
        for_each_value::<Decimal128Type>(rows, |group, value, added| {
            let (value, step) = if added { (value, 1) } else { (-value, -1) };
            sums[group] = sums[group].saturating_add(value);
            counts[group] += step;
        });
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError> {
        let column = PrimitiveArray::<Decimal128Type>::from_iter(groups.iter().map(|group| self.result(*group)));
        Ok(Arc::new(column.with_data_type(storage_type(&self.data_type))))
    }

    fn clear(&mut self, groups: &[u32]) {
        for group in groups {
            (self.sums[*group as usize], self.counts[*group as usize]) = (0, 0);
        }
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![wide_integer(), DataType::bigint()]
    }

    fn save(&self, groups: &[u32]) -> Vec<ArrayRef> {
        vec![save_wide(&self.sums, groups), save_ints(&self.counts, groups)]
    }

    fn load(&mut self, groups: &[u32], columns: &[ArrayRef]) {
        wide(&mut self.sums, groups, &columns[0]);
        ints(&mut self.counts, groups, &columns[1]);
    }

    fn memory_bytes(&self) -> usize {
        self.sums.capacity() * size_of::<i128>() + self.counts.capacity() * size_of::<i64>()
    }
}
