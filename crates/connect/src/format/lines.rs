//! A window over a file that grows and slides: bytes are read in large blocks and handed out as one slice.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

const BLOCK_BYTES: usize = 1 << 20;

/// The unread part of a file, as far as it has been read into memory.
pub(crate) struct Window {
    file: File,
    bytes: Vec<u8>,
    /// Where the unread part begins in `bytes`.
    start: usize,
    /// The place in the file of `bytes[start]`.
    offset: u64,
    ended: bool,
}

impl Window {
    pub(crate) fn open(path: &Path, offset: u64) -> std::io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Self { file, bytes: Vec::new(), start: 0, offset, ended: false })
    }

    /// What is in memory and not consumed.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Whether the window reaches the end of the file.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Whether so little is in memory that batches would become small.
    pub(crate) fn is_low(&self) -> bool {
        !self.ended && self.unread().len() < BLOCK_BYTES / 2
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn consume(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// Reads one more block behind what is there.
    pub(crate) fn grow(&mut self) -> std::io::Result<()> {
        self.bytes.drain(..self.start);
        self.start = 0;
        self.bytes.reserve(BLOCK_BYTES);
        let block = (&self.file).take(BLOCK_BYTES as u64).read_to_end(&mut self.bytes)?;
        self.ended = block < BLOCK_BYTES;
        Ok(())
    }

    /// Consumes a line of any length without holding more of it than a block. `line_end` gives the end of the line that
    /// begins at a place and the beginning of the next, as far as that can be known.
    pub(crate) fn pass_over_line(
        &mut self,
        line_end: impl Fn(&[u8], usize, bool) -> Option<(usize, usize)>,
    ) -> std::io::Result<()> {
        loop {
            let unread = self.unread();
            if let Some((_, next)) = line_end(unread, 0, self.ended) {
                self.consume(next);
                return Ok(());
            }
            // A final \r may be half of a line break.
            let keep = usize::from(unread.last() == Some(&b'\r'));
            self.consume(unread.len() - keep);
            self.grow()?;
        }
    }
}

/// The end of the line that begins at `start`, and where the next one begins; `None` when that is not known yet.
pub(crate) fn line_end(input: &[u8], start: usize, last: bool) -> Option<(usize, usize)> {
    match memchr::memchr(b'\n', &input[start..]) {
        Some(found) => Some((start + found, start + found + 1)),
        None => last.then_some((input.len(), input.len())),
    }
}
