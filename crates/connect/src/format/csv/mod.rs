//! The `csv` format, with Flink's options and Flink's reading of values, and one of ours: a header row.

mod decode;
mod encode;
pub(crate) mod split;

use self::split::Dialect;
use super::column::TextRules;
use super::text::TimestampStandard;
use super::{FormatDef, MAX_ROW_BYTES, refuse_types};
use crate::options::{OptionDef, OptionKind, config};
use crate::spec::{TableSpec, with_options};
use data::{Diagnostic, TypeKind};

pub(crate) const DEF: FormatDef = FormatDef {
    identifier: "csv",
    doc: "Comma-separated values. Columns are taken by position, or by name with 'headwater.csv.header' = 'true'. \
          An empty field is an empty STRING and an error for every other type, unless 'csv.null-literal' = ''",
    options: &[
        OptionDef::new("csv.field-delimiter", OptionKind::Character, "Separates fields").default(","),
        OptionDef::new("csv.quote-character", OptionKind::Character, "Encloses fields").default("\""),
        OptionDef::new("csv.disable-quote-character", OptionKind::Boolean, "Quotes are ordinary characters")
            .default("false"),
        OptionDef::new("csv.allow-comments", OptionKind::Boolean, "Lines that begin with # are left out")
            .default("false"),
        OptionDef::new(
            "csv.ignore-parse-errors",
            OptionKind::Boolean,
            "A field that does not fit is NULL, a row with too many fields is left out",
        )
        .default("false"),
        OptionDef::new("csv.array-element-delimiter", OptionKind::Text, "Separates elements of ARRAY and ROW")
            .default(";"),
        OptionDef::new("csv.escape-character", OptionKind::Character, "Takes the meaning from the next character"),
        OptionDef::new("csv.null-literal", OptionKind::Text, "The text that stands for NULL"),
        OptionDef::new(
            "csv.write-bigdecimal-in-scientific-notation",
            OptionKind::Boolean,
            "Whether a DECIMAL may be written as 1E+5",
        )
        .default("true"),
        OptionDef::new(
            "headwater.csv.header",
            OptionKind::Boolean,
            "Files begin with a row of column names: columns are found by name; sinks write one",
        )
        .default("false"),
        OptionDef::new(
            "headwater.csv.optional-columns",
            OptionKind::Text,
            "Columns, separated by commas, that a header may lack: they are NULL in such a file",
        ),
        MAX_ROW_BYTES,
    ],
    check,
    open: decode::open,
    create: encode::create,
};

/// The options of a table, read.
#[derive(Clone, Debug)]
struct CsvOptions {
    dialect: Dialect,
    rules: TextRules,
    header: bool,
    /// Columns that a header may lack.
    optional: Vec<String>,
    scientific: bool,
    max_row_bytes: usize,
}

impl CsvOptions {
    fn of(spec: &TableSpec) -> Self {
        with_options(spec, |options| {
            let byte = |name| options.character(name).and_then(|character| u8::try_from(character).ok());
            let quote = if options.flag("csv.disable-quote-character") { None } else { byte("csv.quote-character") };
            Self {
                dialect: Dialect {
                    delimiter: byte("csv.field-delimiter").unwrap_or(b','),
                    quote,
                    escape: byte("csv.escape-character"),
                    comments: options.flag("csv.allow-comments"),
                },
                rules: TextRules {
                    null_literal: options.text("csv.null-literal").map(|text| text.as_bytes().to_vec()),
                    element_delimiter: options.text("csv.array-element-delimiter").unwrap_or(";").into(),
                    timestamps: TimestampStandard::Sql,
                    lenient_dates: true,
                },
                header: options.flag("headwater.csv.header"),
                optional: options
                    .text("headwater.csv.optional-columns")
                    .map(|text| text.split(',').map(|name| name.trim().to_owned()).collect())
                    .unwrap_or_default(),
                scientific: options.flag("csv.write-bigdecimal-in-scientific-notation"),
                max_row_bytes: options
                    .size_bytes(MAX_ROW_BYTES.name)
                    .map_or(16 << 20, |bytes| bytes.clamp(1, 1 << 30) as usize),
            }
        })
    }
}

fn check(spec: &TableSpec) -> Vec<Diagnostic> {
    let mut found = refuse_types(spec, "csv", "use the format json, or split the column", |kind| match kind {
        TypeKind::Map(..) | TypeKind::Multiset(_) => true,
        TypeKind::Array(element) => is_nested(&element.kind),
        TypeKind::Row(fields) => fields.iter().any(|field| is_nested(&field.data_type.kind)),
        _ => false,
    });
    for name in ["csv.field-delimiter", "csv.quote-character", "csv.escape-character"] {
        let character = spec.option(name).and_then(|text| text.chars().next());
        if character.is_some_and(|character| !character.is_ascii()) {
            found.push(
                config("HW4104", format!("option '{name}' has an invalid value"))
                    .detail("fields are separated by bytes, so the character has to be an ASCII one")
                    .hint("write a single ASCII character"),
            );
        }
    }
    if spec.option("csv.disable-quote-character").is_some_and(|text| text.trim() == "true")
        && spec.option("csv.quote-character").is_some()
    {
        found.push(
            config("HW4104", "quotes are both declared and disabled")
                .detail("'csv.quote-character' and 'csv.disable-quote-character' contradict each other")
                .hint("remove one of the two options"),
        );
    }
    if let Some(names) = spec.option("headwater.csv.optional-columns") {
        for name in names.split(',').map(str::trim) {
            if !spec.schema.index_of(name).is_some_and(|column| spec.schema.fields[column].data_type.nullable) {
                found.push(
                    config("HW4104", format!("column '{name}' cannot be optional"))
                        .detail(format!("table '{}' has no column of that name that may be NULL", spec.name))
                        .hint("name nullable columns of the table in 'headwater.csv.optional-columns'"),
                );
            }
        }
    }
    found
}

fn is_nested(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Array(_) | TypeKind::Row(_) | TypeKind::Map(..) | TypeKind::Multiset(_))
}
