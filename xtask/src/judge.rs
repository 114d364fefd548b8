//! Starts the judges that need the engine: programs of `testkit`.

use std::path::Path;
use std::process::{Command, ExitCode};

/// Runs an example of `testkit` with its arguments and gives its exit code.
pub(crate) fn program(root: &Path, name: &str, arguments: &[String]) -> ExitCode {
    let build = ["run", "--quiet", "--package", "testkit", "--example", name, "--"];
    let status = Command::new(env!("CARGO")).args(build).args(arguments).current_dir(root).status();
    match status.ok().and_then(|status| status.code()) {
        Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(2)),
        None => ExitCode::from(2),
    }
}
