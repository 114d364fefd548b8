//! RAND, RAND_INTEGER and UUID. Everything follows from the seed given by the run and the number of the row, so that a
//! replay draws the same numbers; with a seed of its own a call draws the sequence of `java.util.Random`, one per row.

use crate::registry::{BindArg, BindError, Binding, Example, Family, KernelArgs, ScalarDef, Volatility};
use crate::scalar::columns::{build, build_text};
use crate::typing::{any_nullable, arity_between, mismatch};
use crate::vector::try_rows;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::{Array, ArrayRef};
use data::{DataType, TypeKind};
use std::fmt::Write;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        name: "RAND",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["RAND()", "RAND(seed)"],
        doc: "A number from 0 up to but not including 1, another for every row.",
        examples: &[
            Example { sql: "RAND() < 1", result: "true" },
            Example { sql: "RAND(5)", result: "0.730519863614471" },
        ],
        volatility: Volatility::Volatile,
        fallible: false,
        bind: bind_rand,
        kernel: |_| Ok(Box::new(rand)),
    },
    ScalarDef {
        name: "RAND_INTEGER",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["RAND_INTEGER(bound)", "RAND_INTEGER(seed, bound)"],
        doc: "An integer from 0 up to but not including the bound, another for every row. The bound must be positive.",
        examples: &[
            Example { sql: "RAND_INTEGER(1)", result: "0" },
            Example { sql: "RAND_INTEGER(7, 100)", result: "36" },
        ],
        volatility: Volatility::Volatile,
        fallible: true,
        bind: bind_rand_integer,
        kernel: |_| Ok(Box::new(rand_integer)),
    },
    ScalarDef {
        name: "UUID",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["UUID()"],
        doc: "A random (version 4) UUID, another for every row.",
        examples: &[Example { sql: "CHAR_LENGTH(UUID())", result: "36" }],
        volatility: Volatility::Volatile,
        fallible: false,
        bind: bind_uuid,
        kernel: |_| Ok(Box::new(uuid)),
    },
];

/// A bound of RAND_INTEGER that is not positive.
const BAD_BOUND: &str = "HW3006";

fn bind_rand(args: &[BindArg]) -> Result<Binding, BindError> {
    bind("RAND", args, 0, 1, "RAND() or RAND(seed)", TypeKind::Double)
}

fn bind_rand_integer(args: &[BindArg]) -> Result<Binding, BindError> {
    bind("RAND_INTEGER", args, 1, 2, "RAND_INTEGER(bound) or RAND_INTEGER(seed, bound)", TypeKind::Int)
}

fn bind_uuid(args: &[BindArg]) -> Result<Binding, BindError> {
    bind("UUID", args, 0, 0, "UUID()", TypeKind::Char(36))
}

fn bind(
    name: &str,
    args: &[BindArg],
    least: usize,
    most: usize,
    form: &str,
    result: TypeKind,
) -> Result<Binding, BindError> {
    arity_between(name, args, least, most, form)?;
    if !args.iter().all(|arg| arg.data_type.kind.is_integer()) {
        return Err(mismatch(name, args, form));
    }
    let params = args.iter().map(|arg| DataType::int().with_nullable(arg.data_type.nullable)).collect();
    Ok(Binding { params, result: DataType::new(result).with_nullable(any_nullable(args)) })
}

fn rand(args: &KernelArgs) -> Result<ArrayRef, crate::EvalError> {
    if args.columns.is_empty() {
        let first = args.context.first_row;
        return build::<Float64Type>(args.rows, |row| {
            let bits = mixed(args.context.seed, first + row as u64);
            Some((bits >> 11) as f64 / (1_u64 << 53) as f64)
        });
    }
    let seeds = args.columns[0].as_primitive::<Int32Type>();
    let mut sequence = Sequence::default();
    build::<Float64Type>(args.rows, |row| {
        let at = args.position(0, row);
        let number = args.context.first_row + row as u64;
        seeds.is_valid(at).then(|| sequence.at(seeds.value(at), number * 2).next_double())
    })
}

fn rand_integer(args: &KernelArgs) -> Result<ArrayRef, crate::EvalError> {
    let bound_at = args.columns.len() - 1;
    let bounds = args.columns[bound_at].as_primitive::<Int32Type>().values();
    let seeds = (bound_at > 0).then(|| args.columns[0].as_primitive::<Int32Type>().values());
    try_rows::<Int32Type>(args, |row| {
        let bound = bounds[args.position(bound_at, row)];
        if bound <= 0 {
            return Err((BAD_BOUND, format!("bound must be positive, but is {bound}")));
        }
        let number = args.context.first_row + row as u64;
        Ok(Some(match seeds {
            Some(seeds) => Random::of(seeds[args.position(0, row)]).after(number).next_below(bound),
            None => (mixed(args.context.seed, number) >> 33).wrapping_rem(bound as u64) as i32,
        }))
    })
}

fn uuid(args: &KernelArgs) -> Result<ArrayRef, crate::EvalError> {
    build_text(args.rows, |row, out| {
        let number = args.context.first_row + row as u64;
        let (high, low) = (mixed(args.context.seed, number), mixed(!args.context.seed, number));
        let (high, low) = (high & !0xF000 | 0x4000, low & !(0b11 << 62) | 0b10 << 62);
        let (a, b, c, d, e) = (high >> 32, high >> 16 & 0xFFFF, high & 0xFFFF, low >> 48, low & 0xFFFF_FFFF_FFFF);
        write!(out, "{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}").ok()
    })
}

/// 64 bits that follow from a seed and a number, and look as if they did not (SplitMix64's finaliser).
pub(crate) fn mixed(seed: u64, number: u64) -> u64 {
    let mut bits = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ bits >> 31
}

/// The generator of `java.util.Random`: a linear congruence modulo 2^48, whose documentation prescribes its numbers.
#[derive(Clone, Copy)]
struct Random(u64);

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const INCREMENT: u64 = 0xB;
const MASK: u64 = (1 << 48) - 1;

impl Random {
    fn of(seed: i32) -> Random {
        Random((i64::from(seed) as u64 ^ MULTIPLIER) & MASK)
    }

    /// After so many steps, in logarithmic time: a step composed with itself is a step again.
    fn after(self, mut steps: u64) -> Random {
        let (mut multiplier, mut increment) = (MULTIPLIER, INCREMENT);
        let mut state = self.0;
        while steps > 0 {
            if steps & 1 == 1 {
                state = state.wrapping_mul(multiplier).wrapping_add(increment) & MASK;
            }
            increment = multiplier.wrapping_add(1).wrapping_mul(increment) & MASK;
            multiplier = multiplier.wrapping_mul(multiplier) & MASK;
            steps >>= 1;
        }
        Random(state)
    }

    fn next(&mut self, bits: u32) -> i32 {
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT) & MASK;
        (self.0 >> (48 - bits)) as i32
    }

    fn next_double(&mut self) -> f64 {
        let (high, low) = (self.next(26) as i64, self.next(27) as i64);
        ((high << 27) + low) as f64 / (1_u64 << 53) as f64
    }

    fn next_below(&mut self, bound: i32) -> i32 {
        if bound & (bound - 1) == 0 {
            return ((i64::from(bound) * i64::from(self.next(31))) >> 31) as i32;
        }
        loop {
            let bits = self.next(31);
            let value = bits % bound;
            // The last, incomplete run of remainders would favour small ones.
            if bits.wrapping_sub(value).wrapping_add(bound - 1) >= 0 {
                return value;
            }
        }
    }
}

/// Remembers where the last number was drawn, because the next is usually the one after it.
#[derive(Default)]
struct Sequence {
    last: Option<(i32, u64, Random)>,
}

impl Sequence {
    fn at(&mut self, seed: i32, step: u64) -> Random {
        let random = match self.last {
            Some((known, at, random)) if known == seed && step >= at => random.after(step - at),
            _ => Random::of(seed).after(step),
        };
        self.last = Some((seed, step, random));
        random
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Flink drew for RAND(5) and RAND_INTEGER(7, 100) in three rows.
    #[test]
    fn seeded_calls_draw_javas_numbers() {
        let mut sequence = Sequence::default();
        for (row, expect) in [0.730519863614471, 0.08825840967622589, 0.4889045498516358].into_iter().enumerate() {
            assert_eq!(sequence.at(5, 2 * row as u64).next_double(), expect);
        }
        for (row, expect) in [36, 64, 85].into_iter().enumerate() {
            assert_eq!(Random::of(7).after(row as u64).next_below(100), expect);
        }
    }
}
