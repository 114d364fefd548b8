//! String functions, in one file per kind. What Flink answers is the rule, oddities included: where it works on
//! Java strings, positions count UTF-16 units; where it works on its own binary strings, characters.

pub(super) mod case;
pub(super) mod encode;
pub(super) mod join;
pub(super) mod network;
pub(super) mod printf;
pub(super) mod regex;
pub(super) mod replace;
pub(super) mod search;
pub(super) mod slice;
pub(super) mod trim;

mod format;
mod java_regex;
mod utf16;

use crate::registry::{BindArg, BindError, Binding, CallSite, Example, Family, Kernel, ScalarDef, Volatility};
use crate::typing::{arity, mismatch, same_as_first};
use data::TypeKind;
use data::types::MAX_LENGTH;

const STRING: TypeKind = TypeKind::VarChar(MAX_LENGTH);
const INT: TypeKind = TypeKind::Int;

/// A string function that never fails and always gives the same answer.
const fn pure(
    name: &'static str,
    syntax: &'static [&'static str],
    doc: &'static str,
    examples: &'static [Example],
    bind: fn(&[BindArg]) -> Result<Binding, BindError>,
    kernel: fn(&CallSite) -> Result<Kernel, BindError>,
) -> ScalarDef {
    ScalarDef {
        name,
        aliases: &[],
        family: Family::String,
        syntax,
        doc,
        examples,
        volatility: Volatility::Immutable,
        fallible: false,
        bind,
        kernel,
    }
}

/// The binding with a result that may be NULL whatever the arguments are.
fn nullable(mut binding: Binding) -> Binding {
    binding.result.nullable = true;
    binding
}

/// One text, whose type is also the result's.
fn same_kind(name: &str, args: &[BindArg], form: &str) -> Result<Binding, BindError> {
    arity(name, args, 1, form)?;
    match &args[0].data_type.kind {
        TypeKind::Char(_) | TypeKind::VarChar(_) => Ok(same_as_first(args)),
        _ => Err(mismatch(name, args, form)),
    }
}

fn char_count(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// Where the character with this index begins, or the end of the text when it has just as many; nothing beyond.
fn byte_index(text: &str, characters: usize) -> Option<usize> {
    if text.is_ascii() {
        return (characters <= text.len()).then_some(characters);
    }
    let ends = std::iter::once(text.len());
    text.char_indices().map(|(at, _)| at).chain(ends).nth(characters)
}

/// `Character.isWhitespace`: Unicode white space without the no-break spaces, and the ASCII separators.
fn is_java_whitespace(character: char) -> bool {
    match character {
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}' => false,
        '\u{1c}'..='\u{1f}' => true,
        _ => character.is_whitespace(),
    }
}
