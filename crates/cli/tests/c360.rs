//! The Customer 360 from generated data to its product, as a newcomer runs it: however it is run, the tables are the same.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const CLOCK: &str = "2024-06-20T12:00:00";
const PRODUCT: &str = "customer_analytics_c360";

fn headwater(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headwater"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn succeed(arguments: &[&str]) -> String {
    let output = headwater(arguments).output().expect("the binary starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}\n{stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_example_is_laid_out_as_fmt_does() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/c360");
    succeed(&["fmt", "--check", &example.display().to_string()]);
}

/// A project of its own with data of a few customers, run in batch: its folder and the rows of the product.
fn batch() -> (tempfile::TempDir, PathBuf, Vec<String>) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let project = dir.path().join("c360");
    let export = dir.path().join("batch.csv");
    let target = format!("{PRODUCT}={}", export.display());
    let folder = project.display().to_string();
    succeed(&["demo", "--dir", &folder, "--customers", "60", "--mode", "batch", "--clock", CLOCK, "--export", &target]);
    let rows = rows(&export);
    assert!(rows.len() > 50, "{} customers", rows.len());
    (dir, project, rows)
}

/// The lines of a CSV file, sorted, its header first.
fn rows(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("the export is there");
    let mut lines = text.lines().map(str::to_owned);
    let header = lines.next().expect("a header");
    let mut rows: Vec<String> = lines.collect();
    rows.sort();
    rows.insert(0, header);
    rows
}

/// Runs the project as a stream and gives the rows of the product.
fn stream(dir: &Path, project: &Path, name: &str, flags: &[&str]) -> Vec<String> {
    let export = dir.join(format!("{name}.csv"));
    let state = dir.join(name).display().to_string();
    let (target, folder) = (format!("{PRODUCT}={}", export.display()), project.display().to_string());
    let mut arguments = vec!["--project", &folder, "run", "--clock", CLOCK, "--until-idle", "1s"];
    arguments.extend(["--data-dir", &state, "--export", &target]);
    arguments.extend(flags);
    succeed(&arguments);
    rows(&export)
}

#[test]
fn a_changed_statement_is_not_taken_for_the_old_one() {
    let (dir, project, _) = batch();
    stream(dir.path(), &project, "state", &[]);
    let statement = project.join("pipelines/intermediates/c360/int_c360_support/sql-scripts/dml.int_c360_support.sql");
    let text = std::fs::read_to_string(&statement).expect("a statement of the example");
    std::fs::write(&statement, text.replace("'urgent'", "'high'")).expect("written");
    let (folder, state) = (project.display().to_string(), dir.path().join("state").display().to_string());
    let arguments = ["--project", &folder, "run", "--clock", CLOCK, "--until-idle", "1s", "--data-dir", &state];
    let output = headwater(&arguments).output().expect("the binary starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("HW3924") && stderr.contains("dml.int_c360_support.sql"), "{stderr}");
}

#[test]
fn streams_and_batches_give_the_same_product() {
    let (dir, project, batch) = batch();
    assert_eq!(stream(dir.path(), &project, "one", &[]), batch);
    assert_eq!(stream(dir.path(), &project, "two", &["--parallelism", "2"]), batch);
    assert_eq!(stream(dir.path(), &project, "small", &["--epoch-rows", "97"]), batch);
    assert_eq!(stream(dir.path(), &project, "unkept", &["--checkpoint-interval", "off"]), batch);
    assert!(!dir.path().join("unkept/checkpoints").exists(), "no checkpoint was asked for");
}

#[test]
fn a_stopped_stream_goes_on_where_it_was() {
    let (dir, project, batch) = batch();
    let state = dir.path().join("stopped");
    let (folder, data_dir) = (project.display().to_string(), state.display().to_string());
    let slow = ["--project", &folder, "run", "--clock", CLOCK, "--data-dir", &data_dir, "--max-rows-per-second", "900"];
    let mut child = headwater(&slow).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    std::thread::sleep(std::time::Duration::from_millis(900));
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill is there");
    assert!(interrupted.success());
    assert!(child.wait().expect("it ends").success(), "Ctrl-C ends a run cleanly");
    assert!(state.join("checkpoints").read_dir().expect("a folder").count() > 0, "a checkpoint was cut");
    assert_eq!(stream(dir.path(), &project, "stopped", &["--parallelism", "2"]), batch);
}

#[test]
fn a_killed_stream_goes_on_where_it_was() {
    let (dir, project, batch) = batch();
    let data_dir = dir.path().join("killed").display().to_string();
    let folder = project.display().to_string();
    for _ in 0..3 {
        let mut flags = vec!["--project", &folder, "run", "--clock", CLOCK, "--data-dir", &data_dir];
        flags.extend(["--max-rows-per-second", "1500", "--checkpoint-interval", "100ms"]);
        let mut child =
            headwater(&flags).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
        std::thread::sleep(std::time::Duration::from_millis(500));
        child.kill().expect("it runs");
        child.wait().expect("it ends");
    }
    assert_eq!(stream(dir.path(), &project, "killed", &[]), batch);
}
