//! Positions in UTF-16 units: where Flink works on Java strings, a character beyond the basic plane counts twice.

/// Length in UTF-16 units.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// Appends units `from..to`; half of a character becomes `?`, as when Java encodes it.
pub(super) fn append_slice(out: &mut String, text: &str, from: usize, to: usize) {
    if text.is_ascii() {
        out.push_str(&text[from.min(text.len())..to.min(text.len())]);
        return;
    }
    let mut at = 0;
    for character in text.chars() {
        let end = at + character.len_utf16();
        if at >= to {
            break;
        }
        if at >= from && end <= to {
            out.push(character);
        } else if end > from {
            out.push('?');
        }
        at = end;
    }
}
