//! How often each of a group's values is there, in their order. Most groups have few values, so few are kept in a row.

use smallvec::SmallVec;
use std::collections::BTreeMap;

/// With more values than this a tree is faster.
const FEW: usize = 32;

#[derive(Debug)]
pub(super) enum Counts<K> {
    Few(SmallVec<[(K, i64); 1]>),
    Many(BTreeMap<K, i64>),
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self::Few(SmallVec::new())
    }
}

impl<K: Ord> Counts<K> {
    /// Adds `step`, which may be negative, to a value's count; at zero it is forgotten. Below zero it was taken back before it
    /// came.
    pub(super) fn add(&mut self, key: K, step: i64) {
        match self {
            Self::Few(few) => match few.binary_search_by(|entry| entry.0.cmp(&key)) {
                Ok(at) => {
                    few[at].1 += step;
                    if few[at].1 == 0 {
                        few.remove(at);
                    }
                }
                Err(_) if few.len() == FEW => {
                    let mut many: BTreeMap<K, i64> = few.drain(..).collect();
                    many.insert(key, step);
                    *self = Self::Many(many);
                }
                Err(at) => few.insert(at, (key, step)),
            },
            Self::Many(many) => {
                let count = many.get(&key).copied().unwrap_or(0) + step;
                if count == 0 {
                    many.remove(&key);
                } else {
                    many.insert(key, count);
                }
                if many.is_empty() {
                    *self = Self::default();
                }
            }
        }
    }

    /// The least value that is there.
    pub(super) fn least(&self) -> Option<&K> {
        match self {
            Self::Few(few) => few.iter().find(|entry| entry.1 > 0).map(|entry| &entry.0),
            Self::Many(many) => many.iter().find(|entry| *entry.1 > 0).map(|entry| entry.0),
        }
    }

    /// The greatest value that is there.
    pub(super) fn greatest(&self) -> Option<&K> {
        match self {
            Self::Few(few) => few.iter().rfind(|entry| entry.1 > 0).map(|entry| &entry.0),
            Self::Many(many) => many.iter().rfind(|entry| *entry.1 > 0).map(|entry| entry.0),
        }
    }

    pub(super) fn count(&self, key: &K) -> Option<i64> {
        match self {
            Self::Few(few) => few.binary_search_by(|entry| entry.0.cmp(key)).ok().map(|at| few[at].1),
            Self::Many(many) => many.get(key).copied(),
        }
    }

    pub(super) fn each(&self, visit: &mut dyn FnMut(&K, i64)) {
        match self {
            Self::Few(few) => few.iter().for_each(|(key, count)| visit(key, *count)),
            Self::Many(many) => many.iter().for_each(|(key, count)| visit(key, *count)),
        }
    }

    pub(super) fn into_keys(self) -> Box<dyn Iterator<Item = K>>
    where
        K: 'static,
    {
        match self {
            Self::Few(few) => Box::new(few.into_iter().map(|(key, _)| key)),
            Self::Many(many) => Box::new(many.into_keys()),
        }
    }

    /// Bytes on the heap, those behind the keys not counted.
    pub(super) fn held_bytes(&self) -> usize {
        match self {
            Self::Few(few) if few.spilled() => few.capacity() * size_of::<(K, i64)>(),
            Self::Few(_) => 0,
            // Nodes of a tree are two thirds full.
            Self::Many(many) => many.len() * size_of::<(K, i64)>() * 3 / 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_count_as_a_map_does() {
        let (mut counts, mut expect) = (Counts::default(), BTreeMap::new());
        let mut state = 7_u64;
        for round in 0..4000_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // The number of values grows and shrinks.
            let key = (state >> 33) % (2 + round % 200 * 8 / (1 + round / 400));
            let step = if state >> 60 < 9 { 1 } else { -1 };
            counts.add(key, step);
            let count = expect.entry(key).or_insert(0);
            *count += step;
            if *count == 0 {
                expect.remove(&key);
            }
            let mut there = expect.iter().filter(|entry| *entry.1 > 0).map(|entry| entry.0);
            assert_eq!(counts.least(), there.clone().next());
            assert_eq!(counts.greatest(), there.next_back());
            assert_eq!(counts.count(&key), expect.get(&key).copied());
        }
        let mut kept = Vec::new();
        counts.each(&mut |key, count| kept.push((*key, count)));
        assert_eq!(kept, expect.into_iter().collect::<Vec<_>>());
    }
}
