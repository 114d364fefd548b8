//! STDDEV and VAR, from the sums of the values and of their squares, as Flink's planner rewrites them: so that the variance of
//! integers is an integer, and the order of operations of DOUBLE is the same.

use super::state::{doubles, ints, save_doubles, save_ints, save_wide, wide, wide_integer};
use super::sum::{average_kind, divide_half_up};
use super::{Accumulator, AggregateDef, AggregateRows, AggregateSite};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example};
use crate::typing::{arity, mismatch};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, BinaryArray};
use arrow_buffer::i256;
use data::{DataType, TypeKind, Value};
use std::sync::Arc;

/// Which of the four measures.
#[derive(Clone, Copy)]
struct Measure {
    /// Divides by one less than the number of values.
    sample: bool,
    /// The square root of the variance.
    deviation: bool,
}

macro_rules! measure {
    ($name:literal, $aliases:expr, $doc:literal, $sample:literal, $deviation:literal, $example:literal) => {
        AggregateDef {
            name: $name,
            aliases: $aliases,
            syntax: &[concat!($name, "([ALL | DISTINCT] number)")],
            doc: $doc,
            examples: &[Example {
                sql: concat!($name, "(x) FROM (VALUES (2.0E0), (4.0E0), (9.0E0)) AS t (x)"),
                result: $example,
            }],
            bind: |args, grouped| bind($name, args, grouped),
            make: |site| make(site, Measure { sample: $sample, deviation: $deviation }),
        }
    };
}

pub(super) static FUNCTIONS: &[AggregateDef] = &[
    measure!("STDDEV_POP", &[], "The population standard deviation.", false, true, "2.943920288775949"),
    measure!(
        "STDDEV_SAMP",
        &["STDDEV"],
        "The sample standard deviation; NULL for a single value.",
        true,
        true,
        "3.605551275463989"
    ),
    measure!("VAR_POP", &[], "The population variance.", false, false, "8.666666666666666"),
    measure!("VAR_SAMP", &["VARIANCE"], "The sample variance; NULL for a single value.", true, false, "13.0"),
];

fn bind(name: &str, args: &[BindArg], grouped: bool) -> Result<Binding, BindError> {
    arity(name, args, 1, &format!("{name}(number)"))?;
    let input = args[0].data_type;
    if !input.kind.is_numeric() {
        return Err(mismatch(name, args, &format!("{name}(number)")));
    }
    let result = DataType::new(average_kind(&input.kind)).with_nullable(input.nullable || !grouped);
    Ok(Binding { params: vec![input.clone()], result })
}

fn make(site: &AggregateSite, measure: Measure) -> Result<Box<dyn Accumulator>, BindError> {
    let (input, result) = (site.arg_types[0].kind.clone(), site.result_type.clone());
    Ok(match input {
        TypeKind::Float | TypeKind::Double => Box::new(Approximate { measure, input, result, ..Approximate::empty() }),
        TypeKind::Decimal { .. } => Box::new(Exact { measure, input, result, ..Exact::empty() }),
        kind if kind.is_integer() => Box::new(Exact { measure, input: kind, result, ..Exact::empty() }),
        other => return Err(BindError::new(format!("{other} has no variance"))),
    })
}

fn sign(rows: &AggregateRows, row: usize) -> i64 {
    if rows.additions.is_none_or(|additions| additions.value(row)) { 1 } else { -1 }
}

/// FLOAT and DOUBLE.
struct Approximate {
    measure: Measure,
    input: TypeKind,
    result: DataType,
    sums: Vec<f64>,
    squares: Vec<f64>,
    counts: Vec<i64>,
}

impl Approximate {
    fn empty() -> Self {
        Self {
            measure: Measure { sample: false, deviation: false },
            input: TypeKind::Double,
            result: DataType::double(),
            sums: Vec::new(),
            squares: Vec::new(),
            counts: Vec::new(),
        }
    }

    fn add(&mut self, group: usize, value: f64, sign: i64) {
        self.sums[group] += value * sign as f64;
        self.squares[group] += value * value * sign as f64;
        self.counts[group] += sign;
    }

    fn value(&self, group: usize) -> Option<f64> {
        let count = self.counts[group];
        let divisor = if self.measure.sample { count - 1 } else { count };
        if count == 0 || divisor == 0 {
            return None;
        }
        let variance = (self.squares[group] - self.sums[group] * self.sums[group] / count as f64) / divisor as f64;
        Some(if self.measure.deviation { variance.sqrt() } else { variance })
    }
}

impl Accumulator for Approximate {
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, 0.0);
        self.squares.resize(groups, 0.0);
        self.counts.resize(groups, 0);
    }

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError> {
        let column = &rows.args[0];
        for (row, group) in rows.groups.iter().enumerate().filter(|(row, _)| column.is_valid(*row)) {
            let value = match self.input {
                TypeKind::Float => f64::from(column.as_primitive::<Float32Type>().value(row)),
                _ => column.as_primitive::<Float64Type>().value(row),
            };
            self.add(*group as usize, value, sign(rows, row));
        }
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError> {
        let value = |group: &u32| match (self.value(*group as usize), &self.result.kind) {
            (None, _) => Value::Null,
            (Some(value), TypeKind::Float) => Value::Float(value as f32),
            (Some(value), _) => Value::Double(value),
        };
        let values: Vec<Value> = groups.iter().map(value).collect();
        Ok(Value::column(&self.result, &values))
    }

    fn clear(&mut self, groups: &[u32]) {
        for group in groups.iter().map(|group| *group as usize) {
            (self.sums[group], self.squares[group], self.counts[group]) = (0.0, 0.0, 0);
        }
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::double(), DataType::double(), DataType::bigint()]
    }

    fn save(&self, groups: &[u32]) -> Vec<ArrayRef> {
        vec![save_doubles(&self.sums, groups), save_doubles(&self.squares, groups), save_ints(&self.counts, groups)]
    }

    fn load(&mut self, groups: &[u32], columns: &[ArrayRef]) {
        doubles(&mut self.sums, groups, &columns[0]);
        doubles(&mut self.squares, groups, &columns[1]);
        ints(&mut self.counts, groups, &columns[2]);
    }

    fn memory_bytes(&self) -> usize {
        (self.sums.capacity() + self.squares.capacity() + self.counts.capacity()) * size_of::<i64>()
    }
}

/// Integers and DECIMAL: sums are exact.
struct Exact {
    measure: Measure,
    input: TypeKind,
    result: DataType,
    sums: Vec<i128>,
    squares: Vec<i256>,
    counts: Vec<i64>,
}

impl Exact {
    fn empty() -> Self {
        Self {
            measure: Measure { sample: false, deviation: false },
            input: TypeKind::Int,
            result: DataType::int(),
            sums: Vec::new(),
            squares: Vec::new(),
            counts: Vec::new(),
        }
    }

    fn read(&self, column: &ArrayRef, row: usize) -> i128 {
        match self.input {
            TypeKind::TinyInt => column.as_primitive::<Int8Type>().value(row).into(),
            TypeKind::SmallInt => column.as_primitive::<Int16Type>().value(row).into(),
            TypeKind::Int => column.as_primitive::<Int32Type>().value(row).into(),
            TypeKind::BigInt => column.as_primitive::<Int64Type>().value(row).into(),
            _ => column.as_primitive::<Decimal128Type>().value(row),
        }
    }

    fn value(&self, group: usize) -> Value {
        let count = self.counts[group];
        let divisor = if self.measure.sample { count - 1 } else { count };
        if count == 0 || divisor == 0 {
            return Value::Null;
        }
        match (&self.input, &self.result.kind) {
            (TypeKind::Decimal { scale, .. }, TypeKind::Decimal { scale: wanted, .. }) => {
                self.decimal(group, divisor, u32::from(*scale), u32::from(*wanted))
            }
            _ => self.integer(group, divisor),
        }
    }

    /// Every division is one of integers.
    fn integer(&self, group: usize, divisor: i64) -> Value {
        let (sum, count) = (i256::from_i128(self.sums[group]), wide_of(self.counts[group]));
        let mean = sum.wrapping_mul(sum).checked_div(count).unwrap_or(i256::ZERO);
        let variance = self.squares[group].wrapping_sub(mean).checked_div(wide_of(divisor)).unwrap_or(i256::ZERO);
        let variance = variance.to_i128().unwrap_or_default() as i64;
        let value = if self.measure.deviation { (variance as f64).sqrt() as i64 } else { variance };
        match self.result.kind {
            TypeKind::TinyInt => Value::TinyInt(value as i8),
            TypeKind::SmallInt => Value::SmallInt(value as i16),
            TypeKind::Int => Value::Int(value as i32),
            _ => Value::BigInt(value),
        }
    }

    /// `(n * squares - sum * sum) / (n * divisor)`, rounded once.
    fn decimal(&self, group: usize, divisor: i64, scale: u32, wanted: u32) -> Value {
        let (sum, count) = (i256::from_i128(self.sums[group]), wide_of(self.counts[group]));
        let spread = self.squares[group].wrapping_mul(count).wrapping_sub(sum.wrapping_mul(sum));
        let below = count.wrapping_mul(wide_of(divisor));
        // The spread has twice the scale of the values.
        let (above, below) = if wanted >= 2 * scale {
            (spread.wrapping_mul(power_of_ten(wanted - 2 * scale)), below)
        } else {
            (spread, below.wrapping_mul(power_of_ten(2 * scale - wanted)))
        };
        let Some(variance) = divide_half_up(above, below) else { return Value::Null };
        if !self.measure.deviation {
            return Value::Decimal(variance);
        }
        // The root is taken before the variance is rounded; some more digits of it are enough for those that stay.
        const MORE: u32 = 6;
        let (variance, scale) = match divide_half_up(above.wrapping_mul(power_of_ten(MORE)), below) {
            Some(finer) => (finer, wanted + MORE),
            None => (variance, wanted),
        };
        let deviation = (variance as f64 / 10f64.powi(scale as i32)).sqrt();
        Value::Decimal((deviation * 10f64.powi(wanted as i32)).round() as i128)
    }
}

fn wide_of(value: i64) -> i256 {
    i256::from_i128(i128::from(value))
}

fn power_of_ten(exponent: u32) -> i256 {
    (0..exponent).fold(i256::ONE, |power, _| power.wrapping_mul(i256::from_i128(10)))
}

impl Accumulator for Exact {
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, 0);
        self.squares.resize(groups, i256::ZERO);
        self.counts.resize(groups, 0);
    }

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError> {
        let column = &rows.args[0];
        for (row, group) in rows.groups.iter().enumerate().filter(|(row, _)| column.is_valid(*row)) {
            let (group, sign, value) = (*group as usize, sign(rows, row), self.read(column, row));
            let square = i256::from_i128(value).wrapping_mul(i256::from_i128(value));
            self.sums[group] = self.sums[group].saturating_add(value * i128::from(sign));
            self.squares[group] = self.squares[group].wrapping_add(square.wrapping_mul(wide_of(sign)));
            self.counts[group] += sign;
        }
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError> {
        let values: Vec<Value> = groups.iter().map(|group| self.value(*group as usize)).collect();
        Ok(Value::column(&self.result, &values))
    }

    fn clear(&mut self, groups: &[u32]) {
        for group in groups.iter().map(|group| *group as usize) {
            (self.sums[group], self.squares[group], self.counts[group]) = (0, i256::ZERO, 0);
        }
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![wide_integer(), DataType::bytes(), DataType::bigint()]
    }

    fn save(&self, groups: &[u32]) -> Vec<ArrayRef> {
        let squares = groups.iter().map(|group| self.squares[*group as usize].to_be_bytes());
        let squares: ArrayRef = Arc::new(BinaryArray::from_iter_values(squares));
        vec![save_wide(&self.sums, groups), squares, save_ints(&self.counts, groups)]
    }

    fn load(&mut self, groups: &[u32], columns: &[ArrayRef]) {
        wide(&mut self.sums, groups, &columns[0]);
        for (group, bytes) in groups.iter().zip(columns[1].as_binary::<i32>()) {
            let bytes = bytes.and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; 32]);
            self.squares[*group as usize] = i256::from_be_bytes(bytes);
        }
        ints(&mut self.counts, groups, &columns[2]);
    }

    fn memory_bytes(&self) -> usize {
        self.sums.capacity() * 16 + self.squares.capacity() * 32 + self.counts.capacity() * 8
    }
}
