//! Keeps the process within its limit: looks at what is resident, and hands pages of the file back before it is too much.
//!
//! - *resident*: pages of this process that are in memory, of whatever kind, as the system counts them.
//! - *high*, *low*: resident bytes at which handing back begins, and ends.
//! - *strike*: a look that found more than the limit although everything had been handed back.

use super::allocator;
use super::spill::Spill;
use crate::context::Failure;
use crate::output;
use data::Diagnostic;
use deploy::embedded::MemoryKeeper;
use serve::Memory;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Handed back in one go.
const STEP: usize = 2 << 20;
/// A fast process makes so many bytes resident in a microsecond; so long the keeper may sleep.
const BYTES_PER_MICRO: usize = 4 << 10;
const SHORTEST_SLEEP_MICROS: usize = 500;
const LONGEST_SLEEP_MICROS: usize = 50_000;
/// Left free below the limit: the keeper may wait some milliseconds for a processor while others write.
const LEAST_ROOM: usize = 16 << 20;
const MOST_ROOM: usize = 128 << 20;
/// After so much was allocated whoever did looks, too: the keeper may be waiting for a processor.
const LOOKED_AT: usize = 1 << 20;
/// At the least half a millisecond each: a peak that passes ends no run.
const MOST_STRIKES: u32 = 600;
/// A run that was told to end and has not after so many strikes is ended from here.
const LAST_STRIKES: u32 = 20_000;
const TRIM_MICROS: usize = 1_000_000;
/// Memory is scarce: how long mimalloc keeps what is free.
const PURGE_DELAY_MILLIS: core::ffi::c_long = 10;

/// Keeps the process within so many bytes from now on, with a file in this folder.
pub(crate) fn limit(bytes: usize, folder: &Path) -> Result<Option<Arc<dyn MemoryKeeper>>, Diagnostic> {
    let opened = || {
        std::fs::create_dir_all(folder)?;
        Ok((Keeper::new(bytes, folder)?, Spill::create(folder)?))
    };
    let (keeper, spill) = opened().map_err(|error: io::Error| refused(folder, &error))?;
    let limited = allocator::spill_to(keeper, spill);
    super::keep_for(PURGE_DELAY_MILLIS);
    let work = || limited.keeper.work(&limited.spill);
    std::thread::Builder::new().name("memory".to_owned()).spawn(work).map_err(|error| refused(folder, &error))?;
    Ok(Some(Arc::new(limited)))
}

fn refused(folder: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::run("HW3927", "there is nowhere to put what is beyond the memory limit")
        .detail(format!("a file in {}: {error}", folder.display()))
        .hint("choose a folder on a local disk with --data-dir, or run without --memory")
}

/// A limit that is in force.
pub(super) struct Limited {
    pub(super) keeper: Keeper,
    pub(super) spill: Spill,
}

pub(super) struct Keeper {
    limit: usize,
    high: usize,
    low: usize,
    statm: File,
    /// What the system counts in.
    page: usize,
    folder: PathBuf,
    /// Bytes handed back so far.
    evicted: AtomicU64,
    /// What is in use for good is more than the limit.
    exhausted: Arc<AtomicBool>,
    /// Bytes allocated so far.
    allocated: AtomicUsize,
    at_work: Mutex<()>,
}

impl Keeper {
    fn new(limit: usize, folder: &Path) -> io::Result<Self> {
        let room = (limit / 6).clamp(LEAST_ROOM, MOST_ROOM);
        let high = limit.saturating_sub(room);
        Ok(Self {
            limit,
            high,
            low: high.saturating_sub(room / 2),
            statm: File::open("/proc/self/statm")?,
            page: rustix::param::page_size(),
            folder: folder.to_owned(),
            evicted: AtomicU64::new(0),
            exhausted: Arc::default(),
            allocated: AtomicUsize::new(0),
            at_work: Mutex::new(()),
        })
    }

    /// Looks after the process for as long as it lives.
    fn work(&self, spill: &Spill) {
        let (mut slept, mut strikes) = (0, 0);
        loop {
            let resident = self.relieve(spill);
            strikes = if resident > self.limit { strikes + 1 } else { 0 };
            self.strike(strikes, spill);
            let micros = self.high.saturating_sub(resident) / BYTES_PER_MICRO;
            let micros = micros.clamp(SHORTEST_SLEEP_MICROS, LONGEST_SLEEP_MICROS);
            slept += micros;
            if slept >= TRIM_MICROS {
                slept = 0;
                spill.trim();
            }
            std::thread::sleep(Duration::from_micros(micros as u64));
        }
    }

    fn strike(&self, strikes: u32, spill: &Spill) {
        match strikes {
            1 => collect(),
            MOST_STRIKES => self.exhausted.store(true, Ordering::Relaxed),
            LAST_STRIKES => {
                let failure = Failure::from(self.complaint(spill));
                std::process::exit(i32::from(output::last_words(&failure)));
            }
            _ => {}
        }
    }

    /// So many bytes are about to be written. Near the limit whoever writes them waits until there is room.
    pub(super) fn make_room(&self, bytes: usize, spill: &Spill) {
        let before = self.allocated.fetch_add(bytes, Ordering::Relaxed);
        if before / LOOKED_AT == before.wrapping_add(bytes) / LOOKED_AT {
            return;
        }
        let ahead = bytes.min(self.limit / 4);
        let resident = self.resident() + ahead;
        if resident <= self.high {
            return;
        }
        let is_close = resident > self.limit - (self.limit - self.high) / 2;
        let at_work = if is_close { Some(self.at_work()) } else { self.at_work.try_lock().ok() };
        if let Some(at_work) = at_work {
            self.hand_back(spill, self.low.saturating_sub(ahead), &at_work);
        }
    }

    /// Hands pages back when too much is resident, and gives what is.
    fn relieve(&self, spill: &Spill) -> usize {
        let resident = self.resident();
        if resident <= self.high {
            return resident;
        }
        self.hand_back(spill, self.low, &self.at_work())
    }

    fn at_work(&self) -> MutexGuard<'_, ()> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands pages back until no more than `enough` is resident, at most all of them. Allocates nothing.
    fn hand_back(&self, spill: &Spill, enough: usize, _at_work: &MutexGuard<'_, ()>) -> usize {
        let mut resident = self.resident();
        let mut left = spill.mapped_bytes();
        while resident > enough && left > 0 {
            spill.evict(STEP);
            left = left.saturating_sub(STEP);
            let after = self.resident();
            self.evicted.fetch_add(resident.saturating_sub(after) as u64, Ordering::Relaxed);
            resident = after;
        }
        resident
    }

    /// Of the process, now.
    fn resident(&self) -> usize {
        let mut text = [0; 128];
        let count = self.statm.read_at(&mut text, 0).unwrap_or(0);
        let pages = text[..count].split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        pages.iter().fold(0, |sum: usize, digit| sum * 10 + usize::from(digit.wrapping_sub(b'0'))) * self.page
    }

    fn complaint(&self, spill: &Spill) -> Diagnostic {
        let (resident, limit) = (self.resident(), self.limit);
        let error = Diagnostic::run("HW3206", "memory has outgrown its limit");
        match spill.refused() {
            Some(cause) => error
                .detail(format!(
                    "{resident} bytes are in use, the limit is {limit}, and {} has no room for more: {cause}",
                    self.folder.display()
                ))
                .hint("make room on that disk, choose another with --data-dir, or raise the limit"),
            None => error
                .detail(format!("{resident} bytes are in use that cannot go to disk, the limit is {limit}"))
                .hint("raise the limit, or bound the state: a window, an interval join, or `table.exec.state.ttl`"),
        }
    }
}

/// Has mimalloc give back what is free.
#[expect(unsafe_code, reason = "the allocator has no other interface for it")]
fn collect() {
    // SAFETY: may be called at any time, from any thread.
    unsafe { libmimalloc_sys::mi_collect(true) }
}

impl MemoryKeeper for &'static Limited {
    fn limit_bytes(&self) -> usize {
        self.keeper.limit
    }

    fn memory(&self) -> Memory {
        Memory {
            resident_bytes: Some(self.keeper.resident() as u64),
            limit_bytes: Some(self.keeper.limit as u64),
            spilled_bytes: Some(self.spill.file_bytes() as u64),
            evicted_bytes: Some(self.keeper.evicted.load(Ordering::Relaxed)),
        }
    }

    fn is_exhausted(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.keeper.exhausted)
    }

    fn complaint(&self) -> Diagnostic {
        self.keeper.complaint(&self.spill)
    }
}
