//! Project automation: `cargo xtask COMMAND`. What is checked of the house itself lives here, not in a person's memory, and
//! so do the judges of what it computes. Without dependencies, so that it is there at once; what needs the engine is a
//! program of `testkit` that is started from here.

mod bench;
mod fuzz;
mod hostile;
mod judge;
mod kill;
mod random;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND

  tidy                                        layout, sizes, dependencies of the house
  oracle [FILE…]                              the corpus on a real Flink; writes docs/conformance.md
  differential [--pairs N] [--seed S] [--flink]   random queries in every way they can be run
  kill [--count N] [--seed S]                 a Customer 360 killed at random points
  fuzz [--seconds N] [--target T] [--seed S]  readers of text and bytes, N seconds each; hostile inputs
  bench NAME …                                what is measured: c360, micro, freshness, instructions
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    match command.as_str() {
        "tidy" => report(&tidy::check(&root())),
        "differential" | "oracle" => judge::program(&root(), &command, &rest),
        "bench" => {
            let (name, rest) = rest.split_first().map_or(("", &[][..]), |(name, rest)| (name.as_str(), rest));
            bench::run(&root(), name, rest).unwrap_or_else(|error| {
                report(&[error]);
                ExitCode::from(2)
            })
        }
        "kill" => {
            let Some((count, seed)) = kill_arguments(&rest) else { return usage() };
            judged(kill::run(&root(), count, seed))
        }
        "fuzz" => match fuzz::Options::of(&rest) {
            Some(options) => judged(fuzz::run(&root(), &options)),
            None => usage(),
        },
        _ => usage(),
    }
}

fn kill_arguments(arguments: &[String]) -> Option<(u64, u64)> {
    let (mut count, mut seed) = (40, 1);
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        let value = rest.next()?.parse().ok()?;
        match flag.as_str() {
            "--count" => count = value,
            "--seed" => seed = value,
            _ => return None,
        }
    }
    Some((count, seed))
}

fn usage() -> ExitCode {
    report(&[USAGE.to_owned()]);
    ExitCode::from(2)
}

/// Prints a judge's report.
fn judged(outcome: Result<(String, bool), String>) -> ExitCode {
    match outcome {
        Ok((text, held)) => finish(&text, held),
        Err(error) => {
            report(&[error]);
            ExitCode::from(2)
        }
    }
}

/// Where cargo puts what it builds.
fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// The workspace folder.
fn root() -> PathBuf {
    // Said by cargo at each run: checkouts that share a build folder share the program, too.
    let here = std::env::var_os("CARGO_MANIFEST_DIR");
    let mut path = here.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    path.pop();
    path
}

#[expect(clippy::print_stdout, reason = "a developer's tool talks to the terminal")]
fn finish(text: &str, held: bool) -> ExitCode {
    println!("{text}");
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stderr, reason = "a developer's tool talks to the terminal")]
fn report(findings: &[String]) -> ExitCode {
    for finding in findings {
        eprintln!("{finding}");
    }
    if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
