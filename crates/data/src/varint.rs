//! Integers in as few bytes as they need: zigzag, then seven bits a byte with the lowest first.

/// Small numbers of either sign become small numbers without one.
#[inline]
pub fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// What [`zigzag`] was given.
#[inline]
pub fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// As [`zigzag`].
#[inline]
pub fn zigzag_wide(value: i128) -> u128 {
    ((value << 1) ^ (value >> 127)) as u128
}

/// As [`unzigzag`].
#[inline]
pub fn unzigzag_wide(value: u128) -> i128 {
    (value >> 1) as i128 ^ -((value & 1) as i128)
}

/// Bytes that a number takes: 1 to 10.
#[inline]
pub fn length(value: u64) -> usize {
    (70 - (value | 1).leading_zeros() as usize) / 7
}

/// Bytes that a wide number takes: 1 to 19.
#[inline]
pub fn length_wide(value: u128) -> usize {
    (134 - (value | 1).leading_zeros() as usize) / 7
}

/// Writes at the start of `to` and gives the bytes written.
#[inline]
pub fn write(to: &mut [u8], mut value: u64) -> usize {
    let mut at = 0;
    while value >= 0x80 {
        to[at] = value as u8 | 0x80;
        value >>= 7;
        at += 1;
    }
    to[at] = value as u8;
    at + 1
}

/// As [`write`].
#[inline]
pub fn write_wide(to: &mut [u8], mut value: u128) -> usize {
    let mut at = 0;
    while value > u128::from(u64::MAX) {
        to[at] = value as u8 | 0x80;
        value >>= 7;
        at += 1;
    }
    at + write(&mut to[at..], value as u64)
}

/// Takes a number from the front of `from`. Of bytes that no number has (they end too early, or go on beyond its width)
/// something is made.
#[inline]
pub fn take(from: &mut &[u8]) -> u64 {
    let mut value = 0;
    let mut shift = 0;
    for (at, &byte) in from.iter().enumerate() {
        value |= u64::from(byte & 0x7f).wrapping_shl(shift);
        if byte < 0x80 {
            *from = &from[at + 1..];
            return value;
        }
        shift += 7;
    }
    *from = &[];
    value
}

/// As [`take`].
#[inline]
pub fn take_wide(from: &mut &[u8]) -> u128 {
    let mut value = 0;
    let mut shift = 0;
    for (at, &byte) in from.iter().enumerate() {
        value |= u128::from(byte & 0x7f).wrapping_shl(shift);
        if byte < 0x80 {
            *from = &from[at + 1..];
            return value;
        }
        shift += 7;
    }
    *from = &[];
    value
}

#[test]
fn numbers_come_back_and_are_as_long_as_said() {
    let narrow = [0, 1, -1, 63, 64, -64, -65, i64::MAX, i64::MIN, 1_700_000_000_000];
    for value in narrow {
        let mut bytes = [0; 10];
        let written = write(&mut bytes, zigzag(value));
        assert_eq!(written, length(zigzag(value)));
        let mut rest = &bytes[..written];
        assert_eq!((unzigzag(take(&mut rest)), rest.len()), (value, 0));
    }
    for value in narrow.map(i128::from).into_iter().chain([i128::MAX, i128::MIN, i128::from(u64::MAX) + 1]) {
        let mut bytes = [0; 19];
        let written = write_wide(&mut bytes, zigzag_wide(value));
        assert_eq!(written, length_wide(zigzag_wide(value)));
        let mut rest = &bytes[..written];
        assert_eq!((unzigzag_wide(take_wide(&mut rest)), rest.len()), (value, 0));
    }
}

#[test]
fn damaged_bytes_are_taken() {
    let long = [0xff; 40];
    assert_eq!((take(&mut &long[..]), take_wide(&mut &long[..])), (u64::MAX, u128::MAX));
    let mut cut = &[0x81, 0x80][..];
    assert_eq!((take(&mut cut), cut.len()), (1, 0));
}
