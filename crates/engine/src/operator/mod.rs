//! Operators: what each plan node does to the changes that reach it. One file each, one line in [`make`].
//!
//! - *port*: the position of an input.
//! - *absorb and flush*: a keyed operator takes changes in by [`Operator::process`] and gives the consolidated result of
//!   all of them at [`Operator::flush`]. The scheduler decides how much lies between; an operator never knows.
//! - *shard*: one of several instances of a keyed operator, each with a range of key groups.

mod aggregate;
mod calc;
mod changelog_normalize;
mod compaction;
mod complete_changes;
mod deduplicate;
mod distinct;
mod drop_update_before;
mod expand;
mod groups;
mod interval_join;
pub(crate) mod join;
mod over;
mod rank;
mod removed;
mod replicate;
mod scan;
mod sink;
mod sort;
mod top_one;
mod top_one_after;
mod union;
mod unnest;
mod upsert_materialize;
mod values;
mod window;
mod window_aggregate;
mod window_assign;
mod window_join;
mod window_rank;

use join::TableLookup;
use rank::Ranking;
pub(crate) use removed::Removed;
pub(crate) use scan::{Scan, TimeReader};

use crate::checkpoint::EntryRef;
use crate::limits::Limits;
pub(crate) use crate::state::Setup;
use crate::state::StateWriter;
use arrow_array::BooleanArray;
use data::time::Zone;
use data::{ChangeBatch, DataType, Diagnostic, RowKind, Watermarks};
use functions::{EvalContext, EvalError};
use plan::{Node, Op, RankFunction};

/// The world as an operator may see it.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Processing time of the epoch, milliseconds.
    pub clock_millis: i64,
    /// Event time that the operator has reached, milliseconds.
    pub watermark: i64,
    pub time_zone: chrono_tz::Tz,
    /// Of the run and the operator.
    pub seed: u64,
    /// All input comes in one epoch.
    pub is_bounded: bool,
    pub limits: Limits,
}

impl Context {
    pub(crate) fn zone(&self) -> Zone {
        self.time_zone.into()
    }

    pub(crate) fn evaluation(&self, watermarks: Watermarks, first_row: u64) -> EvalContext {
        EvalContext {
            clock_millis: self.clock_millis,
            time_zone: self.time_zone,
            watermarks,
            seed: self.seed,
            first_row,
        }
    }
}

/// Why an operator cannot go on.
#[derive(Debug)]
pub(crate) enum Fault {
    Evaluation(EvalError),
    Diagnostic(Box<Diagnostic>),
}

impl From<EvalError> for Fault {
    fn from(error: EvalError) -> Self {
        Self::Evaluation(error)
    }
}

impl From<Diagnostic> for Fault {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Diagnostic(Box::new(diagnostic))
    }
}

impl From<Fault> for Diagnostic {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Evaluation(error) => Diagnostic::run(error.code, error.message),
            Fault::Diagnostic(diagnostic) => *diagnostic,
        }
    }
}

pub(crate) type Result<T = ()> = std::result::Result<T, Fault>;

/// Batches that an operator emits, in order.
#[derive(Debug, Default)]
pub(crate) struct Output {
    batches: Vec<ChangeBatch>,
}

impl Output {
    pub(crate) fn of(batch: ChangeBatch) -> Self {
        Self { batches: vec![batch] }
    }

    pub(crate) fn push(&mut self, batch: ChangeBatch) {
        self.batches.push(batch);
    }

    /// Gives every batch from `first` on the watermark under which it was emitted.
    pub(crate) fn stamp(&mut self, first: usize, watermark: i64) {
        for batch in &mut self.batches[first..] {
            *batch = batch.clone().with_watermarks(Watermarks::Constant(watermark));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.batches.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.batches.iter().map(crate::limits::bytes).sum()
    }

    /// Rows added less rows taken away by the batches from `first` on.
    pub(crate) fn net_rows(&self, first: usize) -> i64 {
        let net = |batch: &ChangeBatch| match batch.kinds() {
            None => batch.rows() as i64,
            Some(kinds) => kinds.iter().map(|kind| kind.sign()).sum(),
        };
        self.batches[first..].iter().map(net).sum()
    }

    pub(crate) fn into_batches(self) -> Vec<ChangeBatch> {
        self.batches
    }
}

/// A running plan node. Rows arrive in order per key; the watermark never goes back.
pub(crate) trait Operator: Send {
    /// Called once, before the first rows, unless a checkpoint was restored into the operator.
    fn start(&mut self, _context: &Context, _out: &mut Output) -> Result {
        Ok(())
    }

    /// Takes changes in. Emits at once only what needs no consolidation; such batches keep their watermarks.
    fn process(&mut self, port: usize, batch: &ChangeBatch, context: &Context, out: &mut Output) -> Result;

    /// Emits the consolidated result of everything absorbed since the last flush.
    fn flush(&mut self, _context: &Context, _out: &mut Output) -> Result {
        Ok(())
    }

    /// Event time has reached `context.watermark`: fires what was waiting for it. Nothing is absorbed and unflushed.
    fn advance(&mut self, _context: &Context, _out: &mut Output) -> Result {
        Ok(())
    }

    /// Processing time has passed [`Operator::next_timer`]: fires timers below `context.clock_millis`.
    fn tick(&mut self, _context: &Context, _out: &mut Output) -> Result {
        Ok(())
    }

    /// The earliest processing-time timer, milliseconds.
    fn next_timer(&self) -> Option<i64> {
        None
    }

    /// The watermark that consumers may rely on when the inputs have reached `watermark`.
    fn output_watermark(&self, watermark: i64) -> i64 {
        watermark
    }

    /// Hands over what changed since the last call.
    fn save(&mut self, _writer: &mut StateWriter) {}

    /// Takes back an entry that `save` wrote, in any order, before the first rows.
    fn load(&mut self, _entry: EntryRef) -> Result {
        Ok(())
    }

    /// Called after the last `load`.
    fn loaded(&mut self) -> Result {
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        0
    }

    /// Rows dropped as late so far.
    fn rows_late(&self) -> u64 {
        0
    }
}

/// Makes one instance of a node's operator. Scans are the graph's own. `tables`: where a join looks rows of its inputs up.
pub(crate) fn make(
    node: &Node,
    tables: &[Option<TableLookup>; 2],
    setup: Setup,
) -> std::result::Result<Box<dyn Operator>, Diagnostic> {
    Ok(match &node.op {
        Op::Values { rows } => Box::new(values::Values::new(node, rows)),
        Op::Calc { columns, condition } => Box::new(calc::Calc::new(columns, condition.as_ref())?),
        Op::Aggregate { keys, calls } => Box::new(aggregate::Aggregate::new(node, keys, calls, setup)?),
        Op::ChangelogNormalize { condition, complete: true, .. } => {
            Box::new(complete_changes::CompleteChanges::new(node, condition.as_ref())?)
        }
        Op::ChangelogNormalize { keys, condition, complete: false } => {
            let condition = condition.as_ref();
            Box::new(changelog_normalize::ChangelogNormalize::new(node, keys, condition, setup)?)
        }
        Op::Deduplicate { keys, time, time_attribute, keep_last } => {
            deduplicate::make(node, keys, (*time, *time_attribute), *keep_last, setup)
        }
        Op::DropUpdateBefore => Box::new(drop_update_before::DropUpdateBefore),
        Op::Rank { function: RankFunction::RowNumber, partition, order, from: 1, to: 1, output_rank: false }
            if node.inputs[0].changelog.is_insert_only() =>
        {
            if node.changelog.contains(RowKind::UpdateBefore) || order.is_empty() {
                Box::new(top_one::TopOne::new(node, partition, order, setup))
            } else {
                Box::new(top_one_after::TopOneAfter::new(node, partition, order, setup))
            }
        }
        Op::Rank { function: RankFunction::RowNumber, partition, order, from, to, output_rank } => {
            let ranking = Ranking { partition, order, from: *from, to: Some(*to), output_rank: *output_rank };
            Box::new(rank::Rank::new(node, &ranking, setup.checkpoints)?)
        }
        Op::Sort { order } => Box::new(sort::Sort::new(node, order, setup.checkpoints)),
        Op::SortLimit { order, offset, fetch } => {
            let to = fetch.map(|fetch| offset.saturating_add(fetch));
            let ranking = Ranking { partition: &[], order, from: offset + 1, to, output_rank: false };
            Box::new(rank::Rank::new(node, &ranking, setup.checkpoints)?)
        }
        Op::Union => Box::new(union::Union),
        Op::Join { .. } => Box::new(join::Join::new(node, tables, setup)?),
        Op::WindowJoin { .. } => Box::new(window_join::WindowJoin::new(node, setup)?),
        Op::IntervalJoin { .. } => Box::new(interval_join::IntervalJoin::new(node, setup)?),
        Op::Over { .. } => over::make(node, setup)?,
        Op::Expand { projections } => Box::new(expand::Expand::new(projections)?),
        Op::Replicate => Box::new(replicate::Replicate),
        Op::Unnest { padded, ordinality, condition } => {
            Box::new(unnest::Unnest::new(node, *padded, *ordinality, condition.as_ref())?)
        }
        Op::Sink { .. } => Box::new(sink::Sink::new(node, setup.checkpoints)),
        Op::WindowRank { .. } => Box::new(window_rank::WindowRank::new(node, setup.checkpoints)?),
        Op::WindowAssign { window } => Box::new(window_assign::WindowAssign::new(node, window)),
        Op::WindowAggregate { window, keys, calls, properties } => {
            Box::new(window_aggregate::WindowAggregate::new(node, window, keys, calls, properties, setup)?)
        }
        _ => {
            return Err(Diagnostic::run("HW3901", format!("operator {} cannot be run", name(&node.op)))
                .detail("the engine has no implementation of it")
                .hint("rewrite the query without it"));
        }
    })
}

/// Whether a row is late by what the operator has told, and not by the watermark alone that the row has met.
pub(crate) fn tells_late_rows(op: &Op) -> bool {
    matches!(
        op,
        Op::IntervalJoin { .. } | Op::WindowJoin { .. } | Op::Over { .. } | Op::Deduplicate { .. } | Op::Sort { .. }
    )
}

/// Which input columns, per port, send a row to its shard. Absent: one instance only.
pub(crate) fn shard_keys(op: &Op) -> Option<Vec<Vec<usize>>> {
    let keys = match op {
        Op::Aggregate { keys, .. } | Op::WindowAggregate { keys, .. } => vec![keys.clone()],
        Op::Deduplicate { keys, .. } | Op::ChangelogNormalize { keys, complete: false, .. } => vec![keys.clone()],
        Op::Rank { partition, .. } | Op::WindowRank { partition, .. } | Op::Over { partition, .. } => {
            vec![partition.clone()]
        }
        Op::Join { left_keys, right_keys, .. }
        | Op::WindowJoin { left_keys, right_keys, .. }
        | Op::IntervalJoin { left_keys, right_keys, .. } => {
            vec![left_keys.clone(), right_keys.clone()]
        }
        _ => return None,
    };
    keys.iter().all(|columns| !columns.is_empty()).then_some(keys)
}

/// The operator's name in messages and statistics.
pub(crate) fn name(op: &Op) -> &'static str {
    match op {
        Op::Scan { .. } => "Scan",
        Op::Values { .. } => "Values",
        Op::Calc { .. } => "Calc",
        Op::Union => "Union",
        Op::Aggregate { .. } => "Aggregate",
        Op::WindowAggregate { .. } => "WindowAggregate",
        Op::WindowAssign { .. } => "WindowAssign",
        Op::Deduplicate { .. } => "Deduplicate",
        Op::Rank { .. } => "Rank",
        Op::WindowRank { .. } => "WindowRank",
        Op::Join { .. } => "Join",
        Op::WindowJoin { .. } => "WindowJoin",
        Op::IntervalJoin { .. } => "IntervalJoin",
        Op::Over { .. } => "Over",
        Op::Expand { .. } => "Expand",
        Op::Replicate => "Replicate",
        Op::Unnest { .. } => "Unnest",
        Op::ChangelogNormalize { .. } => "ChangelogNormalize",
        Op::DropUpdateBefore => "DropUpdateBefore",
        Op::Sort { .. } => "Sort",
        Op::SortLimit { .. } => "SortLimit",
        Op::Sink { .. } => "Sink",
    }
}

/// Types of an input's columns.
pub(crate) fn input_types(node: &Node, port: usize) -> Vec<DataType> {
    node.inputs[port].types().cloned().collect()
}

/// The items at these positions.
pub(crate) fn pick<T: Clone>(items: &[T], positions: &[usize]) -> Vec<T> {
    positions.iter().map(|&position| items[position].clone()).collect()
}

/// The batch without its -U.
pub(crate) fn without_update_before(batch: &ChangeBatch) -> ChangeBatch {
    let Some(kinds) = batch.kinds() else { return batch.clone() };
    let keep: BooleanArray = kinds.iter().map(|kind| Some(*kind != RowKind::UpdateBefore)).collect();
    batch.filter(&keep)
}

#[cfg(test)]
mod tests;
