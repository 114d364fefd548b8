//! A loaded project as the HTTP door shows it.

use crate::pipelines::{PipelineStatement, Pipelines};
use catalog::project::{Project, Role};
use data::{Diagnostic, Located};
use engine::Options;
use plan::Session;
use serve::{StatementInfo, TableInfo};

/// Describes a project.
pub fn describe(project: &Project, session: Session, pipelines: &Pipelines, findings: &[Diagnostic]) -> serve::Project {
    let mut tables: Vec<TableInfo> = Vec::new();
    for (name, table) in pipelines.tables.iter().filter(|(name, _)| pipelines.is_selected(name)) {
        let Some(declared) = session.table(name) else { continue };
        let file = project.files.iter().find(|file| file.role == Role::Ddl && file.table == table.short_name);
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let comment = |name: &str| declared.column(name).and_then(|column| column.comment.clone());
        let letters = pipelines.tables.values().filter(|other| other.dead_letter.as_ref() == Some(name));
        tables.push(TableInfo {
            path: declared.path.clone(),
            layer: file.and_then(|file| text(&file.layer)),
            product: file.and_then(|file| text(&file.product)),
            comment: declared.comment.clone(),
            comments: table.def.schema.fields.iter().map(|field| comment(&field.name)).collect(),
            def: table.def.clone(),
            appendable: pipelines.is_appendable(name),
            dead_letter_of: letters.map(|other| other.short_name.clone()).collect(),
        });
    }
    tables.sort_by(|left, right| left.path.name.cmp(&right.path.name));
    let place_of = |file: Option<&str>, offset: usize| {
        let found = project.files.iter().find(|known| Some(known.path.as_str()) == file);
        found.map(|file| data::diagnostic::line_column(&file.source, offset))
    };
    serve::Project {
        name: project.name.clone(),
        tables,
        statements: pipelines
            .statements
            .iter()
            .map(|statement| self::statement(project, pipelines, statement))
            .collect(),
        diagnostics: findings.iter().map(|finding| Located::new(finding, &place_of)).collect(),
        session,
        options: Options { time_zone: pipelines.time_zone, checkpoints: false, ..Options::default() },
    }
}

fn statement(project: &Project, pipelines: &Pipelines, statement: &PipelineStatement) -> StatementInfo {
    let file = project.files.iter().find(|file| file.path == statement.file());
    let short =
        |name: &str| pipelines.tables.get(name).map_or_else(|| name.to_owned(), |table| table.short_name.clone());
    StatementInfo {
        label: statement.label.clone(),
        file: file.map(|file| file.path.clone()),
        target: plan::explain::sink_table(&statement.node).map(short).unwrap_or_default(),
        reads: statement.node.tables_read().into_iter().map(short).collect(),
        sql: file.map(|file| file.source.trim().to_owned()).unwrap_or_default(),
    }
}
