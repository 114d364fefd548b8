//! The `parquet` format. Columns are found by name; rows are addressed by their number, so positions count rows.
//!
//! - *file type*: the Arrow type that a Parquet column is read as or written from; it has real dates and timestamps,
//!   where storage types have plain numbers ([`data::storage`]).

mod convert;

use self::convert::{file_type, from_file, to_file};
use super::column::null_rows;
use super::{
    Decoded, FaultPolicy, Faults, FilePosition, FileReader, FileWriter, FormatDef, ReadSpec, WriteSpec, io_error,
};
use crate::options::{OptionDef, OptionKind};
use crate::spec::with_options;
use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use ::parquet::arrow::arrow_writer::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::properties::WriterProperties;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field as ArrowField, Schema as ArrowSchema};
use data::{ChangeBatch, Diagnostic, Field, TypeKind};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

pub(crate) const DEF: FormatDef = FormatDef {
    identifier: "parquet",
    doc: "Apache Parquet. Columns are found by name; timestamps are stored without a zone, TIMESTAMP_LTZ in UTC",
    options: &[
        OptionDef::new(
            "parquet.compression",
            OptionKind::OneOf(&["SNAPPY", "ZSTD", "UNCOMPRESSED"]),
            "How written pages are compressed",
        )
        .default("SNAPPY"),
        OptionDef::new("parquet.utc-timezone", OptionKind::Boolean, "Without effect: there is no local time in files")
            .default("true"),
    ],
    check: |spec| {
        super::refuse_types(spec, "parquet", "store the interval as a number", |kind| match kind {
            TypeKind::Null => true,
            kind => kind.is_interval(),
        })
    },
    open,
    create,
};

/// Rows decoded at a time.
const BATCH_ROWS: usize = 8_192;

struct ParquetReader {
    reader: ParquetRecordBatchReader,
    /// Rows decoded and not handed out yet.
    pending: Vec<ArrayRef>,
    pending_from: usize,
    pending_rows: usize,
    columns: Vec<Field>,
    /// For each wanted column its place among those that are read.
    places: Vec<usize>,
    row: u64,
    table: String,
    origin: String,
    policy: FaultPolicy,
}

fn broken(origin: &str, cause: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::run("HW3115", format!("'{origin}' cannot be read as Parquet"))
        .detail(cause.to_string())
        .hint("check that the file is complete and that 'format' names what it is")
        .in_file(origin)
}

fn open(read: &ReadSpec, path: &Path, origin: &str, position: FilePosition) -> Result<Box<dyn FileReader>, Diagnostic> {
    let file = File::open(path).map_err(|error| io_error("read", origin, &error))?;
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder =
        ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).map_err(|error| broken(origin, error))?;
    let columns: Vec<Field> = read.wanted.iter().map(|wanted| read.columns[*wanted].clone()).collect();
    let schema = builder.schema().clone();
    let mut roots = Vec::with_capacity(columns.len());
    for column in &columns {
        let Ok(root) = schema.index_of(&column.name) else {
            let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            return Err(Diagnostic::run(
                "HW3102",
                format!("the columns of '{origin}' do not fit table '{}'", read.spec.name),
            )
            .detail(format!("it lacks {}; it has {}", column.name, names.join(", ")))
            .hint("name the table's columns as the file does (upper and lower case count)"));
        };
        roots.push(root);
    }
    read.refuse_strays(schema.fields().iter().map(|field| field.name().as_str()), origin)?;
    // The reader gives the columns in the order of the file.
    let mut order = roots.clone();
    order.sort_unstable();
    order.dedup();
    let mask = ProjectionMask::roots(builder.parquet_schema(), order.iter().copied());
    let offset = usize::try_from(position.offset).unwrap_or(usize::MAX);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .with_offset(offset)
        .build()
        .map_err(|error| broken(origin, error))?;
    Ok(Box::new(ParquetReader {
        reader,
        pending: Vec::new(),
        pending_from: 0,
        pending_rows: 0,
        places: roots.iter().filter_map(|root| order.iter().position(|other| other == root)).collect(),
        columns,
        row: position.offset,
        table: read.spec.name.clone(),
        origin: origin.to_owned(),
        policy: read.policy,
    }))
}

impl FileReader for ParquetReader {
    fn read(&mut self, max_rows: usize) -> Result<Decoded, Diagnostic> {
        let mut decoded = Decoded::default();
        if self.pending_rows == 0 {
            match self.reader.next() {
                None => {
                    decoded.ended = true;
                    return Ok(decoded);
                }
                Some(batch) => self.take(&batch.map_err(|error| broken(&self.origin, error))?)?,
            }
        }
        let rows = max_rows.min(self.pending_rows);
        decoded.columns = self.pending.iter().map(|column| column.slice(self.pending_from, rows)).collect();
        decoded.rows = rows;
        decoded.lines = (self.row + 1..).take(rows).collect();
        self.pending_from += rows;
        self.pending_rows -= rows;
        self.row += rows as u64;
        self.refuse_nulls(&mut decoded)?;
        Ok(decoded)
    }

    fn position(&self) -> FilePosition {
        FilePosition { offset: self.row, line: self.row }
    }
}

impl ParquetReader {
    fn take(&mut self, batch: &RecordBatch) -> Result<(), Diagnostic> {
        self.pending.clear();
        for (column, place) in self.columns.iter().zip(&self.places) {
            let array = from_file(batch.column(*place), &column.data_type).map_err(|cause| {
                Diagnostic::run("HW3103", format!("cannot read column '{}' of table '{}'", column.name, self.table))
                    .detail(format!("{}: {cause}", self.origin))
                    .hint("declare the column with the type that the file has")
            })?;
            self.pending.push(array);
        }
        (self.pending_from, self.pending_rows) = (0, batch.num_rows());
        Ok(())
    }

    fn refuse_nulls(&self, decoded: &mut Decoded) -> Result<(), Diagnostic> {
        let mut faults = Faults::new(self.policy, &self.table, &self.origin, "parquet");
        for (column, array) in self.columns.iter().zip(&decoded.columns) {
            if !column.data_type.nullable && array.null_count() > 0 {
                for row in null_rows(array) {
                    faults.push_null(row, decoded.lines[row], b"", &column.name);
                }
            }
        }
        let (left_out, rejected) = faults.settle()?;
        decoded.rejected = rejected;
        decoded.leave_out(&left_out, self.policy);
        Ok(())
    }
}

struct ParquetWriter {
    writer: ArrowWriter<File>,
    columns: Vec<Field>,
    schema: Arc<ArrowSchema>,
    table: String,
}

fn create(write: &WriteSpec, file: File) -> Result<Box<dyn FileWriter>, Diagnostic> {
    let compression = with_options(&write.spec, |options| match options.text("parquet.compression") {
        Some("ZSTD") => Compression::ZSTD(ZstdLevel::default()),
        Some("UNCOMPRESSED") => Compression::UNCOMPRESSED,
        _ => Compression::SNAPPY,
    });
    let field = |column: &Field| ArrowField::new(&column.name, file_type(&column.data_type), column.data_type.nullable);
    let schema = Arc::new(ArrowSchema::new(write.columns.iter().map(field).collect::<Vec<_>>()));
    let properties = WriterProperties::builder().set_compression(compression).build();
    let table = write.spec.name.clone();
    let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(|error| failed(&table, error))?;
    Ok(Box::new(ParquetWriter { writer, columns: write.columns.clone(), schema, table }))
}

fn failed(table: &str, cause: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::run("HW3116", format!("cannot write rows of table '{table}' as Parquet"))
        .detail(cause.to_string())
        .hint("check that there is room on the disk and that the values fit their types")
}

impl FileWriter for ParquetWriter {
    fn write(&mut self, batch: &ChangeBatch) -> Result<(), Diagnostic> {
        let column = |(field, column): (&Field, &ArrayRef)| to_file(column, &field.data_type);
        let columns = self.columns.iter().zip(batch.columns()).map(column).collect::<Result<Vec<_>, _>>();
        let columns = columns.map_err(|cause| failed(&self.table, cause))?;
        let batch = RecordBatch::try_new(self.schema.clone(), columns).map_err(|error| failed(&self.table, error))?;
        self.writer.write(&batch).map_err(|error| failed(&self.table, error))
    }

    fn finish(self: Box<Self>) -> Result<File, Diagnostic> {
        let table = self.table;
        self.writer.into_inner().map_err(|error| failed(&table, error))
    }
}
