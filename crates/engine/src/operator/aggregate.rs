//! GROUP BY without windows: one row per group, kept up to date.
//!
//! A group's first row makes it appear (+I), further ones update it if its result changes, and when its last row is taken
//! back it goes (-D). Between two flushes only the difference is told.

use super::groups::Groups;
use super::{Context, Operator, Output, Result, Setup, pick};
use crate::checkpoint::EntryRef;
use crate::state::{RowCodec, StateWriter};
use arrow_array::{Array, ArrayRef};
use arrow_select::interleave::interleave;
use data::batch::FINAL_WATERMARK;
use data::{ChangeBatch, Diagnostic, RowKind};
use plan::{AggregateCall, Node};

pub(crate) struct Aggregate {
    keys: Vec<usize>,
    groups: Groups,
    update_before: bool,
    /// Per call; tell results apart that Arrow cannot compare.
    results: Vec<RowCodec>,
    touched: Vec<u32>,
    /// Per group one more than its place in `touched`.
    place: Vec<u32>,
    /// Results before the first change, a chunk per absorbed batch.
    before: Vec<Vec<ArrayRef>>,
    /// Per touched group where its result before is; absent for new groups.
    before_at: Vec<Option<(usize, usize)>>,
    /// A global aggregation has told its result.
    told: bool,
}

impl Aggregate {
    pub(crate) fn new(
        node: &Node,
        keys: &[usize],
        calls: &[AggregateCall],
        setup: Setup,
    ) -> std::result::Result<Self, Diagnostic> {
        let types = super::input_types(node, 0);
        Ok(Self {
            keys: keys.to_vec(),
            groups: Groups::new(node, &pick(&types, keys), calls, false, setup)?,
            update_before: node.changelog.contains(RowKind::UpdateBefore),
            results: calls.iter().map(|call| RowCodec::new([&call.result])).collect(),
            touched: Vec::new(),
            place: Vec::new(),
            before: Vec::new(),
            before_at: Vec::new(),
            told: false,
        })
    }

    /// Sets aside the results of groups that change for the first time since the last flush.
    fn touch(&mut self, groups: &[u32]) -> Result {
        let mut existing = Vec::new();
        for group in groups {
            if self.place.len() <= *group as usize {
                self.place.resize(*group as usize + 1, 0);
            }
            if self.place[*group as usize] != 0 {
                continue;
            }
            self.touched.push(*group);
            self.place[*group as usize] = self.touched.len() as u32;
            let exists = !self.groups.is_empty(*group);
            self.before_at.push(exists.then_some((self.before.len(), existing.len())));
            if exists {
                existing.push(*group);
            }
        }
        if !existing.is_empty() {
            self.before.push(self.groups.results(&existing)?);
        }
        Ok(())
    }

    /// Results before and after, aligned for the groups that are there both times.
    fn is_changed(&self, old: &[ArrayRef], new: &[ArrayRef], rows: usize) -> Vec<bool> {
        let mut changed = vec![self.groups.can_expire(); rows];
        for ((old, new), codec) in old.iter().zip(new).zip(&self.results) {
            let Ok(differs) = arrow_ord::cmp::distinct(old, new) else {
                let encode = |column: &ArrayRef| codec.encode(std::slice::from_ref(column), rows);
                let (old, new) = (encode(old), encode(new));
                (0..rows).for_each(|row| changed[row] |= old.row(row) != new.row(row));
                continue;
            };
            differs.values().set_indices().for_each(|row| changed[row] = true);
        }
        changed
    }

    fn tell(&mut self, touched: &[u32], out: &mut Output) -> Result {
        let before = std::mem::take(&mut self.before);
        let before_at = std::mem::take(&mut self.before_at);
        let live: Vec<u32> = touched.iter().copied().filter(|group| !self.groups.is_empty(*group)).collect();
        let after = self.groups.results(&live)?;
        let mut sources = before;
        let after_chunk = sources.len();
        sources.push(after);
        let mut next = 0;
        let mut both: (Vec<(usize, usize)>, Vec<(usize, usize)>) = Default::default();
        let mut changes = Vec::with_capacity(touched.len());
        for (group, old) in touched.iter().zip(before_at) {
            let new = (!self.groups.is_empty(*group)).then(|| {
                next += 1;
                (after_chunk, next - 1)
            });
            if let (Some(old), Some(new)) = (old, new) {
                both.0.push(old);
                both.1.push(new);
            }
            changes.push((old, new));
        }
        let (old, new) = (gather(&sources, &both.0), gather(&sources, &both.1));
        let mut is_changed = self.is_changed(&old, &new, both.0.len()).into_iter();
        let mut rows = Changes::default();
        for (index, (old, new)) in changes.into_iter().enumerate() {
            match (old, new) {
                (None, None) => {}
                (None, Some(new)) => rows.push(RowKind::Insert, index, new),
                (Some(old), None) => rows.push(RowKind::Delete, index, old),
                (Some(old), Some(new)) => {
                    if is_changed.next().unwrap_or(true) {
                        if self.update_before {
                            rows.push(RowKind::UpdateBefore, index, old);
                        }
                        rows.push(RowKind::UpdateAfter, index, new);
                    }
                }
            }
        }
        if rows.kinds.is_empty() {
            return Ok(());
        }
        let keys = vec![self.groups.keys(touched)];
        let mut columns = gather(&keys, &rows.keys);
        columns.extend(gather(&sources, &rows.results));
        out.push(ChangeBatch::inserts(columns, rows.kinds.len()).with_kinds(rows.kinds));
        Ok(())
    }
}

/// Rows to emit: which key, and where the results are.
#[derive(Default)]
struct Changes {
    kinds: Vec<RowKind>,
    keys: Vec<(usize, usize)>,
    results: Vec<(usize, usize)>,
}

impl Changes {
    fn push(&mut self, kind: RowKind, key: usize, result: (usize, usize)) {
        self.kinds.push(kind);
        self.keys.push((0, key));
        self.results.push(result);
    }
}

/// Rows of several chunks of columns, by chunk and row.
fn gather(chunks: &[Vec<ArrayRef>], rows: &[(usize, usize)]) -> Vec<ArrayRef> {
    let Some(first) = chunks.first() else { return Vec::new() };
    // The usual case: every group was there before and is there after.
    let is_chunk = |(place, row): (usize, &(usize, usize))| rows[0].0 == row.0 && place == row.1;
    if !rows.is_empty() && rows.iter().enumerate().all(is_chunk) {
        let chunk = &chunks[rows[0].0];
        if chunk.iter().all(|column| column.len() == rows.len()) {
            return chunk.clone();
        }
    }
    let column = |index: usize| {
        let parts: Vec<&dyn Array> = chunks.iter().map(|chunk| chunk[index].as_ref()).collect();
        interleave(&parts, rows).expect("chunks have the same types")
    };
    (0..first.len()).map(column).collect()
}

impl Operator for Aggregate {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, _out: &mut Output) -> Result {
        self.groups.expire(context.clock_millis);
        let groups = self.groups.of(&pick(batch.columns(), &self.keys), batch.rows());
        self.touch(&groups)?;
        self.groups.absorb(batch, &groups)
    }

    fn flush(&mut self, _context: &Context, out: &mut Output) -> Result {
        let touched = std::mem::take(&mut self.touched);
        if touched.is_empty() {
            return Ok(());
        }
        self.told = true;
        self.tell(&touched, out)?;
        let mut gone = Vec::new();
        for group in touched {
            self.place[group as usize] = 0;
            if self.groups.is_empty(group) {
                gone.push(group);
            }
        }
        self.groups.release(&gone);
        self.groups.settle();
        Ok(())
    }

    fn advance(&mut self, context: &Context, out: &mut Output) -> Result {
        // A bounded aggregation without keys has a result even when there are no rows.
        if context.is_bounded && context.watermark == FINAL_WATERMARK && self.keys.is_empty() && !self.told {
            self.told = true;
            let columns = self.groups.results_of_nothing()?;
            out.push(ChangeBatch::inserts(columns, 1));
        }
        Ok(())
    }

    fn save(&mut self, writer: &mut StateWriter) {
        self.groups.save(writer);
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        self.groups.load(entry);
        Ok(())
    }

    fn loaded(&mut self) -> Result {
        self.groups.finish_load();
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.groups.memory_bytes() + self.place.capacity() * size_of::<u32>()
    }
}
