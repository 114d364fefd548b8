//! Evaluates a program's nodes in order.

use super::branch::{self, Frame};
use super::{Node, Op, Program};
use crate::registry::{EvalContext, EvalError, KernelArgs};
use crate::scalar::arithmetic::random::mixed;
use crate::vector::broadcast;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, make_array, new_empty_array};
use arrow_buffer::NullBuffer;
use data::cast::{CastOptions, cast};
use data::storage::storage_type;
use std::sync::Arc;

pub(super) fn run(
    program: &Program,
    columns: &[ArrayRef],
    rows: usize,
    context: &EvalContext,
) -> Result<Vec<ArrayRef>, EvalError> {
    if rows == 0 {
        let empty = |output: &usize| new_empty_array(&storage_type(&program.nodes[*output].data_type));
        return Ok(program.outputs.iter().map(empty).collect());
    }
    let mut values: Vec<ArrayRef> = Vec::with_capacity(program.nodes.len());
    for node in &program.nodes {
        let node_rows = if node.constant { 1 } else { rows };
        let value = evaluate(program, node, &values, columns, node_rows, context)?;
        debug_assert_eq!(value.len(), node_rows, "a node gives one value per row");
        debug_assert_eq!(*value.data_type(), storage_type(&node.data_type), "a node gives its storage type");
        values.push(value);
    }
    let output = |output: &usize| match &program.nodes[*output] {
        node if node.constant => broadcast(&values[*output], rows),
        _ => values[*output].clone(),
    };
    Ok(program.outputs.iter().map(output).collect())
}

fn evaluate(
    program: &Program,
    node: &Node,
    values: &[ArrayRef],
    columns: &[ArrayRef],
    rows: usize,
    context: &EvalContext,
) -> Result<ArrayRef, EvalError> {
    let frame = Frame { program, values, rows, context };
    match &node.op {
        Op::Column(index) => Ok(columns[*index].clone()),
        Op::Literal(value) => Ok(value.clone()),
        Op::Call { kernel, args, constant, draw } => {
            let columns: Vec<ArrayRef> = args.iter().map(|arg| values[*arg].clone()).collect();
            let own = draw.map(|draw| EvalContext { seed: mixed(context.seed, draw), ..context.clone() });
            let context = own.as_ref().unwrap_or(context);
            kernel(&KernelArgs { columns: &columns, constant, rows, result_type: &node.data_type, context })
        }
        Op::Cast { input, is_try } => {
            let from = &program.nodes[*input];
            let options = CastOptions { time_zone: context.time_zone.into(), is_try: *is_try };
            let column = cast(&values[*input], &from.data_type, &node.data_type, &options)
                .map_err(|error| EvalError { code: "HW3001", message: error.message, row: error.row })?;
            Ok(if from.constant && !node.constant { broadcast(&column, rows) } else { column })
        }
        Op::Case { branches, otherwise } => branch::case(&frame, branches, otherwise, &node.data_type),
        Op::And(operands) => branch::and(&frame, operands),
        Op::Or(operands) => branch::or(&frame, operands),
        Op::Coalesce(operands) => branch::coalesce(&frame, operands),
        Op::Member { input, members } => Ok(Arc::new(members.contain(&values[*input]))),
        Op::Field { input, index } => Ok(field(&values[*input], *index)),
    }
}

/// A field of a NULL row is NULL.
pub(crate) fn field(row: &ArrayRef, index: usize) -> ArrayRef {
    let row = row.as_struct();
    let column = row.column(index);
    match row.nulls() {
        None => column.clone(),
        Some(nulls) => {
            let nulls = NullBuffer::union(Some(nulls), column.logical_nulls().as_ref());
            let data = column.to_data().into_builder().nulls(nulls).build().expect("the same column, more of it NULL");
            make_array(data)
        }
    }
}
