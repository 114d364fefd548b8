//! Measures decoding: `cargo run --release -p connect --example read_files -- FILE FORMAT HEADER "name TYPE, …"`, with
//! the types STRING, BIGINT, INT, DATE, TIMESTAMP, DECIMAL and DOUBLE.

use connect::{OpenContext, TableSpec, open_source};
use data::port::Polled;
use data::{DataType, Field, TypeKind};
use std::sync::{Arc, Mutex};
use std::time::Instant;

fn data_type(text: &str) -> DataType {
    match text {
        "BIGINT" => DataType::bigint(),
        "INT" => DataType::int(),
        "DOUBLE" => DataType::double(),
        "DATE" => DataType::new(TypeKind::Date),
        "TIMESTAMP" => DataType::new(TypeKind::Timestamp(3)),
        "DECIMAL" => DataType::decimal(18, 2),
        _ => DataType::string(),
    }
}

#[expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a developer's tool measures and talks")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, format, header, columns] = arguments.as_slice() else {
        return Err("usage: read_files FILE FORMAT HEADER COLUMNS".into());
    };
    let mut spec = TableSpec { name: "t".to_owned(), ..TableSpec::default() };
    for column in columns.split(',') {
        let (name, text) = column.trim().split_once(' ').ok_or("a column is a name and a type")?;
        spec.schema.fields.push(Field::new(name, data_type(text)));
        spec.metadata.push(None);
    }
    let mut options = vec![("connector", "filesystem"), ("path", path), ("format", format)];
    if format == "csv" {
        options.extend([("headwater.csv.header", header.as_str()), ("csv.null-literal", "")]);
    }
    spec.options = options.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    let output = Arc::new(Mutex::new(std::io::sink()));
    let context = OpenContext { base: ".".into(), bounded: true, dead_letter: false, exact_columns: false, output };
    let mut source = open_source(&spec, &context)?;
    let (started, mut rows, mut batches) = (Instant::now(), 0, 0);
    while let Polled::Rows { batch, .. } = source.poll(8_192, 0)? {
        rows += batch.rows();
        batches += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{rows} rows in {batches} batches, {seconds:.3} s, {:.2} M rows/s", rows as f64 / seconds / 1e6);
    Ok(())
}
