//! DISTINCT in an aggregate: how often each value of a group is there. The accumulator sees the first and the last of them.

use crate::state::{ChangedIds, KeyIndex, StateWriter, entry_key};
use arrow_array::ArrayRef;
use arrow_buffer::BooleanBuffer;
use data::DataType;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

const END: u32 = u32::MAX;

/// A value of a group, in the list of the group's values.
#[derive(Clone, Copy, Debug)]
struct Member {
    group: u32,
    /// Its number among `values`; `END` when this place is free.
    value: u32,
    previous: u32,
    next: u32,
    count: i64,
}

pub(crate) struct Distinct {
    /// The values of all groups, each once.
    values: KeyIndex,
    /// Per value how many members it has.
    uses: Vec<u32>,
    /// Numbers of members, by group and value.
    table: HashTable<u32>,
    members: Vec<Member>,
    free: Vec<u32>,
    /// Members that were left without a count; may have got one again.
    gone: Vec<u32>,
    /// First value per group.
    heads: Vec<u32>,
    changed: ChangedIds,
}

impl Distinct {
    pub(crate) fn new(types: &[DataType], checkpoints: bool) -> Self {
        Self {
            values: KeyIndex::new(types),
            uses: Vec::new(),
            table: HashTable::new(),
            members: Vec::new(),
            free: Vec::new(),
            gone: Vec::new(),
            heads: Vec::new(),
            changed: ChangedIds::new(checkpoints),
        }
    }

    /// Which of the rows in `mask` make a value appear in, or disappear from, their group.
    pub(crate) fn changes(
        &mut self,
        arguments: &[ArrayRef],
        groups: &[u32],
        additions: Option<&BooleanBuffer>,
        mask: Option<&BooleanBuffer>,
    ) -> BooleanBuffer {
        let values = self.values.intern(arguments, groups.len());
        self.uses.resize(self.values.id_bound(), 0);
        let changes = BooleanBuffer::collect_bool(groups.len(), |row| {
            if mask.is_some_and(|mask| !mask.value(row)) {
                return false;
            }
            let adds = additions.is_none_or(|additions| additions.value(row));
            self.change(groups[row], values[row], adds)
        });
        if mask.is_some() {
            values
                .into_iter()
                .filter(|value| self.uses[*value as usize] == 0)
                .for_each(|value| self.values.release(value));
        }
        changes
    }

    fn change(&mut self, group: u32, value: u32, adds: bool) -> bool {
        let id = self.member(group, value);
        self.changed.mark(id);
        let count = self.members[id as usize].count;
        match (adds, count) {
            (true, 0) => {
                self.link(group, id);
                self.members[id as usize].count = 1;
                true
            }
            (true, _) => {
                self.members[id as usize].count += 1;
                false
            }
            // A value that was never there is not taken back.
            (false, 0) => {
                self.gone.push(id);
                false
            }
            (false, 1) => {
                self.unlink(group, id);
                true
            }
            (false, _) => {
                self.members[id as usize].count -= 1;
                false
            }
        }
    }

    /// The member's number; unknown ones get one, with count 0.
    fn member(&mut self, group: u32, value: u32) -> u32 {
        let members = &self.members;
        let is_it = |id: &u32| members[*id as usize].group == group && members[*id as usize].value == value;
        let hash_of = |id: &u32| hash(members[*id as usize].group, members[*id as usize].value);
        match self.table.entry(hash(group, value), is_it, hash_of) {
            Entry::Occupied(slot) => *slot.get(),
            Entry::Vacant(place) => {
                let id = self.free.pop().unwrap_or(members.len() as u32);
                place.insert(id);
                let member = Member { group, value, previous: END, next: END, count: 0 };
                match self.members.get_mut(id as usize) {
                    Some(free) => *free = member,
                    None => self.members.push(member),
                }
                self.uses[value as usize] += 1;
                id
            }
        }
    }

    fn link(&mut self, group: u32, id: u32) {
        if self.heads.len() <= group as usize {
            self.heads.resize(group as usize + 1, END);
        }
        let next = std::mem::replace(&mut self.heads[group as usize], id);
        if next != END {
            self.members[next as usize].previous = id;
        }
        let member = &mut self.members[id as usize];
        (member.previous, member.next) = (END, next);
    }

    fn unlink(&mut self, group: u32, id: u32) {
        let Member { previous, next, .. } = self.members[id as usize];
        match previous {
            END => self.heads[group as usize] = next,
            _ => self.members[previous as usize].next = next,
        }
        if next != END {
            self.members[next as usize].previous = previous;
        }
        self.members[id as usize].count = 0;
        self.gone.push(id);
    }

    /// Forgets the values of these groups.
    pub(crate) fn clear(&mut self, groups: &[u32]) {
        for group in groups {
            while let Some(&id) = self.heads.get(*group as usize).filter(|id| **id != END) {
                self.changed.mark(id);
                self.unlink(*group, id);
            }
        }
    }

    /// Ends a flush when no checkpoint needs what is gone.
    pub(crate) fn settle(&mut self) {
        for id in std::mem::take(&mut self.gone) {
            let Member { group, value, count, .. } = self.members[id as usize];
            if count != 0 || value == END {
                continue;
            }
            if let Ok(slot) = self.table.find_entry(hash(group, value), |other| *other == id) {
                slot.remove();
            }
            self.members[id as usize].value = END;
            self.free.push(id);
            self.uses[value as usize] -= 1;
            if self.uses[value as usize] == 0 {
                self.values.release(value);
            }
        }
        self.values.reclaim();
    }

    /// `keys` are those of the groups.
    pub(crate) fn save(&mut self, table: u16, keys: &KeyIndex, writer: &mut StateWriter) {
        let live = (0..self.members.len() as u32).filter(|id| self.members[*id as usize].count > 0);
        for id in writer.select(&mut self.changed, live) {
            let Member { group, value, count, .. } = self.members[id as usize];
            let bytes = count.to_be_bytes();
            let key = entry_key(keys.key(group), self.values.key(value));
            writer.put(table, keys.group(group), &key, (count > 0).then_some(bytes.as_slice()));
        }
        self.settle();
    }

    pub(crate) fn load(&mut self, group: u32, value: &[u8], count: &[u8]) {
        let value = self.values.intern_bytes(value);
        self.uses.resize(self.values.id_bound(), 0);
        let id = self.member(group, value);
        self.link(group, id);
        self.members[id as usize].count = i64::from_be_bytes(count.try_into().expect("eight bytes"));
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let numbers = self.uses.capacity() + self.free.capacity() + self.gone.capacity() + self.heads.capacity();
        self.values.memory_bytes()
            + self.table.allocation_size()
            + self.members.capacity() * size_of::<Member>()
            + numbers * size_of::<u32>()
            + self.changed.memory_bytes()
    }
}

#[inline]
fn hash(group: u32, value: u32) -> u64 {
    use std::hash::BuildHasher;
    foldhash::fast::FixedState::default().hash_one((group, value))
}
