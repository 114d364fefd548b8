//! Many files, a few threads: every file on a thread of its own with a time limit, reports in the order of the files.

use super::file;
use super::report::{BlockReport, FileReport, Mode, Verdict};
use data::{Diagnostic, Phase};
use engine::Delivery;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

/// Nested SQL recurses; pages are only touched when it happens.
const STACK_BYTES: usize = 64 << 20;
/// A file took longer than it may.
const TIMEOUT: &str = "HW9002";

/// What to run and how.
#[derive(Clone, Debug)]
pub struct Options {
    pub modes: Vec<Mode>,
    /// Of one file in all ways together. A file that takes longer is given up, the others go on.
    pub timeout: Duration,
    /// Files at a time.
    pub threads: usize,
    /// Work out what `--update` would write. Expectations are those of the straight way.
    pub update: bool,
    /// How changes travel. In batch delivery every feed is one epoch: changelogs are shorter, tables the same.
    pub delivery: Delivery,
}

impl Default for Options {
    fn default() -> Self {
        let timeout = Duration::from_secs(60);
        Self { modes: vec![Mode::Straight], timeout, threads: 2, update: false, delivery: Delivery::Record }
    }
}

/// A file to run: its path for reports, and its text.
#[derive(Clone, Debug)]
pub struct Input {
    pub path: String,
    pub text: String,
}

/// Runs all files; `done` gets each report in the order of `inputs`, as soon as those before it are there.
/// `done` answers whether to go on.
pub fn run_files(inputs: Vec<Input>, options: &Options, mut done: impl FnMut(FileReport) -> bool) {
    let inputs: Arc<[Input]> = inputs.into();
    let next = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1).min(inputs.len()) {
            let (inputs, next, sender) = (inputs.clone(), next.clone(), sender.clone());
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(input) = inputs.get(index) else { return };
                    if sender.send((index, run_limited(input, options))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut wanted = 0;
        for (index, report) in receiver {
            waiting.insert(index, report);
            while let Some(report) = waiting.remove(&wanted) {
                wanted += 1;
                if !done(report) {
                    next.store(inputs.len(), Ordering::Relaxed);
                    return;
                }
            }
        }
    });
}

/// What a file's thread has to say so far; survives the thread when it hangs.
#[derive(Default)]
pub(super) struct Progress {
    pub(super) blocks: Vec<BlockReport>,
    /// Line, directive and way of the block that runs now.
    pub(super) now: Option<(usize, &'static str, Mode)>,
    pub(super) updated: Option<String>,
    /// The time is up: the thread's further words are not heard, it had better end.
    pub(super) given_up: bool,
}

pub(super) type Shared = Arc<Mutex<Progress>>;

/// The lock, whatever a thread that panicked left there: every change of it is complete in itself.
pub(super) fn locked(shared: &Shared) -> std::sync::MutexGuard<'_, Progress> {
    shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn run_limited(input: &Input, options: &Options) -> FileReport {
    let start = now();
    let shared = Shared::default();
    let (sender, receiver) = mpsc::channel();
    let work = {
        let (input, options, shared) = (input.clone(), options.clone(), shared.clone());
        move || {
            file::run(&input, &options, &shared);
            // The receiver is gone when the time is up.
            let _ = sender.send(());
        }
    };
    let spawned = std::thread::Builder::new().name("slt".to_owned()).stack_size(STACK_BYTES).spawn(work);
    let broken = match spawned {
        Err(error) => Some(Diagnostic::run(TIMEOUT, "no thread for the file").detail(error.to_string())),
        Ok(_) => receiver.recv_timeout(options.timeout).err().map(|error| gone(error, options.timeout)),
    };
    let mut progress = locked(&shared);
    progress.given_up = true;
    if let Some(diagnostic) = broken {
        let (line, block, mode) = progress.now.unwrap_or((1, "file", options.modes[0]));
        let mut report = BlockReport::new(line, block, mode, Verdict::Error);
        report.diagnostic = Some(diagnostic.in_file(&input.path));
        progress.blocks.push(report);
    }
    FileReport {
        path: input.path.clone(),
        text: input.text.clone(),
        blocks: std::mem::take(&mut progress.blocks),
        seconds: start.elapsed().as_secs_f64(),
        updated: progress.updated.take(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a tool measures how long a file takes")]
fn now() -> Instant {
    Instant::now()
}

fn gone(error: mpsc::RecvTimeoutError, timeout: Duration) -> Diagnostic {
    match error {
        mpsc::RecvTimeoutError::Timeout => {
            let seconds = timeout.as_secs_f64();
            Diagnostic::new(data::Level::Error, Phase::Run, TIMEOUT, format!("no answer after {seconds} seconds"))
                .hint("raise the limit with `--timeout`")
        }
        mpsc::RecvTimeoutError::Disconnected => {
            Diagnostic::run(data::crash::INTERNAL, "internal error").detail("the file's thread ended without a word")
        }
    }
}
