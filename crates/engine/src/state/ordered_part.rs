//! The rows of one partition in order: a sorted vector while they are few, a tree once they are many.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Up to here moving entries is cheaper than a tree's nodes.
const FEW: usize = 64;

/// Sort key, then order of arrival.
type Order = (Box<[u8]>, u64);

#[derive(Debug)]
pub(super) enum Part {
    Few(Vec<(Order, Arc<[u8]>)>),
    Many(BTreeMap<Order, Arc<[u8]>>),
}

impl Default for Part {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Part {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Few(rows) => rows.len(),
            Self::Many(rows) => rows.len(),
        }
    }

    pub(super) fn insert(&mut self, sort: Box<[u8]>, sequence: u64, row: Arc<[u8]>) {
        match self {
            Self::Few(rows) => {
                let at = rows.binary_search_by(|entry| compare(&entry.0, &sort, sequence));
                match at {
                    Ok(at) => rows[at].1 = row,
                    Err(at) => rows.insert(at, ((sort, sequence), row)),
                }
                if rows.len() > FEW {
                    *self = Self::Many(std::mem::take(rows).into_iter().collect());
                }
            }
            Self::Many(rows) => {
                rows.insert((sort, sequence), row);
            }
        }
    }

    pub(super) fn remove(&mut self, sort: &[u8], sequence: u64) -> Option<Arc<[u8]>> {
        match self {
            Self::Few(rows) => {
                let at = rows.binary_search_by(|entry| compare(&entry.0, sort, sequence)).ok()?;
                Some(rows.remove(at).1)
            }
            Self::Many(rows) => {
                let row = rows.remove(&(sort.into(), sequence))?;
                if rows.len() < FEW / 4 {
                    *self = Self::Few(std::mem::take(rows).into_iter().collect());
                }
                Some(row)
            }
        }
    }

    /// Order of arrival of the first row with this sort key that equals `row`.
    pub(super) fn find_equal(&self, sort: &[u8], row: &[u8]) -> Option<u64> {
        match self {
            Self::Few(rows) => {
                let start = rows.partition_point(|entry| *entry.0.0 < *sort);
                let equal = rows[start..].iter().take_while(|entry| *entry.0.0 == *sort);
                equal.into_iter().find(|entry| *entry.1 == *row).map(|entry| entry.0.1)
            }
            Self::Many(rows) => {
                let mut equal = rows.range((sort.into(), 0)..=(sort.into(), u64::MAX));
                equal.find(|(_, stored)| ***stored == *row).map(|(order, _)| order.1)
            }
        }
    }

    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = (&Order, &Arc<[u8]>)> + '_> {
        match self {
            Self::Few(rows) => Box::new(rows.iter().map(|(order, row)| (order, row))),
            Self::Many(rows) => Box::new(rows.iter()),
        }
    }

    pub(super) fn first(&self) -> Option<(&Order, &Arc<[u8]>)> {
        match self {
            Self::Few(rows) => rows.first().map(|(order, row)| (order, row)),
            Self::Many(rows) => rows.first_key_value(),
        }
    }

    pub(super) fn last(&self) -> Option<(&Order, &Arc<[u8]>)> {
        match self {
            Self::Few(rows) => rows.last().map(|(order, row)| (order, row)),
            Self::Many(rows) => rows.last_key_value(),
        }
    }
}

fn compare(order: &Order, sort: &[u8], sequence: u64) -> std::cmp::Ordering {
    (*order.0).cmp(sort).then(order.1.cmp(&sequence))
}
