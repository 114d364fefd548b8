//! One checkpoint file: a header, checksummed blocks of entries, and a footer that says it is whole.
//!
//! ```text
//! file   = "HWCK" version:u32 header_bytes:u32 header:JSON checksum:u64 block* end
//! block  = payload_bytes:u32 (> 0) checksum:u64 operator:u128 entry*
//! end    = 0:u32 entries:u64 checksum:u64          checksum of all block checksums in order
//! entry  = table key_group key_bytes value_bytes key value        varints; value_bytes is 0: deleted, else 1 more
//! ```
//! Numbers of fixed size are little endian, checksums xxh3. A file without its end was torn; one with a wrong checksum was
//! damaged.

use crate::crash;
use data::varint;
use engine::EntryRef;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

const MAGIC: &[u8; 4] = b"HWCK";
/// Raised with every change of this format or of what operators store.
pub(crate) const FORMAT_VERSION: u32 = 2;
const BLOCK_BYTES: usize = 1 << 20;
const OPERATOR_BYTES: usize = 16;
/// Of the four numbers before an entry's key and value.
const ENTRY_HEAD_BYTES_MAX: usize = 40;
/// No header, block or row is larger; a length beyond it is damage, not a reason to allocate.
const LENGTH_MAX: usize = 1 << 31;

/// Why a file cannot be used.
#[derive(Debug)]
pub(crate) enum Damage {
    Io(io::Error),
    /// Written by a version of Headwater with another format.
    Version(u32),
    /// Torn or altered; says what was found.
    Content(&'static str),
}

impl From<io::Error> for Damage {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Content("it ends too early") } else { Self::Io(error) }
    }
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Version(version) => {
                write!(f, "its format version is {version}, this program reads {FORMAT_VERSION}")
            }
            Self::Content(what) => f.write_str(what),
        }
    }
}

pub(crate) struct Writer {
    file: BufWriter<File>,
    /// Begins with the operator.
    block: Vec<u8>,
    operator: Option<u128>,
    entries: u64,
    sums: Vec<u8>,
    bytes: u64,
}

impl Writer {
    pub(crate) fn create(path: &Path, header: &[u8]) -> io::Result<Self> {
        let mut file = BufWriter::with_capacity(1 << 16, File::create(path)?);
        file.write_all(MAGIC)?;
        file.write_all(&FORMAT_VERSION.to_le_bytes())?;
        file.write_all(&(header.len() as u32).to_le_bytes())?;
        file.write_all(header)?;
        file.write_all(&xxh3_64(header).to_le_bytes())?;
        Ok(Self {
            file,
            block: Vec::with_capacity(BLOCK_BYTES),
            operator: None,
            entries: 0,
            sums: Vec::new(),
            bytes: 0,
        })
    }

    pub(crate) fn entry(&mut self, operator: u128, entry: EntryRef) -> io::Result<()> {
        if self.operator != Some(operator) {
            self.write_block()?;
            self.operator = Some(operator);
        }
        if self.block.is_empty() {
            self.block.extend_from_slice(&operator.to_le_bytes());
        }
        let value_bytes = entry.value.map_or(0, |value| value.len() as u64 + 1);
        let mut head = [0; ENTRY_HEAD_BYTES_MAX];
        let mut length = 0;
        for number in [u64::from(entry.table), u64::from(entry.group), entry.key.len() as u64, value_bytes] {
            length += varint::write(&mut head[length..], number);
        }
        self.block.extend_from_slice(&head[..length]);
        self.block.extend_from_slice(entry.key);
        self.block.extend_from_slice(entry.value.unwrap_or_default());
        self.entries += 1;
        if self.block.len() >= BLOCK_BYTES { self.write_block() } else { Ok(()) }
    }

    fn write_block(&mut self) -> io::Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        crash::point("checkpoint.block");
        let sum = xxh3_64(&self.block).to_le_bytes();
        self.file.write_all(&(self.block.len() as u32).to_le_bytes())?;
        self.file.write_all(&sum)?;
        self.file.write_all(&self.block)?;
        self.sums.extend_from_slice(&sum);
        self.bytes += self.block.len() as u64;
        self.block.clear();
        Ok(())
    }

    /// Writes the end and waits until the disk has it. Returns the bytes of all entries.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        self.write_block()?;
        self.file.write_all(&0u32.to_le_bytes())?;
        self.file.write_all(&self.entries.to_le_bytes())?;
        self.file.write_all(&xxh3_64(&self.sums).to_le_bytes())?;
        self.file.flush()?;
        crash::point("checkpoint.sync");
        self.file.get_ref().sync_all()?;
        Ok(self.bytes)
    }
}

/// The header of a file, without its entries.
pub(crate) fn read_header(path: &Path) -> Result<Vec<u8>, Damage> {
    open(path).map(|(_, header)| header)
}

fn open(path: &Path) -> Result<(BufReader<File>, Vec<u8>), Damage> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut magic = [0; 4];
    file.read_exact(&mut magic)?;
    if &magic != MAGIC {
        return Err(Damage::Content("it is not a checkpoint"));
    }
    let version = read_u32(&mut file)?;
    if version != FORMAT_VERSION {
        return Err(Damage::Version(version));
    }
    let length = read_u32(&mut file)? as usize;
    let header = read_bytes(&mut file, length)?;
    if read_u64(&mut file)? != xxh3_64(&header) {
        return Err(Damage::Content("its header was altered"));
    }
    Ok((file, header))
}

/// Reads a whole file, handing over its entries. A damaged one may have handed over some before that is found:
/// [`verify`] first where that matters.
pub(crate) fn read(path: &Path, visit: &mut dyn FnMut(u128, EntryRef)) -> Result<(), Damage> {
    let (mut file, _) = open(path)?;
    let mut sums = Vec::new();
    let mut entries = 0u64;
    loop {
        let length = read_u32(&mut file)? as usize;
        if length == 0 {
            break;
        }
        let sum = read_u64(&mut file)?;
        let block = read_bytes(&mut file, length)?;
        if xxh3_64(&block) != sum {
            return Err(Damage::Content("a block was altered"));
        }
        crash::point("restore.block");
        sums.extend_from_slice(&sum.to_le_bytes());
        entries += read_entries(&block, visit)?;
    }
    if read_u64(&mut file)? != entries || read_u64(&mut file)? != xxh3_64(&sums) {
        return Err(Damage::Content("its end does not fit its blocks"));
    }
    Ok(())
}

/// Whether the file is whole and unaltered.
pub(crate) fn verify(path: &Path) -> Result<(), Damage> {
    read(path, &mut |_, _| {})
}

fn read_entries(block: &[u8], visit: &mut dyn FnMut(u128, EntryRef)) -> Result<u64, Damage> {
    const ODD: Damage = Damage::Content("an entry runs over its block");
    let (operator, mut rest) = block.split_first_chunk::<OPERATOR_BYTES>().ok_or(ODD)?;
    let operator = u128::from_le_bytes(*operator);
    let mut entries = 0;
    while !rest.is_empty() {
        let [table, group, key_bytes, value_bytes] = std::array::from_fn(|_| varint::take(&mut rest));
        let narrow = |number: u64| u16::try_from(number).map_err(|_| ODD);
        let (table, group) = (narrow(table)?, narrow(group)?);
        let (key, after) = rest.split_at_checked(key_bytes as usize).ok_or(ODD)?;
        let (value, after) = after.split_at_checked(value_bytes.saturating_sub(1) as usize).ok_or(ODD)?;
        rest = after;
        visit(operator, EntryRef { table, group, key, value: (value_bytes > 0).then_some(value) });
        entries += 1;
    }
    Ok(entries)
}

fn read_u32(file: &mut impl Read) -> Result<u32, Damage> {
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn read_u64(file: &mut impl Read) -> Result<u64, Damage> {
    let mut bytes = [0; 8];
    file.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

/// Reads step by step, so that a damaged length cannot ask for more memory than the file has bytes.
fn read_bytes(file: &mut impl Read, length: usize) -> Result<Vec<u8>, Damage> {
    if length > LENGTH_MAX {
        return Err(Damage::Content("a length is out of range"));
    }
    let mut bytes = Vec::new();
    file.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() == length { Ok(bytes) } else { Err(Damage::Content("it ends too early")) }
}
