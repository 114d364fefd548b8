//! The front end for the Flink SQL dialect: text to syntax tree, and back.
//!
//! Nothing here knows a catalog; names are resolved by the planner. Parsing gives a tree *and* all errors of the text,
//! and never panics.

pub mod ast;
mod format;
mod keyword;
mod layout;
mod lexer;
mod parser;
pub mod print;
pub mod types;
pub mod vars;

use ast::{Expr, Query, Statement, TypeName};
use data::Diagnostic;
pub use parser::Parsed;
use parser::Parser;

/// Longest text that is read, in bytes: spans have 32 bits.
const MAX_BYTES: usize = 1 << 31;

/// The statements of a text that have no error, and all errors, in the order of the text.
pub fn parse_script(text: &str) -> (Vec<Statement>, Vec<Diagnostic>) {
    let mut statements = Vec::new();
    let mut errors = Vec::new();
    for parsed in parse_statements(text) {
        statements.extend(parsed.statement);
        errors.extend(parsed.errors);
    }
    (statements, errors)
}

/// Every statement of a text, with its own errors. Statements end at `;`.
pub fn parse_statements(text: &str) -> Vec<Parsed> {
    match parser(text) {
        Ok(parser) => parser.script(),
        Err(error) => vec![Parsed { statement: None, span: error.span.unwrap_or_default(), errors: vec![error] }],
    }
}

/// The text laid out for people: comments are kept, words of the language in upper case, everything else as written.
/// Formatting a formatted text changes nothing.
///
/// # Errors
/// The syntax errors of the text, which is then not touched.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    format::format(text)
}

/// A text that is one statement.
pub fn parse_statement(text: &str) -> Result<Statement, Vec<Diagnostic>> {
    parser(text).map_err(|error| vec![error])?.whole(Parser::statement)
}

/// A text that is one expression.
pub fn parse_expression(text: &str) -> Result<Expr, Vec<Diagnostic>> {
    parser(text).map_err(|error| vec![error])?.whole(Parser::expr)
}

/// A text that is the name of a type.
pub fn parse_type(text: &str) -> Result<TypeName, Vec<Diagnostic>> {
    parser(text).map_err(|error| vec![error])?.whole(Parser::type_name)
}

/// A text that is one query.
pub fn parse_query(text: &str) -> Result<Query, Vec<Diagnostic>> {
    parser(text).map_err(|error| vec![error])?.whole(Parser::query)
}

fn parser(text: &str) -> Result<Parser<'_>, Diagnostic> {
    if text.len() >= MAX_BYTES {
        let diagnostic = Diagnostic::parse("HW1005", data::Span::default(), "this text is too long")
            .detail("a text of SQL has less than 2 GiB")
            .hint("split it into several files");
        return Err(diagnostic);
    }
    Ok(Parser::new(text, lexer::lex(text)))
}
