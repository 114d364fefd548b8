//! AND, OR, CASE and COALESCE: forms that do not need every operand for every row.

use super::logic::{self, falsity, truth};
use super::{Block, Operand, Program};
use crate::registry::{EvalContext, EvalError};
use crate::vector::{broadcast, select};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, UInt32Array, new_null_array};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, NullBuffer};
use arrow_select::concat::concat;
use arrow_select::filter::FilterBuilder;
use arrow_select::interleave::interleave;
use arrow_select::take::take;
use data::DataType;
use data::storage::storage_type;
use std::sync::Arc;

/// A node under evaluation: what was computed before it, and for how many rows it is wanted.
pub(super) struct Frame<'a> {
    pub(super) program: &'a Program,
    pub(super) values: &'a [ArrayRef],
    pub(super) rows: usize,
    pub(super) context: &'a EvalContext,
}

/// Values of an operand for the rows that need it.
enum Values {
    /// One per row of the frame.
    Every(ArrayRef),
    /// One for all rows.
    One(ArrayRef),
    /// One per needed row, in order.
    Needed(ArrayRef),
}

impl Frame<'_> {
    fn values(&self, operand: &Operand, needed: &BooleanBuffer) -> Result<Values, EvalError> {
        match operand {
            Operand::Strict(node) if self.program.nodes[*node].constant => Ok(Values::One(self.values[*node].clone())),
            Operand::Strict(node) => Ok(Values::Every(self.values[*node].clone())),
            Operand::Lazy(block) => self.run(block, needed).map(Values::Needed),
        }
    }

    fn run(&self, block: &Block, needed: &BooleanBuffer) -> Result<ArrayRef, EvalError> {
        let count = needed.count_set_bits();
        let inputs = block.inputs.iter().map(|input| &self.values[*input]);
        let mut outputs = if count == self.rows {
            let columns: Vec<ArrayRef> = inputs.cloned().collect();
            block.program.run(&columns, count, self.context)?
        } else {
            let filter = FilterBuilder::new(&BooleanArray::new(needed.clone(), None)).optimize().build();
            let columns: Vec<ArrayRef> =
                inputs.map(|column| filter.filter(column).expect("a mask of the frame's length")).collect();
            let at_row = |error: EvalError| {
                let row = needed.set_indices().nth(error.row).unwrap_or(error.row);
                EvalError { row, ..error }
            };
            block.program.run(&columns, count, self.context).map_err(at_row)?
        };
        Ok(outputs.remove(0))
    }

    /// A condition for every row; where it is not needed its value is `filler`.
    fn condition(&self, operand: &Operand, needed: &BooleanBuffer, filler: bool) -> Result<BooleanArray, EvalError> {
        Ok(match self.values(operand, needed)? {
            Values::Every(column) => column.as_boolean().clone(),
            Values::One(column) => broadcast(&column, self.rows).as_boolean().clone(),
            Values::Needed(column) if column.len() == self.rows => column.as_boolean().clone(),
            Values::Needed(column) => scattered(column.as_boolean(), needed, filler),
        })
    }
}

fn scattered(column: &BooleanArray, needed: &BooleanBuffer, filler: bool) -> BooleanArray {
    let mut values = BooleanBufferBuilder::new(needed.len());
    values.append_n(needed.len(), filler);
    let mut valid = BooleanBufferBuilder::new(needed.len());
    valid.append_n(needed.len(), true);
    for (index, row) in needed.set_indices().enumerate() {
        if column.is_null(index) {
            valid.set_bit(row, false);
        } else {
            values.set_bit(row, column.value(index));
        }
    }
    BooleanArray::new(values.finish(), (column.null_count() > 0).then(|| NullBuffer::new(valid.finish())))
}

pub(super) fn and(frame: &Frame, operands: &[Operand]) -> Result<ArrayRef, EvalError> {
    let mut result = BooleanArray::new(BooleanBuffer::new_set(frame.rows), None);
    for operand in operands {
        let next = frame.condition(operand, &!&falsity(&result), true)?;
        result = logic::and(&result, &next);
    }
    Ok(Arc::new(result))
}

pub(super) fn or(frame: &Frame, operands: &[Operand]) -> Result<ArrayRef, EvalError> {
    let mut result = BooleanArray::new(BooleanBuffer::new_unset(frame.rows), None);
    for operand in operands {
        let next = frame.condition(operand, &!&truth(&result), false)?;
        result = logic::or(&result, &next);
    }
    Ok(Arc::new(result))
}

pub(super) fn coalesce(frame: &Frame, operands: &[Operand]) -> Result<ArrayRef, EvalError> {
    let mut result: Option<ArrayRef> = None;
    for operand in operands {
        let Some(so_far) = result else {
            result = Some(match frame.values(operand, &BooleanBuffer::new_set(frame.rows))? {
                Values::Every(column) | Values::Needed(column) => column,
                Values::One(column) => broadcast(&column, frame.rows),
            });
            continue;
        };
        let Some(nulls) = so_far.nulls().filter(|nulls| nulls.null_count() > 0).cloned() else {
            return Ok(so_far);
        };
        let known = nulls.inner();
        result = Some(match frame.values(operand, &!known)? {
            Values::Every(column) => select(known, (&so_far, false), (&column, false)),
            Values::One(column) => select(known, (&so_far, false), (&column, true)),
            Values::Needed(column) => {
                let mut next = 0;
                let source = |(row, known): (usize, bool)| {
                    if known {
                        return (0, row);
                    }
                    next += 1;
                    (1, next - 1)
                };
                let sources: Vec<(usize, usize)> = known.iter().enumerate().map(source).collect();
                interleave(&[&so_far, &column], &sources).expect("operands of one storage type")
            }
        });
    }
    Ok(result.expect("COALESCE has an operand"))
}

pub(super) fn case(
    frame: &Frame,
    branches: &[(Operand, Operand)],
    otherwise: &Operand,
    data_type: &DataType,
) -> Result<ArrayRef, EvalError> {
    let mut remaining = BooleanBuffer::new_set(frame.rows);
    let mut chosen: Vec<(BooleanBuffer, Values)> = Vec::with_capacity(branches.len() + 1);
    for (when, then) in branches {
        let holds = &truth(&frame.condition(when, &remaining, false)?) & &remaining;
        remaining = &remaining & &!&holds;
        let values = frame.values(then, &holds)?;
        chosen.push((holds, values));
    }
    let values = frame.values(otherwise, &remaining)?;
    if let ([(holds, then)], false) = (chosen.as_slice(), matches!(values, Values::Needed(_)))
        && let (Some(then), Some(otherwise)) = (whole(then), whole(&values))
    {
        return Ok(select(holds, then, otherwise));
    }
    chosen.push((remaining, values));
    Ok(gathered(&chosen, frame.rows, data_type))
}

/// A column with a value per row or one for all, and which.
fn whole(values: &Values) -> Option<(&ArrayRef, bool)> {
    match values {
        Values::Every(column) => Some((column, false)),
        Values::One(column) => Some((column, true)),
        Values::Needed(_) => None,
    }
}

/// For each row the value of the one choice whose mask has it.
fn gathered(chosen: &[(BooleanBuffer, Values)], rows: usize, data_type: &DataType) -> ArrayRef {
    let chosen: Vec<&(BooleanBuffer, Values)> = chosen.iter().filter(|(mask, _)| mask.count_set_bits() > 0).collect();
    if chosen.is_empty() {
        return new_null_array(&storage_type(data_type), rows);
    }
    let columns: Vec<&dyn Array> = chosen
        .iter()
        .map(|(_, values)| match values {
            Values::Every(column) | Values::One(column) | Values::Needed(column) => column.as_ref(),
        })
        .collect();
    if chosen.iter().all(|(_, values)| matches!(values, Values::One(_))) {
        let mut choices = vec![0_u32; rows];
        for (index, (mask, _)) in chosen.iter().enumerate().skip(1) {
            mask.set_indices().for_each(|row| choices[row] = index as u32);
        }
        let constants = concat(&columns).expect("branches of one storage type");
        return take(&constants, &UInt32Array::from(choices), None).expect("one of the branches");
    }
    let mut sources = vec![(0, 0); rows];
    for (index, (mask, values)) in chosen.iter().enumerate() {
        for (position, row) in mask.set_indices().enumerate() {
            sources[row] = match values {
                Values::Every(_) => (index, row),
                Values::One(_) => (index, 0),
                Values::Needed(_) => (index, position),
            };
        }
    }
    interleave(&columns, &sources).expect("branches of one storage type")
}
