//! Every example in the tables of functions says what the engine answers.

use data::text::append_value;
use data::{DataType, Diagnostic};
use engine::Options;
use functions::{Example, all, all_aggregates};
use plan::Session;

#[test]
fn examples_are_true() {
    let scalars = all().flat_map(|def| def.examples.iter().map(move |example| (def.name, example)));
    let aggregates = all_aggregates().flat_map(|def| def.examples.iter().map(move |example| (def.name, example)));
    let wrong: Vec<String> = scalars.chain(aggregates).filter_map(|(name, example)| check(name, example)).collect();
    assert!(wrong.is_empty(), "{} examples are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_function_has_an_example() {
    let bare: Vec<&str> = all().filter(|def| def.examples.is_empty()).map(|def| def.name).collect();
    let expected = |name: &&str| !name.contains("CURRENT") && !name.contains("LOCAL") && !WITHOUT.contains(name);
    let bare: Vec<&str> = bare.into_iter().filter(expected).collect();
    assert!(bare.is_empty(), "without an example: {}", bare.join(", "));
}

/// What these give depends on the clock, as with CURRENT_… and LOCAL…; OVERLAPS is written between two rows.
const WITHOUT: [&str; 4] = ["NOW", "PROCTIME", "UNIX_TIMESTAMP", "OVERLAPS"];

fn check(name: &str, example: &Example) -> Option<String> {
    let got = evaluate(example.sql).unwrap_or_else(|error| format!("{}: {}", error.code, error.message));
    (got != example.result).then(|| format!("{name}: {} is {got}, not {}", example.sql, example.result))
}

fn evaluate(sql: &str) -> Result<String, Diagnostic> {
    let first = |errors: Vec<Diagnostic>| errors.into_iter().next().expect("a failure has an error");
    let session = Session::new(Vec::new());
    let query = sql::parse_query(&format!("SELECT {sql}")).map_err(first)?;
    let root = session.query_in_batch(&query).map_err(first)?;
    let batch = engine::query(&root, Options::default(), 0, Vec::new())?;
    let data_type = root.columns.first().map_or_else(DataType::string, |column| column.data_type.clone());
    let mut value = String::new();
    append_value(&mut value, batch.column(0), &data_type, 0);
    Ok(value)
}
