//! One program for all fuzz targets; `HEADWATER_FUZZ_TARGET` says which. With `HEADWATER_FUZZ_SEEDS=FOLDER` it writes the
//! target's seeds there instead.
//!
//! - *target*: a reader of outside text or bytes, and what must hold whatever it reads. A panic is a finding; so is whatever
//!   takes too long or too much memory, which the fuzzing loop itself watches.
//! - *seed*: an input to begin with, made from the project's own tests and examples or by our own writers.

#![no_main]

mod target;

use libfuzzer_sys::fuzz_target;
use std::path::Path;
use std::sync::OnceLock;
use target::Target;

static TARGET: OnceLock<&'static Target> = OnceLock::new();

fuzz_target!(
    init: {
        let name = std::env::var("HEADWATER_FUZZ_TARGET").unwrap_or_default();
        let Some(target) = target::TARGETS.iter().find(|target| target.name == name) else {
            let names: Vec<&str> = target::TARGETS.iter().map(|target| target.name).collect();
            eprintln!("HEADWATER_FUZZ_TARGET is one of {}", names.join(", "));
            std::process::exit(2);
        };
        if let Some(folder) = std::env::var_os("HEADWATER_FUZZ_SEEDS") {
            match write_seeds(target, Path::new(&folder)) {
                Ok(()) => std::process::exit(0),
                Err(error) => {
                    eprintln!("cannot write the seeds: {error}");
                    std::process::exit(2);
                }
            }
        }
        let _ = TARGET.set(target);
    },
    |input: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.run)(input);
        }
    }
);

fn write_seeds(target: &Target, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (number, seed) in (target.seeds)(&root).into_iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number:05}")), seed)?;
    }
    Ok(())
}
