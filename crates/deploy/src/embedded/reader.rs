//! Readers: one thread per source, so that decoding runs beside the engine and a slow source holds up no other.

use super::EPOCH_ROWS;
use crate::clock::Clock;
use data::port::{Polled, Position, Rejected, Source};
use data::{ChangeBatch, Diagnostic};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a source without rows is left alone.
const IDLE_WAIT: Duration = Duration::from_millis(2);

/// What a reader hands over.
pub(crate) struct Message {
    /// Which source.
    pub(crate) source: usize,
    pub(crate) event: Event,
}

pub(crate) enum Event {
    /// The splits that may have rows; sent first and whenever they change.
    Splits(Vec<u32>),
    /// Rows, and where reading goes on after them.
    Rows {
        split: u32,
        batch: ChangeBatch,
        rejected: Vec<Rejected>,
        position: Position,
        lag: Option<u64>,
    },
    /// Everything there was has been handed over; said once after rows, or at the start.
    Idle,
    /// A bounded source has no more.
    End {
        position: Position,
    },
    Failed(Box<Diagnostic>),
}

/// A source on its thread.
pub(crate) struct Reader {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    pub(crate) fn start(
        index: usize,
        source: Box<dyn Source>,
        (clock, first_millis): (Clock, i64),
        rows_per_second: Option<u64>,
        to: SyncSender<Message>,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name(format!("source-{index}"))
            .spawn(move || {
                let send = |event: Event| to.send(Message { source: index, event }).is_ok();
                read(source, (&clock, first_millis), rows_per_second, &seen, &send);
            })
            .ok();
        Self { stop, thread }
    }

    /// Whether the thread could be started.
    pub(crate) fn is_started(&self) -> bool {
        self.thread.is_some()
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn read(
    mut source: Box<dyn Source>,
    (clock, first_millis): (&Clock, i64),
    rows_per_second: Option<u64>,
    stop: &AtomicBool,
    send: &dyn Fn(Event) -> bool,
) {
    let mut splits = source.splits();
    if !send(Event::Splits(splits.clone())) {
        return;
    }
    // Ten portions a second keep a limited source smooth.
    let limit = rows_per_second.map_or(EPOCH_ROWS, |rate| (rate / 10).clamp(1, EPOCH_ROWS as u64) as usize);
    // The first time that a source hears is the instant at which the run starts, so that what follows from it does not depend
    // on how long opening took.
    let mut now_millis = first_millis;
    let mut is_idle = false;
    while !stop.load(Ordering::Relaxed) {
        let polled = source.poll(limit, now_millis);
        now_millis = clock.now_millis();
        let now = source.splits();
        if now != splits {
            splits.clone_from(&now);
            if !send(Event::Splits(now)) {
                return;
            }
        }
        match polled {
            Ok(Polled::Rows { split, batch, rejected }) => {
                is_idle = false;
                let rows = batch.rows() + rejected.len();
                let (position, lag) = (source.position(), source.lag());
                if !send(Event::Rows { split, batch, rejected, position, lag }) {
                    return;
                }
                if let Some(rate) = rows_per_second {
                    std::thread::sleep(Duration::from_secs_f64(rows as f64 / rate.max(1) as f64));
                }
            }
            Ok(Polled::Idle) => {
                if !std::mem::replace(&mut is_idle, true) && !send(Event::Idle) {
                    return;
                }
                std::thread::sleep(IDLE_WAIT);
            }
            Ok(Polled::End) => {
                send(Event::End { position: source.position() });
                return;
            }
            Err(error) => {
                send(Event::Failed(Box::new(error)));
                return;
            }
        }
    }
}
