//! Project automation: `cargo xtask COMMAND`. What is checked of the house itself lives here, not in a person's memory.

mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    match command.as_str() {
        "tidy" => report(&tidy::check(&root())),
        _ => {
            report(&["usage: cargo xtask tidy".to_owned()]);
            ExitCode::from(2)
        }
    }
}

/// The workspace folder.
fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}

#[expect(clippy::print_stderr, reason = "a developer's tool talks to the terminal")]
fn report(findings: &[String]) -> ExitCode {
    for finding in findings {
        eprintln!("{finding}");
    }
    if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
