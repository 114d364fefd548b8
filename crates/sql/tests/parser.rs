//! The parser by example: `ok/*.sql` with the canonical text of each statement beside it, `errors/*.sql` with what
//! is said
//! about them. `UPDATE_EXPECT=1` writes both.

mod common;

use data::Diagnostic;
use data::diagnostic::line_column;

#[test]
fn statements_have_one_canonical_text() {
    for (path, text) in common::files("ok", "sql") {
        let (statements, errors) = sql::parse_script(&text);
        assert!(errors.is_empty(), "{}\n{}", path.display(), render(&text, &errors));
        let mut canonical = String::new();
        for statement in &statements {
            let printed = sql::print::statement(statement);
            let again = sql::parse_statement(&printed).unwrap_or_else(|errors| panic!("{}", render(&printed, &errors)));
            assert_eq!(sql::print::statement(&again), printed);
            assert_eq!(statement.kind_name(), again.kind_name());
            canonical.push_str(&printed);
            canonical.push_str(";\n");
        }
        let twin = path.with_extension("canonical");
        let expected = std::fs::read_to_string(&twin).unwrap_or_default();
        common::expect(&twin, &expected, &canonical);
    }
}

#[test]
fn equivalent_spellings_are_one() {
    for (path, text) in common::files("same", "sql") {
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("--")) {
            let spellings: Vec<String> = line
                .split(" === ")
                .map(|one| match sql::parse_statement(one) {
                    Ok(statement) => sql::print::statement(&statement),
                    Err(errors) => panic!("{}\n{}", path.display(), render(one, &errors)),
                })
                .collect();
            assert!(spellings.windows(2).all(|pair| pair[0] == pair[1]), "{line}\n{spellings:#?}");
        }
    }
}

#[test]
fn mistakes_are_explained() {
    for (path, text) in common::files("errors", "sql") {
        let mut got = String::new();
        for case in text.split("\n\n").map(str::trim_end).filter(|case| !case.is_empty()) {
            let errors: Vec<Diagnostic> = sql::parse_statements(case).flat_map(|one| one.errors).collect();
            assert!(!errors.is_empty(), "{}: nothing is wrong with\n{case}", path.display());
            got.push_str(case);
            got.push_str("\n----\n");
            got.push_str(&render(case, &errors));
            got.push('\n');
        }
        let twin = path.with_extension("said");
        let expected = std::fs::read_to_string(&twin).unwrap_or_default();
        common::expect(&twin, &expected, &got);
    }
}

/// Every fix that is offered makes the text at least parse further: the same error is not there any more.
#[test]
fn fixes_mend() {
    for (_, text) in common::files("errors", "sql") {
        for case in text.split("\n\n").map(str::trim_end).filter(|case| !case.is_empty()) {
            for error in sql::parse_script(case).1.iter().filter(|error| !error.fix.is_empty()) {
                let mut mended = case.to_string();
                for fix in error.fix.iter().rev() {
                    mended.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.text);
                }
                let still = sql::parse_script(&mended).1;
                assert!(still.iter().all(|other| other.message != error.message), "{case}\n{mended}\n{still:?}");
            }
        }
    }
}

fn render(text: &str, errors: &[Diagnostic]) -> String {
    let mut out = String::new();
    for error in errors {
        let span = error.span.unwrap_or_default();
        let (line, column) = line_column(text, span.start as usize);
        let phase = if error.phase == data::Phase::Parse { "" } else { " (plan)" };
        out.push_str(&format!("{line}:{column} {}{phase} {}\n", error.code, error.message));
        let source = text.lines().nth(line - 1).unwrap_or("");
        let width = span.slice(text).lines().next().map_or(0, |first| first.chars().count());
        out.push_str(&format!("    {source}\n    {}{}\n", " ".repeat(column - 1), "^".repeat(width.max(1))));
        for (name, value) in [("detail", &error.detail), ("hint", &error.hint)] {
            if let Some(value) = value {
                out.push_str(&format!("    {name}: {value}\n"));
            }
        }
    }
    out
}
