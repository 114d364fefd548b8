//! Bytes as text, as Java decodes UTF-8: what is malformed becomes U+FFFD, once per sequence.

/// Appends the text. An encoded surrogate, which Rust counts as three malformed bytes, is one malformed sequence.
pub fn append_utf8(out: &mut String, bytes: &[u8]) {
    let mut skip = 0;
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        at += chunk.valid().len();
        if !chunk.valid().is_empty() {
            skip = 0;
        }
        let invalid = chunk.invalid();
        if skip > 0 {
            skip -= 1;
        } else if !invalid.is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
            if matches!(bytes[at..], [0xED, 0xA0..=0xBF, 0x80..=0xBF, ..]) {
                skip = 2;
            }
        }
        at += invalid.len();
    }
}

#[cfg(test)]
mod tests {
    use super::append_utf8;

    #[test]
    fn malformed_sequences_as_java_counts_them() {
        for (bytes, expect) in [
            (&b"abc"[..], "abc"),
            (b"\xc3\xa4", "ä"),
            (b"a\xffb", "a\u{fffd}b"),
            (b"\xe2\x82", "\u{fffd}"),
            (b"\xed\xa0\x80", "\u{fffd}"),
            (b"\xed\xa0\x80\xed\xb0\x80x", "\u{fffd}\u{fffd}x"),
            (b"\xc0\x80", "\u{fffd}\u{fffd}"),
            (b"\xf8\x88", "\u{fffd}\u{fffd}"),
        ] {
            let mut out = String::new();
            append_utf8(&mut out, bytes);
            assert_eq!(out, expect, "{bytes:x?}");
        }
    }
}
