//! The raw files of the Customer 360 case: fourteen CSV files in four folders, consistent with each other.
//!
//! - *re-send*: a row that comes again: the same once more, a newer version, or an older version that comes late and
//!   must lose. The seven files that pipelines read say which is which by `source_updated_at` (and `source_deleted`).
//! - *bad row*: one that cannot be read: a field too many, a text where a number belongs, no key.
//!
//! 1,000 customers make about 87,000 rows, and so on in proportion.

mod customer;
mod logistics;
mod products;
mod sales;

use super::csv::{CsvFile, Fields};
use super::random::Random;
use std::collections::VecDeque;
use std::io;
use std::path::Path;

/// What to generate.
#[derive(Clone, Debug)]
pub struct Options {
    pub customers: u64,
    pub seed: u64,
    /// The day up to which things have happened, in days since 1970-01-01.
    pub today: i64,
    /// Rows sent again, per million.
    pub resends: u64,
    /// Rows that cannot be read, per million.
    pub bad_rows: u64,
}

/// 2024-06-20, the day at which the case is looked at.
const TODAY: i64 = 19_894;

impl Default for Options {
    fn default() -> Self {
        Self { customers: 1_000, seed: 360, today: TODAY, resends: 50_000, bad_rows: 0 }
    }
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// File and rows, without headers.
    pub files: Vec<(&'static str, u64)>,
    /// Rows among them that cannot be read.
    pub bad_rows: u64,
}

impl Written {
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|(_, rows)| rows).sum()
    }
}

/// Writes the fourteen files below `folder`, replacing those that are there.
///
/// # Errors
/// What the file system refuses.
pub fn write(folder: &Path, options: &Options) -> io::Result<Written> {
    let mut world = World { folder, options, written: Written::default() };
    customer::write(&mut world)?;
    products::write(&mut world)?;
    sales::write(&mut world)?;
    logistics::write(&mut world)?;
    Ok(world.written)
}

/// What all files share.
struct World<'a> {
    folder: &'a Path,
    options: &'a Options,
    written: Written,
}

impl World<'_> {
    fn random(&self, stream: u64) -> Random {
        Random::new(self.options.seed, stream)
    }

    fn products(&self) -> u64 {
        (self.options.customers / 20).clamp(25, 5_000)
    }

    /// The first second after the last day.
    fn now(&self) -> i64 {
        (self.options.today + 1) * 86_400
    }

    fn plain(&mut self, name: &'static str, header: &str) -> io::Result<CsvFile> {
        self.written.files.push((name, 0));
        CsvFile::create(self.folder, name, header)
    }

    fn done(&mut self, file: CsvFile) -> io::Result<()> {
        let rows = file.finish()?;
        if let Some(last) = self.written.files.last_mut() {
            last.1 = rows;
        }
        Ok(())
    }
}

/// A row of a file whose rows have versions.
trait Versioned: Clone {
    /// All fields but those of the version.
    fn fields(&self, out: &mut Fields<'_>);

    /// Becomes a newer version of itself.
    fn change(&mut self, random: &mut Random);

    /// The second from which on it can be known.
    fn known_from(&self) -> i64;
}

/// So many rows later a re-send comes.
const RESEND_AFTER: u64 = 400;

/// A file of versions: writes rows and, later, some of them again.
struct VersionedFile<R> {
    file: CsvFile,
    random: Random,
    resends: u64,
    bad_rows: u64,
    bad: u64,
    /// Rows to come again: after which row, with which version.
    waiting: VecDeque<(u64, R, Version)>,
}

#[derive(Clone, Copy)]
struct Version {
    updated_at: i64,
    deleted: bool,
}

impl<R: Versioned> VersionedFile<R> {
    fn create(world: &mut World<'_>, name: &'static str, header: &str, stream: u64) -> io::Result<Self> {
        let file = world.plain(name, &format!("{header},source_updated_at,source_deleted"))?;
        Ok(Self {
            file,
            random: world.random(1_000 + stream),
            resends: world.options.resends,
            bad_rows: world.options.bad_rows,
            bad: 0,
            waiting: VecDeque::new(),
        })
    }

    fn push(&mut self, row: R) -> io::Result<()> {
        let random = &mut self.random;
        let version = Version { updated_at: row.known_from() + random.between(1, 3_600), deleted: false };
        if random.chance(self.resends) {
            let (mut again, mut with) = (row.clone(), version);
            match random.below(100) {
                0..40 => {}
                40..88 => {
                    with = Version { updated_at: version.updated_at + random.between(3_600, 864_000), ..version };
                    with.deleted = random.chance(40_000);
                    again.change(random);
                }
                _ => {
                    with.updated_at -= random.between(3_600, 86_400);
                    again.change(random);
                }
            }
            self.waiting.push_back((self.file.rows + RESEND_AFTER, again, with));
        }
        self.write(&row, version)?;
        while self.waiting.front().is_some_and(|(after, ..)| *after <= self.file.rows) {
            self.resend()?;
        }
        Ok(())
    }

    fn resend(&mut self) -> io::Result<()> {
        match self.waiting.pop_front() {
            Some((_, row, version)) => self.write(&row, version),
            None => Ok(()),
        }
    }

    fn write(&mut self, row: &R, version: Version) -> io::Result<()> {
        let mark = |out: &mut Fields<'_>, updated_at: i64| {
            out.timestamp(updated_at);
            if version.deleted {
                out.text("true");
            } else {
                out.null();
            }
        };
        if self.random.chance(self.bad_rows) {
            self.bad += 1;
            let kind = self.random.below(3);
            self.file.row(|out| match kind {
                // A field too many.
                0 => {
                    row.fields(out);
                    out.text("surplus");
                    mark(out, version.updated_at);
                }
                // No time where one belongs.
                1 => {
                    row.fields(out);
                    out.text("yesterday").null();
                }
                // Cut off.
                _ => {
                    out.null().text("cut off");
                }
            })?;
        }
        self.file.row(|out| {
            row.fields(out);
            mark(out, version.updated_at);
        })
    }

    fn finish(mut self, world: &mut World<'_>) -> io::Result<()> {
        while !self.waiting.is_empty() {
            self.resend()?;
        }
        world.written.bad_rows += self.bad;
        world.done(self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_the_cases() {
        let folder = std::env::temp_dir().join(format!("headwater-c360-{}", std::process::id()));
        let options = Options { customers: 200, bad_rows: 5_000, ..Options::default() };
        let written = write(&folder, &options).expect("writes");
        assert_eq!(written.files.len(), 14);
        assert!((17_000..22_000).contains(&written.rows()), "{written:?}");
        assert!(written.bad_rows > 10);
        let text = std::fs::read_to_string(folder.join("sales/transactions.csv")).expect("reads");
        let ids: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        let mut distinct = ids.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert!(ids.len() > distinct.len() + 100, "rows are sent again");
        assert!(text.contains(",refunded,"), "transactions are refunded");
        let again = write(&folder, &options).expect("writes");
        assert_eq!(again, written);
        assert_eq!(std::fs::read_to_string(folder.join("sales/transactions.csv")).expect("reads"), text);
        std::fs::remove_dir_all(&folder).expect("removes");
    }
}
