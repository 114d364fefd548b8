//! The SQL front end. Whatever the text: every error has a place inside it, the canonical text of what was read is read
//! again as the same, formatting changes no meaning and formatting again changes nothing.

use super::{Target, corpus};

pub(super) const TARGET: Target = Target { name: "sql", run, seeds };

fn seeds(root: &std::path::Path) -> Vec<Vec<u8>> {
    // Short inputs are tried more often.
    let scripts = corpus::scripts(root);
    let statements = scripts.iter().flat_map(|script| script.split_inclusive(";\n")).map(str::to_owned);
    statements.chain(corpus::blocks(root).into_iter().flatten()).map(String::into_bytes).collect()
}

fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for parsed in sql::parse_statements(text) {
        assert_eq!(parsed.statement.is_none(), !parsed.errors.is_empty(), "a tree or errors");
        for error in &parsed.errors {
            let span = error.span.expect("an error of the text has a place");
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} is inside the text");
            assert!(!error.message.is_empty() && error.code.starts_with("HW"));
        }
        if let Some(statement) = parsed.statement {
            let once = sql::print::statement(&statement);
            match sql::parse_statement(&once) {
                Ok(again) => assert_eq!(sql::print::statement(&again), once, "canonical text"),
                Err(errors) => panic!("canonical text is not read again: {once}\n{errors:?}"),
            }
        }
    }
    let _ = sql::parse_type(text);
    if let Ok(expression) = sql::parse_expression(text) {
        let once = sql::print::expression(&expression);
        let again = sql::parse_expression(&once).unwrap_or_else(|errors| panic!("{once}\n{errors:?}"));
        assert_eq!(sql::print::expression(&again), once, "canonical text of an expression");
    }
    if let Ok(formatted) = sql::format(text) {
        assert_eq!(canonical(text), canonical(&formatted), "formatting changes the meaning:\n{formatted}");
        assert_eq!(sql::format(&formatted).as_deref(), Ok(formatted.as_str()), "formatting again changes the text");
    }
}

fn canonical(text: &str) -> Vec<String> {
    sql::parse_script(text).0.iter().map(sql::print::statement).collect()
}
