//! Change batches: rows as Arrow columns, each row with its kind and the watermark it met.

use crate::kind::RowKind;
use crate::storage::storage_type;
use crate::types::DataType;
use arrow_array::{Array, ArrayRef, BooleanArray, UInt32Array, new_empty_array};
use arrow_buffer::BooleanBuffer;
use arrow_select::concat::concat;
use arrow_select::filter::FilterBuilder;
use arrow_select::take::take;
use std::sync::Arc;

/// No watermark yet.
pub const NO_WATERMARK: i64 = i64::MIN;
/// The watermark after the end of input.
pub const FINAL_WATERMARK: i64 = i64::MAX;

/// Event time as it stood when each row came, in milliseconds. A row is late against the watermark *before* it,
/// never against the one that it causes; so lateness does not depend on how rows are batched.
#[derive(Clone, Debug, PartialEq)]
pub enum Watermarks {
    /// The same before every row and after the last.
    Constant(i64),
    /// `before[i]` was in force when row i came, `after` is in force after the last row.
    PerRow { before: Arc<[i64]>, after: i64 },
}

impl Watermarks {
    pub const NONE: Watermarks = Watermarks::Constant(NO_WATERMARK);

    pub fn before(&self, row: usize) -> i64 {
        match self {
            Self::Constant(watermark) => *watermark,
            Self::PerRow { before, .. } => before[row],
        }
    }

    pub fn after(&self) -> i64 {
        match self {
            Self::Constant(watermark) => *watermark,
            Self::PerRow { after, .. } => *after,
        }
    }

    fn pick(&self, rows: impl Iterator<Item = usize>) -> Self {
        match self {
            Self::Constant(_) => self.clone(),
            Self::PerRow { before, after } => {
                Self::PerRow { before: rows.map(|row| before[row]).collect(), after: *after }
            }
        }
    }
}

/// Rows that change a table. Columns are in storage types ([`crate::storage`]) and of equal length.
#[derive(Clone, Debug)]
pub struct ChangeBatch {
    rows: usize,
    /// Absent when every row is an insert.
    kinds: Option<Arc<[RowKind]>>,
    columns: Vec<ArrayRef>,
    watermarks: Watermarks,
}

impl ChangeBatch {
    /// A batch of inserts. `rows` matters when there are no columns.
    pub fn inserts(columns: Vec<ArrayRef>, rows: usize) -> Self {
        debug_assert!(columns.iter().all(|column| column.len() == rows), "columns of unequal length");
        Self { rows, kinds: None, columns, watermarks: Watermarks::NONE }
    }

    pub fn new(columns: Vec<ArrayRef>, kinds: Vec<RowKind>) -> Self {
        let batch = Self::inserts(columns, kinds.len());
        batch.with_kinds(kinds)
    }

    pub fn empty<'a>(types: impl Iterator<Item = &'a DataType>) -> Self {
        Self::inserts(types.map(|data_type| new_empty_array(&storage_type(data_type))).collect(), 0)
    }

    #[must_use]
    pub fn with_kinds(mut self, kinds: Vec<RowKind>) -> Self {
        assert_eq!(kinds.len(), self.rows, "one kind per row");
        let mixed = kinds.iter().any(|kind| *kind != RowKind::Insert);
        self.kinds = mixed.then(|| kinds.into());
        self
    }

    #[must_use]
    pub fn with_watermarks(mut self, watermarks: Watermarks) -> Self {
        if let Watermarks::PerRow { before, .. } = &watermarks {
            assert_eq!(before.len(), self.rows, "one watermark per row");
        }
        self.watermarks = watermarks;
        self
    }

    /// The same rows, kinds and watermarks with other columns.
    #[must_use]
    pub fn with_columns(&self, columns: Vec<ArrayRef>) -> Self {
        debug_assert!(columns.iter().all(|column| column.len() == self.rows), "columns of unequal length");
        Self { rows: self.rows, kinds: self.kinds.clone(), columns, watermarks: self.watermarks.clone() }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub fn columns(&self) -> &[ArrayRef] {
        &self.columns
    }

    pub fn column(&self, index: usize) -> &ArrayRef {
        &self.columns[index]
    }

    pub fn watermarks(&self) -> &Watermarks {
        &self.watermarks
    }

    pub fn is_insert_only(&self) -> bool {
        self.kinds.is_none()
    }

    pub fn kind(&self, row: usize) -> RowKind {
        self.kinds.as_ref().map_or(RowKind::Insert, |kinds| kinds[row])
    }

    /// The kinds when any row is not an insert.
    pub fn kinds(&self) -> Option<&[RowKind]> {
        self.kinds.as_deref()
    }

    /// Which rows are added; absent when all are.
    pub fn additions(&self) -> Option<BooleanBuffer> {
        let kinds = self.kinds.as_ref()?;
        Some(BooleanBuffer::collect_bool(self.rows, |row| kinds[row].is_addition()))
    }

    /// Rows for which `mask` is true (NULL counts as false), in order.
    #[must_use]
    pub fn filter(&self, mask: &BooleanArray) -> Self {
        let mut builder = FilterBuilder::new(mask);
        if self.columns.len() > 1 {
            builder = builder.optimize();
        }
        let predicate = builder.build();
        if predicate.count() == self.rows {
            return self.clone();
        }
        let selected = match mask.nulls() {
            None => mask.values().clone(),
            Some(nulls) => mask.values() & nulls.inner(),
        };
        let columns =
            self.columns.iter().map(|column| predicate.filter(column).expect("mask has the batch's length")).collect();
        Self {
            rows: predicate.count(),
            kinds: self.kinds.as_ref().map(|kinds| selected.set_indices().map(|row| kinds[row]).collect()),
            columns,
            watermarks: self.watermarks.pick(selected.set_indices()),
        }
    }

    /// Rows by index, in the order given.
    #[must_use]
    pub fn take(&self, rows: &UInt32Array) -> Self {
        let pick = || rows.values().iter().map(|row| *row as usize);
        Self {
            rows: rows.len(),
            kinds: self.kinds.as_ref().map(|kinds| pick().map(|row| kinds[row]).collect()),
            columns: self
                .columns
                .iter()
                .map(|column| take(column, rows, None).expect("row index inside the batch"))
                .collect(),
            watermarks: self.watermarks.pick(pick()),
        }
    }

    /// Rows `offset .. offset + rows`, without copying the columns. The watermark after it is that of the next row.
    #[must_use]
    pub fn slice(&self, offset: usize, rows: usize) -> Self {
        let end = offset + rows;
        let watermarks = match &self.watermarks {
            constant @ Watermarks::Constant(_) => constant.clone(),
            Watermarks::PerRow { before, after } => Watermarks::PerRow {
                before: before[offset..end].into(),
                after: if end < self.rows { before[end] } else { *after },
            },
        };
        Self {
            rows,
            kinds: self.kinds.as_ref().map(|kinds| kinds[offset..end].into()),
            columns: self.columns.iter().map(|column| column.slice(offset, rows)).collect(),
            watermarks,
        }
    }

    /// The columns at these positions.
    #[must_use]
    pub fn project(&self, positions: &[usize]) -> Self {
        self.with_columns(positions.iter().map(|&position| self.columns[position].clone()).collect())
    }

    /// One batch of all rows in order. `batches` is not empty and its members have the same columns.
    pub fn concat(batches: &[ChangeBatch]) -> Self {
        let first = &batches[0];
        if batches.len() == 1 {
            return first.clone();
        }
        let rows = batches.iter().map(|batch| batch.rows).sum();
        let columns = (0..first.columns.len())
            .map(|index| {
                let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.columns[index].as_ref()).collect();
                concat(&parts).expect("batches of one stream have the same storage types")
            })
            .collect();
        let kinds = batches.iter().any(|batch| batch.kinds.is_some()).then(|| {
            batches.iter().flat_map(|batch| (0..batch.rows).map(|row| batch.kind(row))).collect::<Arc<[RowKind]>>()
        });
        Self { rows, kinds, columns, watermarks: concat_watermarks(batches, rows) }
    }

    /// Bytes of the buffers behind the columns.
    pub fn memory_bytes(&self) -> usize {
        self.columns.iter().map(|column| column.get_array_memory_size()).sum()
    }
}

fn concat_watermarks(batches: &[ChangeBatch], rows: usize) -> Watermarks {
    let first = batches[0].watermarks.after();
    if batches.iter().all(|batch| batch.watermarks == Watermarks::Constant(first)) {
        return Watermarks::Constant(first);
    }
    let mut before = Vec::with_capacity(rows);
    for batch in batches {
        before.extend((0..batch.rows).map(|row| batch.watermarks.before(row)));
    }
    Watermarks::PerRow { before: before.into(), after: batches[batches.len() - 1].watermarks.after() }
}
