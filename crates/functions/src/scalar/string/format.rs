//! `java.util.Formatter` for the values of PRINTF: conversions b, s, c, d, o, x, e, f, g, n and %, with flags, width,
//! precision and argument numbers.
//!
//! - *conversion*: the letter that says what a value is printed as; in upper case the result is.
//! - *piece*: a conversion, or the text between two.

use std::fmt::Write;

/// A value as the formatter sees it.
#[derive(Clone, Debug)]
pub(super) enum Argument<'a> {
    Null,
    Boolean(bool),
    /// With the width of its type in bits.
    Integer(i64, u32),
    Double(f64),
    Float(f32),
    /// A value whose text would be its address in memory.
    Opaque,
    /// A value that only has a text.
    Text(std::borrow::Cow<'a, str>),
}

/// Why nothing comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FormatError {
    /// Java throws, and PRINTF is NULL.
    Invalid,
    /// A conversion that is not supported here.
    Unsupported(char),
}

use FormatError::Invalid;

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Conversion(Conversion),
}

#[derive(Clone, Debug)]
struct Conversion {
    argument: Which,
    flags: Flags,
    width: Option<usize>,
    precision: Option<usize>,
    letter: char,
    upper: bool,
}

#[derive(Clone, Copy, Debug)]
enum Which {
    Next,
    Same,
    Number(usize),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flags {
    left: bool,
    alternate: bool,
    plus: bool,
    space: bool,
    zero: bool,
    group: bool,
    parentheses: bool,
}

/// A format read once.
#[derive(Clone, Debug)]
pub(super) struct Format {
    pieces: Vec<Piece>,
}

impl Format {
    pub(super) fn parse(text: &str) -> Result<Self, FormatError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            if at > 0 {
                pieces.push(Piece::Text(rest[..at].to_owned()));
            }
            let (conversion, after) = Conversion::parse(&rest[at + 1..])?;
            pieces.push(Piece::Conversion(conversion));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// Appends the formatted text; what was appended before an error is for the caller to drop.
    pub(super) fn append(&self, out: &mut String, arguments: &[Argument]) -> Result<(), FormatError> {
        let (mut next, mut same) = (0, None);
        for piece in &self.pieces {
            let conversion = match piece {
                Piece::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Piece::Conversion(conversion) => conversion,
            };
            match conversion.letter {
                'n' => out.push('\n'),
                '%' => conversion.pad(out, "%"),
                _ => {
                    let index = match conversion.argument {
                        Which::Number(number) => number - 1,
                        Which::Same => same.ok_or(Invalid)?,
                        Which::Next => {
                            next += 1;
                            next - 1
                        }
                    };
                    same = Some(index);
                    conversion.append(out, arguments.get(index).ok_or(Invalid)?)?;
                }
            }
        }
        Ok(())
    }
}

/// `hashCode` of a number or a boolean; texts are hashed by their bytes in Flink's memory, which is no promise to keep.
fn java_hash(argument: &Argument) -> Option<i32> {
    let of_long = |bits: i64| (bits ^ (bits as u64 >> 32) as i64) as i32;
    Some(match argument {
        Argument::Boolean(flag) => {
            if *flag {
                1231
            } else {
                1237
            }
        }
        Argument::Integer(number, 64) => of_long(*number),
        Argument::Integer(number, _) => *number as i32,
        Argument::Double(number) => of_long(number.to_bits() as i64),
        Argument::Float(number) => number.to_bits() as i32,
        Argument::Null | Argument::Opaque | Argument::Text(_) => return None,
    })
}

impl Conversion {
    /// After the percent sign: the conversion and what follows it.
    fn parse(text: &str) -> Result<(Self, &str), FormatError> {
        let mut rest = text;
        let mut argument = Which::Next;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && rest[digits..].starts_with('$') {
            let number = rest[..digits].parse().ok().filter(|number| *number > 0).ok_or(Invalid)?;
            argument = Which::Number(number);
            rest = &rest[digits + 1..];
        } else if let Some(after) = rest.strip_prefix('<') {
            argument = Which::Same;
            rest = after;
        }
        let mut flags = Flags::default();
        while let Some(flag) = rest.chars().next().and_then(|letter| flags.by_letter(letter)) {
            if std::mem::replace(flag, true) {
                return Err(Invalid);
            }
            rest = &rest[1..];
        }
        let width = number(&mut rest)?;
        let precision = match rest.strip_prefix('.') {
            None => None,
            Some(after) => {
                rest = after;
                Some(number(&mut rest)?.ok_or(Invalid)?)
            }
        };
        let letter = rest.chars().next().ok_or(Invalid)?;
        let conversion = Self {
            argument,
            flags,
            width,
            precision,
            letter: letter.to_ascii_lowercase(),
            upper: letter.is_ascii_uppercase(),
        };
        conversion.check(letter)?;
        Ok((conversion, &rest[letter.len_utf8()..]))
    }

    /// What Java refuses whatever the argument is.
    fn check(&self, letter: char) -> Result<(), FormatError> {
        let Flags { left, alternate, plus, space, zero, group, parentheses } = self.flags;
        let padded = left || zero;
        let signed = plus || space || parentheses;
        let wrong = match letter {
            'b' | 'B' | 's' | 'S' => alternate || signed || zero || group,
            'c' | 'C' => alternate || signed || zero || group || self.precision.is_some(),
            'd' => alternate || self.precision.is_some(),
            'o' | 'x' | 'X' => signed || group || self.precision.is_some(),
            'e' | 'E' => group,
            'f' => false,
            'g' | 'G' => alternate,
            'n' => self.flags != Flags::default() || self.width.is_some() || self.precision.is_some(),
            '%' => alternate || signed || zero || group || self.precision.is_some(),
            'h' | 'H' => alternate || signed || zero || group,
            'a' | 'A' | 't' | 'T' => return Err(FormatError::Unsupported(letter)),
            _ => true,
        };
        let wrong = wrong || (left && zero) || (plus && space) || (padded && self.width.is_none());
        if wrong { Err(Invalid) } else { Ok(()) }
    }

    fn append(&self, out: &mut String, argument: &Argument) -> Result<(), FormatError> {
        let mut body = String::new();
        match (self.letter, argument) {
            ('b', Argument::Boolean(flag)) => self.pad_cut(out, if *flag { "true" } else { "false" }),
            ('b', Argument::Null) => self.pad_cut(out, "false"),
            ('b', _) => self.pad_cut(out, "true"),
            (_, Argument::Null) => self.pad_cut(out, "null"),
            ('s', Argument::Opaque) => return Err(FormatError::Unsupported('s')),
            ('h', argument) => {
                let hash = java_hash(argument).ok_or(FormatError::Unsupported('h'))?;
                self.pad_cut(out, &format!("{hash:x}"));
            }
            ('s', Argument::Boolean(flag)) => self.pad_cut(out, if *flag { "true" } else { "false" }),
            ('s', Argument::Integer(number, _)) => self.pad_cut(out, itoa(&mut body, *number)),
            ('s', Argument::Double(number)) => {
                data::text::number::append_double(&mut body, *number);
                self.pad_cut(out, &body);
            }
            ('s', Argument::Float(number)) => {
                data::text::number::append_float(&mut body, *number);
                self.pad_cut(out, &body);
            }
            ('s', Argument::Text(text)) => self.pad_cut(out, text),
            ('c', Argument::Integer(number, ..=32)) => {
                body.push(u32::try_from(*number).ok().and_then(char::from_u32).ok_or(Invalid)?);
                self.pad(out, &body);
            }
            ('d', Argument::Integer(number, _)) => {
                let _ = write!(body, "{}", number.unsigned_abs());
                self.append_number(out, *number < 0, &body, "");
            }
            ('o' | 'x', Argument::Integer(number, bits)) => {
                let unsigned = *number as u64 & (u64::MAX >> (64 - bits));
                let prefix = match (self.flags.alternate, self.letter) {
                    (false, _) => "",
                    (true, 'x') => "0x",
                    (true, _) => "0",
                };
                let _ = if self.letter == 'x' { write!(body, "{unsigned:x}") } else { write!(body, "{unsigned:o}") };
                let missing = self.width.unwrap_or(0).saturating_sub(prefix.len() + body.len());
                let zeros = if self.flags.zero { missing } else { 0 };
                self.pad(out, &format!("{prefix}{}{body}", "0".repeat(zeros)));
            }
            ('e' | 'f' | 'g', Argument::Double(number)) => self.append_double(out, *number),
            ('e' | 'f' | 'g', Argument::Float(number)) => self.append_double(out, f64::from(*number)),
            _ => return Err(Invalid),
        }
        Ok(())
    }

    fn append_double(&self, out: &mut String, number: f64) {
        let negative = number < 0.0;
        if !number.is_finite() {
            let body = if number.is_nan() { "NaN" } else { "Infinity" };
            let plain = Self { flags: Flags { zero: false, group: false, ..self.flags }, ..self.clone() };
            plain.append_number(out, negative, body, "");
            return;
        }
        let mut digits = Digits::of(number.abs());
        let precision = self.precision.unwrap_or(6);
        let scientific = match self.letter {
            'e' => Some(precision),
            'f' => None,
            _ => {
                let significant = precision.max(1);
                digits.round(significant as i32);
                let exponent = if digits.is_zero() { 0 } else { digits.exponent };
                if digits.is_zero() || (-4..significant as i32).contains(&exponent) {
                    let fraction = (significant as i32 - 1 - exponent) as usize;
                    let (whole, rest) = digits.fixed(fraction);
                    self.append_number(out, negative, &whole, &rest);
                    return;
                }
                Some(significant - 1)
            }
        };
        match scientific {
            None => {
                digits.round(digits.exponent + 1 + precision as i32);
                let (whole, fraction) = digits.fixed(precision);
                self.append_number(out, negative, &whole, &fraction);
            }
            Some(precision) => {
                digits.round(precision as i32 + 1);
                let exponent = if digits.is_zero() { 0 } else { digits.exponent };
                let mantissa = Digits { exponent: 0, ..digits };
                let (whole, mut fraction) = mantissa.fixed(precision);
                let sign = if exponent < 0 { '-' } else { '+' };
                let _ = write!(fraction, "e{sign}{:02}", exponent.abs());
                self.append_number(out, negative, &whole, &fraction);
            }
        }
    }

    /// Lays out a number whose fraction (and exponent) is `fraction`.
    fn append_number(&self, out: &mut String, negative: bool, whole: &str, fraction: &str) {
        let mut body = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if self.flags.group && index > 0 && (whole.len() - index).is_multiple_of(3) {
                body.push(',');
            }
            body.push(digit);
        }
        if !fraction.is_empty() || self.flags.alternate {
            if !fraction.starts_with('e') || self.flags.alternate {
                body.push('.');
            }
            body.push_str(fraction);
        }
        let (before, after) = match negative {
            true if self.flags.parentheses => ("(", ")"),
            true => ("-", ""),
            false if self.flags.plus => ("+", ""),
            false if self.flags.space => (" ", ""),
            false => ("", ""),
        };
        let missing = self.width.unwrap_or(0).saturating_sub(before.len() + body.len() + after.len());
        let zeros = if self.flags.zero { missing } else { 0 };
        self.pad(out, &format!("{before}{}{body}{after}", "0".repeat(zeros)));
    }

    /// Cuts to the precision, then pads to the width.
    fn pad_cut(&self, out: &mut String, text: &str) {
        let end = self.precision.and_then(|most| text.char_indices().nth(most)).map_or(text.len(), |(end, _)| end);
        self.pad(out, &text[..end]);
    }

    fn pad(&self, out: &mut String, text: &str) {
        let upper;
        let text = if self.upper {
            upper = text.to_uppercase();
            &upper
        } else {
            text
        };
        let missing = self.width.unwrap_or(0).saturating_sub(super::utf16::length(text));
        let spaces = std::iter::repeat_n(' ', missing);
        if self.flags.left {
            out.push_str(text);
            out.extend(spaces);
        } else {
            out.extend(spaces);
            out.push_str(text);
        }
    }
}

impl Flags {
    fn by_letter(&mut self, letter: char) -> Option<&mut bool> {
        Some(match letter {
            '-' => &mut self.left,
            '#' => &mut self.alternate,
            '+' => &mut self.plus,
            ' ' => &mut self.space,
            '0' => &mut self.zero,
            ',' => &mut self.group,
            '(' => &mut self.parentheses,
            _ => return None,
        })
    }
}

fn number(rest: &mut &str) -> Result<Option<usize>, FormatError> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Ok(None);
    }
    let number = rest[..digits].parse().ok().filter(|number| *number <= 10_000).ok_or(Invalid)?;
    *rest = &rest[digits..];
    Ok(Some(number))
}

fn itoa(out: &mut String, number: i64) -> &str {
    let _ = write!(out, "{number}");
    out
}

/// The shortest digits of a number that is not negative: `0.digits * 10^(exponent + 1)`.
struct Digits {
    digits: Vec<u8>,
    /// Decimal exponent of the first digit.
    exponent: i32,
}

impl Digits {
    fn of(number: f64) -> Self {
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        Self { digits, exponent: exponent.parse().unwrap_or(0) }
    }

    fn is_zero(&self) -> bool {
        self.digits.iter().all(|digit| *digit == 0)
    }

    /// Half up, to so many digits.
    fn round(&mut self, kept: i32) {
        if kept < 0 {
            self.digits.clear();
            return;
        }
        let kept = kept as usize;
        if kept >= self.digits.len() {
            return;
        }
        let up = self.digits[kept] >= 5;
        self.digits.truncate(kept);
        if !up {
            return;
        }
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
        self.exponent += 1;
    }

    /// The whole part, and exactly `places` digits after the point.
    fn fixed(&self, places: usize) -> (String, String) {
        let digit = |at: i32| {
            let digit = usize::try_from(at).ok().and_then(|at| self.digits.get(at)).copied().unwrap_or(0);
            char::from(b'0' + digit)
        };
        let whole = (0..=self.exponent.max(0)).map(|at| digit(at + self.exponent.min(0))).collect();
        let fraction = (1..=places as i32).map(|place| digit(self.exponent + place)).collect();
        (whole, fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, arguments: &[Argument], expect: Option<&str>) {
        let mut out = String::new();
        let shown = Format::parse(format).and_then(|format| format.append(&mut out, arguments));
        assert_eq!(shown.ok().map(|()| out.as_str()), expect, "{format} of {arguments:?}");
    }

    /// What Flink 2.3 answers.
    #[test]
    fn numbers_are_laid_out_as_in_java() {
        for (format, number, expect) in [
            ("%5.2f|", 3.14259, Some(" 3.14|")),
            ("%08.3f", -3.14259, Some("-003.143")),
            ("%,.2f", 1_234_567.891, Some("1,234,567.89")),
            ("%.0f", 0.5, Some("1")),
            ("%.1f", 0.25, Some("0.3")),
            ("%.2f", 1.005, Some("1.01")),
            ("%f", 1e20, Some("100000000000000000000.000000")),
            ("%.20f", 0.1, Some("0.10000000000000000000")),
            ("%.10f", f64::from(1.1_f32), Some("1.1000000238")),
            ("%f", f64::NAN, Some("NaN")),
            ("%e", 12_345.678, Some("1.234568e+04")),
            ("%E", 1e-10, Some("1.000000E-10")),
            ("%.3e", 0.0, Some("0.000e+00")),
            ("%.0e", 15.0, Some("2e+01")),
            ("%(e", -12.5, Some("(1.250000e+01)")),
            ("%g", 12_345.678, Some("12345.7")),
            ("%g", 0.00001, Some("1.00000e-05")),
            ("%g", 0.0001, Some("0.000100000")),
            ("%g", 1e10, Some("1.00000e+10")),
            ("%g", 0.0, Some("0.00000")),
            ("%.3g", 999.96, Some("1.00e+03")),
            ("%.0g", 123.0, Some("1e+02")),
            ("%(,.2f", -1234.5, Some("(1,234.50)")),
            ("%+,.1f", 99_999.95, Some("+100,000.0")),
            ("%-8.2f|", 1.5, Some("1.50    |")),
            ("%#.0f", 1.0, Some("1.")),
            ("%s", 1e10, Some("1.0E10")),
            ("%d", 1.0, None),
        ] {
            check(format, &[Argument::Double(number)], expect);
        }
        for (format, number, bits, expect) in [
            ("%05d|%<-5d|%<+d", 42, 32, Some("00042|42   |+42")),
            ("%,d", -1_234_567, 32, Some("-1,234,567")),
            ("%,010d", 12_345, 32, Some("000012,345")),
            ("%(d", -5, 32, Some("(5)")),
            ("% d", 5, 32, Some(" 5")),
            ("%x", -1, 32, Some("ffffffff")),
            ("%x", -1, 8, Some("ff")),
            ("%#x %<#o", 8, 32, Some("0x8 010")),
            ("%08X", 255, 32, Some("000000FF")),
            ("%c", 65, 32, Some("A")),
            ("%c", 65, 64, None),
            ("%f", 1, 32, None),
            ("%.3d", 5, 32, None),
            ("%-05d", 5, 32, None),
            ("%0d", 5, 32, None),
            ("%+x", 5, 32, None),
            ("%b", 5, 32, Some("true")),
        ] {
            check(format, &[Argument::Integer(number, bits)], expect);
        }
    }

    #[test]
    fn texts_and_argument_numbers() {
        let (a, b) = (Argument::Text("abc".into()), Argument::Text("ö".into()));
        check("%10s|%<-10s|%<.2s|%S", &[a.clone(), b.clone()], Some("       abc|abc       |ab|Ö"));
        check("%2$s %1$s %s %<s", &[a.clone(), b.clone()], Some("ö abc abc abc"));
        check("%s %s", std::slice::from_ref(&a), None);
        check("%3$s", &[a.clone(), b], None);
        check("%d", std::slice::from_ref(&a), None);
        check("100%", &[a], None);
        check("%5%|%n", &[], Some("    %|\n"));
        check("%5d|%<.2f|%<b", &[Argument::Null], Some(" null|nu|false"));
        check("%.1b", &[Argument::Boolean(true)], Some("t"));
    }
}
