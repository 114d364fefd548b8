//! Each row once per element of the collection in its last column, with the element's columns in that column's place.
//!
//! - *padded*: a row without elements comes out once, with NULL.
//! - An element that is a row gives its fields; one that is NULL as a whole gives nothing.

use super::{Context, Operator, Output, Result};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, Int32Array, UInt32Array};
use arrow_select::take::take;
use data::{ChangeBatch, TypeKind};
use plan::Node;
use std::sync::Arc;

pub(crate) struct Unnest {
    shape: Shape,
    padded: bool,
    ordinality: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Values,
    /// Elements are rows.
    Rows,
    Map,
    /// Elements with their counts.
    Multiset {
        rows: bool,
    },
}

impl Unnest {
    pub(crate) fn new(node: &Node, padded: bool, ordinality: bool) -> Self {
        let collection = node.inputs[0].columns.last().map(|column| &column.data_type.kind);
        let is_row = |kind: &TypeKind| matches!(kind, TypeKind::Row(_));
        let shape = match collection {
            Some(TypeKind::Map(..)) => Shape::Map,
            Some(TypeKind::Multiset(element)) => Shape::Multiset { rows: is_row(&element.kind) },
            Some(TypeKind::Array(element)) if is_row(&element.kind) => Shape::Rows,
            _ => Shape::Values,
        };
        Self { shape, padded, ordinality }
    }

    /// Which element each output row has, and of which row; the element's number is from 1.
    fn places(&self, collection: &ArrayRef) -> Places {
        let lists = collection.as_list::<i32>();
        let mut places = Places::default();
        for row in 0..lists.len() {
            let before = places.rows.len();
            if lists.is_valid(row) {
                let (start, end) = (lists.value_offsets()[row], lists.value_offsets()[row + 1]);
                let mut number = 0;
                for at in start..end {
                    for _ in 0..self.copies(lists.values(), at as usize) {
                        number += 1;
                        places.push(row, Some((at as u32, number)));
                    }
                }
            }
            if self.padded && places.rows.len() == before {
                places.push(row, None);
            }
        }
        places
    }

    fn copies(&self, elements: &ArrayRef, at: usize) -> i32 {
        match self.shape {
            Shape::Values | Shape::Map => 1,
            Shape::Rows => i32::from(elements.is_valid(at)),
            Shape::Multiset { rows } => {
                let entries = elements.as_struct();
                let there = !rows || entries.column(0).is_valid(at);
                if there { entries.column(1).as_primitive::<Int32Type>().value(at) } else { 0 }
            }
        }
    }

    fn element_columns(&self, elements: &ArrayRef) -> Vec<ArrayRef> {
        match self.shape {
            Shape::Values => vec![elements.clone()],
            Shape::Rows | Shape::Map => elements.as_struct().columns().to_vec(),
            Shape::Multiset { rows } => {
                let keys = elements.as_struct().column(0);
                if rows { keys.as_struct().columns().to_vec() } else { vec![keys.clone()] }
            }
        }
    }
}

#[derive(Default)]
struct Places {
    rows: Vec<u32>,
    elements: Vec<Option<u32>>,
    numbers: Vec<Option<i32>>,
}

impl Places {
    fn push(&mut self, row: usize, element: Option<(u32, i32)>) {
        self.rows.push(row as u32);
        self.elements.push(element.map(|(at, _)| at));
        self.numbers.push(element.map(|(_, number)| number));
    }
}

impl Operator for Unnest {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, _context: &Context, out: &mut Output) -> Result {
        let Some((collection, columns)) = batch.columns().split_last() else { return Ok(()) };
        let places = self.places(collection);
        let rows = batch.with_columns(columns.to_vec()).take(&UInt32Array::from(places.rows));
        let elements = UInt32Array::from(places.elements);
        let gather = |column: &ArrayRef| take(column, &elements, None).expect("positions are of elements");
        let mut columns = rows.columns().to_vec();
        columns.extend(self.element_columns(collection.as_list::<i32>().values()).iter().map(gather));
        if self.ordinality {
            columns.push(Arc::new(Int32Array::from(places.numbers)));
        }
        out.push(rows.with_columns(columns));
        Ok(())
    }
}
