//! Tables and views by name: scans with computed columns and watermarks, views as the queries they stand for.

use super::literal::constant;
use super::scope::{Field, Relation, Scope};
use super::{Binder, Clause, Frame, all};
use crate::error::{Bound, did_you_mean};
use crate::node::{ChangelogMode, Column, Node, Op, ScanTable, TimeAttribute};
use crate::types::cast_to;
use catalog::{ColumnKind, Object, Table, View};
use data::types::{DataType, TypeKind};
use data::{Diagnostic, RowKind, Span, Value};
use functions::Expr;
use sql::ast;
use std::sync::Arc;

/// When a row was appended to a managed table; can be named, is not in `*`.
pub(crate) const ROWTIME: &str = "$rowtime";

/// Views inside views beyond this depth are taken for a cycle.
const MAX_VIEW_DEPTH: usize = 64;

/// Nodes that names in FROM may stand for, all in all.
const MAX_EXPANDED: usize = 20_000;

impl Binder<'_> {
    /// What a name in FROM stands for, and the parts by which its columns can be qualified.
    pub(crate) fn table(&mut self, name: &ast::ObjectName, hints: &[ast::Hint]) -> Bound<(Node, Vec<String>)> {
        let parts: Vec<&str> = name.parts().collect();
        if let [single] = parts.as_slice()
            && let Some(cte) = self.ctes.iter().rev().find(|cte| cte.name == *single)
        {
            let (node, names) = (cte.node.clone(), vec![cte.name.clone()]);
            self.expand(&node, name)?;
            return Ok((node, names));
        }
        let Some(object) = self.resolve(&parts) else { return self.unknown_table(name) };
        let path = object.path().clone();
        let node = match object {
            Object::Table(table) => {
                let table = self.hinted(&table, hints)?;
                self.scan(&table, name.span())?
            }
            Object::View(view) => self.view(&view, name.span())?,
        };
        self.expand(&node, name)?;
        Ok((node, vec![path.catalog, path.database, path.name]))
    }

    /// Bounds what names stand for: each view of two of the view before it doubles the plan.
    fn expand(&mut self, node: &Node, name: &ast::ObjectName) -> Bound<()> {
        node.walk(&mut |_| self.expanded += 1);
        if self.expanded <= MAX_EXPANDED {
            return Ok(());
        }
        let message = format!("`{name}` makes the plan larger than {MAX_EXPANDED} nodes");
        self.fail(
            Diagnostic::plan("HW2061", name.span(), message)
                .detail("a view, or a query of WITH, is put in wherever it is named, with all that it names itself")
                .hint("write the inner query into a table of its own and read that"),
        )
    }

    pub(crate) fn resolve(&self, parts: &[&str]) -> Option<Object> {
        let catalog = &self.session.catalog;
        let path = match (&self.home, parts) {
            (Some((home, database)), [name]) => catalog.qualify(&[home, database, name]),
            (Some((home, _)), [database, name]) => catalog.qualify(&[home, database, name]),
            _ => catalog.qualify(parts),
        };
        catalog.get(&path).cloned()
    }

    pub(crate) fn unknown_table<T>(&mut self, name: &ast::ObjectName) -> Bound<T> {
        let names: Vec<String> = self
            .session
            .catalog
            .objects()
            .map(|object| object.path().name.clone())
            .chain(self.ctes.iter().map(|cte| cte.name.clone()))
            .collect();
        let fallback = if names.is_empty() {
            "no table has been created yet".to_owned()
        } else {
            format!("there are {}", names.join(", "))
        };
        let missing = match name.0.as_slice() {
            [catalog, _, _] if !self.session.catalog.catalogs().any(|known| known == catalog.value) => &catalog.value,
            _ => name.last(),
        };
        let hint = did_you_mean(name.last(), names.iter().map(String::as_str), fallback);
        let detail = format!("Object '{missing}' not found");
        self.fail(
            Diagnostic::plan("HW2001", name.span(), format!("table '{name}' does not exist")).detail(detail).hint(hint),
        )
    }

    fn view(&mut self, view: &Arc<View>, span: Span) -> Bound<Node> {
        if self.view_depth >= MAX_VIEW_DEPTH {
            let error = Diagnostic::plan("HW2026", span, format!("view '{}' is defined by itself", view.path))
                .detail("views that use each other in a circle have no meaning")
                .hint("drop one of them and write its query without the others");
            return self.fail(error);
        }
        let frames = std::mem::take(&mut self.frames);
        let ctes = std::mem::take(&mut self.ctes);
        let home = self.home.replace(view.home.clone());
        let outer_span = self.view_span;
        self.view_span = Some(outer_span.unwrap_or(span));
        self.view_depth += 1;
        let result = self.subquery(&view.query);
        self.view_depth -= 1;
        self.view_span = outer_span;
        (self.frames, self.ctes, self.home) = (frames, ctes, home);
        let mut node = result?;
        for (column, declared) in node.columns.iter_mut().zip(&view.columns) {
            column.name.clone_from(&declared.name);
        }
        Ok(node)
    }

    /// The change stream of a table, with its computed columns and time attribute.
    pub(crate) fn scan(&mut self, table: &Arc<Table>, span: Span) -> Bound<Node> {
        let capabilities = match self.session.capabilities(table) {
            Ok(capabilities) => capabilities,
            Err(error) => return self.fail(at(*error, span)),
        };
        let Some(source) = capabilities.source else {
            let connector = table.connector().unwrap_or("").to_owned();
            return self.fail(
                Diagnostic::plan("HW2029", span, format!("table '{}' cannot be read", table.path))
                    .detail(format!("Connector '{connector}' can only be used as a sink"))
                    .hint("read the table that this one is written from"),
            );
        };
        let changelog = if self.batch { ChangelogMode::INSERT_ONLY } else { source.changelog };
        let mut columns = self.scan_columns(table)?;
        let outputs = self.scan_outputs(table, &columns);
        let watermark = self.scan_watermark(table, &outputs);
        let mut outputs = outputs;
        let mut read: Vec<usize> = (0..table.read_columns().count()).collect();
        if table.is_managed() && table.column(ROWTIME).is_none() {
            let data_type = DataType::not_null(TypeKind::TimestampLtz(3));
            columns.push(Expr::column(read.len(), data_type.clone()));
            read.push(read.len());
            outputs.push(Column::new(ROWTIME, data_type));
        }
        let position = |name: &String| outputs.iter().position(|column| column.name == *name);
        let primary_key = table.primary_key.iter().flat_map(|key| key.columns.iter().filter_map(position)).collect();
        let keeps_rows = table.is_managed() && changelog == ChangelogMode::UPSERT;
        let scan = ScanTable { name: table.path.to_string(), changelog, primary_key, keeps_rows };
        let deletes_by_key = source.deletes_by_key && changelog.contains(RowKind::Delete);
        let node = Node::new(Op::Scan { table: scan, read, columns, watermark: watermark? }, Vec::new(), outputs);
        Ok(self.always_normalized(node, deletes_by_key))
    }

    /// A source whose changes cannot be taken as they come, because deletions hold the key only or changes may come
    /// twice, is completed by key whoever reads it; the condition that always holds says so.
    fn always_normalized(&mut self, scan: Node, deletes_by_key: bool) -> Node {
        let Op::Scan { table, .. } = &scan.op else { return scan };
        let twice = self.session.config.is_true("table.exec.source.cdc-events-duplicate");
        let wanted = deletes_by_key || (twice && !table.changelog.is_insert_only());
        if !wanted || table.primary_key.is_empty() || self.batch {
            return scan;
        }
        let mut keys = table.primary_key.clone();
        keys.sort_unstable();
        let condition = Some(constant(Value::Boolean(true), TypeKind::Boolean));
        let columns = scan.columns.clone();
        Node::new(Op::ChangelogNormalize { keys, condition, complete: false }, vec![scan], columns)
    }

    /// Every column of the table as an expression over the columns that are read.
    fn scan_columns(&mut self, table: &Table) -> Bound<Vec<Expr>> {
        let scope = read_scope(table);
        let mut position = 0;
        let mut bound = Vec::new();
        for column in &table.columns {
            bound.push(match &column.kind {
                ColumnKind::Computed { expr, .. } => self.definition(scope.clone(), expr),
                _ => {
                    position += 1;
                    Ok(Expr::column(position - 1, column.data_type.clone()))
                }
            });
        }
        all(bound)
    }

    /// Binds an expression of a table's definition.
    pub(crate) fn definition(&mut self, scope: Scope, expr: &ast::Expr) -> Bound<Expr> {
        let mut frame = Frame::new(scope, None);
        frame.clause = Clause::Plain;
        let outer = std::mem::take(&mut self.frames);
        let (bound, _) = self.in_frame(frame, |binder| binder.expr(expr));
        self.frames = outer;
        bound
    }

    fn scan_outputs(&self, table: &Table, columns: &[Expr]) -> Vec<Column> {
        let rowtime = table.watermark.as_ref().map(|watermark| watermark.column.as_slice());
        let output = |(column, expr): (&catalog::Column, &Expr)| {
            let is_rowtime = rowtime.is_some_and(|path| path.len() == 1 && path[0] == column.name);
            let is_clock = matches!(&expr.kind, functions::ExprKind::Call { function, .. } if function == "PROCTIME");
            let time = match (is_rowtime && !self.batch, is_clock) {
                (true, _) => Some(TimeAttribute::Event),
                (false, true) => Some(TimeAttribute::Processing),
                (false, false) => None,
            };
            Column { name: column.name.clone(), data_type: expr.data_type.clone(), time }
        };
        table.columns.iter().zip(columns).map(output).collect()
    }

    /// The watermark over the scan's output.
    fn scan_watermark(&mut self, table: &Table, outputs: &[Column]) -> Bound<Option<Expr>> {
        let Some(watermark) = &table.watermark else { return Ok(None) };
        if self.batch {
            return Ok(None);
        }
        let scope = output_scope(outputs);
        let bound = self.definition(scope, &watermark.expr)?;
        Ok(Some(watermark_cast(bound)))
    }
}

/// Watermarks have millisecond precision.
pub(crate) fn watermark_cast(expr: Expr) -> Expr {
    let target = match expr.data_type.kind {
        TypeKind::TimestampLtz(_) => TypeKind::TimestampLtz(3),
        _ => TypeKind::Timestamp(3),
    };
    cast_to(expr, &DataType::new(target))
}

/// The columns that computed columns may use: those that are read.
pub(crate) fn read_scope(table: &Table) -> Scope {
    let field = |(position, column): (usize, &catalog::Column)| Field {
        name: column.name.clone(),
        position,
        data_type: column.data_type.clone(),
        time: None,
        system: false,
        merged: false,
    };
    Scope::one(Relation { names: Vec::new(), fields: table.read_columns().enumerate().map(field).collect() })
}

/// All columns of a table, as a watermark may use them.
pub(crate) fn output_scope(outputs: &[Column]) -> Scope {
    let field = |(position, column): (usize, &Column)| Field {
        name: column.name.clone(),
        position,
        data_type: column.data_type.clone(),
        time: None,
        system: false,
        merged: false,
    };
    Scope::one(Relation { names: Vec::new(), fields: outputs.iter().enumerate().map(field).collect() })
}

/// Places a diagnostic that has no span yet.
pub(crate) fn at(mut error: Diagnostic, span: Span) -> Diagnostic {
    error.span.get_or_insert(span);
    error
}
