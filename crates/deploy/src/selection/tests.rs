//! Selections of a small project: raw_a → a → b → c, raw_x → x; `v` is a view over x, `rejected` takes bad rows.

use super::{Selector, select};
use catalog::project::Project;
use std::collections::BTreeMap;
use std::path::Path;

const RAW: &str =
    "WITH ('connector' = 'filesystem', 'path' = 'raw', 'format' = 'csv', 'headwater.dead-letter' = 'rejected')";

fn project() -> Project {
    let mut files = vec![(
        "environments/local/raw.sql".to_owned(),
        format!("CREATE TABLE raw_a (id INT) {RAW}; CREATE TABLE raw_x (id INT) {RAW}; CREATE TABLE posted (id INT)"),
    )];
    let mut table = |layer: &str, product: &str, name: &str, from: &str| {
        let folder = format!("pipelines/{layer}/{product}/{name}/sql-scripts");
        files.push((format!("{folder}/ddl.{name}.sql"), format!("CREATE TABLE {name} (id INT)")));
        files.push((format!("{folder}/dml.{name}.sql"), format!("INSERT INTO {name} SELECT id FROM {from}")));
    };
    table("sources", "shop", "a", "raw_a");
    table("facts", "shop", "b", "a");
    table("facts", "sales", "c", "b");
    table("sources", "shop", "x", "raw_x");
    table("dead_letter", "ops", "counted", "rejected");
    let folder = "pipelines/views/ops/v/sql-scripts";
    files.push((format!("{folder}/ddl.v.sql"), "CREATE VIEW v AS SELECT id FROM x".to_owned()));
    files[9].1 = "CREATE TABLE counted (id INT, reason STRING)".to_owned();
    files[10].1 = "INSERT INTO counted SELECT 1, reason FROM rejected".to_owned();
    files.push(("environments/local/rejected.sql".to_owned(), "CREATE TABLE rejected (reason STRING)".to_owned()));
    Project::from_files(&files, "local", &BTreeMap::new()).expect("a project")
}

/// The tables whose statements run, or the error.
fn runs(words: &[&str]) -> String {
    let project = project();
    let mut loaded = match deploy_load(&project) {
        Ok(loaded) => loaded,
        Err(errors) => panic!("{errors:?}"),
    };
    let selectors: Vec<Selector> = words.iter().map(|word| word.parse().expect("a selector")).collect();
    match select(&mut loaded, &project, &selectors) {
        Ok(()) => {
            let name =
                |label: &str| label.rsplit("dml.").next().unwrap_or_default().trim_end_matches(".sql").to_owned();
            let mut names: Vec<String> =
                loaded.pipelines.statements.iter().map(|statement| name(&statement.label)).collect();
            names.sort();
            names.join(" ")
        }
        Err(error) => format!("{}: {} ({})", error.code, error.message, error.hint.unwrap_or_default()),
    }
}

fn deploy_load(project: &Project) -> Result<crate::Loaded, Vec<data::Diagnostic>> {
    crate::load(project, Path::new("."), false)
}

#[test]
fn a_table_comes_with_all_that_it_reads() {
    assert_eq!(runs(&["b"]), "a b");
    assert_eq!(runs(&["+b"]), "a b");
    assert_eq!(runs(&["default_catalog.default_database.x"]), "x");
}

#[test]
fn what_follows_comes_with_what_it_needs() {
    assert_eq!(runs(&["a+"]), "a b c");
    assert_eq!(runs(&["raw_x+"]), "x");
}

#[test]
fn layers_products_folders_and_patterns() {
    assert_eq!(runs(&["facts"]), "a b c");
    assert_eq!(runs(&["layer:sources"]), "a x");
    assert_eq!(runs(&["product:sales"]), "a b c");
    assert_eq!(runs(&["pipelines/facts/shop"]), "a b");
    assert_eq!(runs(&["path:./facts/sales/"]), "a b c");
    assert_eq!(runs(&["table:*"]), "a b c counted x");
}

#[test]
fn selectors_add_up() {
    assert_eq!(runs(&["a", "x"]), "a x");
    assert_eq!(runs(&[]), "a b c counted x");
}

#[test]
fn bad_rows_come_from_all_that_reads_their_sources() {
    assert_eq!(runs(&["counted"]), "a counted x");
    assert_eq!(runs(&["rejected"]), "a x");
    // Bad rows are kept beside, and pull nothing in.
    assert_eq!(runs(&["x"]), "x");
}

#[test]
fn a_view_stands_for_the_tables_it_reads() {
    assert_eq!(runs(&["v"]), "x");
    assert_eq!(runs(&["v+"]), "HW4515: `v` is a view (name the tables that are filled from it)");
}

#[test]
fn what_cannot_run_is_said() {
    assert_eq!(runs(&["fact"]), "HW4513: nothing in the project is named `fact` (did you mean `facts`?)");
    assert!(
        runs(&["nothing_like_it"])
            .starts_with("HW4513: nothing in the project is named `nothing_like_it` (name a table")
    );
    assert_eq!(runs(&["raw_a"]), "HW4515: no statement is selected (`--select raw_a+` runs what reads it)");
    assert_eq!(runs(&["posted"]), "");
    for bad in ["", "+", "color:red", "a+b"] {
        assert!(bad.parse::<Selector>().is_err(), "{bad}");
    }
}
