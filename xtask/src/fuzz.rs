//! `cargo xtask fuzz`: coverage-guided fuzzing of whatever reads text and bytes from outside, and a list of hostile inputs
//! given to the program itself ([`crate::hostile`]).
//!
//! - *finding*: an input that makes a target panic, or take too long or too much memory, and does so again when it is tried
//!   alone. A machine that stood still for a while makes no finding.
//! - *corpus*: inputs that reached something new; kept from run to run, beside the *seeds* that a target makes itself.

use crate::hostile;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// As in `fuzz/src/target`.
const TARGETS: [&str; 5] = ["sql", "plan", "csv", "json", "checkpoint"];
/// Asked for like a target.
const HOSTILE: &str = "hostile";
/// Coverage instrumentation as libFuzzer wants it. No sanitizer, so that the stable compiler does.
const INSTRUMENTATION: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// What a target may take for one input, and in all.
const INPUT_SECONDS_MAX: u64 = 10;
const MEMORY_MEGABYTES_MAX: u64 = 2048;

pub(crate) struct Options {
    /// For each target.
    pub(crate) seconds: u64,
    /// All of them and the hostile inputs, when absent.
    pub(crate) target: Option<String>,
    pub(crate) seed: u64,
}

impl Options {
    pub(crate) fn of(arguments: &[String]) -> Option<Self> {
        let mut options = Self { seconds: 60, target: None, seed: 1 };
        let mut rest = arguments.iter();
        while let Some(flag) = rest.next() {
            let value = rest.next()?;
            match flag.as_str() {
                "--seconds" => options.seconds = value.parse().ok()?,
                "--seed" => options.seed = value.parse().ok()?,
                "--target" if value == HOSTILE || TARGETS.contains(&value.as_str()) => {
                    options.target = Some(value.clone());
                }
                _ => return None,
            }
        }
        Some(options)
    }

    fn wants(&self, name: &str) -> bool {
        self.target.as_deref().is_none_or(|only| only == name)
    }
}

/// What fuzzing one target came to.
#[derive(Default)]
struct Figures {
    name: &'static str,
    executions: u64,
    seconds: u64,
    coverage: u64,
    corpus: u64,
    peak_megabytes: u64,
    /// Inputs that took too long once and not again.
    unrepeated: u64,
    /// Files with the inputs.
    findings: Vec<PathBuf>,
}

/// Gives the report and whether everything held.
pub(crate) fn run(root: &Path, options: &Options) -> Result<(String, bool), String> {
    let mut all = Vec::new();
    if options.target.as_deref() != Some(HOSTILE) {
        let arena = Arena::prepare(root)?;
        for name in TARGETS.into_iter().filter(|name| options.wants(name)) {
            all.push(arena.fuzz(name, options).map_err(|error| format!("{name}: {error}"))?);
        }
        let _ = std::fs::remove_dir_all(&arena.scratch);
    }
    let hostile = if options.wants(HOSTILE) { Some(hostile::run(root)?) } else { None };
    let findings = all.iter().map(|figures| figures.findings.len()).sum::<usize>();
    let failures = hostile.as_ref().map_or(0, |report| report.failures);
    Ok((report(options, &all, hostile.as_ref()), findings + failures == 0))
}

struct Arena {
    binary: PathBuf,
    /// Seeds, corpora, logs and findings.
    folder: PathBuf,
    /// Files that targets read; in memory where that is possible.
    scratch: PathBuf,
}

impl Arena {
    fn prepare(root: &Path) -> Result<Self, String> {
        let folder = crate::target_folder(root).join("fuzz");
        let host = host().ok_or("rustc does not say which host it is for")?;
        // A target that is named: programs that run while building are then built without instrumentation.
        let status = Command::new(env!("CARGO"))
            .args(["build", "--release", "--target", &host, "--manifest-path"])
            .arg(root.join("fuzz/Cargo.toml"))
            .env("CARGO_TARGET_DIR", &folder)
            .env("RUSTFLAGS", INSTRUMENTATION)
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .stdout(Stdio::null())
            .status();
        if !status.is_ok_and(|status| status.success()) {
            return Err("the fuzz targets do not build".to_owned());
        }
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let scratch = base.join(format!("headwater-fuzz-{}", std::process::id()));
        let binary = folder.join(host).join("release/headwater-fuzz");
        Ok(Self { binary, folder, scratch })
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.env("HEADWATER_FUZZ_TARGET", name).env("HEADWATER_FUZZ_SCRATCH", &self.scratch);
        command.env_remove("HEADWATER_FUZZ_SEEDS").env("RUST_BACKTRACE", "0");
        command.arg(format!("-timeout={INPUT_SECONDS_MAX}")).arg(format!("-rss_limit_mb={MEMORY_MEGABYTES_MAX}"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn fuzz(&self, name: &'static str, options: &Options) -> std::io::Result<Figures> {
        let [seeds, corpus, findings] = ["seeds", "corpus", "findings"].map(|kind| self.folder.join(kind).join(name));
        if seeds.exists() {
            std::fs::remove_dir_all(&seeds)?;
        }
        std::fs::create_dir_all(&corpus)?;
        std::fs::create_dir_all(&findings)?;
        let seeded = self.command(name).env("HEADWATER_FUZZ_SEEDS", &seeds).status()?;
        if !seeded.success() {
            return Err(std::io::Error::other("the seeds cannot be made"));
        }
        let log = self.folder.join(format!("{name}.log"));
        let mut figures = Figures { name, ..Figures::default() };
        let started = now();
        // A run ends at its first finding; what is left of the time goes to another one with another seed.
        for round in 0.. {
            let left = options.seconds.saturating_sub(started.elapsed().as_secs());
            if left == 0 || !figures.findings.is_empty() {
                break;
            }
            let known = listed(&findings)?;
            let seed = (options.seed.wrapping_add(round) % u64::from(u32::MAX)).max(1);
            let status = self
                .command(name)
                .args([format!("-max_total_time={left}"), format!("-seed={seed}"), "-print_final_stats=1".to_owned()])
                .arg(format!("-artifact_prefix={}/", findings.display()))
                .args([&corpus, &seeds])
                .stderr(File::create(&log)?)
                .status()?;
            figures.read(&String::from_utf8_lossy(&std::fs::read(&log)?));
            let new = listed(&findings)?.into_iter().filter(|path| !known.contains(path));
            self.sort_out(name, status, new.collect(), &mut figures)?;
        }
        figures.seconds = started.elapsed().as_secs().max(1);
        Ok(figures)
    }

    /// Tries again what a run has ended with.
    fn sort_out(
        &self,
        name: &str,
        status: ExitStatus,
        inputs: Vec<PathBuf>,
        figures: &mut Figures,
    ) -> std::io::Result<()> {
        if !status.success() && inputs.is_empty() {
            return Err(std::io::Error::other(format!("the run ended with {status}, without an input to blame")));
        }
        for input in inputs {
            let file = input.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Of interest to who looks for speed; fast enough for us.
            let is_only_slow = file.starts_with("slow-unit");
            if is_only_slow || self.command(name).arg(&input).status()?.success() {
                figures.unrepeated += u64::from(!is_only_slow);
                std::fs::remove_file(&input)?;
            } else {
                figures.findings.push(input);
            }
        }
        Ok(())
    }
}

impl Figures {
    /// Adds what a run's log says in its end.
    fn read(&mut self, log: &str) {
        let stat = |name: &str| {
            let line = log.lines().rev().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name));
            line.and_then(|rest| rest.trim_start_matches(':').trim().parse::<u64>().ok()).unwrap_or(0)
        };
        self.executions += stat("number_of_executed_units");
        self.peak_megabytes = self.peak_megabytes.max(stat("peak_rss_mb"));
        let Some(state) = log.lines().rev().find(|line| line.starts_with('#') && line.contains(" cov: ")) else {
            return;
        };
        let number = |name: &str| {
            let rest = state.split(name).nth(1)?.trim_start();
            rest.split(|character: char| !character.is_ascii_digit()).next()?.parse::<u64>().ok()
        };
        self.coverage = number("cov:").unwrap_or(0);
        self.corpus = number("corp:").unwrap_or(0);
    }

    fn per_second(&self) -> u64 {
        self.executions / self.seconds.max(1)
    }
}

fn report(options: &Options, all: &[Figures], hostile: Option<&hostile::Report>) -> String {
    let mut text = String::new();
    let mut json = Vec::new();
    if !all.is_empty() {
        text.push_str("target        executions    per s   corpus  coverage  peak MB  findings\n");
    }
    for figures in all {
        let Figures { name, executions, corpus, coverage, peak_megabytes, .. } = figures;
        let (rate, findings) = (figures.per_second(), figures.findings.len());
        text.push_str(&format!(
            "{name:12} {executions:>11} {rate:>8} {corpus:>8} {coverage:>9} {peak_megabytes:>8} {findings:>9}\n"
        ));
        json.push(format!(
            "\"{name}\":{{\"executions\":{executions},\"per_second\":{rate},\"seconds\":{},\"corpus\":{corpus},\
             \"coverage\":{coverage},\"peak_rss_mb\":{peak_megabytes},\"unrepeated\":{},\"findings\":{findings}}}",
            figures.seconds, figures.unrepeated
        ));
    }
    for figures in all {
        for input in &figures.findings {
            text.push_str(&format!("{}: see its log, or try `{}` again\n", figures.name, input.display()));
        }
    }
    let (mut cases, mut failures) = (0, 0);
    if let Some(hostile) = hostile {
        text.push_str(&hostile.text);
        (cases, failures) = (hostile.cases, hostile.failures);
    }
    let findings = all.iter().map(|figures| figures.findings.len()).sum::<usize>();
    text.push_str(&format!(
        "{{\"seconds\":{},\"seed\":{},\"findings\":{findings},\"hostile\":{cases},\"hostile_failures\":{failures},\
         \"targets\":{{{}}}}}",
        options.seconds,
        options.seed,
        json.join(",")
    ));
    text
}

/// Files of a folder.
fn listed(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

/// The triple that this machine's compiler is for.
fn host() -> Option<String> {
    let said = Command::new("rustc").arg("-vV").output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    said.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

#[expect(clippy::disallowed_methods, reason = "a developer's tool measures")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// How often a running program is looked at.
pub(crate) const LOOK: Duration = Duration::from_millis(10);

#[test]
fn a_log_is_read() {
    let mut figures = Figures::default();
    figures.read(
        "#9\tNEW    cov: 4 ft: 15 corp: 6/32Kb lim: 77\n#15945\tDONE   cov: 4978 ft: 15094 corp: 632/32Kb lim: 77 exec/s: 514\n\
         stat::number_of_executed_units: 15945\nstat::peak_rss_mb:              64\n",
    );
    let Figures { executions, coverage, corpus, peak_megabytes, .. } = figures;
    assert_eq!((executions, coverage, corpus, peak_megabytes), (15945, 4978, 632, 64));
}
