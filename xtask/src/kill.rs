//! `cargo xtask kill`: kills a running Customer 360 at random points, damages its checkpoints, fills its disk, and compares
//! what is there in the end with an undisturbed run.
//!
//! - *cycle*: a fresh data folder, some disturbed runs, then one that is left alone.
//! - *injected*: the process dies at a named point inside a checkpoint write, a restore or a sink commit
//!   (`crates/deploy/src/crash.rs`); the others are killed from outside after a random time.

use crate::random::Random;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// Where a build with crash points can die.
const POINTS: [&str; 8] = [
    "checkpoint.block",
    "checkpoint.sync",
    "checkpoint.publish",
    "checkpoint.published",
    "restore.block",
    "sink.prepare",
    "sink.commit",
    "sink.committed",
];
const CUSTOMERS: &str = "150";
/// Blocks of 512 bytes that a process may write into one file while its disk is "full".
const FULL_BLOCKS: u64 = 600;
const PRODUCT: &str = "customer_analytics_c360";
/// An outer table, so that there is a sink to commit; its rows must come exactly once.
const SINK: &str = "CREATE TABLE transactions_out (transaction_id STRING, total_amount DECIMAL(18, 2))
WITH ('connector' = 'filesystem', 'path' = '${out}', 'format' = 'csv');
";
const SINK_STATEMENT: &str =
    "INSERT INTO transactions_out SELECT transaction_id, total_amount FROM transactions_raw;\n";

/// What is left after a run: the product, and the sink's rows.
#[derive(PartialEq, Eq)]
struct Result {
    product: Vec<String>,
    sink: Vec<String>,
}

#[derive(Default)]
struct Tally {
    kills: u64,
    injected: u64,
    damaged: u64,
    full_disks: u64,
    cycles: u64,
    by_point: BTreeMap<&'static str, u64>,
    failures: Vec<String>,
}

struct Arena {
    binary: PathBuf,
    project: PathBuf,
    data: PathBuf,
    /// Changes from cycle to cycle.
    state: PathBuf,
    out: PathBuf,
}

/// Runs until `count` kills have been survived. Gives the report and whether everything held.
pub(crate) fn run(root: &Path, count: u64, seed: u64) -> std::result::Result<(String, bool), String> {
    let folder = std::env::temp_dir().join(format!("headwater-kill-{}", std::process::id()));
    let arena = Arena::prepare(root, &folder)?;
    let whole = arena.left_alone().map_err(|error| format!("the undisturbed run: {error}"))?;
    let mut random = Random::new(seed);
    let mut tally = Tally::default();
    while tally.kills < count {
        arena.clear().map_err(|error| error.to_string())?;
        tally.cycles += 1;
        let disturbances = 1 + random.below(6);
        for _ in 0..disturbances {
            arena.disturb(&mut random, &mut tally);
        }
        match arena.left_alone() {
            Ok(result) => tally.compare(seed, &whole, &result),
            Err(error) => tally.failures.push(format!("cycle {}: a restart failed: {error}", tally.cycles)),
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
    Ok((tally.report(seed), tally.failures.is_empty()))
}

impl Arena {
    fn prepare(root: &Path, folder: &Path) -> std::result::Result<Self, String> {
        let project = folder.join("project");
        copy(&root.join("examples/c360"), &project).map_err(|error| format!("cannot copy the example: {error}"))?;
        let statement = project.join("pipelines/facts/c360/transactions_out/sql-scripts");
        std::fs::create_dir_all(&statement)
            .and_then(|()| std::fs::write(project.join("environments/local/transactions_out.sql"), SINK))
            .and_then(|()| std::fs::write(statement.join("dml.transactions_out.sql"), SINK_STATEMENT))
            .map_err(|error| format!("cannot add a sink: {error}"))?;
        let data = folder.join("data");
        cargo(root, &["build", "--quiet", "--package", "headwater", "--features", "crash-points"])?;
        let generate = ["run", "--quiet", "--package", "testkit", "--example", "generate_c360", "--"];
        let to = data.display().to_string();
        cargo(root, &[&generate[..], &[&to, CUSTOMERS]].concat())?;
        Ok(Self {
            binary: crate::target_folder(root).join("debug/headwater"),
            project,
            data,
            state: folder.join("state"),
            out: folder.join("out"),
        })
    }

    fn clear(&self) -> std::io::Result<()> {
        for folder in [&self.state, &self.out] {
            if folder.exists() {
                std::fs::remove_dir_all(folder)?;
            }
        }
        std::fs::create_dir_all(&self.out)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        self.arguments(&mut command);
        command
    }

    fn arguments(&self, command: &mut Command) {
        command.args(["run", "--mode", "stream", "--until-idle", "300ms", "--clock", "2024-06-20T12:00:00"]);
        command.args(["--checkpoint-interval", "20ms", "--epoch-rows", "800", "--output", "json"]);
        command.arg("--project").arg(&self.project).arg("--data-dir").arg(&self.state);
        command.arg("--var").arg(format!("data={}", self.data.display()));
        command.arg("--var").arg(format!("out={}", self.out.display()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }

    /// A run to its end, and what it leaves.
    fn left_alone(&self) -> std::result::Result<Result, String> {
        let product = self.state.with_extension("csv");
        let mut command = self.command();
        command.arg("--export").arg(format!("{PRODUCT}={}", product.display()));
        let output = command.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(said(&output));
        }
        let mut rows = lines(&product).map_err(|error| error.to_string())?;
        rows.sort();
        let mut sink = Vec::new();
        collect(&self.out, &mut sink).map_err(|error| error.to_string())?;
        sink.sort();
        Ok(Result { product: rows, sink })
    }

    fn disturb(&self, random: &mut Random, tally: &mut Tally) {
        match random.below(10) {
            0..5 => self.inject(random, tally),
            5..8 => self.kill(random, tally),
            8 => self.damage(random, tally),
            _ => self.fill_disk(tally),
        }
    }

    /// Dies at a point inside a checkpoint write, a restore or a commit; a run that ends before is no kill.
    fn inject(&self, random: &mut Random, tally: &mut Tally) {
        let point = POINTS[random.below(POINTS.len() as u64) as usize];
        let mut command = self.command();
        command.env("HEADWATER_CRASH", format!("{point}:{}", 1 + random.below(12)));
        match command.output() {
            Ok(output) if output.status.code().is_none() => {
                tally.kills += 1;
                tally.injected += 1;
                *tally.by_point.entry(point).or_default() += 1;
            }
            Ok(output) if output.status.success() => {}
            Ok(output) => tally.failures.push(format!("at {point}: {}", said(&output))),
            Err(error) => tally.failures.push(error.to_string()),
        }
    }

    fn kill(&self, random: &mut Random, tally: &mut Tally) {
        let mut child = match self.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(child) => child,
            Err(error) => return tally.failures.push(error.to_string()),
        };
        std::thread::sleep(Duration::from_millis(20 + random.below(1500)));
        let has_ended = child.try_wait().ok().flatten().is_some();
        // `Child::kill` is SIGKILL.
        if !has_ended && child.kill().is_ok() {
            tally.kills += 1;
            *tally.by_point.entry("outside").or_default() += 1;
        }
        let _ = child.wait();
    }

    /// Cuts the newest checkpoint short or flips a bit of it. Only where another is there to go back to.
    fn damage(&self, random: &mut Random, tally: &mut Tally) {
        let Ok(entries) = std::fs::read_dir(self.state.join("checkpoints")) else { return };
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|kind| kind == "checkpoint"));
        files.sort();
        let Some(newest) = files.pop().filter(|_| !files.is_empty()) else { return };
        let Ok(mut bytes) = std::fs::read(&newest) else { return };
        // Bytes 4 to 8 are the format's version: another version is refused, which is not this test.
        let at = 8 + random.below(bytes.len() as u64 - 8) as usize;
        if random.below(2) == 0 {
            bytes.truncate(at)
        } else {
            bytes[at] ^= 1 << random.below(8)
        }
        if std::fs::write(&newest, bytes).is_err() {
            return;
        }
        tally.damaged += 1;
        match self.command().output() {
            Ok(output) if output.status.success() => {
                let told = String::from_utf8_lossy(&output.stderr).contains("using the checkpoint before it");
                if !told {
                    tally.failures.push(format!("damage of {} went unnoticed", newest.display()));
                }
            }
            Ok(output) => tally.failures.push(format!("after damage: {}", said(&output))),
            Err(error) => tally.failures.push(error.to_string()),
        }
    }

    /// Writes fail from a certain size on: the run must say so and stop, and the next one go on.
    fn fill_disk(&self, tally: &mut Tally) {
        let mut command = Command::new("bash");
        command.arg("-c").arg(format!("ulimit -f {FULL_BLOCKS}; trap '' XFSZ; exec \"$0\" \"$@\"")).arg(&self.binary);
        self.arguments(&mut command);
        match command.output() {
            Ok(output) if output.status.success() => {}
            Ok(output) if output.status.code() == Some(1) => {
                tally.full_disks += 1;
                if !said(&output).contains("HW") {
                    tally.failures.push(format!("a full disk without a code: {}", said(&output)));
                }
            }
            Ok(output) => tally.failures.push(format!("a full disk: {}", said(&output))),
            Err(error) => tally.failures.push(error.to_string()),
        }
    }
}

impl Tally {
    fn compare(&mut self, seed: u64, whole: &Result, found: &Result) {
        if whole == found {
            return;
        }
        let missing = |whole: &[String], found: &[String]| whole.iter().filter(|row| !found.contains(row)).count();
        self.failures.push(format!(
            "cycle {} of seed {seed}: product {} missing, {} too many; sink {} rows instead of {}, {} missing",
            self.cycles,
            missing(&whole.product, &found.product),
            missing(&found.product, &whole.product),
            found.sink.len(),
            whole.sink.len(),
            missing(&whole.sink, &found.sink),
        ));
    }

    fn report(&self, seed: u64) -> String {
        let mut text = String::new();
        for failure in &self.failures {
            text.push_str(&format!("{failure}\n"));
        }
        text.push_str("killed at              times\n");
        for (point, times) in &self.by_point {
            text.push_str(&format!("{point:22} {times:>5}\n"));
        }
        text.push_str(&format!(
            "{{\"kills\":{},\"injected\":{},\"cycles\":{},\"damaged\":{},\"full_disks\":{},\"failures\":{},\"seed\":{seed}}}",
            self.kills,
            self.injected,
            self.cycles,
            self.damaged,
            self.full_disks,
            self.failures.len()
        ));
        text
    }
}

fn cargo(root: &Path, arguments: &[&str]) -> std::result::Result<(), String> {
    let status = Command::new(env!("CARGO")).args(arguments).current_dir(root).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo {}: {status}", arguments.join(" "))),
        Err(error) => Err(error.to_string()),
    }
}

fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let text = String::from_utf8_lossy(&text);
    let tail: Vec<&str> = text.lines().rev().take(12).collect();
    format!("{}: {}", output.status, tail.into_iter().rev().collect::<Vec<_>>().join("\n"))
}

fn lines(path: &Path) -> std::io::Result<Vec<String>> {
    Ok(std::fs::read_to_string(path)?.lines().map(str::to_owned).collect())
}

/// Rows of all files that a reader of the sink would see.
fn collect(folder: &Path, rows: &mut Vec<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']));
        if is_hidden {
            continue;
        }
        if path.is_dir() {
            collect(&path, rows)?;
        } else {
            rows.extend(lines(&path)?);
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        let Some(name) = path.file_name() else { continue };
        let target = to.join(name);
        if path.is_dir() {
            if name != "target" && name != "data" {
                copy(&path, &target)?;
            }
        } else {
            std::fs::copy(&path, &target)?;
        }
    }
    Ok(())
}
