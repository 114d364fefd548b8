//! Files in folders: a source that reads them (and watches for new ones), a sink that commits them by renaming.
//!
//! - *part file*: a file of the sink, `part-<epoch>-<n>.<format>`; visible from its commit on, hidden before.
//! - *partition folder*: `column=value`, when the table is PARTITIONED BY.

mod path;
mod sink;
mod source;
#[cfg(test)]
pub(crate) mod tests;

use crate::format::format;
use crate::options::{OptionDef, OptionKind};
use crate::spec::{Accepts, ConnectorDef, MetadataDef, SinkDef, SourceDef, TableSpec};
use data::{Diagnostic, TypeKind};

pub(crate) const DEF: ConnectorDef = ConnectorDef {
    identifier: "filesystem",
    doc: "Reads files of rows from a file, a folder or a pattern, and writes them to a folder",
    options: &[
        OptionDef::new(
            "path",
            OptionKind::Text,
            "A file, a folder (with everything below it; hidden files and those that begin with _ are left out), \
             or a pattern with * ? [ ]. Relative to the project's folder",
        )
        .required(),
        OptionDef::new(
            "source.monitor-interval",
            OptionKind::Duration,
            "How often to look for new files; without it the table ends with the files that are there",
        ),
        OptionDef::new("source.path.regex-pattern", OptionKind::Text, "Not supported: use a pattern in 'path'"),
        OptionDef::new("source.report-statistics", OptionKind::Text, "Without effect: the planner needs no statistics"),
        OptionDef::new("partition.default-name", OptionKind::Text, "The folder that stands for NULL")
            .default("__DEFAULT_PARTITION__"),
        OptionDef::new("sink.rolling-policy.file-size", OptionKind::Size, "A part file is closed when it is so large")
            .default("128MB"),
        OptionDef::new(
            "sink.rolling-policy.rollover-interval",
            OptionKind::Duration,
            "Without effect: files end with their epoch",
        ),
        OptionDef::new(
            "sink.rolling-policy.check-interval",
            OptionKind::Duration,
            "Without effect: files end with their epoch",
        ),
        OptionDef::new("sink.parallelism", OptionKind::Integer, "Without effect: one writer per table"),
        crate::spec::DEAD_LETTER,
    ],
    metadata: &[
        MetadataDef { key: "file.path", data_type: "STRING NOT NULL", doc: "The file's path", fits: is_string },
        MetadataDef { key: "file.name", data_type: "STRING NOT NULL", doc: "Its last part", fits: is_string },
        MetadataDef { key: "file.size", data_type: "BIGINT NOT NULL", doc: "Its size in bytes", fits: is_bigint },
        MetadataDef {
            key: "file.modification-time",
            data_type: "TIMESTAMP_LTZ(3) NOT NULL",
            doc: "When it was last written",
            fits: |kind| matches!(kind, TypeKind::TimestampLtz(0..=6)),
        },
        MetadataDef {
            key: "headwater.line",
            data_type: "BIGINT NOT NULL",
            doc: "The line on which the row begins, from 1; the row's number in formats without lines",
            fits: is_bigint,
        },
        MetadataDef {
            key: "headwater.offset",
            data_type: "BIGINT NOT NULL",
            doc: "The row's place in the order of arrival: files by name, then lines",
            fits: is_bigint,
        },
    ],
    formats: true,
    source: Some(SourceDef {
        guarantee: "exactly once: positions are part of the checkpoint; files must not change while they are read",
        bounded: |spec| spec.option("source.monitor-interval").is_none(),
        open: source::open,
    }),
    sink: Some(SinkDef {
        guarantee: "exactly once: part files are synced and renamed by the commit of their epoch",
        accepts: Accepts::Inserts,
        open: sink::open,
    }),
    check,
};

fn is_string(kind: &TypeKind) -> bool {
    kind.is_character()
}

fn is_bigint(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::BigInt)
}

fn check(spec: &TableSpec) -> Vec<Diagnostic> {
    use crate::options::config;
    let mut found = Vec::new();
    for name in &spec.partition_keys {
        let kind = spec.schema.index_of(name).map(|column| &spec.schema.fields[column].data_type.kind);
        if matches!(kind, Some(TypeKind::Array(_) | TypeKind::Map(..) | TypeKind::Multiset(_) | TypeKind::Row(_))) {
            found.push(
                config("HW4107", format!("column '{name}' cannot partition the table"))
                    .detail("its values would have to be names of folders")
                    .hint("partition by a column of a simple type"),
            );
        }
    }
    if spec.option("source.path.regex-pattern").is_some() {
        found.push(
            config("HW4104", "option 'source.path.regex-pattern' is not supported")
                .detail("files are selected by a pattern in 'path'")
                .hint("write 'path' = 'folder/*.csv', for example"),
        );
    }
    let ignore =
        spec.option("format").and_then(format).map(|format| format!("{}.ignore-parse-errors", format.identifier));
    if let Some(name) = ignore
        && spec.option(&name).is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
        && spec.option(crate::spec::DEAD_LETTER.name).is_some()
    {
        found.push(
            config("HW4104", "rows that cannot be decoded are both ignored and set aside")
                .detail(format!("'{name}' and '{}' contradict each other", crate::spec::DEAD_LETTER.name))
                .hint("remove one of the two options"),
        );
    }
    found
}
