//! COUNT, and SINGLE_VALUE, which counts to one.

use super::state::{ints, save_ints};
use super::{Accumulator, AggregateDef, AggregateRows, AggregateSite};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example};
use crate::typing::arity_between;
use arrow_array::{Array, ArrayRef, Int64Array};
use data::{DataType, TypeKind, Value};
use std::sync::Arc;

pub(super) static FUNCTIONS: &[AggregateDef] = &[
    AggregateDef {
        name: "COUNT",
        aliases: &[],
        syntax: &["COUNT(*)", "COUNT([ALL | DISTINCT] value)"],
        doc: "The number of rows, or of rows in which the value is not NULL.",
        examples: &[Example { sql: "COUNT(x) FROM (VALUES (1), (CAST(NULL AS INT)), (3)) AS t (x)", result: "2" }],
        bind: |args, _| {
            arity_between("COUNT", args, 0, 1, "COUNT(*) or COUNT(value)")?;
            let params = args.iter().map(|arg| arg.data_type.clone()).collect();
            Ok(Binding { params, result: DataType::not_null(TypeKind::BigInt) })
        },
        make: |_| Ok(Box::new(Count::default())),
    },
    AggregateDef {
        name: "SINGLE_VALUE",
        aliases: &[],
        syntax: &["SINGLE_VALUE(value)"],
        doc: "The value of the only row; more than one row is an error. What a scalar subquery becomes.",
        examples: &[Example { sql: "SINGLE_VALUE(x) FROM (VALUES (7)) AS t (x)", result: "7" }],
        bind: bind_single,
        make: |site| Ok(Box::new(Single::new(site))),
    },
];

fn bind_single(args: &[BindArg], _grouped: bool) -> Result<Binding, BindError> {
    arity_between("SINGLE_VALUE", args, 1, 1, "SINGLE_VALUE(value)")?;
    let result = args[0].data_type.clone().with_nullable(true);
    Ok(Binding { params: vec![args[0].data_type.clone()], result })
}

/// Rows per group.
#[derive(Default)]
struct Count {
    counts: Vec<i64>,
}

impl Accumulator for Count {
    fn resize(&mut self, groups: usize) {
        self.counts.resize(groups, 0);
    }

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError> {
        let nulls = rows.args.first().and_then(|column| column.logical_nulls());
        match (nulls, rows.additions) {
            (None, None) => rows.groups.iter().for_each(|group| self.counts[*group as usize] += 1),
            (nulls, additions) => {
                for (row, group) in rows.groups.iter().enumerate() {
                    let counts = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
                    let step = if additions.is_none_or(|additions| additions.value(row)) { 1 } else { -1 };
                    self.counts[*group as usize] += i64::from(counts) * step;
                }
            }
        }
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError> {
        Ok(Arc::new(Int64Array::from_iter_values(groups.iter().map(|group| self.counts[*group as usize]))))
    }

    fn clear(&mut self, groups: &[u32]) {
        groups.iter().for_each(|group| self.counts[*group as usize] = 0);
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::bigint()]
    }

    fn save(&self, groups: &[u32]) -> Vec<ArrayRef> {
        vec![save_ints(&self.counts, groups)]
    }

    fn load(&mut self, groups: &[u32], columns: &[ArrayRef]) {
        ints(&mut self.counts, groups, &columns[0]);
    }

    fn memory_bytes(&self) -> usize {
        self.counts.capacity() * size_of::<i64>()
    }
}

/// The one value of each group.
struct Single {
    data_type: DataType,
    values: Vec<Value>,
    rows: Vec<i64>,
}

impl Single {
    fn new(site: &AggregateSite) -> Self {
        Self { data_type: site.result_type.clone(), values: Vec::new(), rows: Vec::new() }
    }
}

impl Accumulator for Single {
    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, Value::Null);
        self.rows.resize(groups, 0);
    }

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError> {
        for (row, group) in rows.groups.iter().enumerate() {
            let group = *group as usize;
            if rows.additions.is_none_or(|additions| additions.value(row)) {
                self.rows[group] += 1;
                self.values[group] = Value::at(rows.args[0].as_ref(), &self.data_type, row);
            } else {
                self.rows[group] -= 1;
            }
        }
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError> {
        if let Some(row) = groups.iter().position(|group| self.rows[*group as usize] > 1) {
            let message = "a subquery that stands for one value has more than one row".to_owned();
            return Err(EvalError { code: "HW3120", message, row });
        }
        let value =
            |group: &u32| if self.rows[*group as usize] > 0 { &self.values[*group as usize] } else { &Value::Null };
        Ok(Value::column(&self.data_type, groups.iter().map(value)))
    }

    fn clear(&mut self, groups: &[u32]) {
        for group in groups {
            self.values[*group as usize] = Value::Null;
            self.rows[*group as usize] = 0;
        }
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![self.data_type.clone(), DataType::bigint()]
    }

    fn save(&self, groups: &[u32]) -> Vec<ArrayRef> {
        let values = Value::column(&self.data_type, groups.iter().map(|group| &self.values[*group as usize]));
        vec![values, save_ints(&self.rows, groups)]
    }

    fn load(&mut self, groups: &[u32], columns: &[ArrayRef]) {
        for (row, group) in groups.iter().enumerate() {
            self.values[*group as usize] = Value::at(columns[0].as_ref(), &self.data_type, row);
        }
        ints(&mut self.rows, groups, &columns[1]);
    }

    fn memory_bytes(&self) -> usize {
        self.values.capacity() * size_of::<Value>() + self.rows.capacity() * size_of::<i64>()
    }
}
