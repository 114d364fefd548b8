//! Rows of CSV, written field by field without formatting machinery: generators write millions of them.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// A file of rows under a header.
pub(crate) struct CsvFile {
    out: BufWriter<File>,
    row: Vec<u8>,
    pub(crate) rows: u64,
}

impl CsvFile {
    pub(crate) fn create(folder: &Path, name: &str, header: &str) -> io::Result<Self> {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut out = BufWriter::with_capacity(1 << 18, File::create(path)?);
        out.write_all(header.as_bytes())?;
        out.write_all(b"\n")?;
        Ok(Self { out, row: Vec::with_capacity(256), rows: 0 })
    }

    /// A row of the fields that `fields` appends.
    pub(crate) fn row(&mut self, fields: impl FnOnce(&mut Fields<'_>)) -> io::Result<()> {
        self.row.clear();
        fields(&mut Fields { row: &mut self.row });
        // Every field ends with a comma; the last one's becomes the line break.
        if let Some(last) = self.row.last_mut() {
            *last = b'\n';
        }
        self.rows += 1;
        self.out.write_all(&self.row)
    }

    pub(crate) fn finish(mut self) -> io::Result<u64> {
        self.out.flush()?;
        Ok(self.rows)
    }
}

/// The fields of a row, in order.
pub(crate) struct Fields<'a> {
    row: &'a mut Vec<u8>,
}

impl Fields<'_> {
    fn end(&mut self) -> &mut Self {
        self.row.push(b',');
        self
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.end()
    }

    /// Text without commas, quotes and line breaks.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.row.extend_from_slice(text.as_bytes());
        self.end()
    }

    /// Several pieces as one field.
    pub(crate) fn joined(&mut self, pieces: &[&str]) -> &mut Self {
        for piece in pieces {
            self.row.extend_from_slice(piece.as_bytes());
        }
        self.end()
    }

    pub(crate) fn integer(&mut self, number: i64) -> &mut Self {
        if number < 0 {
            self.row.push(b'-');
        }
        self.digits(number.unsigned_abs(), 1);
        self.end()
    }

    /// `TXN000042`: a prefix and at least six digits.
    pub(crate) fn id(&mut self, prefix: &str, number: u64) -> &mut Self {
        self.row.extend_from_slice(prefix.as_bytes());
        self.digits(number, 6);
        self.end()
    }

    /// A number of `scale` digits behind the point, given in its smallest unit.
    pub(crate) fn decimal(&mut self, units: i64, scale: u32) -> &mut Self {
        if units < 0 {
            self.row.push(b'-');
        }
        let unit = 10u64.pow(scale);
        self.digits(units.unsigned_abs() / unit, 1);
        self.row.push(b'.');
        self.digits(units.unsigned_abs() % unit, scale as usize);
        self.end()
    }

    pub(crate) fn cents(&mut self, cents: i64) -> &mut Self {
        self.decimal(cents, 2)
    }

    /// Days since 1970-01-01.
    pub(crate) fn date(&mut self, days: i64) -> &mut Self {
        self.day(days);
        self.end()
    }

    /// Seconds since 1970-01-01T00:00:00.
    pub(crate) fn timestamp(&mut self, seconds: i64) -> &mut Self {
        self.day(seconds.div_euclid(86_400));
        let second = seconds.rem_euclid(86_400) as u64;
        for (part, before) in [(second / 3_600, b' '), (second / 60 % 60, b':'), (second % 60, b':')] {
            self.row.push(before);
            self.digits(part, 2);
        }
        self.end()
    }

    fn day(&mut self, days: i64) {
        let (year, month, day) = data::time::civil_from_days(days);
        self.digits(u64::from(year.unsigned_abs()), 4);
        self.row.push(b'-');
        self.digits(u64::from(month), 2);
        self.row.push(b'-');
        self.digits(u64::from(day), 2);
    }

    fn digits(&mut self, mut number: u64, least: usize) {
        let mut buffer = [b'0'; 20];
        let mut at = buffer.len();
        while number > 0 || buffer.len() - at < least {
            at -= 1;
            buffer[at] = b'0' + (number % 10) as u8;
            number /= 10;
        }
        self.row.extend_from_slice(&buffer[at..]);
    }
}
