//! The last changes of a published table, so that who follows it can come back and miss nothing.

use data::ChangeBatch;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Changes that are kept, whole epochs at a time: about a minute of a busy table.
const RING_ROWS: usize = 1 << 16;
const RING_BYTES: usize = 64 << 20;

pub(crate) struct Ring(Mutex<Kept>);

struct Kept {
    /// The last epoch whose changes are not here any more.
    dropped: u64,
    epochs: VecDeque<(u64, Arc<ChangeBatch>)>,
    rows: usize,
    bytes: usize,
}

/// What came after an epoch.
pub(crate) enum Since {
    Changes(Vec<(u64, Arc<ChangeBatch>)>),
    /// Some of it is not kept any more.
    Gone,
}

impl Ring {
    /// Changes after `epoch` will be here.
    pub(crate) fn new(epoch: u64) -> Self {
        Self(Mutex::new(Kept { dropped: epoch, epochs: VecDeque::new(), rows: 0, bytes: 0 }))
    }

    pub(crate) fn push(&self, epoch: u64, batch: ChangeBatch) {
        // A panic elsewhere leaves whole epochs in it.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.rows += batch.rows();
        kept.bytes += batch.memory_bytes();
        kept.epochs.push_back((epoch, Arc::new(batch)));
        while kept.rows > RING_ROWS || kept.bytes > RING_BYTES {
            let Some((epoch, batch)) = kept.epochs.pop_front() else { return };
            kept.dropped = epoch;
            kept.rows -= batch.rows();
            kept.bytes -= batch.memory_bytes();
        }
    }

    /// Everything after `epoch` up to and with `until`.
    pub(crate) fn since(&self, epoch: u64, until: u64) -> Since {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if epoch < kept.dropped {
            return Since::Gone;
        }
        let start = kept.epochs.partition_point(|(at, _)| *at <= epoch);
        let end = kept.epochs.partition_point(|(at, _)| *at <= until);
        Since::Changes(kept.epochs.range(start..end.max(start)).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{RING_ROWS, Ring, Since};
    use data::ChangeBatch;

    #[test]
    fn what_is_dropped_is_said_to_be() {
        let ring = Ring::new(3);
        for epoch in 4..8 {
            ring.push(epoch, ChangeBatch::inserts(Vec::new(), RING_ROWS / 2));
        }
        assert!(matches!(ring.since(4, 9), Since::Gone));
        let Since::Changes(found) = ring.since(6, 9) else { panic!("it is kept") };
        assert_eq!(found.iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>(), [7]);
        let Since::Changes(found) = ring.since(5, 6) else { panic!("it is kept") };
        assert_eq!(found.len(), 1);
    }
}
