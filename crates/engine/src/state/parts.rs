//! Byte strings made of parts.

/// Takes a part with its length in front off the bytes.
pub(crate) fn take_part<'a>(bytes: &mut &'a [u8]) -> &'a [u8] {
    let (length, rest) = bytes.split_at(size_of::<u32>());
    let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
    let (part, rest) = rest.split_at(length);
    *bytes = rest;
    part
}

/// An entry's key: that of its owner with the length in front, then the rest.
pub(crate) fn entry_key(owner: &[u8], rest: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(size_of::<u32>() + owner.len() + rest.len());
    key.extend_from_slice(&(owner.len() as u32).to_be_bytes());
    key.extend_from_slice(owner);
    key.extend_from_slice(rest);
    key
}
