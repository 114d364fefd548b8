//! What an aggregate function is: typing like a scalar function's, and an accumulator over dense groups.
//!
//! - *group*: a number below [`Accumulator::resize`]'s argument, given by the operator to each key; reused after `clear`.
//! - *retractable*: rows may be taken back; MIN, MAX and the like then keep an ordered multiset per group.
//! - DISTINCT and FILTER are the operator's: an accumulator sees only the rows that count.

mod collect;
mod count;
mod counts;
mod entries;
mod extreme;
mod json_object;
mod order_key;
mod sequence;
mod state;
mod sum;
mod variance;

use crate::registry::{BindArg, BindError, Binding, EvalError, Example};
use arrow_array::ArrayRef;
use arrow_buffer::BooleanBuffer;
use data::{DataType, Value};

pub struct AggregateDef {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub syntax: &'static [&'static str],
    pub doc: &'static str,
    /// `sql` is an aggregate over the rows of `(VALUES …) AS t (x, y)` given there.
    pub examples: &'static [Example],
    /// The result is nullable when any group may be empty of counted rows; `grouped` says that there is a GROUP BY key.
    pub bind: fn(&[BindArg], grouped: bool) -> Result<Binding, BindError>,
    pub make: fn(&AggregateSite) -> Result<Box<dyn Accumulator>, BindError>,
}

/// What is known about an aggregate call when its accumulator is made.
pub struct AggregateSite<'a> {
    pub arg_types: &'a [DataType],
    pub literals: &'a [Option<Value>],
    pub result_type: &'a DataType,
    /// Whether rows may be taken back.
    pub retractable: bool,
}

/// Rows for an accumulator, already filtered: `groups[i]` is the group of row i.
pub struct AggregateRows<'a> {
    pub groups: &'a [u32],
    pub args: &'a [ArrayRef],
    /// False where the row is taken back; absent when every row is added.
    pub additions: Option<&'a BooleanBuffer>,
}

/// One aggregate for many groups, column-wise.
pub trait Accumulator: Send {
    /// Makes room for groups below `groups`; new ones are empty.
    fn resize(&mut self, groups: usize);

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError>;

    /// The aggregate of each of these groups, in storage of the result type.
    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError>;

    /// Empties these groups.
    fn clear(&mut self, groups: &[u32]);

    /// Types of the fixed part of a group's state.
    fn state_types(&self) -> Vec<DataType>;

    /// The fixed part of these groups' state, one column per state type.
    fn save(&self, groups: &[u32]) -> Vec<ArrayRef>;

    /// Sets the fixed part of these groups' state from what `save` gave.
    fn load(&mut self, groups: &[u32], columns: &[ArrayRef]);

    /// The part of the state that is a map per group: hands over entries changed since the last call
    /// (`None`: removed), in no particular order. Nothing for accumulators without one.
    fn changed_entries(&mut self, _visit: &mut dyn FnMut(u32, &[u8], Option<&[u8]>)) {}

    /// Hands over every entry of the part that is a map: for a checkpoint that stands alone.
    fn entries(&self, _visit: &mut dyn FnMut(u32, &[u8], &[u8])) {}

    /// Sets one entry handed over in an earlier run.
    fn load_entry(&mut self, _group: u32, _key: &[u8], _value: &[u8]) {}

    fn memory_bytes(&self) -> usize;
}

/// Every aggregate function, one slice per group.
pub(crate) static FAMILIES: &[&[AggregateDef]] = &[
    count::FUNCTIONS,
    sum::FUNCTIONS,
    extreme::FUNCTIONS,
    sequence::FUNCTIONS,
    collect::FUNCTIONS,
    json_object::FUNCTIONS,
    variance::FUNCTIONS,
];
