//! Joins one side's delta with the rows of the other side and tells the changes, in Flink's kinds.

use super::changes::{Change, Extended};
use super::pairs::{Pairs, other_keys};
use super::side::Side;
use super::{Context, LEFT, Output, Result, Shape};
use arrow_array::{Array, ArrayRef, UInt32Array, new_null_array};
use arrow_buffer::NullBuffer;
use arrow_select::take::take;
use data::storage::storage_type;
use data::{ChangeBatch, DataType, RowKind};
use plan::JoinKind;

/// `delta` is the change of `own`, which is input `side`.
pub(crate) fn join(
    shape: &Shape,
    side: usize,
    delta: &ChangeBatch,
    own: &mut Side,
    other: &mut Side,
    context: &Context,
    out: &mut Output,
) -> Result {
    let extended = own.extend(shape, side, delta);
    let keys = other_keys(shape, side, &extended.delta, other);
    let pairs = Pairs::find(shape, side, &extended.delta, &keys, other, |_, _| true, context)?;
    let mut teller = Teller { shape, side, pairs: &pairs, extended: &extended, own, other, told: Told::default() };
    for change in &extended.changes {
        teller.tell(change);
    }
    teller.told.emit(shape, side, &extended.delta, &pairs, out);
    Ok(())
}

/// Goes through the changes of one side in order, keeping the state of both sides up to date.
struct Teller<'a> {
    shape: &'a Shape,
    side: usize,
    pairs: &'a Pairs,
    extended: &'a Extended,
    own: &'a mut Side,
    other: &'a mut Side,
    told: Told,
}

impl Teller<'_> {
    fn tell(&mut self, change: &Change) {
        match (change.kind.is_addition(), change.replaces) {
            (true, None) => self.add(change, None),
            (true, Some(old)) => self.add(change, Some(old)),
            (false, old) => self.remove(change, old.unwrap_or(change.row)),
        }
    }

    /// A row that is new, or that takes the place of `old`.
    fn add(&mut self, change: &Change, old: Option<u32>) {
        if let Some(old) = old {
            self.take_back(change, old);
        }
        let pairs = self.pairs;
        let matches = || pairs.matches(change.row as usize);
        let id = self.own.add(change, self.extended);
        let count = matches().map(|pair| self.other_count(pair)).sum::<i64>();
        if self.shape.counts_matches(self.side) {
            self.own.set_matches(id, count as u32);
        }
        if self.shape.is_left_only() {
            return if self.side == LEFT {
                self.tell_left(change.kind, change.row, count > 0);
            } else {
                self.count_left(matches(), 1, change.kind);
            };
        }
        let (own_outer, other_outer) = (self.shape.is_outer(self.side), self.shape.is_outer(1 - self.side));
        if matches().next().is_none() {
            if own_outer {
                self.told.own(RowKind::Insert, change.row);
            }
            return;
        }
        let kind = if own_outer || other_outer { RowKind::Insert } else { change.kind };
        for pair in matches() {
            if other_outer && self.change_matches(pair, 1) == 1 && !self.replaced_matched(old, pair) {
                self.told.other(RowKind::Delete, pair, self.other_count(pair));
            }
            self.told.pair(kind, change.row, pair, self.other_count(pair));
        }
    }

    /// The row under an upsert key is replaced: its matches are forgotten silently, for the new row follows; only what the
    /// new row does not meet again is taken back.
    fn take_back(&mut self, change: &Change, old: u32) {
        let pairs = self.pairs;
        let matches = || pairs.matches(old as usize);
        let is_alone = matches().next().is_none();
        self.own.take_back(change, old, self.extended);
        if self.shape.is_left_only() {
            if self.side == LEFT {
                let was_told = is_alone == (self.shape.kind == JoinKind::Anti);
                let is_told = self.has_match(change.row) != (self.shape.kind == JoinKind::Anti);
                if was_told && !is_told {
                    self.told.own(RowKind::Delete, old);
                }
            } else {
                let stays = |pair: &usize| new_matches(pairs, change, old, *pair);
                self.count_left(matches().filter(|pair| !stays(pair)), -1, RowKind::Delete);
                for pair in matches().filter(stays) {
                    self.change_matches(pair, -1);
                }
            }
            return;
        }
        let (own_outer, other_outer) = (self.shape.is_outer(self.side), self.shape.is_outer(1 - self.side));
        if own_outer && is_alone && self.has_match(change.row) {
            self.told.own(RowKind::Delete, old);
        }
        for pair in matches() {
            let left = if other_outer { self.change_matches(pair, -1) } else { 1 };
            if new_matches(pairs, change, old, pair) {
                continue;
            }
            self.told.pair(RowKind::Delete, old, pair, self.other_count(pair));
            if other_outer && left == 0 {
                self.told.other(RowKind::Insert, pair, self.other_count(pair));
            }
        }
    }

    /// A row goes. `row` names it in the extended delta.
    fn remove(&mut self, change: &Change, row: u32) {
        let pairs = self.pairs;
        let matches = || pairs.matches(row as usize);
        self.own.remove(change, row, self.extended);
        if self.shape.is_left_only() {
            return if self.side == LEFT {
                self.tell_left(change.kind, row, self.has_match(row));
            } else {
                self.count_left(matches(), -1, change.kind);
            };
        }
        let (own_outer, other_outer) = (self.shape.is_outer(self.side), self.shape.is_outer(1 - self.side));
        if own_outer && !self.has_match(row) {
            self.told.own(RowKind::Delete, row);
        }
        let kind = if own_outer { RowKind::Delete } else { change.kind };
        for pair in matches() {
            self.told.pair(kind, row, pair, self.other_count(pair));
            if other_outer && self.change_matches(pair, -1) == 0 {
                self.told.other(RowKind::Insert, pair, self.other_count(pair));
            }
        }
    }

    /// A left row of a semi or anti join: it comes out with its own kind where it belongs.
    fn tell_left(&mut self, kind: RowKind, row: u32, has_match: bool) {
        if has_match == (self.shape.kind == JoinKind::Semi) {
            self.told.own(kind, row);
        }
    }

    /// A right row of a semi or anti join came or went: left rows that gain their first match or lose their last change.
    fn count_left(&mut self, matches: impl Iterator<Item = usize>, step: i64, kind: RowKind) {
        for pair in matches {
            let now = self.change_matches(pair, step);
            let turned = if step > 0 { now == 1 } else { now == 0 };
            if !turned {
                continue;
            }
            let comes = (step > 0) == (self.shape.kind == JoinKind::Semi);
            let kind = match (self.shape.kind, comes) {
                (JoinKind::Semi, _) => kind,
                (_, true) => RowKind::Insert,
                (_, false) => RowKind::Delete,
            };
            self.told.other(kind, pair, self.other_count(pair));
        }
    }

    /// How often the row of the other side in this pair is there.
    fn other_count(&self, pair: usize) -> i64 {
        self.other.count(self.pairs.other[pair]).max(0)
    }

    /// Changes the match count of the other side's row and gives it.
    fn change_matches(&mut self, pair: usize, step: i64) -> i64 {
        let id = self.pairs.other[pair];
        let matches = (i64::from(self.other.matches(id)) + step).max(0);
        self.other.set_matches(id, matches as u32);
        matches
    }

    fn has_match(&self, row: u32) -> bool {
        self.pairs.matches(row as usize).next().is_some()
    }

    /// Whether the old row met the same row of the other side as `pair`, a pair of the new row: then no padded row of the
    /// other side stands.
    fn replaced_matched(&self, old: Option<u32>, pair: usize) -> bool {
        let Some(old) = old else { return false };
        let candidates = self.pairs.candidates(old as usize);
        self.pairs.other[candidates.clone()]
            .iter()
            .position(|id| *id == self.pairs.other[pair])
            .is_some_and(|offset| self.pairs.holds(candidates.start + offset))
    }
}

/// Whether the new row meets the same row of the other side as `pair`, a pair of the old row. Both rows have the same join
/// key, hence the same candidates in the same order.
fn new_matches(pairs: &Pairs, change: &Change, old: u32, pair: usize) -> bool {
    let offset = pair - pairs.candidates(old as usize).start;
    pairs.holds(pairs.candidates(change.row as usize).start + offset)
}

/// In [`Told`]: this side is padded.
const PADDED: u32 = u32::MAX;

/// Changes to tell: rows of the delta, of the pairs, or both.
#[derive(Default)]
struct Told {
    kinds: Vec<RowKind>,
    /// Row of the extended delta, or [`PADDED`].
    own: Vec<u32>,
    /// Pair, or [`PADDED`].
    pairs: Vec<u32>,
}

impl Told {
    fn push(&mut self, kind: RowKind, own: u32, pair: u32) {
        self.kinds.push(kind);
        self.own.push(own);
        self.pairs.push(pair);
    }

    /// A row of the own side without a match.
    fn own(&mut self, kind: RowKind, row: u32) {
        self.push(kind, row, PADDED);
    }

    /// A row of the other side without a match, as often as it is there.
    fn other(&mut self, kind: RowKind, pair: usize, times: i64) {
        (0..times).for_each(|_| self.push(kind, PADDED, pair as u32));
    }

    fn pair(&mut self, kind: RowKind, row: u32, pair: usize, times: i64) {
        (0..times).for_each(|_| self.push(kind, row, pair as u32));
    }

    fn emit(self, shape: &Shape, side: usize, delta: &ChangeBatch, pairs: &Pairs, out: &mut Output) {
        if self.kinds.is_empty() {
            return;
        }
        let own = gather(delta.columns(), &shape.types[side], &indices(self.own));
        let other = gather(&pairs.columns, &shape.types[1 - side], &indices(self.pairs));
        let columns = match (shape.is_left_only(), side == LEFT) {
            (false, true) => own.into_iter().chain(other).collect(),
            (false, false) => other.into_iter().chain(own).collect(),
            (true, true) => own,
            (true, false) => other,
        };
        out.push(ChangeBatch::new(columns, self.kinds));
    }
}

/// Row numbers, NULL where the side is padded.
fn indices(mut rows: Vec<u32>) -> UInt32Array {
    if !rows.contains(&PADDED) {
        return UInt32Array::from(rows);
    }
    let nulls = rows.iter().map(|row| *row != PADDED).collect::<NullBuffer>();
    // A number without meaning must be one of a row all the same.
    rows.iter_mut().filter(|row| **row == PADDED).for_each(|row| *row = 0);
    UInt32Array::new(rows.into(), Some(nulls))
}

/// Rows of these columns by index, NULL where there is none.
pub(crate) fn gather(columns: &[ArrayRef], types: &[DataType], rows: &UInt32Array) -> Vec<ArrayRef> {
    if rows.null_count() == rows.len() {
        return types.iter().map(|kind| new_null_array(&storage_type(kind), rows.len())).collect();
    }
    columns.iter().map(|column| take(column, rows, None).expect("indices name rows of the columns")).collect()
}
