//! Regular joins over changing inputs: inner, left, right, full, semi, anti.
//!
//! - *delta*: the changes of one input since the last flush. A flush joins the right delta with the left rows of before,
//!   then the left delta with the right rows as they now are: every pair is met once.
//! - *outer side*: an input whose rows come out even without a match, padded with NULLs.
//! - *match count*: kept per row of an outer side (of the left side for semi and anti joins): how many rows of the other
//!   side it is joined with; at zero its padded row stands.
//! - *upsert side*: an input whose updates come without the old row. The old row is found by the side's upsert key, which
//!   holds the join key, so that old and new meet the same rows.
//! - *table side*: an input that is a managed table, whose rows are not kept here again.
//!
//! Row kinds follow Flink's streaming join, so that record delivery gives its changelog.

pub(crate) mod bounded;
mod changes;
mod delta;
mod kept_side;
pub(crate) mod pairs;
mod side;
mod table_side;

use super::{Context, Fault, Operator, Output, Result, Setup, input_types};
use crate::checkpoint::EntryRef;
use crate::expression::Compiled;
use crate::state::StateWriter;
use arrow_array::{Array, ArrayRef};
use data::{ChangeBatch, DataType, Diagnostic};
use functions::Expr;
use kept_side::KeptSide;
use plan::{JoinKind, Node, Op};
use side::Side;
use table_side::{FIRST_TABLE, TableSide};

pub(crate) use delta::gather;
pub(crate) use kept_side::upsert_key;
pub(crate) use table_side::TableLookup;

pub(crate) const LEFT: usize = 0;
pub(crate) const RIGHT: usize = 1;

pub(crate) struct Join {
    shape: Shape,
    sides: [Side; 2],
    buffered: [Vec<ChangeBatch>; 2],
}

/// What never changes while a join runs.
pub(crate) struct Shape {
    pub(crate) kind: JoinKind,
    /// What must hold besides equal keys, over the columns of `condition_inputs`.
    pub(crate) condition: Option<Condition>,
    pub(crate) types: [Vec<DataType>; 2],
    /// Key positions per side.
    pub(crate) keys: [Vec<usize>; 2],
    pub(crate) null_safe: Vec<bool>,
}

/// A residual condition and the only columns it needs.
pub(crate) struct Condition {
    pub(crate) program: Compiled,
    /// (side, column) of each column the program sees.
    pub(crate) inputs: Vec<(usize, usize)>,
}

impl Condition {
    fn new(expression: &Expr, left_columns: usize) -> std::result::Result<Self, Diagnostic> {
        let mut used = Vec::new();
        expression.walk(&mut |part| used.extend(part.as_column()));
        used.sort_unstable();
        used.dedup();
        let position = |column: usize| used.binary_search(&column).unwrap_or_default();
        let program = Compiled::new(&[expression.clone().map_columns(&position)])?;
        let origin = |column: &usize| match column.checked_sub(left_columns) {
            Some(right) => (RIGHT, right),
            None => (LEFT, *column),
        };
        Ok(Self { program, inputs: used.iter().map(origin).collect() })
    }
}

impl Shape {
    pub(crate) fn new(
        kind: JoinKind,
        condition: Option<&Expr>,
        types: [Vec<DataType>; 2],
        keys: [Vec<usize>; 2],
        null_safe: Vec<bool>,
    ) -> std::result::Result<Self, Diagnostic> {
        let condition = condition.map(|expression| Condition::new(expression, types[LEFT].len())).transpose()?;
        Ok(Self { kind, condition, types, keys, null_safe })
    }

    /// The join key columns of a batch of one side.
    pub(crate) fn key_columns(&self, side: usize, batch: &ChangeBatch) -> Vec<ArrayRef> {
        self.keys[side].iter().map(|&column| batch.column(column).clone()).collect()
    }

    /// Which rows can match at all: a NULL in a key that is not compared null-safe matches nothing.
    pub(crate) fn matchable(&self, side: usize, batch: &ChangeBatch) -> Vec<bool> {
        let mut matchable = vec![true; batch.rows()];
        for (&column, _) in self.keys[side].iter().zip(&self.null_safe).filter(|(_, null_safe)| !**null_safe) {
            for (row, valid) in batch.column(column).logical_nulls().iter().flat_map(|nulls| nulls.iter().enumerate()) {
                matchable[row] &= valid;
            }
        }
        matchable
    }

    /// Whether rows of this side come out without a match.
    pub(crate) fn is_outer(&self, side: usize) -> bool {
        match self.kind {
            JoinKind::Left => side == LEFT,
            JoinKind::Right => side == RIGHT,
            JoinKind::Full => true,
            JoinKind::Inner | JoinKind::Semi | JoinKind::Anti => false,
        }
    }

    /// Whether only left rows come out.
    pub(crate) fn is_left_only(&self) -> bool {
        matches!(self.kind, JoinKind::Semi | JoinKind::Anti)
    }

    /// Whether rows of this side keep a match count.
    fn counts_matches(&self, side: usize) -> bool {
        self.is_outer(side) || (self.is_left_only() && side == LEFT)
    }
}

impl Join {
    /// `tables`: where rows of the inputs are looked up; inputs that are none keep theirs here.
    pub(crate) fn new(
        node: &Node,
        tables: &[Option<TableLookup>; 2],
        setup: Setup,
    ) -> std::result::Result<Self, Diagnostic> {
        let Op::Join { kind, left_keys, right_keys, null_safe, condition } = &node.op else {
            unreachable!("made for joins only")
        };
        let types = [input_types(node, LEFT), input_types(node, RIGHT)];
        let keys = [left_keys.clone(), right_keys.clone()];
        let shape = Shape::new(*kind, condition.as_ref(), types, keys, null_safe.clone())?;
        let side = |side: usize| match &tables[side] {
            None => Side::Kept(Box::new(KeptSide::new(&shape, side, &node.inputs[side], setup))),
            Some(lookup) => {
                let is_upsert = upsert_key(&node.inputs[side], &shape.keys[side]).is_some();
                Side::Table(Box::new(TableSide::new(&shape, side, is_upsert, lookup.clone(), setup)))
            }
        };
        let sides = [side(LEFT), side(RIGHT)];
        Ok(Self { shape, sides, buffered: [Vec::new(), Vec::new()] })
    }

    /// The changes of one side since the last flush.
    fn take_delta(&mut self, side: usize) -> Option<ChangeBatch> {
        let batches = std::mem::take(&mut self.buffered[side]);
        (!batches.is_empty()).then(|| ChangeBatch::concat(&batches))
    }

    /// Joins the delta of one side with the rows of the other and adds it to its own.
    fn apply(&mut self, side: usize, batch: &ChangeBatch, context: &Context, out: &mut Output) -> Result {
        let (left, right) = self.sides.split_at_mut(1);
        let (own, other) = if side == LEFT { (&mut left[0], &mut right[0]) } else { (&mut right[0], &mut left[0]) };
        delta::join(&self.shape, side, batch, own, other, context, out)
    }
}

impl Operator for Join {
    fn process(&mut self, port: usize, batch: &ChangeBatch, _context: &Context, _out: &mut Output) -> Result {
        if !batch.is_empty() {
            self.buffered[port].push(batch.clone());
        }
        Ok(())
    }

    fn flush(&mut self, context: &Context, out: &mut Output) -> Result {
        let is_insert_only = self.buffered.iter().flatten().all(ChangeBatch::is_insert_only);
        if context.is_bounded && is_insert_only && self.sides.iter().all(Side::is_empty) {
            let deltas = std::mem::take(&mut self.buffered);
            return bounded::join(&self.shape, &deltas, context, out);
        }
        self.sides.iter_mut().for_each(|side| side.expire(context.clock_millis));
        let (left, right) = (self.take_delta(LEFT), self.take_delta(RIGHT));
        if let Some(right) = right {
            if let Some(left) = &left {
                self.sides[LEFT].stand_before(left);
            }
            self.apply(RIGHT, &right, context, out)?;
            self.sides[LEFT].reach();
        }
        if let Some(left) = left {
            self.apply(LEFT, &left, context, out)?;
        }
        self.sides.iter_mut().for_each(Side::settle);
        Ok(())
    }

    fn save(&mut self, writer: &mut StateWriter) {
        self.sides.iter_mut().for_each(|side| side.save(writer));
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        // Both tables of a kept side are numbered from twice its position.
        let (side, is_table) = match entry.table.checked_sub(FIRST_TABLE) {
            Some(side) => (side, true),
            None => (entry.table / 2, false),
        };
        let side = &mut self.sides[usize::from(side)];
        if is_table != matches!(side, Side::Table(_)) {
            return Err(Diagnostic::run("HW3223", "a checkpoint holds the state of a join in another way")
                .detail(
                    "with `table.exec.state.ttl` a join keeps rows of its own, without it looks them up in its tables",
                )
                .hint("set the option as it was, or start anew with another --data-dir")
                .into());
        }
        side.load(entry)
    }

    fn loaded(&mut self) -> Result {
        self.sides.iter_mut().for_each(Side::loaded);
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.sides.iter().map(Side::memory_bytes).sum()
    }
}
