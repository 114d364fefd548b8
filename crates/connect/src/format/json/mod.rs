//! The `json` format: an object per line, with Flink's options and Flink's reading of values. Other than Flink it does
//! not pass over what follows the object on its line.

mod decode;
mod encode;
mod scan;

use super::text::TimestampStandard;
use super::{FormatDef, MAX_ROW_BYTES};
use crate::options::{OptionDef, OptionKind, config};
use crate::spec::{TableSpec, with_options};
use data::{Diagnostic, TypeKind};

pub(crate) const DEF: FormatDef = FormatDef {
    identifier: "json",
    doc: "JSON objects, one per line; columns are found by name, and missing ones are NULL",
    options: &[
        OptionDef::new("json.fail-on-missing-field", OptionKind::Boolean, "A missing column is an error")
            .default("false"),
        OptionDef::new(
            "json.ignore-parse-errors",
            OptionKind::Boolean,
            "A field that does not fit is NULL, a line that is no object is left out",
        )
        .default("false"),
        OptionDef::new(
            "json.timestamp-format.standard",
            OptionKind::OneOf(&["SQL", "ISO-8601"]),
            "2024-01-02 03:04:05.123, or with a T",
        )
        .default("SQL"),
        OptionDef::new(
            "json.map-null-key.mode",
            OptionKind::OneOf(&["FAIL", "DROP", "LITERAL"]),
            "What becomes of NULL keys of a MAP when written",
        )
        .default("FAIL"),
        OptionDef::new("json.map-null-key.literal", OptionKind::Text, "The key that stands for NULL in mode LITERAL")
            .default("null"),
        OptionDef::new(
            "json.encode.decimal-as-plain-number",
            OptionKind::Boolean,
            "A DECIMAL is never written as 1E-7",
        )
        .default("false"),
        OptionDef::new("json.encode.ignore-null-fields", OptionKind::Boolean, "NULL columns are not written")
            .default("false"),
        OptionDef::new("json.decode.json-parser.enabled", OptionKind::Boolean, "Without effect").default("true"),
        MAX_ROW_BYTES,
    ],
    check,
    open: decode::open,
    create: encode::create,
};

/// The options of a table, read.
#[derive(Clone, Debug)]
struct JsonOptions {
    fail_on_missing: bool,
    timestamps: TimestampStandard,
    plain_decimals: bool,
    omit_nulls: bool,
    null_key: NullKey,
    max_row_bytes: usize,
}

#[derive(Clone, Debug)]
enum NullKey {
    Fail,
    Drop,
    Literal(String),
}

impl JsonOptions {
    fn of(spec: &TableSpec) -> Self {
        with_options(spec, |options| Self {
            fail_on_missing: options.flag("json.fail-on-missing-field"),
            timestamps: match options.text("json.timestamp-format.standard") {
                Some("ISO-8601") => TimestampStandard::Iso8601,
                _ => TimestampStandard::Sql,
            },
            plain_decimals: options.flag("json.encode.decimal-as-plain-number"),
            omit_nulls: options.flag("json.encode.ignore-null-fields"),
            null_key: match options.text("json.map-null-key.mode") {
                Some("DROP") => NullKey::Drop,
                Some("LITERAL") => {
                    NullKey::Literal(options.text("json.map-null-key.literal").unwrap_or("null").to_owned())
                }
                _ => NullKey::Fail,
            },
            max_row_bytes: options
                .size_bytes(MAX_ROW_BYTES.name)
                .map_or(16 << 20, |bytes| bytes.clamp(1, 1 << 30) as usize),
        })
    }
}

fn check(spec: &TableSpec) -> Vec<Diagnostic> {
    let hint = "declare the key of the MAP as STRING";
    let mut found = super::refuse_types(spec, "json", hint, |kind| match kind {
        TypeKind::Map(key, _) | TypeKind::Multiset(key) => !key.kind.is_character(),
        _ => false,
    });
    let given = |name: &str| with_options(spec, |options| options.flag(name));
    if given("json.fail-on-missing-field") && given("json.ignore-parse-errors") {
        found.push(
            config("HW4104", "missing fields are both errors and ignored")
                .detail("'json.fail-on-missing-field' and 'json.ignore-parse-errors' contradict each other")
                .hint("remove one of the two options"),
        );
    }
    found
}
