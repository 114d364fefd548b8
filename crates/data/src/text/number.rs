//! Numbers as Java prints them, and exact decimals from text.
//!
//! - *unscaled*: a decimal's digits as an integer; its value is `unscaled / 10^scale`.

/// `1.0E10`, `0.001`, `NaN`, `-Infinity`: `Double.toString` of Java 17, on which Flink runs: the shortest digits, but more
/// of large whole numbers.
pub fn append_double(out: &mut String, number: f64) {
    if !number.is_finite() {
        append_special(out, number);
        return;
    }
    if append_large_whole(out, number, f64::MANTISSA_DIGITS) {
        return;
    }
    // Java wants two digits at least, and of all pairs the nearest: 4.9E-324 where one digit would do.
    if number != 0.0 && number.abs() < f64::MIN_POSITIVE {
        let two_digits = format!("{number:.1e}");
        if two_digits.parse::<f64>() == Ok(number) {
            append_digits(out, &two_digits);
            return;
        }
    }
    append_digits(out, ryu::Buffer::new().format_finite(number));
}

/// `Float.toString`, like [`append_double`].
pub fn append_float(out: &mut String, number: f32) {
    if !number.is_finite() {
        append_special(out, f64::from(number));
        return;
    }
    if append_large_whole(out, f64::from(number), f32::MANTISSA_DIGITS) {
        return;
    }
    if number != 0.0 && number.abs() < f32::MIN_POSITIVE {
        let two_digits = format!("{number:.1e}");
        if two_digits.parse::<f32>() == Ok(number) {
            append_digits(out, &two_digits);
            return;
        }
    }
    append_digits(out, ryu::Buffer::new().format_finite(number));
}

/// A whole number beyond those that its type tells apart and below 2^63, by the rule of Java before 19: all digits but as
/// many as are below the last bit of the mantissa. False for any other number.
fn append_large_whole(out: &mut String, number: f64, significant_bits: u32) -> bool {
    let magnitude = number.abs();
    if magnitude < 2_f64.powi(significant_bits as i32) || magnitude >= 2_f64.powi(63) {
        return false;
    }
    let whole = magnitude as u64;
    let exponent = whole.ilog2();
    // Decimal digits of 2^p, p being the bits below the mantissa less two.
    let dropped = match exponent.saturating_sub(significant_bits + 1) {
        0..=3 => 0,
        bits => (f64::from(bits) * std::f64::consts::LOG10_2) as u32,
    };
    let unit = 10_u64.pow(dropped);
    let rounded = whole / unit + u64::from(whole % unit >= unit / 2 && unit > 1);
    let sign = if number < 0.0 { "-" } else { "" };
    append_digits(out, &format!("{sign}{rounded}e{dropped}"));
    true
}

fn append_special(out: &mut String, number: f64) {
    out.push_str(if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    });
}

/// Lays out a finite number, given in any decimal notation, by Java's rules: plain from 10^-3 below 10^7.
fn append_digits(out: &mut String, text: &str) {
    let (text, negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    if negative {
        out.push('-');
    }
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut buffer = [0_u8; 32];
    let mut length = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        // Leading zeros are not digits of the number.
        if length > 0 || byte != b'0' {
            buffer[length] = byte;
            length += 1;
        }
    }
    if length == 0 {
        out.push_str("0.0");
        return;
    }
    let fraction_digits = fraction.len() as i32;
    // The decimal exponent of the first digit.
    let exponent = exponent.parse::<i32>().unwrap_or(0) + length as i32 - 1 - fraction_digits;
    while length > 1 && buffer[length - 1] == b'0' {
        length -= 1;
    }
    let digits = std::str::from_utf8(&buffer[..length]).unwrap_or("0");
    match exponent {
        0..=6 => append_plain(out, digits, exponent as usize + 1),
        -3..=-1 => {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', (-exponent - 1) as usize));
            out.push_str(digits);
        }
        _ => {
            append_plain(out, digits, 1);
            out.push('E');
            out.push_str(itoa::Buffer::new().format(exponent));
        }
    }
}

/// Digits with a point after the first `whole` of them, zeros where digits are missing, one behind the point at least.
fn append_plain(out: &mut String, digits: &str, whole: usize) {
    let split = whole.min(digits.len());
    out.push_str(&digits[..split]);
    out.extend(std::iter::repeat_n('0', whole - split));
    out.push('.');
    out.push_str(if split < digits.len() { &digits[split..] } else { "0" });
}

/// `BigDecimal.toString`: `12.50`, `1E-7`, `0E-10`.
pub fn append_decimal(out: &mut String, unscaled: i128, scale: u8) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(unscaled.unsigned_abs());
    let exponent = digits.len() as i32 - 1 - i32::from(scale);
    if exponent >= -6 {
        append_decimal_plain(out, unscaled, scale);
        return;
    }
    if unscaled < 0 {
        out.push('-');
    }
    out.push_str(&digits[..1]);
    if digits.len() > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    out.push('E');
    out.push_str(itoa::Buffer::new().format(exponent));
}

/// `BigDecimal.toPlainString`, which Flink's CAST to a string uses.
pub fn append_decimal_plain(out: &mut String, unscaled: i128, scale: u8) {
    let scale = usize::from(scale);
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(unscaled.unsigned_abs());
    if unscaled < 0 {
        out.push('-');
    }
    if scale == 0 {
        out.push_str(digits);
    } else if digits.len() > scale {
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        out.push_str(whole);
        out.push('.');
        out.push_str(fraction);
    } else {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', scale - digits.len()));
        out.push_str(digits);
    }
}

/// Why a text is no decimal of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    /// Not a number as `new BigDecimal(text)` reads it.
    Malformed,
    /// More digits before the point than the type has.
    Overflow,
}

/// The unscaled number of a text (`-12.5`, `1E3`), rounded half up to `scale`.
pub fn parse_decimal(text: &str, precision: u8, scale: u8) -> Result<i128, DecimalError> {
    let (negative, body) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        None => (body, 0),
        Some(at) => (&body[..at], parse_exponent(&body[at + 1..]).ok_or(DecimalError::Malformed)?),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if whole.len() + fraction.len() == 0 || !digits().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::Malformed);
    }
    // Digits of the mantissa that stand before the target's last place.
    let kept = whole.len() as i64 + exponent + i64::from(scale);
    let mut unscaled = 0_i128;
    let push = |unscaled: i128, digit: u8| {
        let next = unscaled.checked_mul(10).and_then(|tens| tens.checked_add(i128::from(digit - b'0')));
        next.filter(|next| fits(*next, precision)).ok_or(DecimalError::Overflow)
    };
    for (index, digit) in digits().enumerate() {
        if (index as i64) < kept {
            unscaled = push(unscaled, digit)?;
        } else {
            if index as i64 == kept && digit >= b'5' {
                unscaled += 1;
            }
            break;
        }
    }
    let missing = kept - (whole.len() + fraction.len()) as i64;
    for _ in 0..missing {
        if unscaled == 0 {
            break;
        }
        unscaled = push(unscaled, b'0')?;
    }
    if !fits(unscaled, precision) {
        return Err(DecimalError::Overflow);
    }
    Ok(if negative { -unscaled } else { unscaled })
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let valid = (1..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| text.parse().ok())?
}

/// Whether an unscaled number has at most `precision` digits.
pub fn fits(unscaled: i128, precision: u8) -> bool {
    unscaled.unsigned_abs() < 10_u128.pow(u32::from(precision.min(38)))
}
