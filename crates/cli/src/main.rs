//! The `headwater` program: the command line over all the crates. The only crate that prints.
//!
//! Exit codes: 0 done and all well; 1 it worked and the answer is no; 2 wrong usage, unreadable input, or our fault.

mod command;
mod context;
mod door;
mod input;
mod memory;
mod output;
mod progress;
mod project;
mod render;
mod rows;
mod scalar;
mod values;
mod workbench;

use clap::Parser;
use context::{Answer, Context, Failure, Global};
use std::process::ExitCode;

/// Recursion over deeply nested SQL needs room; the pages are only touched when it happens.
const STACK_BYTES: usize = 256 << 20;

/// Streaming data products written in Flink SQL: check, test, run and serve them with one binary.
#[derive(Parser)]
#[command(name = "headwater", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: command::Command,
}

fn main() -> ExitCode {
    memory::keep_a_while();
    let main = std::thread::Builder::new().name("main".to_owned()).stack_size(STACK_BYTES).spawn(run);
    let code = match main {
        Ok(thread) => thread.join().unwrap_or(2),
        Err(_) => run(),
    };
    ExitCode::from(code)
}

/// The exit code.
fn run() -> u8 {
    let Cli { global, command } = Cli::parse();
    let mut context = match Context::new(global) {
        Ok(context) => context,
        Err(failure) => return output::last_words(&failure),
    };
    let checked = project::check(&context.global).map_err(Failure::from);
    let result = checked.and_then(|()| command::run(command, &mut context)).and_then(|answer| {
        context.output.flush()?;
        Ok(answer)
    });
    match result {
        Ok(Answer::Yes) | Err(Failure::BrokenPipe) => 0,
        Ok(Answer::No) => 1,
        Err(failure) => context.output.failure(&failure),
    }
}
