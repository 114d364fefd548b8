//! The syntax tree of the Flink SQL dialect: what was written, before any name is resolved.
//!
//! - *span*: the bytes of the text a node came from; parentheses around an expression belong to no node.
//! - *identifier*: keeps its exact case; back-quoted or not, it names the same thing.
//! - Equivalent spellings (`<>` and `!=`, `FETCH FIRST 3 ROWS ONLY` and `LIMIT 3`, `INTEGER` and `INT`) are one node,
//!   so that nothing after the parser has to know about them.

pub mod ddl;
pub mod expr;
pub mod query;
pub mod statement;
pub mod types;

pub use ddl::*;
pub use expr::*;
pub use query::*;
pub use statement::*;
pub use types::*;

use data::Span;

/// A name part, with back quotes removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    pub value: String,
    pub quoted: bool,
    pub span: Span,
}

impl Ident {
    pub fn new(value: impl Into<String>, span: Span) -> Self {
        Self { value: value.into(), quoted: false, span }
    }
}

/// A name of one to three parts (`catalog.database.object`); never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName(pub Vec<Ident>);

impl ObjectName {
    pub fn span(&self) -> Span {
        match (self.0.first(), self.0.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::default(),
        }
    }

    /// The object's own name, without catalog and database.
    pub fn last(&self) -> &str {
        self.0.last().map_or("", |part| part.value.as_str())
    }

    pub fn parts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|part| part.value.as_str())
    }
}

/// The parts joined by dots, unquoted: for messages.
impl std::fmt::Display for ObjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            f.write_str(&part.value)?;
        }
        Ok(())
    }
}

/// A string literal where the grammar wants one (comments, option keys and values), decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub value: String,
    pub span: Span,
}

/// `'key' = 'value'` in WITH, OPTIONS and SET lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    pub key: Text,
    pub value: Text,
}

impl Property {
    pub fn span(&self) -> Span {
        self.key.span.to(self.value.span)
    }
}
