//! Walking plans: the expressions of a node, and the tables it reads.

use crate::node::{Node, Op};
use functions::Expr;
use std::collections::BTreeSet;

impl Op {
    /// Every expression of the operator.
    pub(crate) fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::Scan { columns, watermark, .. } => columns.iter().chain(watermark).collect(),
            Self::Calc { columns, condition } => columns.iter().chain(condition).collect(),
            Self::Aggregate { calls, .. } | Self::WindowAggregate { calls, .. } | Self::Over { calls, .. } => {
                calls.iter().flat_map(|call| &call.args).collect()
            }
            Self::Join { condition, .. }
            | Self::WindowJoin { condition, .. }
            | Self::IntervalJoin { condition, .. } => condition.iter().collect(),
            Self::Expand { projections } => projections.iter().flatten().collect(),
            Self::Values { .. }
            | Self::Union
            | Self::WindowAssign { .. }
            | Self::Deduplicate { .. }
            | Self::Rank { .. }
            | Self::WindowRank { .. }
            | Self::ChangelogNormalize { .. }
            | Self::DropUpdateBefore
            | Self::Replicate
            | Self::Unnest { .. }
            | Self::Sort { .. }
            | Self::SortLimit { .. }
            | Self::Sink { .. } => Vec::new(),
        }
    }
}

impl Node {
    /// Calls `visit` for this node and all below it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        visit(self);
        for input in &self.inputs {
            input.walk(visit);
        }
    }

    /// Names of the tables that it reads, each once.
    pub fn tables_read(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.walk(&mut |node| {
            if let Op::Scan { table, .. } = &node.op {
                names.insert(table.name.as_str());
            }
        });
        names
    }
}
