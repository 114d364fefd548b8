//! Rows as people and scripts read them: a table, CSV, Flink's `Row.toString`, JSON.

use crate::context::Failure;
use crate::output::{Output, Paint};
use data::{DataType, RowKind, Value, text};
use serde::Serialize;
use serde_json::Value as Json;

/// The result of a query.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResultSet {
    pub(crate) columns: Vec<(String, DataType)>,
    pub(crate) rows: Vec<(RowKind, Vec<Value>)>,
}

/// `{"name", "type"}` with Flink's summary string.
#[derive(Serialize)]
pub(crate) struct ColumnEntry {
    name: String,
    #[serde(rename = "type")]
    data_type: String,
}

impl ResultSet {
    pub(crate) fn column_entries(&self) -> Vec<ColumnEntry> {
        let entry = |(name, data_type): &(String, DataType)| ColumnEntry {
            name: name.clone(),
            data_type: data_type.to_string(),
        };
        self.columns.iter().map(entry).collect()
    }

    /// Values as a script would feed them back.
    pub(crate) fn json_rows(&self) -> Vec<Vec<Json>> {
        let types = || self.columns.iter().map(|(_, data_type)| data_type);
        let row = |row: &Vec<Value>| row.iter().zip(types()).map(|(value, kind)| json(value, kind)).collect();
        self.rows.iter().map(|(_, values)| row(values)).collect()
    }

    pub(crate) fn kinds(&self) -> Vec<&'static str> {
        self.rows.iter().map(|(kind, _)| kind.symbol()).collect()
    }

    fn cells(&self, row: &[Value]) -> Vec<String> {
        row.iter().zip(&self.columns).map(|(value, (_, data_type))| printed(value, data_type)).collect()
    }

    /// `+I[1, a]`
    pub(crate) fn print_rows(&self, output: &mut Output) -> Result<(), Failure> {
        for (kind, row) in &self.rows {
            output.line(format_args!("{}[{}]", kind.symbol(), self.cells(row).join(", ")))?;
        }
        Ok(())
    }

    /// A header and the rows; NULL is nothing, an empty string is `""`. A changelog has the kind as first column; more of it
    /// comes without header.
    pub(crate) fn print_csv(&self, output: &mut Output, changelog: bool, heads: bool) -> Result<(), Failure> {
        let mut header: Vec<String> = self.columns.iter().map(|(name, _)| csv_field(name)).collect();
        if changelog {
            header.insert(0, "op".to_owned());
        }
        if heads {
            output.line(header.join(","))?;
        }
        for (kind, row) in &self.rows {
            let mut fields: Vec<String> = row
                .iter()
                .zip(&self.columns)
                .map(|(value, (_, data_type))| match value {
                    Value::Null => String::new(),
                    // Row.toString has no line breaks; a field of CSV keeps them.
                    Value::String(text) => csv_field(text),
                    value => csv_field(&printed(value, data_type)),
                })
                .collect();
            if changelog {
                fields.insert(0, kind.symbol().to_owned());
            }
            output.line(fields.join(","))?;
        }
        Ok(())
    }

    /// Aligned columns, numbers to the right; a changelog has the kind as first column. `heads`: under the names of the columns;
    /// more of the same changelog comes without.
    pub(crate) fn print_table(&self, output: &mut Output, changelog: bool, heads: bool) -> Result<(), Failure> {
        if let [(_, row)] = self.rows.as_slice()
            && let [Value::String(text)] = row.as_slice()
            && text.contains('\n')
        {
            // One text of several lines, such as a plan.
            return output.line(text.trim_end());
        }
        let mut header: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let mut right: Vec<bool> = self.columns.iter().map(|(_, data_type)| data_type.kind.is_numeric()).collect();
        if changelog {
            header.insert(0, "op".to_owned());
            right.insert(0, false);
        }
        let mut lines: Vec<Vec<String>> = Vec::with_capacity(self.rows.len());
        for (kind, row) in &self.rows {
            let mut cells = self.cells(row);
            if changelog {
                cells.insert(0, kind.symbol().to_owned());
            }
            lines.push(cells.into_iter().map(|cell| cell.replace('\r', "\\r").replace('\n', "\\n")).collect());
        }
        let width = |column: usize| {
            let cells = lines.iter().map(|line| &line[column]).chain([&header[column]]);
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..header.len()).map(width).collect();
        let pad = |cells: &[String]| {
            let mut line = String::new();
            for (column, cell) in cells.iter().enumerate() {
                let fill = " ".repeat(widths[column] - cell.chars().count());
                line.push_str(if column == 0 { "" } else { "  " });
                line.push_str(&if right[column] { fill + cell } else { cell.clone() + &fill });
            }
            line.trim_end().to_owned()
        };
        if !heads {
            return lines.iter().try_for_each(|line| output.line(pad(line)));
        }
        let head = output.paint(Paint::Strong, &pad(&header));
        output.line(head)?;
        output.line(widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("  "))?;
        for line in &lines {
            output.line(pad(line))?;
        }
        Ok(())
    }
}

/// The value as `Row.toString` prints it.
fn printed(value: &Value, data_type: &DataType) -> String {
    let mut out = String::new();
    text::append_value(&mut out, &Value::column(data_type, [value]), data_type, 0);
    out
}

fn csv_field(text: &str) -> String {
    let quoted = text.is_empty() || text.contains([',', '"', '\n', '\r']);
    if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// The value in the form in which scripts feed it.
pub(crate) fn json(value: &Value, data_type: &DataType) -> Json {
    let mut out = Vec::new();
    text::append_json_value(&mut out, value, data_type);
    serde_json::from_slice(&out).unwrap_or_default()
}
