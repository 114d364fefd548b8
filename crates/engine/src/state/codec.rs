//! Columns to row bytes and back.

use crate::operator::Output;
use arrow_array::ArrayRef;
use arrow_row::{RowConverter, RowParser, Rows, SortField};
use arrow_schema::SortOptions;
use data::storage::storage_type;
use data::{ChangeBatch, DataType, RowKind};
use plan::SortKey;

/// Row bytes for columns of certain types.
pub(crate) struct RowCodec {
    converter: RowConverter,
    parser: RowParser,
    columns: usize,
}

impl RowCodec {
    pub(crate) fn new<'a>(types: impl IntoIterator<Item = &'a DataType>) -> Self {
        Self::with_fields(types.into_iter().map(|kind| SortField::new(storage_type(kind))).collect())
    }

    /// For the columns that `order` names; the bytes compare in that order.
    pub(crate) fn sorted(types: &[DataType], order: &[SortKey]) -> Self {
        let field = |key: &SortKey| {
            let options = SortOptions { descending: key.descending, nulls_first: key.nulls_first };
            SortField::new_with_options(storage_type(&types[key.column]), options)
        };
        Self::with_fields(order.iter().map(field).collect())
    }

    fn with_fields(fields: Vec<SortField>) -> Self {
        let columns = fields.len();
        let converter = RowConverter::new(fields).expect("every storage type has a row format");
        let parser = converter.parser();
        Self { converter, parser, columns }
    }

    pub(crate) fn encode(&self, columns: &[ArrayRef], rows: usize) -> EncodedRows {
        if self.columns == 0 {
            return EncodedRows { rows: None, len: rows };
        }
        let encoded = self.converter.convert_columns(columns).expect("columns have the codec's types");
        EncodedRows { rows: Some(encoded), len: rows }
    }

    pub(crate) fn decode<'a>(&'a self, rows: impl IntoIterator<Item = &'a [u8]>) -> Vec<ArrayRef> {
        let rows = rows.into_iter().map(|row| self.parser.parse(row));
        self.converter.convert_rows(rows).expect("row bytes come from this codec")
    }
}

/// The row bytes of a batch.
pub(crate) struct EncodedRows {
    /// Absent when there are no columns.
    rows: Option<Rows>,
    len: usize,
}

impl EncodedRows {
    #[inline]
    pub(crate) fn row(&self, row: usize) -> &[u8] {
        match &self.rows {
            Some(rows) => rows.row(row).data(),
            None => &[],
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len).map(|row| self.row(row))
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
