//! The sink that shows changes, a line each, as Flink's `print` does.

use crate::options::{OptionDef, OptionKind};
use crate::spec::{Accepts, ConnectorDef, OpenContext, Output, SinkDef, TableSpec};
use data::port::Sink;
use data::text::row_to_string;
use data::{ChangeBatch, DataType, Diagnostic};

pub(crate) const DEF: ConnectorDef = ConnectorDef {
    identifier: "print",
    doc: "Prints every change as a line: +I[1, a]",
    options: &[
        OptionDef::new("print-identifier", OptionKind::Text, "Stands before each line, followed by '> '"),
        OptionDef::new("standard-error", OptionKind::Boolean, "Without effect: there is one output").default("false"),
        OptionDef::new("sink.parallelism", OptionKind::Integer, "Without effect: one writer per table"),
    ],
    metadata: &[],
    formats: false,
    source: None,
    sink: Some(SinkDef {
        guarantee: "at least once: rows since the last checkpoint are printed again after a failure",
        accepts: Accepts::Changes,
        open,
    }),
    check: |_| Vec::new(),
};

struct Print {
    types: Vec<DataType>,
    prefix: String,
    output: Output,
}

fn open(spec: &TableSpec, context: &OpenContext) -> Result<Box<dyn Sink>, Diagnostic> {
    let prefix = spec.option("print-identifier").filter(|text| !text.is_empty());
    Ok(Box::new(Print {
        types: spec.schema.types().cloned().collect(),
        prefix: prefix.map_or(String::new(), |text| format!("{text}> ")),
        output: context.output.clone(),
    }))
}

impl Sink for Print {
    fn write(&mut self, batch: &ChangeBatch) -> Result<(), Diagnostic> {
        let mut text = String::new();
        for row in 0..batch.rows() {
            text.push_str(&self.prefix);
            text.push_str(&row_to_string(Some(batch.kind(row)), batch.columns(), &self.types, row));
            text.push('\n');
        }
        // A lock that was poisoned by a panic elsewhere still guards a usable writer.
        let mut output = self.output.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(|error| {
            Diagnostic::run("HW3112", "cannot print a row")
                .detail(error.to_string())
                .hint("check where the output goes")
        })
    }

    fn prepare(&mut self, _epoch: u64) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn commit(&mut self, _epoch: u64) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn begin(&mut self, _run: &str, _epoch: Option<u64>) -> Result<(), Diagnostic> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::filesystem::tests::{batch, context, table};
    use crate::{OpenContext, open_sink};
    use data::{RowKind, Value};
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    #[test]
    fn prints_rows_as_flink_does() {
        let mut spec =
            table("a INT, b STRING, t TIMESTAMP(3), x PAIR", &[("connector", "print"), ("print-identifier", "p")]);
        spec.options.remove("path");
        let output = Arc::new(Mutex::new(Vec::new()));
        let context = OpenContext { output: output.clone(), ..context(Path::new(".")) };
        let mut sink = open_sink(&spec, &context).expect("opens");
        let pair = Value::Row(vec![Value::Int(7), Value::Null]);
        let rows = [
            vec![Value::Int(1), Value::string("a"), Value::Timestamp(0), pair],
            vec![Value::Null, Value::string("b"), Value::Timestamp(1_500_000_000), Value::Null],
        ];
        let changes = batch(&spec, &rows).with_kinds(vec![RowKind::Insert, RowKind::Delete]);
        sink.write(&changes).expect("prints");
        let text = String::from_utf8(output.lock().expect("alone").clone()).expect("text");
        assert_eq!(text, "p> +I[1, a, 1970-01-01T00:00, +I[7, null]]\np> -D[null, b, 1970-01-01T00:00:01.500, null]\n");
    }
}
