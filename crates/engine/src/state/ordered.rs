//! Rows per partition in an order: what Top-N and sorting remember.

use super::codec::{EncodedRows, RowCodec, SortCodec};
use super::keys::KeyIndex;
use super::ordered_part::Part;
use super::tracking::StateWriter;
use crate::checkpoint::EntryRef;
use arrow_array::ArrayRef;
use data::DataType;
use plan::SortKey;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where a row stands: equal sort keys in the order of arrival.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub partition: u32,
    pub sort: Box<[u8]>,
    pub sequence: u64,
}

/// A row in its place; `sequence` is its identity.
pub(crate) type Placed = (u64, Arc<[u8]>);

pub(crate) struct OrderedRows {
    partitions: KeyIndex,
    codec: RowCodec,
    sort_codec: SortCodec,
    sort_columns: Vec<usize>,
    /// By partition.
    parts: Vec<Part>,
    rows: usize,
    next_sequence: u64,
    bytes: usize,
    checkpoints: bool,
    /// Rows that came or went since the last checkpoint, by partition and sequence.
    changed: BTreeMap<(u32, u64), Option<Arc<[u8]>>>,
    loaded: Vec<(Box<[u8]>, u64, Arc<[u8]>)>,
}

impl OrderedRows {
    pub(crate) fn new(
        partition_types: &[DataType],
        row_types: &[DataType],
        order: &[SortKey],
        checkpoints: bool,
    ) -> Self {
        Self {
            partitions: KeyIndex::new(partition_types),
            codec: RowCodec::new(row_types),
            sort_codec: SortCodec::new(row_types, order),
            sort_columns: order.iter().map(|key| key.column).collect(),
            parts: Vec::new(),
            rows: 0,
            next_sequence: 0,
            bytes: 0,
            checkpoints,
            changed: BTreeMap::new(),
            loaded: Vec::new(),
        }
    }

    pub(crate) fn partitions(&mut self, columns: &[ArrayRef], rows: usize) -> Vec<u32> {
        let ids = self.partitions.intern(columns, rows);
        self.parts.resize_with(self.partitions.id_bound(), Part::default);
        ids
    }

    /// Key group and key of a partition.
    pub(crate) fn partition(&self, partition: u32) -> (u16, &[u8]) {
        (self.partitions.group(partition), self.partitions.key(partition))
    }

    pub(crate) fn find_partition(&self, key: &[u8]) -> Option<u32> {
        self.partitions.find_bytes(key)
    }

    pub(crate) fn encode(&self, columns: &[ArrayRef], rows: usize) -> EncodedRows {
        self.codec.encode(columns, rows)
    }

    /// Sort keys of rows, as bytes that compare in the order.
    pub(crate) fn sort_keys(&self, columns: &[ArrayRef], rows: usize) -> EncodedRows {
        let columns: Vec<ArrayRef> = self.sort_columns.iter().map(|column| columns[*column].clone()).collect();
        self.sort_codec.encode(&columns, rows)
    }

    pub(crate) fn codec(&self) -> &RowCodec {
        &self.codec
    }

    pub(crate) fn size(&self, partition: u32) -> usize {
        self.parts[partition as usize].len()
    }

    /// The place after all rows with this sort key.
    pub(crate) fn next_place(&mut self, partition: u32, sort: &[u8]) -> Place {
        self.next_sequence += 1;
        Place { partition, sort: sort.into(), sequence: self.next_sequence }
    }

    pub(crate) fn insert(&mut self, place: Place, row: &[u8]) {
        let row: Arc<[u8]> = row.into();
        self.partitions.revive(place.partition);
        self.bytes += row.len() + place.sort.len();
        self.note(&place, Some(&row));
        let part = &mut self.parts[place.partition as usize];
        self.rows -= part.len();
        part.insert(place.sort, place.sequence, row);
        self.rows += part.len();
    }

    pub(crate) fn remove(&mut self, place: &Place) -> bool {
        let part = &mut self.parts[place.partition as usize];
        let Some(row) = part.remove(&place.sort, place.sequence) else { return false };
        if part.len() == 0 {
            self.partitions.release(place.partition);
        }
        self.rows -= 1;
        self.bytes = self.bytes.saturating_sub(row.len() + place.sort.len());
        self.note(place, None);
        true
    }

    /// Removes the first of the rows equal to this one; false when there is none.
    pub(crate) fn remove_equal(&mut self, partition: u32, sort: &[u8], row: &[u8]) -> bool {
        let found = self.parts[partition as usize].find_equal(sort, row);
        found.is_some_and(|sequence| self.remove(&Place { partition, sort: sort.into(), sequence }))
    }

    /// Removes a partition's last row.
    pub(crate) fn remove_last(&mut self, partition: u32) {
        if let Some(((sort, sequence), _)) = self.parts[partition as usize].last() {
            let place = Place { partition, sort: sort.clone(), sequence: *sequence };
            self.remove(&place);
        }
    }

    fn note(&mut self, place: &Place, row: Option<&Arc<[u8]>>) {
        if self.checkpoints {
            self.changed.insert((place.partition, place.sequence), row.cloned());
        }
    }

    /// The rows at ranks `from..to` (counted from 0).
    pub(crate) fn ranked(&self, partition: u32, from: usize, to: usize) -> Vec<Placed> {
        let part = &self.parts[partition as usize];
        let mut ranked = Vec::with_capacity(part.len().min(to).saturating_sub(from));
        ranked.extend(part.iter().take(to).skip(from).map(|(order, row)| (order.1, row.clone())));
        ranked
    }

    /// Sort key of a partition's last row.
    pub(crate) fn last_sort(&self, partition: u32) -> Option<&[u8]> {
        self.parts[partition as usize].last().map(|(order, _)| &*order.0)
    }

    pub(crate) fn last(&self, partition: u32) -> Option<Placed> {
        self.parts[partition as usize].last().map(|(order, row)| (order.1, row.clone()))
    }

    /// Lets go of a partition that was looked up but has no row.
    pub(crate) fn release_if_empty(&mut self, partition: u32) {
        if self.parts[partition as usize].len() == 0 {
            self.partitions.release(partition);
        }
    }

    /// Takes out the partition's first row if its sort key is at most `bound`, compared over the bound's length.
    pub(crate) fn pop_until(&mut self, partition: u32, bound: &[u8]) -> Option<Arc<[u8]>> {
        let ((sort, sequence), row) = self.parts.get(partition as usize)?.first()?;
        if sort[..bound.len().min(sort.len())] > *bound {
            return None;
        }
        let (place, row) = (Place { partition, sort: sort.clone(), sequence: *sequence }, row.clone());
        self.remove(&place);
        Some(row)
    }

    /// Every row with its place.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Place, &Arc<[u8]>)> {
        self.parts.iter().enumerate().flat_map(|(partition, part)| {
            let place = move |order: &(Box<[u8]>, u64)| Place {
                partition: partition as u32,
                sort: order.0.clone(),
                sequence: order.1,
            };
            part.iter().map(move |(order, row)| (place(order), row))
        })
    }

    /// Ends a flush: ids of partitions that are gone may be used again.
    pub(crate) fn settle(&mut self) {
        if !self.checkpoints {
            self.partitions.reclaim();
        }
    }

    pub(crate) fn save(&mut self, writer: &mut StateWriter) {
        let changed = std::mem::take(&mut self.changed);
        if writer.all {
            for (place, row) in self.iter() {
                self.put(writer, place.partition, place.sequence, Some(row));
            }
        } else {
            for ((partition, sequence), row) in &changed {
                self.put(writer, *partition, *sequence, row.as_deref());
            }
        }
        self.partitions.reclaim();
    }

    fn put(&self, writer: &mut StateWriter, partition: u32, sequence: u64, row: Option<&[u8]>) {
        let mut key = self.partitions.key(partition).to_vec();
        key.extend_from_slice(&sequence.to_be_bytes());
        writer.put(0, self.partitions.group(partition), &key, row);
    }

    pub(crate) fn load(&mut self, entry: EntryRef) {
        let (partition, sequence) = entry.key.split_at(entry.key.len() - size_of::<u64>());
        let sequence = u64::from_be_bytes(sequence.try_into().expect("eight bytes"));
        self.loaded.push((partition.into(), sequence, entry.value.unwrap_or_default().into()));
    }

    pub(crate) fn finish_load(&mut self) {
        let loaded = std::mem::take(&mut self.loaded);
        let columns = self.codec.decode(loaded.iter().map(|(_, _, row)| &**row));
        let sorts = if loaded.is_empty() { None } else { Some(self.sort_keys(&columns, loaded.len())) };
        for (index, (partition, sequence, row)) in loaded.iter().enumerate() {
            let partition = self.partitions.intern_bytes(partition);
            self.parts.resize_with(self.partitions.id_bound(), Part::default);
            let sort = sorts.as_ref().map_or(Box::default(), |sorts| sorts.row(index).into());
            self.insert(Place { partition, sort, sequence: *sequence }, row);
            self.next_sequence = self.next_sequence.max(*sequence);
        }
        self.changed.clear();
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        // The order, two pointers to bytes with their counts, and a share of the node.
        const ENTRY: usize = 96;
        self.bytes
            + self.rows * ENTRY
            + self.parts.capacity() * size_of::<Part>()
            + self.partitions.memory_bytes()
            + self.changed.len() * ENTRY
    }
}
