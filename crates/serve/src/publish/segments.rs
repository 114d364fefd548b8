//! Rows by number, in columns: rows that came together are a segment, small neighbours are joined, and a segment that is
//! mostly dead is given back to be written anew.

use data::ChangeBatch;
use std::sync::Arc;

/// Neighbours are joined up to so many rows: per-segment costs vanish, copies stay cheap.
const SEGMENT_ROWS: usize = 1 << 15;
/// Fewer dead rows are left where they are.
const DEAD_ROWS: usize = 64;

#[derive(Clone)]
pub(crate) struct Segment {
    first: u64,
    rows: Arc<ChangeBatch>,
    dead: usize,
}

#[derive(Clone, Default)]
pub(crate) struct Segments {
    /// Ascending by their first number.
    list: Vec<Segment>,
    next: u64,
}

impl Segment {
    pub(crate) fn rows(&self) -> &ChangeBatch {
        &self.rows
    }

    /// The number of a row by its place here.
    pub(crate) fn number(&self, row: usize) -> u64 {
        self.first + row as u64
    }

    fn end(&self) -> u64 {
        self.first + self.rows.rows() as u64
    }
}

impl Segments {
    /// Adds rows and gives the number of the first; the others follow.
    pub(crate) fn push(&mut self, rows: ChangeBatch) -> u64 {
        let first = self.next;
        self.next += rows.rows() as u64;
        self.list.push(Segment { first, rows: Arc::new(rows), dead: 0 });
        self.join_small();
        first
    }

    /// As a binary counter does: each row is copied O(log n) times.
    fn join_small(&mut self) {
        while let [.., before, last] = self.list.as_slice() {
            let rows = before.rows.rows() + last.rows.rows();
            if before.end() != last.first || last.rows.rows() < before.rows.rows() || rows > SEGMENT_ROWS {
                return;
            }
            let joined = Segment {
                first: before.first,
                rows: Arc::new(ChangeBatch::concat(&[(*before.rows).clone(), (*last.rows).clone()])),
                dead: before.dead + last.dead,
            };
            self.list.truncate(self.list.len() - 2);
            self.list.push(joined);
        }
    }

    fn position(&self, number: u64) -> Option<usize> {
        self.list.partition_point(|segment| segment.first <= number).checked_sub(1)
    }

    /// Position of its segment, and its place there.
    pub(crate) fn locate(&self, number: u64) -> Option<(usize, usize)> {
        let at = self.position(number)?;
        let row = usize::try_from(number - self.list[at].first).ok()?;
        (row < self.list[at].rows.rows()).then_some((at, row))
    }

    pub(crate) fn kill(&mut self, number: u64) {
        if let Some(at) = self.position(number) {
            self.list[at].dead += 1;
        }
    }

    /// Takes out a segment that is mostly dead.
    pub(crate) fn take_wasteful(&mut self) -> Option<Segment> {
        let wasteful = |segment: &Segment| segment.dead > DEAD_ROWS && segment.dead * 2 > segment.rows.rows();
        let at = self.list.iter().position(wasteful)?;
        Some(self.list.remove(at))
    }

    pub(crate) fn list(&self) -> &[Segment] {
        &self.list
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.list.iter().map(|segment| segment.rows.memory_bytes()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::Segments;
    use arrow_array::{ArrayRef, Int64Array};
    use data::ChangeBatch;
    use std::sync::Arc;

    fn rows(values: std::ops::Range<i64>) -> ChangeBatch {
        let count = values.clone().count();
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
        ChangeBatch::inserts(vec![column], count)
    }

    #[test]
    fn rows_keep_their_numbers_while_segments_are_joined_and_removed() {
        let mut segments = Segments::default();
        for value in 0..1000 {
            assert_eq!(segments.push(rows(value..value + 1)), value as u64);
        }
        assert!(segments.list().len() < 12, "{} segments", segments.list().len());
        let (at, row) = segments.locate(777).expect("it is there");
        assert_eq!(segments.list()[at].number(row), 777);
        for number in 0..400 {
            segments.kill(number);
        }
        let gone = segments.take_wasteful().expect("the first is mostly dead");
        assert_eq!(gone.number(0), 0);
        assert!(segments.locate(999).is_some());
    }
}
