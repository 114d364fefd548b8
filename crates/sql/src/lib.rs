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
use data::{Diagnostic, Span};
use lexer::Lexer;
pub use parser::Parsed;
use parser::{Parser, Statements};

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

/// Every statement of a text, with its own errors, read when it is asked for. Statements end at `;`.
pub fn parse_statements(text: &str) -> impl Iterator<Item = Parsed> {
    let (parser, refused) = match too_long(text) {
        None => (Some(Statements::new(Parser::new(text, Lexer::new(text)))), None),
        Some(error) => (None, Some(Parsed { statement: None, span: Span::default(), errors: vec![error] })),
    };
    refused.into_iter().chain(parser.into_iter().flatten())
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
    match too_long(text) {
        None => Ok(Parser::new(text, Lexer::whole(text))),
        Some(error) => Err(error),
    }
}

fn too_long(text: &str) -> Option<Diagnostic> {
    (text.len() >= MAX_BYTES).then(|| {
        Diagnostic::parse("HW1005", Span::default(), "this text is too long")
            .detail("a text of SQL has less than 2 GiB")
            .hint("split it into several files")
    })
}
