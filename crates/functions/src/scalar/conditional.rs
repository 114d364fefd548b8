//! Conditional functions: the greatest and the least of several values, and tests of what a text holds.
//!
//! CASE, COALESCE, IFNULL, IF and NULLIF are no functions: the binder makes CASE and COALESCE expressions of them,
//! which evaluate only what they need.

use super::columns::{build_boolean, texts};
use crate::registry::{
    BindArg, BindError, Binding, CallSite, EvalError, Example, Family, Kernel, KernelArgs, ScalarDef, Volatility,
};
use crate::typing::{any_nullable, arity, arity_between, common_type, mismatch};
use arrow_array::{Array, ArrayRef, BooleanArray, new_null_array};
use arrow_ord::ord::{DynComparator, make_comparator};
use arrow_schema::SortOptions;
use arrow_select::interleave::interleave;
use data::{DataType, TypeKind};
use std::cmp::Ordering;
use std::sync::{Arc, LazyLock};

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    conditional(
        "GREATEST",
        &["GREATEST(value1[, value2, ...])"],
        "The greatest of the values; NULL when one is. NaN is greater than any number.",
        &[Example { sql: "GREATEST(1, 3, 2)", result: "3" }],
        |args| bind_extreme("GREATEST", args),
        |_| Ok(Box::new(|args| extreme(args, Ordering::Greater))),
    ),
    conditional(
        "LEAST",
        &["LEAST(value1[, value2, ...])"],
        "The least of the values; NULL when one is. NaN is greater than any number.",
        &[Example { sql: "LEAST('b', 'a')", result: "a" }],
        |args| bind_extreme("LEAST", args),
        |_| Ok(Box::new(|args| extreme(args, Ordering::Less))),
    ),
    conditional(
        "IS_ALPHA",
        &["IS_ALPHA(string)"],
        "Whether the text has characters and all are letters; false for NULL and for numbers.",
        &[Example { sql: "IS_ALPHA('abc1')", result: "false" }],
        |args| bind_test("IS_ALPHA", args),
        |site| test(site, is_letters, |_| false),
    ),
    conditional(
        "IS_DECIMAL",
        &["IS_DECIMAL(string)"],
        "Whether the text is a number as Java reads a DOUBLE; false for NULL. Of numbers, true for integers and \
         floating point and false for DECIMAL.",
        &[Example { sql: "IS_DECIMAL('-1.5e3')", result: "true" }],
        |args| bind_test("IS_DECIMAL", args),
        |site| {
            test(site, |text| is_java_double(text) || is_digits(text), |kind| !matches!(kind, TypeKind::Decimal { .. }))
        },
    ),
    conditional(
        "IS_DIGIT",
        &["IS_DIGIT(string)"],
        "Whether the text has characters and all are decimal digits; false for NULL. Of numbers, true for integers.",
        &[Example { sql: "IS_DIGIT('123')", result: "true" }],
        |args| bind_test("IS_DIGIT", args),
        |site| test(site, is_digits, TypeKind::is_integer),
    ),
];

const fn conditional(
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
        family: Family::Conditional,
        syntax,
        doc,
        examples,
        volatility: Volatility::Immutable,
        fallible: false,
        bind,
        kernel,
    }
}

fn bind_extreme(name: &str, args: &[BindArg]) -> Result<Binding, BindError> {
    let form = format!("{name}(value1[, value2, ...]) with values that can be compared");
    arity_between(name, args, 1, usize::MAX, &form)?;
    let types: Vec<&DataType> = args.iter().map(|arg| arg.data_type).collect();
    let one_of = |test: fn(&TypeKind) -> bool| types.iter().all(|data_type| test(&data_type.kind));
    let alike = one_of(TypeKind::is_numeric)
        || one_of(TypeKind::is_character)
        || one_of(|kind| *kind == TypeKind::Boolean)
        || one_of(|kind| *kind == TypeKind::Date)
        || one_of(|kind| matches!(kind, TypeKind::Time(_)))
        || one_of(TypeKind::is_timestamp)
        || one_of(|kind| matches!(kind, TypeKind::IntervalMonth(_)))
        || one_of(|kind| matches!(kind, TypeKind::IntervalDay(_)));
    let common = common_type(&types).filter(|_| alike).ok_or_else(|| mismatch(name, args, &form))?;
    let params = types.iter().map(|data_type| common.clone().with_nullable(data_type.nullable)).collect();
    Ok(Binding { params, result: common.with_nullable(any_nullable(args)) })
}

/// The value that compares as `wanted` to all others, the first of equal ones.
fn extreme(args: &KernelArgs, wanted: Ordering) -> Result<ArrayRef, EvalError> {
    let columns = args.columns;
    let comparators = Comparators::of(columns);
    let nothing = columns.len();
    let place = |row: usize| {
        let at = |argument: usize| args.position(argument, row);
        if (0..columns.len()).any(|argument| columns[argument].is_null(at(argument))) {
            return (nothing, 0);
        }
        let best = (1..columns.len()).fold(0, |best, candidate| {
            let ordering = comparators.compare(best, candidate, at(best), at(candidate));
            if ordering.reverse() == wanted { candidate } else { best }
        });
        (best, at(best))
    };
    let places: Vec<(usize, usize)> = (0..args.rows).map(place).collect();
    let null = new_null_array(columns[0].data_type(), 1);
    let sources: Vec<&dyn Array> = columns.iter().chain(std::iter::once(&null)).map(|column| column.as_ref()).collect();
    Ok(interleave(&sources, &places).expect("all arguments have one storage type"))
}

/// How rows of any two columns compare, the first before the second.
struct Comparators {
    columns: usize,
    pairs: Vec<Option<DynComparator>>,
}

impl Comparators {
    fn of(columns: &[ArrayRef]) -> Self {
        let pair = |index: usize| {
            let (left, right) = (index / columns.len(), index % columns.len());
            let comparator = || make_comparator(&columns[left], &columns[right], SortOptions::default());
            (left < right).then(|| comparator().expect("all arguments have one storage type"))
        };
        Self { columns: columns.len(), pairs: (0..columns.len() * columns.len()).map(pair).collect() }
    }

    fn compare(&self, left: usize, right: usize, left_row: usize, right_row: usize) -> Ordering {
        match &self.pairs[left * self.columns + right] {
            Some(compare) => compare(left_row, right_row),
            None => Ordering::Equal,
        }
    }
}

fn bind_test(name: &str, args: &[BindArg]) -> Result<Binding, BindError> {
    let form = format!("{name}(string)");
    arity(name, args, 1, &form)?;
    let kind = &args[0].data_type.kind;
    if !kind.is_character() && !kind.is_numeric() {
        return Err(mismatch(name, args, &form));
    }
    Ok(Binding { params: vec![args[0].data_type.clone()], result: DataType::not_null(TypeKind::Boolean) })
}

/// A test of texts; what it says of numbers depends on their type alone, even for NULL.
fn test(site: &CallSite, holds: fn(&str) -> bool, of_numbers: fn(&TypeKind) -> bool) -> Result<Kernel, BindError> {
    let kind = &site.arg_types[0].kind;
    if kind.is_numeric() {
        let answer = of_numbers(kind);
        return Ok(Box::new(move |args| Ok(Arc::new(BooleanArray::from(vec![answer; args.rows])))));
    }
    Ok(Box::new(move |args| {
        let text = texts(args, 0);
        build_boolean(args.rows, |row| Some(text.get(row).is_some_and(holds)))
    }))
}

/// Whether there are characters and all are letters (Unicode's categories L) of the basic plane: Java looks at halves of
/// the others, which are no letters.
fn is_letters(text: &str) -> bool {
    static LETTERS: LazyLock<Option<fancy_regex::Regex>> =
        LazyLock::new(|| fancy_regex::Regex::new(r"\A[\p{L}&&[\x{0}-\x{FFFF}]]+\z").ok());
    LETTERS.as_ref().is_some_and(|letters| letters.is_match(text).unwrap_or(false))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_decimal_digit)
}

/// Whether `Double.parseDouble` reads the text: a decimal or hexadecimal number with an optional `d` or `f` behind it.
fn is_java_double(text: &str) -> bool {
    let text = text.trim_matches(|character| character <= ' ');
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(text, "NaN" | "Infinity") {
        return true;
    }
    let text = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (number, exponent_mark): (&str, &[char]) = match hexadecimal {
        Some(digits) => (digits, &['p', 'P']),
        None => (text, &['e', 'E']),
    };
    let (mantissa, exponent) = match number.split_once(exponent_mark) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (number, None),
    };
    let is_digit = |byte: &u8| if hexadecimal.is_some() { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
    let digits = mantissa.bytes().filter(is_digit).count();
    let points = mantissa.bytes().filter(|byte| *byte == b'.').count();
    let exponent_valid = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && exponent.bytes().all(|byte| byte.is_ascii_digit())
    });
    digits > 0
        && points <= 1
        && digits + points == mantissa.len()
        && exponent_valid
        && (hexadecimal.is_none() || exponent.is_some())
}

/// Zeros of the decimal digits of Unicode's basic plane; nine more follow each.
const ZEROS: [u32; 37] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];

fn is_decimal_digit(character: char) -> bool {
    let code = u32::from(character);
    character.is_ascii_digit() || ZEROS.iter().any(|zero| (*zero..*zero + 10).contains(&code))
}
