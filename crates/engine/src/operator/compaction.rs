//! A keyed sink that keeps the first row of each key (ON CONFLICT DO NOTHING), or allows one only (DO ERROR).
//!
//! - *stamp*: the watermark under which a change came. Its old and its new row are both there when the watermark moves on,
//!   whatever their order; only then changes are put together.
//! - *told*: what the table shows of a key; kept with its changes, under the stamp before all others.

use super::{Context, Operator, Output, Result, input_types, pick};
use crate::checkpoint::EntryRef;
use crate::state::{OrderedRows, Place, RowCodec, RowEmitter, StateWriter};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, BooleanArray, Int64Array};
use data::text::append_value;
use data::{ChangeBatch, DataType, Diagnostic, RowKind, TypeKind};
use plan::{Node, SortKey};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Columns before those of the row: the stamp, and whether the change adds the row.
const OWN_COLUMNS: usize = 2;
const TOLD: i64 = i64::MIN;
const FIRST_STAMP: i64 = TOLD + 1;

pub(crate) struct Compaction {
    table: String,
    primary_key: Vec<usize>,
    names: Vec<String>,
    types: Vec<DataType>,
    /// A second row of a key is an error.
    refuses: bool,
    /// Per primary key what was told, then its changes by stamp and arrival.
    rows: OrderedRows,
    /// Stamps of changes, by key.
    due: BTreeSet<(i64, u32)>,
    codec: RowCodec,
    /// What an added row replaces a row by: the input's upsert key, if it has one.
    identity: Option<(Vec<usize>, RowCodec)>,
}

/// What is kept of one key, up to some stamp.
struct Kept {
    places: Vec<Place>,
    adds: BooleanArray,
    /// Of the row itself.
    columns: Vec<ArrayRef>,
    has_told: bool,
}

impl Compaction {
    pub(crate) fn new(node: &Node, table: &str, primary_key: &[usize], refuses: bool, checkpoints: bool) -> Self {
        let input = &node.inputs[0];
        let types = input_types(node, 0);
        let own = [DataType::not_null(TypeKind::BigInt), DataType::not_null(TypeKind::Boolean)];
        let by_stamp = [SortKey { column: 0, descending: false, nulls_first: false }];
        let shortest = input.upsert_keys.iter().filter(|key| !key.is_empty()).min_by_key(|key| key.len());
        let identity = shortest.map(|key| (key.clone(), RowCodec::new(&pick(&types, key))));
        let kept = [&own[..], &types[..]].concat();
        Self {
            table: table.to_owned(),
            primary_key: primary_key.to_vec(),
            names: primary_key.iter().map(|at| input.columns[*at].name.clone()).collect(),
            refuses,
            rows: OrderedRows::new(&pick(&types, primary_key), &kept, &by_stamp, checkpoints),
            due: BTreeSet::new(),
            codec: RowCodec::new(&types),
            identity,
            types,
        }
    }

    /// What is kept of a key up to a stamp.
    fn kept(&self, key: u32, stamp: i64) -> Kept {
        let placed = self.rows.ranked(key, 0, usize::MAX);
        let columns = self.rows.codec().decode(placed.iter().map(|(_, row)| &**row));
        let stamps = columns[0].as_primitive::<Int64Type>();
        let count = stamps.values().iter().take_while(|known| **known <= stamp).count();
        let columns: Vec<ArrayRef> = columns.iter().map(|column| column.slice(0, count)).collect();
        let sorts = self.rows.sort_keys(&columns, count);
        let place = |row: usize| Place { partition: key, sort: sorts.row(row).into(), sequence: placed[row].0 };
        Kept {
            places: (0..count).map(place).collect(),
            adds: columns[1].as_boolean().clone(),
            has_told: count > 0 && stamps.value(0) == TOLD,
            columns: columns[OWN_COLUMNS..].to_vec(),
        }
    }

    /// Positions of the rows that stand after all changes in turn.
    fn standing(&self, kept: &Kept) -> Vec<usize> {
        let count = kept.places.len();
        let ids = match &self.identity {
            Some((columns, codec)) => codec.encode(&pick(&kept.columns, columns), count),
            None => self.codec.encode(&kept.columns, count),
        };
        let mut standing: Vec<usize> = Vec::new();
        for row in 0..count {
            let known = standing.iter().position(|other| ids.row(*other) == ids.row(row));
            match (kept.adds.value(row), known) {
                (true, Some(at)) if self.identity.is_some() => standing[at] = row,
                (true, _) => standing.push(row),
                (false, Some(at)) => drop(standing.remove(at)),
                (false, None) => {}
            }
        }
        standing
    }

    /// Puts a key's changes up to a stamp together.
    fn put_together(&mut self, key: u32, stamp: i64, told: &mut RowEmitter) -> Result {
        let kept = self.kept(key, stamp);
        let standing = self.standing(&kept);
        let rows = self.codec.encode(&kept.columns, kept.places.len());
        let before = kept.has_told.then_some(0);
        if standing.len() > 1 && self.refuses {
            return Err(self.conflict(&kept).into());
        }
        let after = match (before, standing.as_slice()) {
            // Of several, the one that was told stays.
            (Some(before), [_, _, ..]) => Some(before),
            (_, rows) => rows.first().copied(),
        };
        match (before, after) {
            (None, Some(row)) => told.push(RowKind::Insert, rows.row(row)),
            (Some(row), None) => told.push(RowKind::Delete, rows.row(row)),
            (Some(old), Some(new)) if rows.row(old) != rows.row(new) => {
                told.push(RowKind::UpdateAfter, rows.row(new));
            }
            _ => {}
        }
        let stays = before.is_some() && before == after;
        for place in kept.places.iter().skip(usize::from(stays)) {
            self.rows.remove(place);
        }
        if let Some(row) = after.filter(|_| !stays) {
            let columns: Vec<ArrayRef> = kept.columns.iter().map(|column| column.slice(row, 1)).collect();
            self.keep_told(key, &columns);
        }
        Ok(())
    }

    fn keep_told(&mut self, key: u32, row: &[ArrayRef]) {
        let columns = with_own(row, vec![TOLD], vec![true]);
        let place = self.rows.next_place(key, self.rows.sort_keys(&columns, 1).row(0));
        self.rows.insert(place, self.rows.encode(&columns, 1).row(0));
    }

    fn conflict(&self, kept: &Kept) -> Diagnostic {
        let pair = |(name, at): (&String, &usize)| {
            let mut text = format!("{name}=");
            append_value(&mut text, &kept.columns[*at], &self.types[*at], 0);
            text
        };
        let pairs = self.names.iter().zip(&self.primary_key).map(pair);
        let key = pairs.collect::<Vec<_>>().join(", ");
        Diagnostic::run("HW3219", format!("two rows claim the primary key [{key}] of `{}`", self.table))
            .detail(format!(
                "Primary key constraint violation: multiple distinct records with the same primary key detected. \
                 Conflicting key: [{key}]"
            ))
            .hint("write ON CONFLICT DO NOTHING to keep the first row, or DO DEDUPLICATE to keep the last")
    }
}

fn with_own(columns: &[ArrayRef], stamps: Vec<i64>, adds: Vec<bool>) -> Vec<ArrayRef> {
    let own: [ArrayRef; OWN_COLUMNS] = [Arc::new(Int64Array::from(stamps)), Arc::new(BooleanArray::from(adds))];
    own.into_iter().chain(columns.iter().cloned()).collect()
}

impl Operator for Compaction {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, _context: &Context, _out: &mut Output) -> Result {
        let count = batch.rows();
        let keys = self.rows.partitions(&pick(batch.columns(), &self.primary_key), count);
        let stamps: Vec<i64> = (0..count).map(|row| batch.watermarks().before(row).max(FIRST_STAMP)).collect();
        let adds: Vec<bool> = (0..count).map(|row| batch.kind(row).is_addition()).collect();
        let opposite = with_own(batch.columns(), stamps.clone(), adds.iter().map(|adds| !adds).collect());
        let opposite = self.rows.encode(&opposite, count);
        let columns = with_own(batch.columns(), stamps.clone(), adds);
        let sorts = self.rows.sort_keys(&columns, count);
        let rows = self.rows.encode(&columns, count);
        for (row, key) in keys.into_iter().enumerate() {
            // A row that comes and goes under one watermark was never there.
            if !self.rows.remove_equal(key, sorts.row(row), opposite.row(row)) {
                let place = self.rows.next_place(key, sorts.row(row));
                self.rows.insert(place, rows.row(row));
            }
            self.due.insert((stamps[row], key));
        }
        Ok(())
    }

    fn advance(&mut self, context: &Context, out: &mut Output) -> Result {
        let mut told = RowEmitter::default();
        while let Some((stamp, key)) = self.due.first().copied().filter(|(stamp, _)| *stamp < context.watermark) {
            self.due.pop_first();
            self.put_together(key, stamp, &mut told)?;
            self.rows.release_if_empty(key);
        }
        self.rows.settle();
        told.emit(&self.codec, out);
        Ok(())
    }

    fn save(&mut self, writer: &mut StateWriter) {
        self.rows.save(writer);
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        self.rows.load(entry);
        Ok(())
    }

    fn loaded(&mut self) -> Result {
        self.rows.finish_load();
        let stored: Vec<(Place, &Arc<[u8]>)> = self.rows.iter().collect();
        let columns = self.rows.codec().decode(stored.iter().map(|(_, row)| &***row));
        let stamps = columns[0].as_primitive::<Int64Type>();
        let due = stored.iter().zip(stamps.values()).filter(|(_, stamp)| **stamp != TOLD);
        self.due = due.map(|((place, _), stamp)| (*stamp, place.partition)).collect();
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.rows.memory_bytes() + self.due.len() * size_of::<(i64, u32)>()
    }
}
