//! INSERT: a query into a table, with the columns brought to the table's order and types.

use crate::bind::Binder;
use crate::bind::table::at;
use crate::build::and;
use crate::connector::MetadataKeys;
use crate::error::{Bound, did_you_mean, refused};
use crate::finish::{Materialize, Root, SinkTraits, finish};
use crate::node::{Column, Conflict, Node, Op};
use crate::session::Session;
use crate::types::cast_to;
use catalog::{Object, ObjectPath, Table};
use data::types::DataType;
use data::{Diagnostic, Span, Value};
use functions::typing::implicitly_castable;
use functions::{Expr, ExprKind};
use sql::ast;
use std::sync::Arc;

/// A planned INSERT; the node is its Sink.
#[derive(Clone, Debug, PartialEq)]
pub struct Insertion {
    pub path: ObjectPath,
    pub table: Arc<Table>,
    pub node: Node,
    pub overwrite: bool,
}

/// Plans an INSERT.
pub(crate) fn plan(session: &Session, insert: &ast::Insert, batch: bool) -> Result<Insertion, Vec<Diagnostic>> {
    if insert.upsert {
        let instead = "write INSERT INTO: in a table with a PRIMARY KEY a row replaces the one with its key";
        return Err(vec![refused(insert.span, "UPSERT", instead)]);
    }
    let (table, node) = session.bound(batch, |binder| {
        let table = binder.target(&insert.table);
        let query = binder.query(&insert.query, true);
        let (table, query) = (table?, query?);
        let table = binder.hinted(&table, &insert.hints)?;
        let node = binder.sink_input(&table, insert, query)?;
        Ok((table, node))
    })?;
    into_table(session, table, node, insert, batch)
}

/// Puts the sink on top of its input.
fn into_table(
    session: &Session,
    table: Arc<Table>,
    node: Node,
    insert: &ast::Insert,
    batch: bool,
) -> Result<Insertion, Vec<Diagnostic>> {
    let span = insert.table.span();
    let capabilities = session.state.capabilities(&table).map_err(|error| vec![at(*error, span)])?;
    let config = &session.state.config;
    let node = sink_node(node, &table);
    let primary_key = match &node.op {
        Op::Sink { primary_key, .. } => primary_key.clone(),
        _ => Vec::new(),
    };
    let materialize = match config.get("table.exec.sink.upsert-materialize").to_ascii_uppercase().as_str() {
        "NONE" => Materialize::None,
        "FORCE" => Materialize::Force,
        _ => Materialize::Auto,
    };
    let root = Root::Sink(SinkTraits {
        table: table.path.to_string(),
        accepts: capabilities.sink.and_then(|sink| sink.accepts),
        primary_key,
        on_conflict: insert.on_conflict.map(|conflict| conflict.action),
        require_on_conflict: config.is_true("table.exec.sink.require-on-conflict"),
        materialize,
        steady_updates: config.is("table.optimizer.non-deterministic-update.strategy", "TRY_RESOLVE"),
        span,
    });
    let mut node = finish(node, &root, batch).map_err(|errors| placed(errors, insert.span))?;
    if config.is("table.exec.sink.not-null-enforcer", "DROP") {
        drop_nulls(&mut node);
        crate::hash::assign(&mut node);
    }
    Ok(Insertion { path: table.path.clone(), table, node, overwrite: insert.overwrite })
}

/// Rows with NULL in a NOT NULL column are left out right before the sink, instead of failing there.
fn drop_nulls(sink: &mut Node) {
    let Op::Sink { not_null, .. } = &mut sink.op else { return };
    let Some(input) = sink.inputs.pop() else { return };
    let present = |at: usize| {
        let result = DataType::not_null(data::TypeKind::Boolean);
        Expr::call("IS NOT NULL", vec![input.column(at)], result)
    };
    let condition = and(std::mem::take(not_null).into_iter().map(present).collect());
    sink.inputs = match condition {
        None => vec![input],
        Some(condition) => {
            let (changelog, upsert_keys) = (input.changelog, input.upsert_keys.clone());
            vec![Node { changelog, upsert_keys, ..Node::filter(input, condition) }]
        }
    };
}

/// Errors of a whole plan stand where its statement does.
pub(crate) fn placed(errors: Vec<Diagnostic>, span: Span) -> Vec<Diagnostic> {
    let place = |mut error: Diagnostic| {
        error.span = error.span.filter(|span| *span != Span::default()).or(Some(span));
        error
    };
    errors.into_iter().map(place).collect()
}

impl Binder<'_> {
    /// The table that is written.
    fn target(&mut self, name: &ast::ObjectName) -> Bound<Arc<Table>> {
        let parts: Vec<&str> = name.parts().collect();
        match self.resolve(&parts) {
            Some(Object::Table(table)) => Ok(table),
            Some(Object::View(view)) => {
                let error = Diagnostic::plan("HW2025", name.span(), format!("view '{}' cannot be written", view.path))
                    .detail("a view is a query, it holds no rows")
                    .hint("insert into a table");
                self.fail(error)
            }
            None => self.unknown_table(name),
        }
    }

    /// The query's columns as the table's persisted columns, in declared order.
    fn sink_input(&mut self, table: &Table, insert: &ast::Insert, query: Node) -> Bound<Node> {
        self.check_sink(table, insert.table.span())?;
        let partition = self.partition_values(table, insert)?;
        let targets = self.target_columns(table, insert, &partition)?;
        if !insert.columns.is_empty() && targets.len() != query.width() {
            let message = format!("{} columns are named and {} given", targets.len(), query.width());
            let error = Diagnostic::plan("HW2020", insert.query.span, message)
                .detail("Number of columns must match number of query columns")
                .hint("select one value for each named column");
            return self.fail(error);
        }
        if targets.len() != query.width() {
            return self.mismatch(table, &targets, &query, insert, "Different number of columns.");
        }
        let sink: Vec<&catalog::Column> = table.persisted_columns().collect();
        for (position, target) in targets.iter().enumerate() {
            let given = &query.columns[position].data_type;
            let wanted = &sink[*target].data_type;
            if !implicitly_castable(given, &nullable(wanted)) {
                let name = &sink[*target].name;
                let position = target + 1;
                let cause = format!("Incompatible types for sink column '{name}' at position {position}.");
                return self.mismatch(table, &targets, &query, insert, &cause);
            }
        }
        let fits = |(position, target): (usize, &usize)| {
            query.columns[position].data_type.kind == sink[*target].data_type.kind
        };
        let all_fit = targets.iter().enumerate().all(fits);
        let mut columns = Vec::new();
        for (at, column) in sink.iter().enumerate() {
            let given = targets.iter().position(|target| *target == at);
            let fixed = partition.iter().find(|(target, _)| *target == at);
            let expr = match (given, fixed) {
                (Some(position), _) if all_fit || !is_cast(&query, position) => {
                    cast_to(query.column(position), &column.data_type)
                }
                // Where one column is brought to the table's type, Flink casts all of them; a cast of a cast keeps no key.
                (Some(position), _) => {
                    let input = Box::new(query.column(position));
                    let data_type = column.data_type.clone().with_nullable(input.data_type.nullable);
                    Expr::new(ExprKind::Cast { input, is_try: false }, data_type)
                }
                (None, Some((_, value))) => value.clone(),
                (None, None) => Expr::literal(Value::Null, column.data_type.clone().with_nullable(true)),
            };
            columns.push((column.name.clone(), expr));
        }
        let unchanged = columns.len() == query.width()
            && columns.iter().enumerate().all(|(at, (_, expr))| expr.as_column() == Some(at));
        if unchanged {
            let mut query = query;
            for (column, (name, _)) in query.columns.iter_mut().zip(columns) {
                column.name = name;
            }
            return Ok(query);
        }
        Ok(Node::calc(query, columns, None))
    }

    fn check_sink(&mut self, table: &Table, span: Span) -> Bound<()> {
        let capabilities = match self.session.capabilities(table) {
            Ok(capabilities) => capabilities,
            Err(error) => return self.fail(at(*error, span)),
        };
        if capabilities.sink.is_none() {
            let connector = table.connector().unwrap_or("").to_owned();
            return self.fail(
                Diagnostic::plan("HW2029", span, format!("table '{}' cannot be written", table.path))
                    .detail(format!("Connector '{connector}' can only be used as a source"))
                    .hint("write into another table"),
            );
        }
        if let MetadataKeys::Listed(keys) = &capabilities.metadata {
            for column in table.persisted_columns() {
                let Some(key) = column.metadata_key() else { continue };
                if !keys.iter().any(|known| known.key == key && known.writable) {
                    let message = format!("metadata '{key}' of table '{}' cannot be written", table.path);
                    return self.fail(
                        Diagnostic::plan("HW2035", span, message)
                            .detail(format!("Invalid metadata key '{key}' in column '{}'", column.name))
                            .hint("declare the column METADATA VIRTUAL"),
                    );
                }
            }
        }
        Ok(())
    }

    /// `PARTITION (k = value)`: constants for columns.
    fn partition_values(&mut self, table: &Table, insert: &ast::Insert) -> Bound<Vec<(usize, Expr)>> {
        let mut values = Vec::new();
        for part in &insert.partition {
            let at = self.target_column(table, &part.key.value, part.key.span)?;
            let Some(value) = &part.value else { continue };
            let frame = crate::bind::Frame::new(Default::default(), None);
            let (bound, _) = self.in_frame(frame, |binder| binder.expr(value));
            let wanted = table.persisted_columns().nth(at).map(|column| column.data_type.clone());
            let wanted = wanted.unwrap_or_else(DataType::string);
            values.push((at, cast_to(bound?, &wanted)));
        }
        Ok(values)
    }

    /// Which persisted column each column of the query fills.
    fn target_columns(
        &mut self,
        table: &Table,
        insert: &ast::Insert,
        partition: &[(usize, Expr)],
    ) -> Bound<Vec<usize>> {
        if insert.columns.is_empty() {
            let count = table.persisted_columns().count();
            return Ok((0..count).filter(|at| !partition.iter().any(|(fixed, _)| fixed == at)).collect());
        }
        let mut targets = Vec::new();
        for name in &insert.columns {
            let at = self.target_column(table, name.last(), name.span())?;
            if targets.contains(&at) {
                return self.fail(
                    Diagnostic::plan("HW2021", name.span(), format!("column '{name}' is named twice"))
                        .detail(format!("Target column '{name}' is assigned more than once"))
                        .hint("name every column once"),
                );
            }
            targets.push(at);
        }
        let missing: Vec<String> = table
            .persisted_columns()
            .enumerate()
            .filter(|(at, column)| {
                !column.data_type.nullable && !targets.contains(at) && !partition.iter().any(|(fixed, _)| fixed == at)
            })
            .map(|(_, column)| column.name.clone())
            .collect();
        if let Some(column) = missing.first() {
            return self.fail(
                Diagnostic::plan("HW2022", insert.table.span(), format!("column '{column}' gets no value"))
                    .detail(format!("Column '{column}' has no default value and does not allow NULLs"))
                    .hint(format!("add {} to the column list", missing.join(", "))),
            );
        }
        Ok(targets)
    }

    fn target_column(&mut self, table: &Table, name: &str, span: Span) -> Bound<usize> {
        if let Some(at) = table.persisted_columns().position(|column| column.name == name) {
            return Ok(at);
        }
        let known: Vec<&str> = table.persisted_columns().map(|column| column.name.as_str()).collect();
        let fallback = format!("columns that can be written are {}", known.join(", "));
        let hint = did_you_mean(name, known, fallback);
        self.fail(
            Diagnostic::plan("HW2021", span, format!("table '{}' has no column '{name}' to write", table.path))
                .detail(format!("Unknown target column '{name}'"))
                .hint(hint),
        )
    }

    fn mismatch<T>(
        &mut self,
        table: &Table,
        targets: &[usize],
        query: &Node,
        insert: &ast::Insert,
        cause: &str,
    ) -> Bound<T> {
        let sink: Vec<&catalog::Column> = table.persisted_columns().collect();
        let show = |name: &str, data_type: &DataType| format!("{name}: {data_type}");
        let given: Vec<String> =
            query.columns.iter().map(|column: &Column| show(&column.name, &column.data_type)).collect();
        let wanted: Vec<String> = targets.iter().map(|at| show(&sink[*at].name, &sink[*at].data_type)).collect();
        let message = format!("the query's columns do not fit table '{}'", table.path);
        let detail = format!(
            "Column types of query result and sink for '{}' do not match. Cause: {cause} \
             Query schema: [{}] Sink schema: [{}]",
            table.path,
            given.join(", "),
            wanted.join(", ")
        );
        let hint = if cause.starts_with("Different") {
            format!(
                "give {} columns, or name the target columns: INSERT INTO {} (a, b) ...",
                wanted.len(),
                insert.table
            )
        } else {
            "CAST the column to the sink's type".to_owned()
        };
        self.fail(Diagnostic::plan("HW2020", insert.query.span, message).detail(detail).hint(hint))
    }
}

/// Whether the query computes this column by a cast, itself or in a query that it selects from.
fn is_cast(query: &Node, position: usize) -> bool {
    let Op::Calc { columns, .. } = &query.op else { return false };
    match &columns[position].kind {
        ExprKind::Cast { .. } => true,
        ExprKind::Column(below) => is_cast(&query.inputs[0], *below),
        _ => false,
    }
}

fn nullable(data_type: &DataType) -> DataType {
    data_type.clone().with_nullable(true)
}

/// The Sink node over an input whose columns are the table's.
fn sink_node(input: Node, table: &Table) -> Node {
    let names: Vec<&catalog::Column> = table.persisted_columns().collect();
    let position = |name: &String| names.iter().position(|column| column.name == *name);
    let primary_key = table.primary_key.iter().flat_map(|key| key.columns.iter().filter_map(position)).collect();
    let not_null = names
        .iter()
        .enumerate()
        .filter(|(at, column)| !column.data_type.nullable && input.columns[*at].data_type.nullable)
        .map(|(at, _)| at)
        .collect();
    let columns: Vec<Column> = names
        .iter()
        .zip(&input.columns)
        .map(|(column, given)| Column {
            name: column.name.clone(),
            data_type: given.data_type.clone(),
            time: given.time,
        })
        .collect();
    let op = Op::Sink { table: table.path.to_string(), primary_key, conflict: Conflict::Pass, not_null };
    Node::new(op, vec![input], columns)
}
