//! Which inputs of a join are managed tables, as far as the join is concerned: a scan with projections and filters behind
//! it. Of such an input the join keeps no rows; it looks them up in the table, and its changes bring along the table's
//! numbers for their rows, and their old rows.

use super::{Body, Graph};
use crate::operator::join::{TableLookup, upsert_key};
use crate::options::{Delivery, Mode, Options};
use crate::table::{ManagedMode, TableKind};
use data::{DataType, RowKind};
use functions::Expr;
use plan::{Column, Node, Op, is_steady};
use xxhash_rust::xxh3::xxh3_128;

/// An input made ready to be looked up.
pub(super) struct TableInput {
    /// The input's plan with all old rows, and with the table's numbers of the rows in a last column.
    pub plan: Node,
    pub lookup: TableLookup,
}

impl Graph {
    /// The inputs of a join that are tables.
    pub(super) fn table_inputs(&self, join: &Node, options: &Options) -> [Option<TableInput>; 2] {
        let Op::Join { left_keys, right_keys, .. } = &join.op else { return [None, None] };
        // In record delivery a change of a table may reach a join by two ways, one after the other. And what a join forgets by
        // itself the table has still.
        let may_share =
            options.delivery == Delivery::Batch && options.mode == Mode::Stream && options.setup().retention.is_none();
        let input = |side: usize, keys: &[usize]| {
            if may_share { self.table_input(&join.inputs[side], keys, options.parallelism > 1) } else { None }
        };
        [input(0, left_keys), input(1, right_keys)]
    }

    fn table_input(&self, input: &Node, join_keys: &[usize], is_shared: bool) -> Option<TableInput> {
        let columns: Vec<usize> = (0..input.columns.len()).map(|at| origin(input, at)).collect::<Option<_>>()?;
        let entry = self.tables.get(scanned(input)?)?;
        let TableKind::Managed { mode: ManagedMode::Upsert, .. } = entry.def.kind else { return None };
        let Body::Table(table) = &self.nodes[entry.node?].body else { return None };
        let rows = table.keyed_rows()?;
        let mode = input.changelog;
        if mode.contains(RowKind::UpdateAfter) && !mode.contains(RowKind::UpdateBefore) {
            let key = upsert_key(input, join_keys)?;
            let mut key: Vec<usize> = key.iter().map(|&at| columns[at]).collect();
            let mut primary = entry.def.primary_key.clone();
            key.sort_unstable();
            primary.sort_unstable();
            // Another key may come to stand for another row of the table.
            if key != primary {
                return None;
            }
        }
        let mut plan = input.clone();
        pass_ids(&mut plan, entry.def.schema.len());
        complete(&mut plan);
        let lookup = TableLookup { rows: rows.clone(), columns, primary_key: entry.def.primary_key.clone(), is_shared };
        Some(TableInput { plan, lookup })
    }
}

/// The table at the end of an input.
fn scanned(node: &Node) -> Option<&str> {
    match (&node.op, node.inputs.first()) {
        (Op::Scan { table, .. }, _) => Some(&table.name),
        (_, Some(input)) => scanned(input),
        _ => None,
    }
}

/// The table's column that an input passes on as its column `at`; `None` where a row is not a row of a table any more, or may
/// not be taken back when the table's is: a filter that follows the clock lets a row come and keeps its -D away.
fn origin(node: &Node, at: usize) -> Option<usize> {
    match &node.op {
        Op::Scan { read, columns, .. } if columns.iter().all(is_steady) => {
            columns[at].as_column().map(|column| read[column])
        }
        Op::Calc { columns, condition } if columns.iter().chain(condition).all(is_steady) => {
            origin(&node.inputs[0], columns[at].as_column()?)
        }
        Op::ChangelogNormalize { complete: true, .. } => origin(&node.inputs[0], at),
        _ => None,
    }
}

/// Passes on the column behind those of the table, which has the numbers of its rows.
fn pass_ids(node: &mut Node, table_columns: usize) {
    let ids = DataType::int();
    if let Some(input) = node.inputs.first_mut() {
        pass_ids(input, table_columns);
    }
    let below = node.inputs.first().map_or(0, |input| input.columns.len() - 1);
    match &mut node.op {
        Op::Scan { read, columns, .. } => {
            columns.push(Expr::column(read.len(), ids.clone()));
            read.push(table_columns);
        }
        Op::Calc { columns, .. } => columns.push(Expr::column(below, ids.clone())),
        _ => {}
    }
    node.columns.push(Column { name: "$id".to_owned(), data_type: ids, time: None });
    node.hash = xxh3_128(format!("{:032x} with ids", node.hash).as_bytes());
}

/// Has updates come with their old rows.
fn complete(node: &mut Node) {
    node.inputs.iter_mut().for_each(complete);
    let mode = match &node.op {
        Op::Scan { table, .. } => table.changelog.union(node.changelog),
        _ => node.changelog,
    };
    if mode.contains(RowKind::UpdateAfter) && !mode.contains(RowKind::UpdateBefore) {
        node.changelog = node.changelog.with(RowKind::UpdateBefore);
        if let Op::Scan { table, .. } = &mut node.op {
            table.changelog = table.changelog.with(RowKind::UpdateBefore);
        }
        node.hash = xxh3_128(format!("{:032x} with old rows", node.hash).as_bytes());
    }
}
