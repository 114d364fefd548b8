//! Numbers of JSON as `java.math.BigDecimal` prints them: every digit that was written, `1E+3` for `1e3`.

/// A JSON number; an integer keeps its digits, anything with a point or an exponent becomes a decimal.
pub(super) fn normalized(text: &str) -> (String, bool) {
    if !text.contains(['.', 'e', 'E']) {
        return (if text == "-0" { "0".to_owned() } else { text.to_owned() }, true);
    }
    (big_decimal(text), false)
}

/// `new BigDecimal(text).toString()` of a number in JSON's or Java's notation.
pub(super) fn big_decimal(text: &str) -> String {
    let (text, negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.trim_start_matches('+').parse().unwrap_or(0);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let (digits, zero) = if digits.is_empty() { ("0", true) } else { (digits, false) };
    let scale = fraction.len() as i64 - exponent;
    let adjusted = digits.len() as i64 - 1 - scale;
    let mut out = if negative && !zero { "-".to_owned() } else { String::new() };
    if scale >= 0 && adjusted >= -6 {
        let scale = scale as usize;
        if scale == 0 {
            out.push_str(digits);
        } else if digits.len() > scale {
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            out.push_str(&format!("{whole}.{fraction}"));
        } else {
            out.push_str(&format!("0.{}{digits}", "0".repeat(scale - digits.len())));
        }
        return out;
    }
    out.push_str(&digits[..1]);
    if digits.len() > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    out.push_str(&format!("E{adjusted:+}"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_big_decimals() {
        for (text, want) in [
            ("1.50", "1.50"),
            ("1E3", "1E+3"),
            ("1e400", "1E+400"),
            ("1.0E20", "1.0E+20"),
            ("1.5E10", "1.5E+10"),
            ("0.00", "0.00"),
            ("-0.0", "0.0"),
            ("0.0000001", "1E-7"),
            ("-12.5e-1", "-1.25"),
            ("100000000.0", "100000000.0"),
        ] {
            assert_eq!(big_decimal(text), want, "{text}");
        }
        assert_eq!(normalized("-0"), ("0".to_owned(), true));
    }
}
