//! Scalar expressions over one row, for `eval`.

use data::time::Zone;
use data::{ChangeBatch, DataType, Diagnostic, Span, Value, text};
use engine::{Options, TableDef, TableKind};
use plan::Session;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The table that an expression's columns are of.
const TABLE: &str = "eval_row";
/// A column or its value is not what its type says.
const BAD_ROW: &str = "HW4521";

/// A column of the row, with the SQL text of its type.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) data_type: String,
}

pub(crate) struct Evaluated {
    /// Flink's summary string.
    pub(crate) data_type: String,
    /// As `Row.toString` prints it.
    pub(crate) value: String,
}

/// Evaluates expressions one after another; each sees nothing of the others.
pub(crate) struct Calculator {
    session: Session,
    /// The columns that [`TABLE`] has now.
    columns: Vec<Column>,
}

impl Calculator {
    pub(crate) fn new() -> Self {
        Self { session: Session::new(Vec::new()), columns: Vec::new() }
    }

    pub(crate) fn evaluate(
        &mut self,
        expr: &str,
        columns: &[Column],
        row: Option<&[Json]>,
        config: &BTreeMap<String, Json>,
    ) -> Result<Evaluated, Diagnostic> {
        self.session.config_mut().reset_all();
        for (key, value) in config {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.session.config_mut().set(key, &value).map_err(|error| *error)?;
        }
        sql::parse_expression(expr).map_err(first)?;
        self.declare(columns)?;
        // A line of its own: the expression may end in a comment.
        let from = if columns.is_empty() { String::new() } else { format!("FROM {TABLE}") };
        let text = format!("SELECT {expr}\n{from}");
        let shift = "SELECT ".len();
        let back = |error: Diagnostic| shifted(error, shift, expr.len());
        let query = sql::parse_query(&text).map_err(|errors| back(first(errors)))?;
        let root = self.session.query_in_batch(&query).map_err(|errors| back(first(errors)))?;
        let zone = crate::workbench::time_zone(&self.session)?;
        let tables = if columns.is_empty() { Vec::new() } else { vec![self.row(row, Zone::from(zone))?] };
        let options = Options { time_zone: zone, ..Options::default() };
        let batch = engine::query(&root, options, deploy::wall_millis(), tables).map_err(back)?;
        let data_type = root.columns.first().map_or_else(DataType::string, |column| column.data_type.clone());
        let mut value = String::new();
        match batch.columns().first().filter(|column| column.len() == 1) {
            Some(column) => text::append_value(&mut value, column, &data_type, 0),
            None => {
                let error = Diagnostic::plan(BAD_ROW, Span::new(0, expr.len()), "this is not a scalar expression");
                return Err(error.detail(format!("it gives {} rows instead of one value", batch.rows())));
            }
        }
        Ok(Evaluated { data_type: data_type.to_string(), value })
    }

    /// Makes the table of these columns.
    fn declare(&mut self, columns: &[Column]) -> Result<(), Diagnostic> {
        if self.columns == columns {
            return Ok(());
        }
        self.columns.clear();
        self.run(&format!("DROP TEMPORARY TABLE IF EXISTS {TABLE}"))?;
        if !columns.is_empty() {
            let column = |column: &Column| format!("{} {}", sql::print::quoted(&column.name), column.data_type);
            let list: Vec<String> = columns.iter().map(column).collect();
            self.run(&format!("CREATE TEMPORARY TABLE {TABLE} ({}) WITH ('connector' = 'test')", list.join(", ")))?;
            self.columns = columns.to_vec();
        }
        Ok(())
    }

    /// A statement of ours; what is wrong with it is wrong with the columns of the request.
    fn run(&mut self, sql: &str) -> Result<(), Diagnostic> {
        let done = sql::parse_statement(sql).and_then(|statement| self.session.execute(&statement, sql));
        done.map(|_| ()).map_err(|errors| {
            let mut error = first(errors);
            error.span = None;
            error.related.clear();
            error.fix.clear();
            error
        })
    }

    fn row(&self, row: Option<&[Json]>, zone: Zone) -> Result<(TableDef, Vec<ChangeBatch>), Diagnostic> {
        let bad = |detail: String| Diagnostic::run(BAD_ROW, "the row does not fit its columns").detail(detail);
        let table = self.session.table(TABLE).ok_or_else(|| bad("the columns are not there".to_owned()))?;
        let fields: Vec<data::Field> =
            table.read_columns().map(|column| data::Field::new(&column.name, column.data_type.clone())).collect();
        let row = row.ok_or_else(|| bad("there are \"columns\" and no \"row\"".to_owned()))?;
        if row.len() != fields.len() {
            return Err(bad(format!("there are {} columns and {} values", fields.len(), row.len())));
        }
        let mut columns = Vec::with_capacity(row.len());
        for (field, json) in fields.iter().zip(row) {
            let value = text::parse_value(&field.data_type, json, zone)
                .map_err(|error| bad(format!("column `{}`: {error}", field.name)))?;
            columns.push(Value::column(&field.data_type, [&value]));
        }
        let schema = data::Schema::new(fields);
        let def = TableDef { name: table.path.to_string(), schema, primary_key: Vec::new(), kind: TableKind::External };
        Ok((def, vec![ChangeBatch::inserts(columns, 1)]))
    }
}

fn first(errors: Vec<Diagnostic>) -> Diagnostic {
    let missing = || Diagnostic::run(data::crash::INTERNAL, "an expression was refused without a reason");
    errors.into_iter().find(Diagnostic::is_error).unwrap_or_else(missing)
}

/// Spans of the query as spans of the expression inside it.
fn shifted(mut error: Diagnostic, by: usize, len: usize) -> Diagnostic {
    let back = |span: Span| {
        let at = |offset: u32| (offset as usize).saturating_sub(by).min(len);
        Span::new(at(span.start), at(span.end))
    };
    error.span = error.span.map(back);
    for related in &mut error.related {
        related.span = related.span.map(back);
    }
    for fix in &mut error.fix {
        fix.span = back(fix.span);
    }
    error
}
