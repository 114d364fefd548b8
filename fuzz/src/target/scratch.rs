//! A folder for the files that targets read: the one that `HEADWATER_FUZZ_SCRATCH` names, which whoever names it removes.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The folder of this process.
pub(super) fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let own = || std::env::temp_dir().join(format!("headwater-fuzz-{}", std::process::id()));
        let folder = std::env::var_os("HEADWATER_FUZZ_SCRATCH").map_or_else(own, PathBuf::from);
        std::fs::create_dir_all(&folder).expect("a folder for scratch files");
        folder
    })
}
