//! Bytes of a CSV file into records and fields, without decoding any. The rules are those of the reader that Flink
//! uses: a quote counts only at the very beginning of a field, blanks may follow a closing quote, `\r`, `\n` and
//! `\r\n` end a record, and so does the end of the file.

use memchr::{memchr_iter, memchr2};

/// The characters that mean something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
    pub(crate) escape: Option<u8>,
    /// Lines whose first character that is not blank is `#` are no records.
    pub(crate) comments: bool,
}

/// Where a field's text is: in the input, or unescaped in [`Records::scratch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    start: u32,
    end: u32,
}

const IN_SCRATCH: u32 = 1 << 31;

impl Field {
    /// A field that the record does not have.
    pub(crate) const MISSING: Field = Field { start: u32::MAX, end: u32::MAX };

    fn input(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    fn scratch(start: usize, end: usize) -> Self {
        Self { start: start as u32 | IN_SCRATCH, end: end as u32 }
    }

    /// The text; `None` for a missing field.
    pub(crate) fn text<'a>(self, input: &'a [u8], scratch: &'a [u8]) -> Option<&'a [u8]> {
        if self == Self::MISSING {
            None
        } else if self.start & IN_SCRATCH != 0 {
            Some(&scratch[(self.start & !IN_SCRATCH) as usize..self.end as usize])
        } else {
            Some(&input[self.start as usize..self.end as usize])
        }
    }
}

/// What is wrong with a record as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// So many fields came instead of the expected number.
    Width(usize),
    /// A quoted field is not closed.
    OpenQuote,
    /// Something other than a delimiter follows a closing quote.
    AfterQuote,
    /// Longer than allowed.
    TooLong,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Lines from the first record of this batch.
    pub(crate) line: u32,
}

/// Records of one batch, each with exactly `width` fields; those that had more or fewer are faulty.
#[derive(Default)]
pub(crate) struct Records {
    pub(crate) width: usize,
    pub(crate) fields: Vec<Field>,
    pub(crate) spans: Vec<Span>,
    pub(crate) scratch: Vec<u8>,
    pub(crate) faults: Vec<(usize, Fault)>,
    /// Lines consumed.
    pub(crate) lines: u32,
    /// Fields so far of the record being split.
    count: usize,
}

impl Records {
    pub(crate) fn clear(&mut self, width: usize) {
        self.width = width;
        self.fields.clear();
        self.spans.clear();
        self.scratch.clear();
        self.faults.clear();
        self.lines = 0;
        self.count = 0;
    }

    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Takes a field of the record being split; of those beyond the width only the number counts.
    fn push(&mut self, field: Field) {
        if self.count < self.width {
            self.fields.push(field);
        }
        self.count += 1;
    }

    fn finish(&mut self, fault: Option<Fault>, span: Span) {
        let fault = fault.or((self.count != self.width).then_some(Fault::Width(self.count)));
        if let Some(fault) = fault {
            self.faults.push((self.spans.len(), fault));
        }
        self.spans.push(span);
        self.fields.resize(self.spans.len() * self.width, Field::MISSING);
        self.count = 0;
    }

    /// Forgets the record being split.
    fn abandon(&mut self) {
        self.fields.truncate(self.spans.len() * self.width);
        self.count = 0;
    }
}

enum Quoted {
    /// The record ends here; the next begins there; so many lines further.
    Record {
        end: usize,
        next: usize,
        lines: u32,
    },
    Faulty {
        fault: Fault,
        end: usize,
        next: usize,
        lines: u32,
    },
    /// More input is needed.
    Incomplete,
}

impl Dialect {
    /// Splits `input` until `max` records are there or no complete record is left; returns the bytes used.
    /// `last` says that the input ends the file. Records longer than `longest` are faulty.
    pub(crate) fn split(&self, input: &[u8], last: bool, max: usize, longest: usize, out: &mut Records) -> usize {
        let mut at = 0;
        while out.len() < max && at < input.len() {
            let Some((end, next)) = line_end(input, at, last) else { break };
            let line = &input[at..end];
            if self.comments && line.trim_ascii_start().first() == Some(&b'#') {
                out.lines += 1;
                at = next;
                continue;
            }
            let span = Span { start: at as u32, end: end as u32, line: out.lines };
            if line.len() > longest {
                out.finish(Some(Fault::TooLong), span);
                out.lines += 1;
                at = next;
            } else if self.is_plain(line) {
                let mut start = at;
                for delimiter in memchr_iter(self.delimiter, line) {
                    out.push(Field::input(start, at + delimiter));
                    start = at + delimiter + 1;
                }
                out.push(Field::input(start, end));
                out.finish(None, span);
                out.lines += 1;
                at = next;
            } else {
                match self.quoted(input, at, last, longest, out) {
                    Quoted::Incomplete => {
                        out.abandon();
                        break;
                    }
                    Quoted::Record { end, next, lines } => {
                        out.finish(None, Span { end: end as u32, ..span });
                        out.lines += lines;
                        at = next;
                    }
                    Quoted::Faulty { fault, end, next, lines } => {
                        out.finish(Some(fault), Span { end: end as u32, ..span });
                        out.lines += lines;
                        at = next;
                    }
                }
            }
        }
        at
    }

    fn is_plain(&self, line: &[u8]) -> bool {
        match (self.quote, self.escape) {
            (None, None) => true,
            (Some(one), None) | (None, Some(one)) => memchr::memchr(one, line).is_none(),
            (Some(quote), Some(escape)) => memchr2(quote, escape, line).is_none(),
        }
    }

    /// A record with quotes or escapes in it, byte by byte.
    fn quoted(&self, input: &[u8], start: usize, last: bool, longest: usize, out: &mut Records) -> Quoted {
        // What a faulty record costs is its first line: an unclosed quote does not swallow the rest of the file.
        let give_up = |fault: Fault| match line_end(input, start, last) {
            Some((end, next)) => Quoted::Faulty { fault, end, next, lines: 1 },
            None => Quoted::Incomplete,
        };
        let mut at = start;
        let mut lines = 1;
        loop {
            let field = match self.quote {
                Some(quote) if input.get(at) == Some(&quote) => self.quoted_field(input, at + 1, quote, out),
                _ => self.bare_field(input, at, out),
            };
            match field {
                Ok((field, end, newlines)) => {
                    out.push(field);
                    lines += newlines;
                    at = end;
                }
                Err(Fault::OpenQuote) if !last && input.len() - start <= longest => return Quoted::Incomplete,
                Err(fault) => return give_up(fault),
            }
            match input.get(at) {
                Some(&byte) if byte == self.delimiter => at += 1,
                None if !last => {
                    return if at - start > longest { give_up(Fault::TooLong) } else { Quoted::Incomplete };
                }
                _ => break,
            }
        }
        match line_end(input, at, last) {
            None => Quoted::Incomplete,
            Some(_) if at - start > longest => give_up(Fault::TooLong),
            Some((end, next)) => Quoted::Record { end, next, lines },
        }
    }

    /// A field from behind its opening quote; gives it, where it ended, and the line breaks in it.
    fn quoted_field(
        &self,
        input: &[u8],
        start: usize,
        quote: u8,
        out: &mut Records,
    ) -> Result<(Field, usize, u32), Fault> {
        let begin = out.scratch.len();
        let mut at = start;
        let mut lines = 0;
        loop {
            let byte = *input.get(at).ok_or(Fault::OpenQuote)?;
            at += 1;
            if Some(byte) == self.escape {
                out.scratch.push(unescape(*input.get(at).ok_or(Fault::OpenQuote)?));
                at += 1;
            } else if byte == quote {
                if input.get(at) != Some(&quote) {
                    break;
                }
                out.scratch.push(quote);
                at += 1;
            } else {
                let crlf = byte == b'\r' && input.get(at) == Some(&b'\n');
                lines += u32::from(matches!(byte, b'\n' | b'\r') && !crlf);
                out.scratch.push(byte);
            }
        }
        while input.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\t') && *byte != self.delimiter) {
            at += 1;
        }
        match input.get(at) {
            None | Some(b'\r' | b'\n') => {}
            Some(&byte) if byte == self.delimiter => {}
            Some(_) => return Err(Fault::AfterQuote),
        }
        Ok((Field::scratch(begin, out.scratch.len()), at, lines))
    }

    fn bare_field(&self, input: &[u8], start: usize, out: &mut Records) -> Result<(Field, usize, u32), Fault> {
        let begin = out.scratch.len();
        let mut at = start;
        while let Some(&byte) = input.get(at) {
            if byte == self.delimiter || matches!(byte, b'\r' | b'\n') {
                break;
            }
            at += 1;
            if Some(byte) == self.escape {
                // An escape before the end of input waits for more, like an open quote.
                out.scratch.push(unescape(*input.get(at).ok_or(Fault::OpenQuote)?));
                at += 1;
            } else {
                out.scratch.push(byte);
            }
        }
        Ok((Field::scratch(begin, out.scratch.len()), at, 0))
    }
}

/// What an escaped character stands for.
fn unescape(byte: u8) -> u8 {
    match byte {
        b'0' => 0,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    }
}

/// The end of the line that begins at `start`, and where the next one begins; `None` when that is not known yet.
pub(crate) fn line_end(input: &[u8], start: usize, last: bool) -> Option<(usize, usize)> {
    match memchr2(b'\n', b'\r', &input[start..]) {
        None => last.then_some((input.len(), input.len())),
        Some(found) => {
            let end = start + found;
            match input.get(end + 1) {
                _ if input[end] == b'\n' => Some((end, end + 1)),
                Some(b'\n') => Some((end, end + 2)),
                None if !last => None,
                _ => Some((end, end + 1)),
            }
        }
    }
}
