//! Ids in lists by key, each list in the order in which its ids came.

use super::per_id::PerId;

const END: u32 = u32::MAX;

/// An id's place; `key` is [`END`] when it is in no list.
#[derive(Clone, Copy, Debug)]
struct Link {
    key: u32,
    previous: u32,
    next: u32,
}

impl Default for Link {
    fn default() -> Self {
        Self { key: END, previous: END, next: END }
    }
}

/// An id is in one list at most.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    links: PerId<Link>,
    /// First and last id per key.
    ends: Vec<(u32, u32)>,
}

impl Lists {
    /// `has_few`: only few of all ids come here.
    pub(crate) fn new(has_few: bool) -> Self {
        Self { links: PerId::new(has_few), ends: Vec::new() }
    }

    /// Puts an id that is in no list at the end of the key's.
    pub(crate) fn add(&mut self, key: u32, id: u32) {
        if self.ends.len() <= key as usize {
            self.ends.resize(key as usize + 1, (END, END));
        }
        debug_assert!(self.key_of(id).is_none(), "an id is in one list at most");
        let (first, last) = self.ends[key as usize];
        *self.links.get_mut(id) = Link { key, previous: last, next: END };
        match last {
            END => self.ends[key as usize] = (id, id),
            _ => {
                self.links.get_mut(last).next = id;
                self.ends[key as usize] = (first, id);
            }
        }
    }

    /// Takes an id out of its list, and says the key whose list it was, and whether that is empty now. `None` when it was in
    /// no list.
    pub(crate) fn remove(&mut self, id: u32) -> Option<(u32, bool)> {
        let key = self.key_of(id)?;
        let Link { previous, next, .. } = self.links.take(id);
        match previous {
            END => self.ends[key as usize].0 = next,
            _ => self.links.get_mut(previous).next = next,
        }
        match next {
            END => self.ends[key as usize].1 = previous,
            _ => self.links.get_mut(next).previous = previous,
        }
        Some((key, self.ends[key as usize].0 == END))
    }

    /// The key in whose list an id is.
    #[inline]
    pub(crate) fn key_of(&self, id: u32) -> Option<u32> {
        self.links.get(id).map(|link| link.key).filter(|key| *key != END)
    }

    /// The ids of a key.
    pub(crate) fn of(&self, key: u32) -> impl Iterator<Item = u32> {
        let first = self.ends.get(key as usize).map_or(END, |ends| ends.0);
        let link = |id: u32| (id != END).then_some(id);
        std::iter::successors(link(first), move |id| self.links.get(*id).and_then(|found| link(found.next)))
    }

    /// All ids that are in a list.
    pub(crate) fn ids(&self) -> Vec<u32> {
        self.links.ids(|link| link.key != END)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.links.memory_bytes() + self.ends.capacity() * size_of::<(u32, u32)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_in_the_order_of_adding_and_leave_from_anywhere() {
        [Lists::new(false), Lists::new(true)].into_iter().for_each(check);
    }

    fn check(mut lists: Lists) {
        for (key, id) in [(2, 5), (0, 1), (2, 3), (2, 9), (0, 4)] {
            lists.add(key, id);
        }
        let of = |lists: &Lists, key| lists.of(key).collect::<Vec<u32>>();
        assert_eq!((of(&lists, 2), of(&lists, 0), of(&lists, 7)), (vec![5, 3, 9], vec![1, 4], vec![]));
        assert_eq!(lists.remove(3), Some((2, false)));
        assert_eq!(lists.remove(3), None);
        lists.add(0, 3);
        assert_eq!((lists.remove(5), lists.remove(9)), (Some((2, false)), Some((2, true))));
        assert_eq!((of(&lists, 2), of(&lists, 0)), (vec![], vec![1, 4, 3]));
        assert_eq!((lists.key_of(3), lists.ids()), (Some(0), vec![1, 3, 4]));
    }
}
