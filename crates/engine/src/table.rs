//! Managed tables: the rows the engine keeps, the change stream that readers get, and snapshots.
//!
//! Port 0 takes rows from outside, every further port those of one INSERT.

use crate::checkpoint::EntryRef;
use crate::operator::{Context, Operator, Output, Result};
use crate::state::{KeyedMultiset, KeyedRows, RowCodec, RowEmitter, Setup, SharedRows, StateWriter, UpdateStyle};
use arrow_array::{Array, ArrayRef, Int64Array};
use arrow_select::zip::zip;
use data::{ChangeBatch, DataType, RowKind, Schema};
use plan::ChangelogMode;
use std::sync::Arc;

/// What a table's change stream is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagedMode {
    /// Every row is kept.
    Append,
    /// The last row per key.
    Upsert,
    /// A multiset.
    Retract,
}

impl ManagedMode {
    /// The mode in which a table passes on changes of these kinds.
    pub fn of(changelog: ChangelogMode, has_key: bool) -> Self {
        match changelog {
            mode if mode.is_insert_only() => Self::Append,
            ChangelogMode::UPSERT if has_key => Self::Upsert,
            _ => Self::Retract,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum TableKind {
    /// Rows come from outside or go there; the engine keeps none.
    External,
    Managed {
        mode: ManagedMode,
        /// Position of `$rowtime`, a TIMESTAMP_LTZ(3): where NULL, or not written, it is the epoch's clock.
        rowtime: Option<usize>,
    },
}

/// A table as the engine sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct TableDef {
    /// As plans name it.
    pub name: String,
    /// The columns that are not computed, in declared order.
    pub schema: Schema,
    /// Positions in `schema`.
    pub primary_key: Vec<usize>,
    pub kind: TableKind,
}

/// A managed table's rows at the end of an epoch. Cheap to clone; later epochs do not change it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub epoch: u64,
    pub schema: Arc<Schema>,
    /// Inserts only.
    pub batches: Arc<[ChangeBatch]>,
}

impl Snapshot {
    pub fn rows(&self) -> usize {
        self.batches.iter().map(ChangeBatch::rows).sum()
    }
}

pub(crate) struct Table {
    types: Vec<DataType>,
    schema: Arc<Schema>,
    primary_key: Vec<usize>,
    rowtime: Option<usize>,
    rows: Rows,
    /// How many rows there are, as of the last flush.
    count: i64,
    snapshot: Option<Arc<[ChangeBatch]>>,
}

enum Rows {
    Append(Log),
    /// Shared with joins that look rows up here.
    Upsert(SharedRows),
    Retract(Box<Bag>),
}

impl Table {
    pub(crate) fn new(def: &TableDef, mode: ManagedMode, rowtime: Option<usize>, setup: Setup) -> Self {
        let types: Vec<DataType> = def.schema.types().cloned().collect();
        let key_types: Vec<DataType> = def.primary_key.iter().map(|&column| types[column].clone()).collect();
        let rows = match mode {
            ManagedMode::Append => Rows::Append(Log::new(&types)),
            ManagedMode::Upsert => {
                let rows = KeyedRows::new(&key_types, &types, 0, setup.lasting());
                Rows::Upsert(SharedRows::new(rows))
            }
            ManagedMode::Retract => Rows::Retract(Box::new(Bag::new(&types, rowtime, setup))),
        };
        Self {
            types,
            schema: Arc::new(def.schema.clone()),
            primary_key: def.primary_key.clone(),
            rowtime,
            rows,
            count: 0,
            snapshot: None,
        }
    }

    /// How many rows it has, as of the last epoch.
    pub(crate) fn count(&self) -> u64 {
        u64::try_from(self.count).unwrap_or(0)
    }

    /// The rows by primary key, of a table that keeps the last row of each.
    pub(crate) fn keyed_rows(&self) -> Option<&SharedRows> {
        match &self.rows {
            Rows::Upsert(keyed) => Some(keyed),
            Rows::Append(_) | Rows::Retract(_) => None,
        }
    }

    /// The rows as scans read them: with their ids when they are lent.
    pub(crate) fn content(&mut self) -> Arc<[ChangeBatch]> {
        if let Some(keyed) = self.keyed_rows().map(SharedRows::read).filter(|keyed| keyed.is_lent()) {
            return vec![keyed.content()].into();
        }
        self.snapshot(0).batches
    }

    /// The table's own columns of a change that it told.
    pub(crate) fn without_ids(&self, batch: &ChangeBatch) -> ChangeBatch {
        batch.with_columns(batch.columns()[..self.types.len()].to_vec())
    }

    /// The batch with all columns of the table, `$rowtime` filled in.
    fn complete(&self, batch: &ChangeBatch, clock_millis: i64) -> ChangeBatch {
        let Some(position) = self.rowtime else { return batch.clone() };
        let clock: ArrayRef = Arc::new(Int64Array::from_value(clock_millis, batch.rows()));
        let mut columns = batch.columns().to_vec();
        if columns.len() < self.types.len() {
            columns.insert(position, clock);
        } else if columns[position].null_count() > 0 {
            let missing = is_null(&columns[position]);
            columns[position] = zip(&missing, &clock, &columns[position]).expect("both are TIMESTAMP_LTZ(3)");
        }
        batch.with_columns(columns)
    }

    pub(crate) fn snapshot(&mut self, epoch: u64) -> Snapshot {
        let rows = &self.rows;
        let batches = self.snapshot.get_or_insert_with(|| match rows {
            Rows::Append(log) => log.batches.clone().into(),
            Rows::Upsert(keyed) => {
                let (ids, columns) = keyed.read().ids_and_columns();
                vec![ChangeBatch::inserts(columns, ids.len())].into()
            }
            Rows::Retract(bag) => vec![bag.content()].into(),
        });
        Snapshot { epoch, schema: self.schema.clone(), batches: batches.clone() }
    }
}

fn is_null(column: &ArrayRef) -> arrow_array::BooleanArray {
    (0..column.len()).map(|row| Some(column.is_null(row))).collect()
}

impl Operator for Table {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, _out: &mut Output) -> Result {
        if batch.is_empty() {
            return Ok(());
        }
        self.snapshot = None;
        let batch = self.complete(batch, context.clock_millis);
        match &mut self.rows {
            Rows::Append(log) => log.append(&batch),
            Rows::Upsert(keyed) => upsert(&mut keyed.write(), &self.primary_key, &batch),
            Rows::Retract(bag) => bag.change(&batch),
        }
        Ok(())
    }

    fn flush(&mut self, _context: &Context, out: &mut Output) -> Result {
        let first = out.len();
        match &mut self.rows {
            Rows::Append(log) => log.pending.drain(..).for_each(|batch| out.push(batch)),
            Rows::Upsert(keyed) => {
                keyed.write().flush(UpdateStyle { update_before: true, unchanged: false }, out);
            }
            Rows::Retract(bag) => {
                bag.pending.emit(bag.rows.codec(), out);
                bag.rows.settle();
            }
        }
        self.count += out.net_rows(first);
        Ok(())
    }

    fn save(&mut self, writer: &mut StateWriter) {
        match &mut self.rows {
            Rows::Append(log) => log.save(writer),
            Rows::Upsert(keyed) => keyed.write().save(writer),
            Rows::Retract(bag) => bag.rows.save(writer),
        }
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        self.snapshot = None;
        match &mut self.rows {
            Rows::Append(log) => log.loaded.push(entry.value.unwrap_or_default().into()),
            Rows::Upsert(keyed) => keyed.write().load(entry),
            Rows::Retract(bag) => bag.rows.load(entry),
        }
        Ok(())
    }

    fn loaded(&mut self) -> Result {
        match &mut self.rows {
            Rows::Append(log) => log.finish_load(),
            Rows::Upsert(_) => {}
            Rows::Retract(bag) => bag.rows.finish_load(),
        }
        self.count = match &self.rows {
            Rows::Append(log) => log.saved_rows as i64,
            Rows::Upsert(keyed) => keyed.read().count_rows() as i64,
            Rows::Retract(bag) => bag.rows.iter().map(|(_, count)| count).sum(),
        };
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        match &self.rows {
            Rows::Append(log) => log.batches.iter().map(ChangeBatch::memory_bytes).sum(),
            Rows::Upsert(keyed) => keyed.read().memory_bytes(),
            Rows::Retract(bag) => bag.rows.memory_bytes(),
        }
    }
}

fn upsert(keyed: &mut KeyedRows, primary_key: &[usize], batch: &ChangeBatch) {
    let key_columns: Vec<ArrayRef> = primary_key.iter().map(|&column| batch.column(column).clone()).collect();
    let ids = keyed.keys(&key_columns, batch.rows());
    let rows = keyed.encode(batch.columns(), batch.rows());
    for (row, id) in ids.into_iter().enumerate() {
        match batch.kind(row) {
            RowKind::Insert | RowKind::UpdateAfter => keyed.put(id, rows.row(row)),
            // An update may take the row to another key. Where it does not, its new row takes this one's place.
            RowKind::Delete | RowKind::UpdateBefore => keyed.remove(id),
        }
    }
}

/// Rows in the order in which they came.
struct Log {
    codec: RowCodec,
    batches: Vec<ChangeBatch>,
    /// Not emitted yet.
    pending: Vec<ChangeBatch>,
    /// Batches and rows that a checkpoint has.
    saved_batches: usize,
    saved_rows: u64,
    loaded: Vec<Box<[u8]>>,
}

/// Small batches at the end of a log are joined until one has this many rows.
const LOG_BATCH_ROWS: usize = 8192;

impl Log {
    fn new(types: &[DataType]) -> Self {
        Self {
            codec: RowCodec::new(types),
            batches: Vec::new(),
            pending: Vec::new(),
            saved_batches: 0,
            saved_rows: 0,
            loaded: Vec::new(),
        }
    }

    fn append(&mut self, batch: &ChangeBatch) {
        let rows = ChangeBatch::inserts(batch.columns().to_vec(), batch.rows());
        self.pending.push(rows.clone());
        self.batches.push(rows);
        self.join_small_batches();
    }

    /// Halves the number of equal-sized batches at the end, as a binary counter does: each row is copied O(log n) times.
    fn join_small_batches(&mut self) {
        while self.batches.len() >= 2 && self.batches.len() - 2 >= self.saved_batches {
            let [.., first, last] = self.batches.as_slice() else { return };
            if last.rows() < first.rows() || first.rows() + last.rows() > LOG_BATCH_ROWS {
                return;
            }
            let joined = ChangeBatch::concat(&[first.clone(), last.clone()]);
            self.batches.truncate(self.batches.len() - 2);
            self.batches.push(joined);
        }
    }

    fn save(&mut self, writer: &mut StateWriter) {
        if writer.all {
            (self.saved_batches, self.saved_rows) = (0, 0);
        }
        for batch in &self.batches[self.saved_batches..] {
            let rows = self.codec.encode(batch.columns(), batch.rows());
            for row in rows.iter() {
                writer.put(0, 0, &self.saved_rows.to_be_bytes(), Some(row));
                self.saved_rows += 1;
            }
        }
        self.saved_batches = self.batches.len();
    }

    /// Entries come ordered by key, which is the row's number.
    fn finish_load(&mut self) {
        let rows = std::mem::take(&mut self.loaded);
        for part in rows.chunks(LOG_BATCH_ROWS) {
            let columns = self.codec.decode(part.iter().map(|row| &**row));
            self.batches.push(ChangeBatch::inserts(columns, part.len()));
        }
        self.saved_rows = rows.len() as u64;
        self.saved_batches = self.batches.len();
    }
}

/// A multiset of rows; its change stream is what was written.
struct Bag {
    /// By all columns but `$rowtime`: a row is taken back at another time than it was written.
    rows: KeyedMultiset,
    key_columns: Vec<usize>,
    pending: RowEmitter,
}

impl Bag {
    fn new(types: &[DataType], rowtime: Option<usize>, setup: Setup) -> Self {
        let key_columns: Vec<usize> = (0..types.len()).filter(|column| Some(*column) != rowtime).collect();
        let key_types: Vec<DataType> = key_columns.iter().map(|&column| types[column].clone()).collect();
        let rows = KeyedMultiset::new(&key_types, types, 0, setup.lasting());
        Self { rows, key_columns, pending: RowEmitter::default() }
    }

    fn change(&mut self, batch: &ChangeBatch) {
        let key_columns: Vec<ArrayRef> = self.key_columns.iter().map(|&column| batch.column(column).clone()).collect();
        let keys = self.rows.keys(&key_columns, batch.rows());
        let rows = self.rows.encode(batch.columns(), batch.rows());
        for (row, key) in keys.into_iter().enumerate() {
            let sign = batch.kind(row).sign();
            let counterpart = self.counterpart(key, rows.row(row), sign);
            let bytes = counterpart.as_deref().unwrap_or(rows.row(row));
            self.rows.add(key, bytes, sign);
            self.pending.push(batch.kind(row), bytes);
        }
    }

    /// The row that differs in `$rowtime` only and that this change takes back, or that was taken back before it came.
    fn counterpart(&self, key: u32, row: &[u8], sign: i64) -> Option<Box<[u8]>> {
        if self.rows.count_of(row) * sign < 0 {
            return None;
        }
        let first = self.rows.rows_of(key).find(|id| self.rows.count(*id) * sign < 0)?;
        Some(self.rows.row(first).into())
    }

    fn content(&self) -> ChangeBatch {
        let rows: Vec<&[u8]> = self
            .rows
            .iter()
            .flat_map(|(row, count)| std::iter::repeat_n(row, usize::try_from(count).unwrap_or(0)))
            .collect();
        let count = rows.len();
        ChangeBatch::inserts(self.rows.codec().decode(rows), count)
    }
}
