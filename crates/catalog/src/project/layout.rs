//! Which file of a project folder is what, by its path alone.

use super::{LAYERS, Role};

/// What a path stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `headwater.toml`, of the project or of the chosen environment.
    Settings,
    /// `dml.<table>.properties`
    Properties {
        table: String,
    },
    Sql {
        role: Role,
        layer: String,
        product: String,
        table: String,
    },
}

/// The kind of the file at `path` when `environment` is chosen; nothing for what is not part of the project then.
pub fn classify(path: &str, environment: &str) -> Option<FileKind> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["headwater.toml"] => Some(FileKind::Settings),
        ["environments", name, "headwater.toml"] if *name == environment => Some(FileKind::Settings),
        ["environments", name, .., file] if *name == environment => {
            let table = file.strip_suffix(".sql")?;
            Some(sql(Role::Environment, "", "", table))
        }
        ["pipelines", layer, middle @ .., "sql-scripts", file] if LAYERS.contains(layer) => script(layer, middle, file),
        _ => None,
    }
}

/// Files in a table's `sql-scripts` folder. `middle` is `[product, table folder]`, or the folder alone.
fn script(layer: &str, middle: &[&str], file: &str) -> Option<FileKind> {
    let product = if middle.len() > 1 { middle[middle.len() - 2] } else { "" };
    if let Some(table) = file.strip_prefix("dml.").and_then(|rest| rest.strip_suffix(".properties")) {
        return Some(FileKind::Properties { table: table.to_owned() });
    }
    let name = file.strip_suffix(".sql")?;
    let (role, table) = match name.split_once('.')? {
        ("ddl", table) => (Role::Ddl, table),
        ("dml", table) => (Role::Dml, table),
        _ => return None,
    };
    Some(sql(role, layer, product, table))
}

fn sql(role: Role, layer: &str, product: &str, table: &str) -> FileKind {
    FileKind::Sql { role, layer: layer.to_owned(), product: product.to_owned(), table: table.to_owned() }
}
