//! Columns to row bytes and back.
//!
//! - [`RowCodec`]: compact; equal rows have equal bytes. What state keeps and checkpoints hold.
//! - [`SortCodec`]: Arrow's row format; the bytes compare as the rows do.
//!
//! ```text
//! row = nulls value*      nulls: a bit per column from the lowest, 1 for NULL, in as few bytes as that takes
//! ```
//! Values as in [`super::column_codec`].

use super::column_codec::{ColumnCodec, Prepared};
use crate::operator::Output;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_row::{RowConverter, Rows, SortField};
use arrow_schema::SortOptions;
use data::storage::storage_type;
use data::{ChangeBatch, DataType, RowKind};
use plan::SortKey;

/// Row bytes for columns of certain types.
pub(crate) struct RowCodec {
    columns: Vec<ColumnCodec>,
}

impl RowCodec {
    pub(crate) fn new<'a>(types: impl IntoIterator<Item = &'a DataType>) -> Self {
        Self { columns: types.into_iter().map(|kind| ColumnCodec::new(&storage_type(kind))).collect() }
    }

    fn null_bytes(&self) -> usize {
        self.columns.len().div_ceil(8)
    }

    pub(crate) fn encode(&self, columns: &[ArrayRef], rows: usize) -> EncodedRows {
        let prepared: Vec<Prepared> =
            self.columns.iter().zip(columns).map(|(codec, column)| codec.prepare(column)).collect();
        let mut cursors = vec![self.null_bytes(); rows];
        for (codec, column) in self.columns.iter().zip(&prepared) {
            codec.measure(column, &mut cursors);
        }
        let mut end = 0;
        for cursor in &mut cursors {
            let start = end;
            end += *cursor;
            *cursor = start;
        }
        let mut data = vec![0; end];
        for (at, column) in columns.iter().enumerate() {
            let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) else { continue };
            for row in (0..rows).filter(|row| nulls.is_null(*row)) {
                data[cursors[row] + at / 8] |= 1 << (at % 8);
            }
        }
        cursors.iter_mut().for_each(|cursor| *cursor += self.null_bytes());
        for (codec, column) in self.columns.iter().zip(&prepared) {
            codec.write(column, &mut data, &mut cursors);
        }
        // Each row's cursor has come to its end.
        EncodedRows::Compact { data, ends: cursors }
    }

    pub(crate) fn decode<'a>(&'a self, rows: impl IntoIterator<Item = &'a [u8]>) -> Vec<ArrayRef> {
        let (nulls, mut rests) = self.open(rows);
        let read = |(at, codec): (usize, &'a ColumnCodec)| codec.read(&mut rests, nulls.valid(at));
        self.columns.iter().enumerate().map(read).collect()
    }

    /// As [`RowCodec::decode`], of these columns only.
    pub(crate) fn decode_columns<'a>(
        &'a self,
        rows: impl IntoIterator<Item = &'a [u8]>,
        wanted: &[usize],
    ) -> Vec<ArrayRef> {
        let (nulls, mut rests) = self.open(rows);
        let end = wanted.iter().max().map_or(0, |last| last + 1);
        let mut read: Vec<Option<ArrayRef>> = vec![None; end];
        for (at, codec) in self.columns.iter().enumerate().take(end) {
            let valid = nulls.valid(at);
            if wanted.contains(&at) {
                read[at] = Some(codec.read(&mut rests, valid));
            } else {
                codec.skip(&mut rests, valid.as_ref());
            }
        }
        wanted.iter().map(|at| read[*at].clone().expect("read because it is wanted")).collect()
    }

    /// Which values of these rows are NULL, and what is behind that in each row.
    fn open<'a>(&self, rows: impl IntoIterator<Item = &'a [u8]>) -> (Nulls, Vec<&'a [u8]>) {
        let width = self.null_bytes();
        let mut nulls = Nulls { bytes: Vec::new(), width, any: vec![0; width] };
        let mut rests = Vec::new();
        for row in rows {
            let (bytes, rest) = row.split_at(width);
            nulls.any.iter_mut().zip(bytes).for_each(|(any, byte)| *any |= byte);
            nulls.bytes.extend_from_slice(bytes);
            rests.push(rest);
        }
        (nulls, rests)
    }
}

/// The bits of rows that say what is NULL, out of rows that lie far apart.
struct Nulls {
    bytes: Vec<u8>,
    /// Bytes per row.
    width: usize,
    any: Vec<u8>,
}

impl Nulls {
    /// Where column `at` is not NULL; absent where it never is.
    fn valid(&self, at: usize) -> Option<NullBuffer> {
        let (byte, bit) = (at / 8, 1 << (at % 8));
        let has_null = self.any[byte] & bit != 0;
        has_null.then(|| self.bytes.chunks_exact(self.width).map(|row| row[byte] & bit == 0).collect())
    }
}

/// Bytes that compare as rows do in a certain order.
pub(crate) struct SortCodec {
    converter: RowConverter,
}

impl SortCodec {
    /// For the columns that `order` names.
    pub(crate) fn new(types: &[DataType], order: &[SortKey]) -> Self {
        let field = |key: &SortKey| {
            let options = SortOptions { descending: key.descending, nulls_first: key.nulls_first };
            SortField::new_with_options(storage_type(&types[key.column]), options)
        };
        let fields = order.iter().map(field).collect();
        Self { converter: RowConverter::new(fields).expect("every storage type has a row format") }
    }

    pub(crate) fn encode(&self, columns: &[ArrayRef], rows: usize) -> EncodedRows {
        if columns.is_empty() {
            return EncodedRows::Compact { data: Vec::new(), ends: vec![0; rows] };
        }
        EncodedRows::Sortable(self.converter.convert_columns(columns).expect("columns have the codec's types"))
    }

    /// The columns again. Not for an order of no columns.
    pub(crate) fn decode<'a>(&self, rows: impl IntoIterator<Item = &'a [u8]>) -> Vec<ArrayRef> {
        let parser = self.converter.parser();
        let rows = rows.into_iter().map(|row| parser.parse(row));
        self.converter.convert_rows(rows).expect("rows are the codec's own")
    }
}

/// The row bytes of a batch.
pub(crate) enum EncodedRows {
    Compact { data: Vec<u8>, ends: Vec<usize> },
    Sortable(Rows),
}

impl Default for EncodedRows {
    fn default() -> Self {
        Self::Compact { data: Vec::new(), ends: Vec::new() }
    }
}

impl EncodedRows {
    #[inline]
    pub(crate) fn row(&self, row: usize) -> &[u8] {
        match self {
            Self::Compact { data, ends } => {
                let start = if row == 0 { 0 } else { ends[row - 1] };
                &data[start..ends[row]]
            }
            Self::Sortable(rows) => rows.row(row).data(),
        }
    }

    /// Puts a row behind the others.
    pub(crate) fn push(&mut self, row: &[u8]) {
        let Self::Compact { data, ends } = self else { unreachable!("only compact rows are collected") };
        data.extend_from_slice(row);
        ends.push(data.len());
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Compact { ends, .. } => ends.len(),
            Self::Sortable(rows) => rows.num_rows(),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|row| self.row(row))
    }
}

/// Collects changes as row bytes and turns them into one batch.
#[derive(Debug, Default)]
pub(crate) struct RowEmitter {
    data: Vec<u8>,
    ends: Vec<usize>,
    kinds: Vec<RowKind>,
}

impl RowEmitter {
    #[inline]
    pub(crate) fn push(&mut self, kind: RowKind, row: &[u8]) {
        self.data.extend_from_slice(row);
        self.ends.push(self.data.len());
        self.kinds.push(kind);
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.data[start..*end])
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    pub(crate) fn kinds(&self) -> &[RowKind] {
        &self.kinds
    }

    /// Emits what was collected and starts anew.
    pub(crate) fn emit(&mut self, codec: &RowCodec, out: &mut Output) {
        if self.is_empty() {
            return;
        }
        let columns = codec.decode(self.rows());
        self.data.clear();
        self.ends.clear();
        let kinds = std::mem::take(&mut self.kinds);
        let batch = ChangeBatch::inserts(columns, kinds.len());
        out.push(batch.with_kinds(kinds));
    }
}
