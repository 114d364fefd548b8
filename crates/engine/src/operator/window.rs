//! Which windows a time is in, and when a window is over.
//!
//! - *local time*: windows follow the calendar of the session zone when the time is a TIMESTAMP_LTZ; window_start and
//!   window_end are local times. For a TIMESTAMP local time is the time itself.
//! - *timer*: the instant of the window's last millisecond; the window is over once event or processing time is there.

use super::{Context, Fault, Result, TimeReader};
use data::time::{MILLIS_PER_HOUR, Zone};
use data::{ChangeBatch, DataType, Diagnostic, TypeKind};
use plan::{Bound, Node, TimeAttribute, Window, WindowKind};

/// A window in local milliseconds, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub start: i64,
    pub end: i64,
}

/// Puts rows into windows.
pub(crate) struct Assigner {
    window: Window,
    types: Vec<DataType>,
    /// Whether local time differs from the time attribute.
    is_zoned: bool,
}

impl Assigner {
    /// For the rows of a node's input.
    pub(crate) fn new(window: &Window, node: &Node) -> Self {
        let columns = &node.inputs[0].columns;
        let is_ltz = |data_type: &DataType| matches!(data_type.kind, TypeKind::TimestampLtz(_));
        let is_zoned = match (window.time_attribute, window.bound) {
            (TimeAttribute::Processing, _) => true,
            (TimeAttribute::Event, Bound::Time(column)) => is_ltz(&columns[column].data_type),
            (TimeAttribute::Event, Bound::Attached { .. }) => {
                columns.iter().any(|column| column.time == Some(TimeAttribute::Event) && is_ltz(&column.data_type))
            }
        };
        let types = columns.iter().map(|column| column.data_type.clone()).collect();
        Self { window: window.clone(), types, is_zoned }
    }

    pub(crate) fn is_event_time(&self) -> bool {
        self.window.time_attribute == TimeAttribute::Event
    }

    /// Per row its windows; a row whose time is NULL has none, which `allow_null` permits.
    pub(crate) fn assign(&self, batch: &ChangeBatch, context: &Context, allow_null: bool) -> Result<Vec<(u32, Span)>> {
        let mut found = Vec::with_capacity(batch.rows());
        match self.window.bound {
            Bound::Attached { start, end } => {
                let starts = self.reader(batch, start);
                let ends = self.reader(batch, end);
                for row in 0..batch.rows() {
                    if let (Some(start), Some(end)) = (starts.at(row), ends.at(row)) {
                        found.push((row as u32, Span { start, end }));
                    }
                }
            }
            Bound::Time(_) if !self.is_event_time() => {
                let local = self.local(context.clock_millis, context);
                for row in 0..batch.rows() {
                    windows(self.window.kind, local, |span| found.push((row as u32, span)));
                }
            }
            Bound::Time(column) => {
                let times = self.reader(batch, column);
                for row in 0..batch.rows() {
                    match times.at(row) {
                        Some(time) => {
                            let local = self.local(time, context);
                            windows(self.window.kind, local, |span| found.push((row as u32, span)));
                        }
                        None if allow_null => {}
                        None => return Err(null_time()),
                    }
                }
            }
        }
        Ok(found)
    }

    fn reader<'a>(&'a self, batch: &'a ChangeBatch, column: usize) -> TimeReader<'a> {
        TimeReader::new(batch.column(column), &self.types[column])
    }

    fn local(&self, time: i64, context: &Context) -> i64 {
        if self.is_zoned { context.zone().to_local_millis(time) } else { time }
    }

    /// The last instant of a window, in milliseconds.
    pub(crate) fn timer(&self, span: Span, context: &Context) -> i64 {
        let last = span.end - 1;
        if self.is_zoned { timer_instant(last, context.zone()) } else { last }
    }

    /// The time attribute of a window: its last millisecond.
    pub(crate) fn window_time(&self, span: Span, context: &Context) -> i64 {
        let last = span.end - 1;
        if self.is_zoned { context.zone().to_instant_millis(last) } else { last }
    }
}

fn null_time() -> Fault {
    Diagnostic::run("HW3208", "a row has NULL where its window's time should be")
        .detail("a row without a time is in no window")
        .hint("filter such rows before the window: `WHERE ts IS NOT NULL`")
        .into()
}

/// Flink's timers around clock changes (`TimeWindowUtil.toEpochMillsForTimer`): the later one of a local time that comes
/// twice, the start of the gap for one that is left out.
fn timer_instant(local: i64, zone: Zone) -> i64 {
    let (first, second) =
        (zone.to_instant_millis(local), zone.to_instant_millis(local.saturating_add(MILLIS_PER_HOUR)));
    match second - first {
        0 => first - first.rem_euclid(MILLIS_PER_HOUR),
        difference if difference > MILLIS_PER_HOUR => second - MILLIS_PER_HOUR,
        _ => first,
    }
}

/// Visits the windows that a local time is in.
fn windows(kind: WindowKind, time: i64, mut visit: impl FnMut(Span)) {
    match kind {
        WindowKind::Tumble { size, offset } => {
            let start = start_of(time, size, offset);
            visit(Span { start, end: start + size });
        }
        WindowKind::Hop { size, slide, offset } => {
            let mut start = start_of(time, slide, offset);
            while start > time - size {
                visit(Span { start, end: start + size });
                start -= slide;
            }
        }
        WindowKind::Cumulate { max, step, offset } => {
            let start = start_of(time, max, offset);
            let mut end = start_of(time, step, offset) + step;
            while end <= start + max {
                visit(Span { start, end });
                end += step;
            }
        }
    }
}

fn start_of(time: i64, size: i64, offset: i64) -> i64 {
    time - (time - offset).rem_euclid(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: WindowKind, time: i64, expect: &[(i64, i64)]) {
        let mut found = Vec::new();
        windows(kind, time, |span| found.push((span.start, span.end)));
        assert_eq!(found, expect, "{kind:?} at {time}");
    }

    #[test]
    fn a_time_is_in_its_windows() {
        check(WindowKind::Tumble { size: 10, offset: 0 }, 9, &[(0, 10)]);
        check(WindowKind::Tumble { size: 10, offset: 0 }, 10, &[(10, 20)]);
        check(WindowKind::Tumble { size: 10, offset: 3 }, 2, &[(-7, 3)]);
        check(WindowKind::Tumble { size: 10, offset: 0 }, -1, &[(-10, 0)]);
        check(WindowKind::Hop { size: 10, slide: 5, offset: 0 }, 7, &[(5, 15), (0, 10)]);
        check(WindowKind::Hop { size: 10, slide: 4, offset: 0 }, 7, &[(4, 14), (0, 10)]);
        check(WindowKind::Cumulate { max: 10, step: 5, offset: 0 }, 2, &[(0, 5), (0, 10)]);
        check(WindowKind::Cumulate { max: 10, step: 5, offset: 0 }, 17, &[(10, 20)]);
    }

    #[test]
    fn timers_wait_for_the_second_of_two_equal_local_times() {
        let zone = Zone::parse("America/New_York").expect("zone");
        // 2024-11-03T01:59:59.999 comes at 05:59:59.999Z and at 06:59:59.999Z.
        let local = 1_730_599_199_999;
        assert_eq!(timer_instant(local, zone), 1_730_617_199_999);
        assert_eq!(timer_instant(1_000, Zone::UTC), 1_000);
    }
}
