//! Exports: all rows of a table in one file that appears whole or not at all.

use crate::format::{FormatDef, WriteSpec, format};
use crate::options::config;
use crate::spec::TableSpec;
use data::{ChangeBatch, Diagnostic, Schema};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Formats by the ending of the file.
const ENDINGS: [(&str, &str); 4] = [("csv", "csv"), ("jsonl", "json"), ("json", "json"), ("parquet", "parquet")];

/// Whether rows of these columns can be written into a file of this name.
///
/// # Errors
/// An ending that is no format, types that the format does not hold, a folder that is not there.
pub fn check_export(path: &Path, schema: &Schema) -> Result<(), Diagnostic> {
    plan_export(path, schema)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) {
        return Err(config("HW4131", format!("cannot write {}", path.display()))
            .detail("there is no such folder")
            .hint("make the folder, or name another one"));
    }
    Ok(())
}

/// Writes inserted rows into a file; the format follows from its ending, a CSV file gets a header. The file is written
/// beside, synced, then renamed.
///
/// # Errors
/// An ending that is no format, types that the format does not hold, what the disk refuses.
pub fn export(path: &Path, schema: &Schema, batches: &[ChangeBatch]) -> Result<(), Diagnostic> {
    let (spec, definition) = plan_export(path, schema)?;
    let failed = |error: &std::io::Error| {
        config("HW4131", format!("cannot write {}", path.display()))
            .detail(error.to_string())
            .hint("check that this user may write there, and that the disk is not full")
    };
    let temporary = path.with_extension(format!("{}.{}.tmp", ending(path), std::process::id()));
    let file = File::create(&temporary).map_err(|error| failed(&error))?;
    let written = write(&spec, definition, file, batches).and_then(|file| {
        file.sync_all().and_then(|()| std::fs::rename(&temporary, path)).map_err(|error| failed(&error))
    });
    if written.is_err() {
        // The half file is of no use to anyone.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn plan_export(path: &Path, schema: &Schema) -> Result<(Arc<TableSpec>, &'static FormatDef), Diagnostic> {
    let ending = ending(path);
    let identifier = ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, identifier)| *identifier);
    let Some(definition) = identifier.and_then(format) else {
        return Err(config("HW4130", format!("cannot tell the format of {}", path.display()))
            .detail("the ending of the file names the format")
            .hint("end the name in .csv, .jsonl or .parquet"));
    };
    let spec = export_spec(schema, definition.identifier);
    match (definition.check)(&spec).into_iter().find(Diagnostic::is_error) {
        Some(error) => Err(error),
        None => Ok((spec, definition)),
    }
}

fn write(
    spec: &Arc<TableSpec>,
    definition: &FormatDef,
    file: File,
    batches: &[ChangeBatch],
) -> Result<File, Diagnostic> {
    let columns = spec.schema.fields.clone();
    let mut writer = (definition.create)(&WriteSpec { spec: Arc::clone(spec), columns }, file)?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    writer.finish()
}

fn export_spec(schema: &Schema, identifier: &str) -> Arc<TableSpec> {
    let options = [("connector", "filesystem"), ("format", identifier), ("headwater.csv.header", "true")];
    let wanted = |key: &str| identifier == "csv" || !key.starts_with("headwater.csv");
    Arc::new(TableSpec {
        name: "export".to_owned(),
        schema: schema.clone(),
        metadata: vec![None; schema.len()],
        options: options
            .into_iter()
            .filter(|(key, _)| wanted(key))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect::<BTreeMap<_, _>>(),
        ..TableSpec::default()
    })
}
