//! The dependency table: which crate of the workspace may use which. ARCHITECTURE.md holds the table; a new edge is a
//! change of that page.

use std::collections::BTreeMap;
use std::path::Path;

/// Compares the `[dependencies]` of every crate with the allow-list.
pub(super) fn check(root: &Path) -> Vec<String> {
    let Ok(page) = std::fs::read_to_string(root.join("ARCHITECTURE.md")) else {
        return vec!["ARCHITECTURE.md: missing".to_owned()];
    };
    let allowed = allow_list(&page);
    let Ok(entries) = std::fs::read_dir(root.join("crates")) else {
        return vec!["crates: missing".to_owned()];
    };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let mut findings = Vec::new();
    for name in &names {
        let manifest = std::fs::read_to_string(root.join("crates").join(name).join("Cargo.toml")).unwrap_or_default();
        let Some(may_use) = allowed.get(name) else {
            findings.push(format!("ARCHITECTURE.md: the crate table has no row for `{name}`"));
            continue;
        };
        for used in dependencies(&manifest) {
            if names.contains(&used) && !may_use.contains(&used) && !may_use.iter().any(|all| all == "all") {
                findings.push(format!("crates/{name}/Cargo.toml: `{name}` may not depend on `{used}`"));
            }
        }
    }
    findings
}

/// Rows `| `crate` | purpose | a, b |` of the page.
fn allow_list(page: &str) -> BTreeMap<String, Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        line.trim().trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    };
    page.lines()
        .filter(|line| line.starts_with("| `"))
        .map(cells)
        .filter(|row| row.len() == 3)
        .map(|row| {
            let uses = row[2].split(',').map(|name| name.trim().to_owned()).filter(|name| name != "-").collect();
            (row[0].clone(), uses)
        })
        .collect()
}

/// Names in `[dependencies]`; what only tests use is free.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.trim() == "[dependencies]";
        } else if inside && let Some(name) = line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty()) {
            names.push(name.to_owned());
        }
    }
    names
}

#[test]
fn reads_the_table_and_the_manifest() {
    let page = "| `plan` | from syntax to plans | data, sql |\n| `data` | words | - |\n";
    let allowed = allow_list(page);
    assert_eq!(allowed["plan"], ["data", "sql"]);
    assert!(allowed["data"].is_empty());
    let manifest = "[package]\nname = \"x\"\n[dependencies]\ndata.workspace = true\nserde = \"1\"\n[dev-dependencies]\nsql = \"1\"";
    assert_eq!(dependencies(manifest), ["data", "serde"]);
}
