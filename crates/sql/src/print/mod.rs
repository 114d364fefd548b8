//! Tree to canonical text: keywords in upper case, identifiers in back quotes, one space between tokens, no comments.
//!
//! Parsing a canonical text and printing it again gives the same text, and equivalent spellings give one text.
//! - *tight*: without a space before it.

mod ddl;
mod expr;
mod query;
mod statement;
mod types;

use crate::ast::{Expr, Ident, ObjectName, Property, Query, Statement, Text, TypeName};
use crate::keyword::Kw;

/// The canonical text of a statement, without `;` at its end.
pub fn statement(statement: &Statement) -> String {
    let mut printer = Printer::default();
    printer.statement(statement);
    printer.out
}

/// The canonical text of a query.
pub fn query(query: &Query) -> String {
    let mut printer = Printer::default();
    printer.query(query);
    printer.out
}

/// The canonical text of an expression.
pub fn expression(expr: &Expr) -> String {
    let mut printer = Printer::default();
    printer.expr(expr);
    printer.out
}

/// The canonical text of a type.
pub fn type_name(name: &TypeName) -> String {
    let mut printer = Printer::default();
    printer.type_name(name);
    printer.out
}

/// A name in back quotes.
pub fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A string literal of this value.
pub fn string_literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

#[derive(Default)]
struct Printer {
    out: String,
}

impl Printer {
    /// A token, with a space before it where one belongs.
    fn put(&mut self, token: &str) {
        let tight =
            self.out.is_empty() || self.out.ends_with(['(', '[', '.']) || token.starts_with([')', ']', ',', ';']);
        if !tight {
            self.out.push(' ');
        }
        self.out.push_str(token);
    }

    fn tight(&mut self, token: &str) {
        self.out.push_str(token);
    }

    fn put_if(&mut self, condition: bool, token: &str) {
        if condition {
            self.put(token);
        }
    }

    fn ident(&mut self, ident: &Ident) {
        self.put(&quoted(&ident.value));
    }

    fn name(&mut self, name: &ObjectName) {
        for (index, part) in name.0.iter().enumerate() {
            if index > 0 {
                self.tight(".");
            }
            self.ident(part);
        }
    }

    /// A function's name, which is not case-sensitive: one that is a keyword stays bare.
    fn function_name(&mut self, name: &ObjectName) {
        if let [only] = name.0.as_slice()
            && let Some(keyword) = Kw::lookup(&only.value)
            && keyword.is_call_name()
        {
            return self.put(keyword.text());
        }
        let Some((last, path)) = name.0.split_last() else { return };
        for part in path {
            self.ident(part);
            self.tight(".");
        }
        self.put(&quoted(&last.value.to_uppercase()));
    }

    fn text(&mut self, text: &Text) {
        self.put(&string_literal(&text.value));
    }

    fn list<T>(&mut self, items: &[T], mut print: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.tight(",");
            }
            print(self, item);
        }
    }

    /// ` (a, b)`
    fn paren_list<T>(&mut self, items: &[T], print: impl FnMut(&mut Self, &T)) {
        self.put("(");
        self.list(items, print);
        self.tight(")");
    }

    fn idents(&mut self, idents: &[Ident]) {
        self.paren_list(idents, Self::ident);
    }

    fn property(&mut self, property: &Property) {
        self.text(&property.key);
        self.put("=");
        self.text(&property.value);
    }

    fn properties(&mut self, properties: &[Property]) {
        self.paren_list(properties, Self::property);
    }

    /// `WITH (...)` unless there is nothing in it.
    fn with_options(&mut self, options: &[Property]) {
        if !options.is_empty() {
            self.put("WITH");
            self.properties(options);
        }
    }

    fn comment(&mut self, comment: &Option<Text>) {
        if let Some(comment) = comment {
            self.put("COMMENT");
            self.text(comment);
        }
    }
}
