//! What is known of each id: side by side where most ids are there, in a map where few are, as in one of several instances
//! that share the ids of a table.

use hashbrown::HashMap;

#[derive(Debug)]
pub(crate) enum PerId<T> {
    Most(Vec<T>),
    Few(HashMap<u32, T>),
}

impl<T> Default for PerId<T> {
    fn default() -> Self {
        Self::Most(Vec::new())
    }
}

impl<T: Clone + Default> PerId<T> {
    pub(crate) fn new(has_few: bool) -> Self {
        if has_few { Self::Few(HashMap::new()) } else { Self::default() }
    }

    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&T> {
        match self {
            Self::Most(items) => items.get(id as usize),
            Self::Few(items) => items.get(&id),
        }
    }

    /// The item of an id, which is the default one until it is set.
    #[inline]
    pub(crate) fn get_mut(&mut self, id: u32) -> &mut T {
        match self {
            Self::Most(items) => {
                if items.len() <= id as usize {
                    items.resize(id as usize + 1, T::default());
                }
                &mut items[id as usize]
            }
            Self::Few(items) => items.entry(id).or_default(),
        }
    }

    /// Gives an id's item back and leaves the default one.
    pub(crate) fn take(&mut self, id: u32) -> T {
        match self {
            Self::Most(items) => items.get_mut(id as usize).map(std::mem::take).unwrap_or_default(),
            Self::Few(items) => items.remove(&id).unwrap_or_default(),
        }
    }

    /// The ids of which `is_there` holds, ascending.
    pub(crate) fn ids(&self, is_there: impl Fn(&T) -> bool) -> Vec<u32> {
        match self {
            Self::Most(items) => (0..items.len() as u32).filter(|id| is_there(&items[*id as usize])).collect(),
            Self::Few(items) => {
                let there = items.iter().filter(|(_, item)| is_there(item));
                let mut ids: Vec<u32> = there.map(|(id, _)| *id).collect();
                ids.sort_unstable();
                ids
            }
        }
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        match self {
            Self::Most(items) => items.capacity() * size_of::<T>(),
            Self::Few(items) => items.allocation_size(),
        }
    }
}
