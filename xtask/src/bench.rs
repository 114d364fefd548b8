//! `cargo xtask bench NAME`: builds what a benchmark needs and starts it. What is measured, and against whom, lies in `bench/`
//! and in the engine's `throughput`.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

pub(crate) const NAMES: &str = "c360, micro, freshness, instructions";
/// Customers of the case when nothing else is said.
const CUSTOMERS: &str = "10000";
/// Those beside whom fresh rows come.
const FRESHNESS_CUSTOMERS: &str = "1000";
/// Those of the runs whose instructions are counted.
const COUNTED_CUSTOMERS: &str = "200";

/// Runs the benchmark and gives its exit code: 0 all bounds hold, 1 one does not.
pub(crate) fn run(root: &Path, name: &str, arguments: &[String]) -> Result<ExitCode, String> {
    let mut arguments = arguments.to_vec();
    let code = match name {
        "c360" => {
            let customers = take(&mut arguments, "--customers")?.unwrap_or_else(|| CUSTOMERS.to_owned());
            let data = generated(root, &customers)?;
            let binary = headwater(root)?;
            let fixed = ["--customers", &customers, "--data", &data, "--headwater", &binary];
            python(root, "c360.py", &fixed, &arguments)?
        }
        "freshness" => {
            let data = generated(root, FRESHNESS_CUSTOMERS)?;
            let binary = headwater(root)?;
            python(root, "freshness.py", &["--headwater", &binary, "--data", &data], &arguments)?
        }
        "instructions" => {
            let data = generated(root, COUNTED_CUSTOMERS)?;
            let (binary, micro) = (headwater(root)?, throughput(root)?);
            let fixed = ["--headwater", &binary, "--micro", &micro, "--data", &data];
            python(root, "instructions.py", &fixed, &arguments)?
        }
        "micro" => status(Command::new(throughput(root)?).args(&arguments))?,
        _ => return Err(format!("there is no benchmark `{name}`; there are {NAMES}")),
    };
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(2)))
}

/// Takes a flag and its value out of the arguments.
fn take(arguments: &mut Vec<String>, flag: &str) -> Result<Option<String>, String> {
    let Some(at) = arguments.iter().position(|argument| argument == flag) else { return Ok(None) };
    if at + 1 == arguments.len() {
        return Err(format!("{flag} needs a value"));
    }
    arguments.remove(at);
    Ok(Some(arguments.remove(at)))
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// The release build of the program.
fn headwater(root: &Path) -> Result<String, String> {
    // The whole workspace decides on features, so that what is built once serves every benchmark.
    cargo(root, &["build", "--release", "--workspace", "--bin", "headwater"])?;
    Ok(target(root).join("release/headwater").display().to_string())
}

/// The release build of the micro-benchmarks.
fn throughput(root: &Path) -> Result<String, String> {
    cargo(root, &["build", "--release", "--workspace", "--example", "throughput"])?;
    Ok(target(root).join("release/examples/throughput").display().to_string())
}

/// A folder with the case's files for so many customers, generated once.
fn generated(root: &Path, customers: &str) -> Result<String, String> {
    customers.parse::<u64>().map_err(|_| format!("--customers takes a number, not `{customers}`"))?;
    let folder = target(root).join("bench").join(format!("c360-{customers}"));
    if !folder.exists() {
        // Renamed when complete: a run that was interrupted leaves nothing that looks whole.
        let partial = folder.with_extension("partial");
        let path = partial.display().to_string();
        cargo(root, &["run", "--quiet", "--package", "testkit", "--example", "generate_c360", "--", &path, customers])?;
        std::fs::rename(&partial, &folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    Ok(folder.display().to_string())
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).current_dir(root).stdout(Stdio::null());
    match status(&mut command)? {
        0 => Ok(()),
        code => Err(format!("cargo {} ended with {code}", arguments.join(" "))),
    }
}

fn python(root: &Path, script: &str, fixed: &[&str], more: &[String]) -> Result<i32, String> {
    let script = root.join("bench").join(script);
    status(Command::new("python3").arg(script).args(fixed).args(more))
}

fn status(command: &mut Command) -> Result<i32, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| format!("cannot start {program}: {error}"))?;
    Ok(status.code().unwrap_or(2))
}
