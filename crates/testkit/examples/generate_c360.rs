//! Writes generated Customer 360 files:
//! `cargo run -p testkit --example generate_c360 -- FOLDER [CUSTOMERS [SEED [BAD]]]`, BAD being rows that cannot be
//! read, per million.

use std::process::ExitCode;
use testkit::generate::c360::{Options, write};

#[expect(clippy::print_stderr, reason = "a developer's tool talks to the terminal")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u64| arguments.get(at).map_or(Some(default), |text| text.parse().ok());
    let options = Options::default();
    let (Some(folder), Some(customers), Some(seed), Some(bad_rows)) =
        (arguments.first(), number(1, options.customers), number(2, options.seed), number(3, 0))
    else {
        eprintln!("usage: generate_c360 FOLDER [CUSTOMERS [SEED [BAD_ROWS_PER_MILLION]]]");
        return ExitCode::from(2);
    };
    match write(std::path::Path::new(folder), &Options { customers, seed, bad_rows, ..options }) {
        Ok(written) => {
            eprintln!("{} rows, {} of them bad: {:?}", written.rows(), written.bad_rows, written.files);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
