//! DISTINCT in an aggregate: how often each value of a group is there. The accumulator sees the first and the last of them.

use crate::state::{ChangedIds, KeyIndex, RowCodec, StateWriter, entry_key};
use arrow_array::ArrayRef;
use arrow_buffer::BooleanBuffer;
use data::DataType;

const END: u32 = u32::MAX;

/// A value of a group, in the list of the group's values.
#[derive(Clone, Copy, Debug)]
struct Member {
    count: i64,
    previous: u32,
    next: u32,
}

pub(crate) struct Distinct {
    codec: RowCodec,
    /// By group number and row bytes of the value.
    values: KeyIndex,
    members: Vec<Member>,
    /// First value per group.
    heads: Vec<u32>,
    changed: ChangedIds,
}

impl Distinct {
    pub(crate) fn new(types: &[DataType], checkpoints: bool) -> Self {
        Self {
            codec: RowCodec::new(types),
            values: KeyIndex::new([]),
            members: Vec::new(),
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
        let rows = self.codec.encode(arguments, groups.len());
        BooleanBuffer::collect_bool(groups.len(), |row| {
            if mask.is_some_and(|mask| !mask.value(row)) {
                return false;
            }
            let adds = additions.is_none_or(|additions| additions.value(row));
            self.change(groups[row], rows.row(row), adds)
        })
    }

    fn change(&mut self, group: u32, value: &[u8], adds: bool) -> bool {
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
                self.values.release(id);
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

    fn member(&mut self, group: u32, value: &[u8]) -> u32 {
        let mut key = group.to_be_bytes().to_vec();
        key.extend_from_slice(value);
        let id = self.values.intern_bytes(&key);
        if self.members.len() <= id as usize {
            self.members.resize(id as usize + 1, Member { count: 0, previous: END, next: END });
        }
        id
    }

    fn link(&mut self, group: u32, id: u32) {
        if self.heads.len() <= group as usize {
            self.heads.resize(group as usize + 1, END);
        }
        let next = std::mem::replace(&mut self.heads[group as usize], id);
        if next != END {
            self.members[next as usize].previous = id;
        }
        self.members[id as usize] = Member { count: 0, previous: END, next };
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
        self.values.release(id);
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
        self.values.reclaim();
    }

    /// `keys` are those of the groups.
    pub(crate) fn save(&mut self, table: u16, keys: &KeyIndex, writer: &mut StateWriter) {
        for id in writer.select(&mut self.changed, self.values.live_ids()) {
            let (group, value) = self.values.key(id).split_at(size_of::<u32>());
            let group = u32::from_be_bytes(group.try_into().expect("four bytes"));
            let count = self.members[id as usize].count;
            let bytes = count.to_be_bytes();
            let key = entry_key(keys.key(group), value);
            writer.put(table, keys.group(group), &key, (count > 0).then_some(bytes.as_slice()));
        }
        self.values.reclaim();
    }

    pub(crate) fn load(&mut self, group: u32, value: &[u8], count: &[u8]) {
        let id = self.member(group, value);
        self.link(group, id);
        self.members[id as usize].count = i64::from_be_bytes(count.try_into().expect("eight bytes"));
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.values.memory_bytes()
            + self.members.capacity() * size_of::<Member>()
            + self.heads.capacity() * size_of::<u32>()
            + self.changed.memory_bytes()
    }
}
