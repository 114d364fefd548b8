//! Rows that come and go: found by their key, or by all of their columns where a table has none.
//!
//! - *key bytes*: the columns that identify a row in Arrow's row format, whose order is that of the values.
//! - *place*: where a row is and how often it is there.

use super::segments::Segments;
use arrow_array::{Array, ArrayRef, BooleanArray, UInt32Array};
use arrow_row::{RowConverter, Rows, SortField};
use arrow_select::interleave::interleave;
use data::storage::storage_type;
use data::{ChangeBatch, DataType, Diagnostic, RowKind, Value};
use rpds::HashTrieMapSync;
use std::sync::Arc;

/// Rows of one batch when all are read.
const BATCH_ROWS: usize = 8192;
/// Of a place whose row has not come yet.
const NOWHERE: u64 = u64::MAX;

#[derive(Clone, Copy)]
struct Place {
    number: u64,
    /// Below zero when a row was taken away before it came, inside one epoch.
    count: i64,
}

/// Cheap to clone: a clone shares everything with the original.
#[derive(Clone)]
pub(crate) struct Index {
    converter: Arc<RowConverter>,
    /// Positions of the identifying columns, and their types.
    key: Arc<[usize]>,
    key_types: Arc<[DataType]>,
    /// At most one row per key, the last; otherwise a multiset.
    is_keyed: bool,
    /// Keys are hashed with a secret seed: they may be chosen by whoever writes rows.
    places: HashTrieMapSync<Box<[u8]>, Place>,
    segments: Segments,
    rows: i64,
}

impl Index {
    /// `primary_key` is empty for a multiset.
    pub(crate) fn new(types: &[DataType], primary_key: &[usize]) -> Result<Self, Diagnostic> {
        let is_keyed = !primary_key.is_empty();
        let key: Vec<usize> = if is_keyed { primary_key.to_vec() } else { (0..types.len()).collect() };
        let key_types: Vec<DataType> = key.iter().map(|column| types[*column].clone()).collect();
        let fields = key_types.iter().map(|data_type| SortField::new(storage_type(data_type))).collect();
        let converter = RowConverter::new(fields).map_err(|error| {
            Diagnostic::run("HW9501", "a table cannot be published")
                .detail(error.to_string())
                .hint("report it with the table's definition")
        })?;
        let places = HashTrieMapSync::new_sync();
        let (key, key_types) = (key.into(), key_types.into());
        Ok(Self {
            converter: Arc::new(converter),
            key,
            key_types,
            is_keyed,
            places,
            segments: Segments::default(),
            rows: 0,
        })
    }

    pub(crate) fn rows(&self) -> u64 {
        if self.is_keyed { self.places.size() as u64 } else { u64::try_from(self.rows).unwrap_or(0) }
    }

    fn encode(&self, batch: &ChangeBatch) -> Rows {
        let columns: Vec<ArrayRef> = self.key.iter().map(|column| Arc::clone(batch.column(*column))).collect();
        self.converter.convert_columns(&columns).expect("columns are in the storage of the table's types")
    }

    /// Takes in the changes of an epoch, or the rows that stand at its beginning.
    pub(crate) fn apply(&mut self, batch: &ChangeBatch) {
        if batch.is_empty() {
            return;
        }
        let keys = self.encode(batch);
        let added = match batch.additions() {
            None => batch.clone(),
            Some(additions) => batch.filter(&BooleanArray::new(additions, None)),
        };
        let added = ChangeBatch::inserts(added.columns().to_vec(), added.rows());
        let mut number = if added.is_empty() { 0 } else { self.segments.push(added) };
        for row in 0..batch.rows() {
            let key = keys.row(row);
            match batch.kind(row) {
                RowKind::Insert | RowKind::UpdateAfter => {
                    if self.is_keyed {
                        self.put(key.as_ref(), number)
                    } else {
                        self.add(key.as_ref(), number)
                    }
                    number += 1;
                }
                RowKind::UpdateBefore if self.is_keyed => {}
                RowKind::UpdateBefore | RowKind::Delete => self.remove(key.as_ref()),
            }
        }
        self.tidy();
    }

    fn put(&mut self, key: &[u8], number: u64) {
        if let Some(before) = self.places.get(key).copied() {
            self.segments.kill(before.number);
        }
        self.places.insert_mut(key.into(), Place { number, count: 1 });
    }

    fn add(&mut self, key: &[u8], number: u64) {
        self.rows += 1;
        let before = self.places.get(key).copied().unwrap_or(Place { number: NOWHERE, count: 0 });
        let place =
            Place { number: if before.number == NOWHERE { number } else { before.number }, count: before.count + 1 };
        if place.count <= 0 || place.number != number {
            self.segments.kill(number);
        }
        self.set(key, place);
    }

    fn remove(&mut self, key: &[u8]) {
        let before = self.places.get(key).copied();
        if self.is_keyed {
            if let Some(before) = before {
                self.segments.kill(before.number);
                self.places.remove_mut(key);
            }
            return;
        }
        self.rows -= 1;
        let before = before.unwrap_or(Place { number: NOWHERE, count: 0 });
        let count = before.count - 1;
        if before.count == 1 {
            self.segments.kill(before.number);
        }
        self.set(key, Place { number: before.number, count });
    }

    fn set(&mut self, key: &[u8], place: Place) {
        if place.count == 0 {
            self.places.remove_mut(key);
            return;
        }
        let number = if place.count > 0 { place.number } else { NOWHERE };
        self.places.insert_mut(key.into(), Place { number, count: place.count });
    }

    /// Writes the living rows of wasteful segments anew.
    fn tidy(&mut self) {
        while let Some(segment) = self.segments.take_wasteful() {
            let keys = self.encode(segment.rows());
            let is_live = |row: &usize| {
                self.places.get(keys.row(*row).as_ref()).is_some_and(|place| place.number == segment.number(*row))
            };
            let live: Vec<usize> = (0..segment.rows().rows()).filter(is_live).collect();
            if live.is_empty() {
                continue;
            }
            let rows = UInt32Array::from_iter_values(live.iter().map(|row| *row as u32));
            let first = self.segments.push(segment.rows().take(&rows));
            for (number, row) in (first..).zip(live) {
                let key = keys.row(row);
                if let Some(place) = self.places.get(key.as_ref()).copied() {
                    self.places.insert_mut(key.as_ref().into(), Place { number, ..place });
                }
            }
        }
    }

    /// The row with this key: its batch and its place there.
    pub(crate) fn get(&self, key: &[Value]) -> Option<(&ChangeBatch, usize)> {
        let columns: Vec<ArrayRef> =
            key.iter().zip(self.key_types.iter()).map(|(value, data_type)| Value::column(data_type, [value])).collect();
        let rows = self.converter.convert_columns(&columns).ok()?;
        let place = self.places.get(rows.row(0).as_ref())?;
        let (segment, row) = self.segments.locate(place.number)?;
        Some((self.segments.list()[segment].rows(), row))
    }

    /// All rows, in the order of their keys.
    pub(crate) fn all(&self) -> Vec<ChangeBatch> {
        let mut found: Vec<(&[u8], Place)> =
            self.places.iter().filter(|(_, place)| place.count > 0).map(|(key, place)| (&**key, *place)).collect();
        found.sort_unstable_by_key(|(key, _)| *key);
        let rows: Vec<(usize, usize)> = found
            .iter()
            .filter_map(|(_, place)| Some((self.segments.locate(place.number)?, place.count as usize)))
            .flat_map(|(at, count)| std::iter::repeat_n(at, count))
            .collect();
        rows.chunks(BATCH_ROWS).map(|rows| self.gather(rows)).collect()
    }

    fn gather(&self, rows: &[(usize, usize)]) -> ChangeBatch {
        let segments = self.segments.list();
        let columns = segments.first().map_or(0, |segment| segment.rows().columns().len());
        let column = |column: usize| {
            let parts: Vec<&dyn Array> =
                segments.iter().map(|segment| segment.rows().column(column).as_ref()).collect();
            interleave(&parts, rows).expect("segments of one table have the same storage types")
        };
        ChangeBatch::inserts((0..columns).map(column).collect(), rows.len())
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        // A key, its place, and its share of the trie.
        const PER_KEY: usize = 96;
        let key = self.places.keys().next().map_or(0, |key| key.len());
        self.segments.memory_bytes() + self.places.size() * (PER_KEY + key)
    }
}

#[cfg(test)]
mod tests {
    use super::Index;
    use data::{ChangeBatch, DataType, RowKind, Value};

    fn batch(changes: &[(RowKind, i32, &str)]) -> ChangeBatch {
        let (ids, names): (Vec<Value>, Vec<Value>) =
            changes.iter().map(|(_, id, name)| (Value::Int(*id), Value::string(*name))).unzip();
        let columns = vec![Value::column(&DataType::int(), &ids), Value::column(&DataType::string(), &names)];
        ChangeBatch::new(columns, changes.iter().map(|(kind, ..)| *kind).collect())
    }

    fn names(index: &Index) -> Vec<Value> {
        let batches = index.all();
        let rows = batches.iter().flat_map(|batch| (0..batch.rows()).map(move |row| (batch, row)));
        rows.map(|(batch, row)| Value::at(batch.column(1), &DataType::string(), row)).collect()
    }

    fn texts(values: &[&str]) -> Vec<Value> {
        values.iter().map(|text| Value::string(*text)).collect()
    }

    const TYPES: [DataType; 2] = [DataType::int(), DataType::string()];

    #[test]
    fn the_last_row_of_a_key_stands() {
        use RowKind::{Delete, Insert, UpdateAfter, UpdateBefore};
        let mut index = Index::new(&TYPES, &[0]).expect("an index");
        index.apply(&batch(&[(Insert, 2, "b"), (Insert, 1, "a"), (Insert, 3, "c")]));
        let before = index.clone();
        index.apply(&batch(&[(UpdateBefore, 1, "a"), (UpdateAfter, 1, "A"), (Delete, 3, "c")]));
        assert_eq!(names(&index), texts(&["A", "b"]));
        assert_eq!(names(&before), texts(&["a", "b", "c"]), "an older view stays as it was");
        let (found, row) = index.get(&[Value::Int(1)]).expect("a row");
        assert_eq!(Value::at(found.column(1), &DataType::string(), row), Value::string("A"));
        assert!(index.get(&[Value::Int(3)]).is_none());
        for round in 0..1000 {
            index.apply(&batch(&[(UpdateAfter, round % 7, "x")]));
        }
        assert_eq!(index.rows(), 7);
        assert!(index.segments.list().len() < 20);
        assert!(index.get(&[Value::Int(6)]).is_some());
    }

    #[test]
    fn a_multiset_counts() {
        use RowKind::{Delete, Insert};
        let mut index = Index::new(&TYPES, &[]).expect("an index");
        index.apply(&batch(&[
            (Insert, 1, "a"),
            (Insert, 1, "a"),
            (Delete, 2, "b"),
            (Insert, 2, "b"),
            (Insert, 3, "c"),
        ]));
        assert_eq!((names(&index), index.rows()), (texts(&["a", "a", "c"]), 3));
        index.apply(&batch(&[(Delete, 1, "a"), (Delete, 3, "c")]));
        assert_eq!((names(&index), index.rows()), (texts(&["a"]), 1));
    }
}
