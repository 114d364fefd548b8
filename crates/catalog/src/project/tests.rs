//! Projects from lists of files.

use super::{FileKind, Project, Role, classify};
use std::collections::BTreeMap;

fn files(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn load(list: &[(&str, &str)]) -> Result<Project, Vec<data::Diagnostic>> {
    Project::from_files(&files(list), "local", &BTreeMap::new())
}

#[test]
fn files_come_in_loading_order() {
    let project = load(&[
        ("pipelines/views/c360/v/sql-scripts/dml.v.sql", ""),
        ("pipelines/sources/c360/s/sql-scripts/dml.s.sql", ""),
        ("pipelines/views/c360/v/sql-scripts/ddl.v.sql", ""),
        ("pipelines/sources/c360/s/sql-scripts/ddl.s.sql", ""),
        ("environments/local/raw.sql", ""),
        ("environments/cloud/raw.sql", ""),
        ("pipelines/sources/c360/s/tests/ddl.other.sql", ""),
    ])
    .expect("a good project");
    let order: Vec<&str> = project.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        order,
        [
            "environments/local/raw.sql",
            "pipelines/sources/c360/s/sql-scripts/ddl.s.sql",
            "pipelines/views/c360/v/sql-scripts/ddl.v.sql",
            "pipelines/sources/c360/s/sql-scripts/dml.s.sql",
            "pipelines/views/c360/v/sql-scripts/dml.v.sql",
        ]
    );
}

#[test]
fn scripts_in_the_wrong_place_are_named() {
    let project = load(&[
        ("pipelines/x/ddl.m.sql", ""),
        ("pipelines/sources/c360/s/sql-scripts/s.sql", ""),
        ("pipelines/sources/c360/s/sql-scripts/ddl.s.sql", ""),
        ("pipelines/sources/c360/s/tests/ddl.other.sql", ""),
        ("docs/ddl.x.sql", ""),
    ])
    .expect("a good project");
    assert_eq!(project.unread, ["pipelines/x/ddl.m.sql", "pipelines/sources/c360/s/sql-scripts/s.sql"]);
}

#[test]
fn paths_say_product_and_table() {
    let kind = |role, layer: &str, product: &str, table: &str| {
        Some(FileKind::Sql { role, layer: layer.into(), product: product.into(), table: table.into() })
    };
    for (path, expected) in [
        ("pipelines/facts/p1/folder/sql-scripts/ddl.fct_order.sql", kind(Role::Ddl, "facts", "p1", "fct_order")),
        ("pipelines/facts/fct_order/sql-scripts/dml.fct_order.sql", kind(Role::Dml, "facts", "", "fct_order")),
        ("environments/local/raw.sql", kind(Role::Environment, "", "", "raw")),
        ("pipelines/facts/p1/t/sql-scripts/dml.t.properties", Some(FileKind::Properties { table: "t".into() })),
        ("pipelines/nolayer/p1/t/sql-scripts/ddl.t.sql", None),
        ("environments/cloud/raw.sql", None),
        ("docs/ddl.x.sql", None),
    ] {
        assert_eq!(classify(path, "local"), expected, "{path}");
    }
}

#[test]
fn settings_of_the_environment_win() {
    let project = load(&[
        (
            "headwater.toml",
            "name = \"shop\"\n[vars]\ndata = \"a\"\nkeep = \"k\"\n[config]\n\"table.local-time-zone\" = \"UTC\"",
        ),
        ("environments/local/headwater.toml", "[vars]\ndata = \"b\""),
    ])
    .expect("a good project");
    assert_eq!(project.name, "shop");
    assert_eq!(project.settings.vars["data"], "b");
    assert_eq!(project.settings.vars["keep"], "k");
    assert_eq!(project.settings.config["table.local-time-zone"].to_string(), "UTC");
}

#[test]
fn mistakes_are_named() {
    let errors = load(&[("headwater.toml", "vras = 1")]).expect_err("a misspelt key");
    assert_eq!((errors[0].code, errors[0].file.as_deref()), ("HW4001", Some("headwater.toml")));
    let errors =
        load(&[("pipelines/facts/a/t/sql-scripts/ddl.t.sql", ""), ("pipelines/facts/b/t/sql-scripts/ddl.t.sql", "")])
            .expect_err("one table twice");
    assert_eq!(errors[0].code, "HW4003");
}

#[test]
fn properties_are_read_as_java_does() {
    let text = "\u{feff}# comment\n table.exec.state.ttl = 1 h\n! other\n\nsql.x=a=b\n";
    let map = super::settings::parse_properties(text);
    assert_eq!(map["table.exec.state.ttl"], "1 h");
    assert_eq!(map["sql.x"], "a=b");
    assert_eq!(map.len(), 2);
}
