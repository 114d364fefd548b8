//! `<`, `<=`, `>` and `>=`. BETWEEN is written with them.

use super::compare::{Comparison, bind, kernel};
use crate::registry::{Example, Family, ScalarDef, Volatility};

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        name: "<",
        aliases: &[],
        family: Family::Comparison,
        syntax: &["a < b"],
        doc: "Whether the left side is less; strings are compared by their UTF-8 bytes.",
        examples: &[Example { sql: "'10' < '9'", result: "true" }, Example { sql: "10 < 9", result: "false" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("<", args, false, true),
        kernel: |site| kernel(Comparison::Less, site),
    },
    ScalarDef {
        name: "<=",
        aliases: &[],
        family: Family::Comparison,
        syntax: &["a <= b"],
        doc: "Whether the left side is less or equal.",
        examples: &[Example { sql: "2 <= 2.0", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("<=", args, false, true),
        kernel: |site| kernel(Comparison::LessOrEqual, site),
    },
    ScalarDef {
        name: ">",
        aliases: &[],
        family: Family::Comparison,
        syntax: &["a > b"],
        doc: "Whether the left side is greater.",
        examples: &[Example { sql: "DATE '2024-01-02' > '2024-01-01'", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind(">", args, false, true),
        kernel: |site| kernel(Comparison::Greater, site),
    },
    ScalarDef {
        name: ">=",
        aliases: &[],
        family: Family::Comparison,
        syntax: &["a >= b"],
        doc: "Whether the left side is greater or equal.",
        examples: &[Example { sql: "TRUE >= FALSE", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind(">=", args, false, true),
        kernel: |site| kernel(Comparison::GreaterOrEqual, site),
    },
];
