//! Each row once per element of the collection in its last column, with the element's columns in that column's place.
//!
//! - *padded*: a row without elements comes out once, with NULL. Elements that a condition leaves out do not count.
//! - An element that is a row gives its fields; one that is NULL as a whole gives nothing.

use super::{Context, Operator, Output, Result};
use crate::expression::{Compiled, mask};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, BooleanArray, Int32Array, UInt32Array};
use arrow_select::take::take;
use data::{ChangeBatch, Diagnostic, TypeKind};
use functions::Expr;
use plan::Node;
use std::sync::Arc;

pub(crate) struct Unnest {
    shape: Shape,
    padded: bool,
    ordinality: bool,
    /// Over the element's columns.
    condition: Option<Compiled>,
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
    pub(crate) fn new(
        node: &Node,
        padded: bool,
        ordinality: bool,
        condition: Option<&Expr>,
    ) -> std::result::Result<Self, Diagnostic> {
        let collection = node.inputs[0].columns.last().map(|column| &column.data_type.kind);
        let is_row = |kind: &TypeKind| matches!(kind, TypeKind::Row(_));
        let shape = match collection {
            Some(TypeKind::Map(..)) => Shape::Map,
            Some(TypeKind::Multiset(element)) => Shape::Multiset { rows: is_row(&element.kind) },
            Some(TypeKind::Array(element)) if is_row(&element.kind) => Shape::Rows,
            _ => Shape::Values,
        };
        let condition = condition.map(|condition| Compiled::new(std::slice::from_ref(condition))).transpose()?;
        Ok(Self { shape, padded, ordinality, condition })
    }

    /// The elements of each row, in their order; an element's number is from 1.
    fn places(&self, collection: &ArrayRef) -> Places {
        let lists = collection.as_list::<i32>();
        let mut places = Places::default();
        for row in (0..lists.len()).filter(|row| lists.is_valid(*row)) {
            let (start, end) = (lists.value_offsets()[row], lists.value_offsets()[row + 1]);
            let mut number = 0;
            for at in start..end {
                for _ in 0..self.copies(lists.values(), at as usize) {
                    number += 1;
                    places.push(row as u32, Some((at as u32, number)));
                }
            }
        }
        places
    }

    /// The columns of the elements at these places.
    fn gather(&self, elements: &ArrayRef, places: &Places) -> Vec<ArrayRef> {
        let at = UInt32Array::from(places.elements.clone());
        let take = |column: &ArrayRef| take(column, &at, None).expect("positions are of elements");
        let mut columns: Vec<ArrayRef> = self.element_columns(elements).iter().map(take).collect();
        if self.ordinality {
            columns.push(Arc::new(Int32Array::from(places.numbers.clone())));
        }
        columns
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
    fn push(&mut self, row: u32, element: Option<(u32, i32)>) {
        self.rows.push(row);
        self.elements.push(element.map(|(at, _)| at));
        self.numbers.push(element.map(|(_, number)| number));
    }

    fn element(&self, at: usize) -> Option<(u32, i32)> {
        self.elements[at].zip(self.numbers[at])
    }

    /// Those for which the mask holds.
    fn filtered(&self, mask: &BooleanArray) -> Self {
        let mut kept = Self::default();
        for at in (0..self.rows.len()).filter(|at| mask.is_valid(*at) && mask.value(*at)) {
            kept.push(self.rows[at], self.element(at));
        }
        kept
    }

    /// With a place for each of so many rows that has none.
    fn padded(&self, rows: usize) -> Self {
        let mut padded = Self::default();
        let mut at = 0;
        for row in 0..rows as u32 {
            let first = at;
            while self.rows.get(at) == Some(&row) {
                padded.push(row, self.element(at));
                at += 1;
            }
            if at == first {
                padded.push(row, None);
            }
        }
        padded
    }
}

impl Operator for Unnest {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, out: &mut Output) -> Result {
        let Some((collection, columns)) = batch.columns().split_last() else { return Ok(()) };
        let elements = collection.as_list::<i32>().values();
        let mut places = self.places(collection);
        let all = batch.with_columns(columns.to_vec());
        if let Some(condition) = &self.condition {
            let candidates = all.take(&UInt32Array::from(places.rows.clone()));
            let candidates = candidates.with_columns(self.gather(elements, &places));
            let world = context.evaluation(candidates.watermarks().clone(), 0);
            places = places.filtered(mask(&condition.run(&candidates, &world)?[0]));
        }
        if self.padded {
            places = places.padded(batch.rows());
        }
        let rows = all.take(&UInt32Array::from(places.rows.clone()));
        let mut columns = rows.columns().to_vec();
        columns.extend(self.gather(elements, &places));
        out.push(rows.with_columns(columns));
        Ok(())
    }
}
