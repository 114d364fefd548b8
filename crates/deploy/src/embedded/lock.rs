//! One process at a time works in a data folder.

use data::Diagnostic;
use std::fs::{File, TryLockError};
use std::path::Path;

/// Held for as long as it lives; the system releases it when the process dies.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "open for the lock that it holds")] File);

impl Lock {
    /// The lock of a data folder; `None` when another process has it.
    pub(crate) fn take(data_dir: &Path) -> Result<Option<Self>, Diagnostic> {
        let path = data_dir.join("lock");
        let failed = |error: std::io::Error| {
            Diagnostic::run("HW3921", "cannot lock the data folder")
                .detail(format!("{}: {error}", path.display()))
                .hint("check that this user may write there, or name another folder with --data-dir")
        };
        std::fs::create_dir_all(data_dir).map_err(failed)?;
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}
