//! What names mean inside one SELECT: the relations of its FROM clause and their columns.
//!
//! - *correlated reference*: a column of an enclosing query; its position carries the number of levels it goes out.
//! - *system column*: can be named, is not in `*`.

use crate::node::{Node, TimeAttribute};
use data::DataType;
use functions::Expr;

/// Positions at or above this are correlated: `OUTER * levels + position`.
pub(crate) const OUTER: usize = 1 << 32;

#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) relations: Vec<Relation>,
    /// Columns that USING or NATURAL made one of two.
    pub(crate) merged: Vec<Merged>,
}

#[derive(Clone, Debug)]
pub(crate) struct Relation {
    /// The alias, or else the parts of the table's path; empty for what has no name.
    pub(crate) names: Vec<String>,
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) position: usize,
    pub(crate) data_type: DataType,
    pub(crate) time: Option<TimeAttribute>,
    pub(crate) system: bool,
    /// Part of a merged column: only to be had by its qualified name.
    pub(crate) merged: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Merged {
    pub(crate) name: String,
    pub(crate) expr: Expr,
    /// Of NATURAL: one column in `*`, but its plain name is ambiguous, as in Flink.
    pub(crate) natural: bool,
}

/// What a lookup found in one scope.
pub(crate) enum Found {
    Column(Expr),
    Ambiguous,
    /// The relation exists, the column in it does not.
    NoColumn {
        relation: String,
    },
    Nothing,
}

impl Relation {
    pub(crate) fn of(names: Vec<String>, node: &Node, start: usize) -> Self {
        let field = |(at, column): (usize, &crate::node::Column)| Field {
            name: column.name.clone(),
            position: start + at,
            data_type: column.data_type.clone(),
            time: column.time,
            system: false,
            merged: false,
        };
        Self { names, fields: node.columns.iter().enumerate().map(field).collect() }
    }

    /// Whether a qualifier (`t`, `db.t`, `cat.db.t`) means this relation.
    fn answers_to(&self, qualifier: &[&str]) -> bool {
        !qualifier.is_empty()
            && qualifier.len() <= self.names.len()
            && self.names[self.names.len() - qualifier.len()..].iter().zip(qualifier).all(|(name, part)| name == part)
    }

    fn fields(&self, name: &str) -> Vec<&Field> {
        self.fields.iter().filter(|field| field.name == name).collect()
    }
}

impl Field {
    pub(crate) fn expr(&self) -> Expr {
        Expr::column(self.position, self.data_type.clone())
    }
}

impl Scope {
    pub(crate) fn one(relation: Relation) -> Self {
        Self { relations: vec![relation], merged: Vec::new() }
    }

    /// Looks for a column by its plain name.
    pub(crate) fn column(&self, name: &str) -> Found {
        if let Some(merged) = self.merged.iter().find(|merged| merged.name == name) {
            return if merged.natural { Found::Ambiguous } else { Found::Column(merged.expr.clone()) };
        }
        let fields = self.relations.iter().flat_map(|relation| relation.fields.iter());
        let mut matches = fields.filter(|field| field.name == name && !field.merged);
        match (matches.next(), matches.next()) {
            (Some(field), None) => Found::Column(field.expr()),
            (Some(_), Some(_)) => Found::Ambiguous,
            (None, _) => Found::Nothing,
        }
    }

    /// Looks for a column of the relation that the qualifier names.
    pub(crate) fn qualified(&self, qualifier: &[&str], name: &str) -> Found {
        let mut relations = self.relations.iter().filter(|relation| relation.answers_to(qualifier));
        match relations.next() {
            None => Found::Nothing,
            Some(relation) => match relation.fields(name).as_slice() {
                [field] => Found::Column(field.expr()),
                [_, _, ..] => Found::Ambiguous,
                [] => Found::NoColumn { relation: qualifier.join(".") },
            },
        }
    }

    /// The relation that `t.*` means.
    pub(crate) fn relation(&self, qualifier: &[&str]) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.answers_to(qualifier))
    }

    /// The columns of `*`, in order.
    pub(crate) fn star(&self) -> Vec<(String, Expr)> {
        let merged = self.merged.iter().map(|merged| (merged.name.clone(), merged.expr.clone()));
        let fields = self.relations.iter().flat_map(|relation| relation.fields.iter());
        let rest = fields.filter(|field| !field.merged && !field.system);
        merged.chain(rest.map(|field| (field.name.clone(), field.expr()))).collect()
    }

    /// Names that could have been meant.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.relations.iter().flat_map(|relation| relation.fields.iter().map(|field| field.name.as_str()))
    }

    pub(crate) fn relation_names(&self) -> impl Iterator<Item = &str> {
        self.relations.iter().filter_map(|relation| relation.names.last().map(String::as_str))
    }

    pub(crate) fn field_at(&self, position: usize) -> Option<&Field> {
        let mut fields = self.relations.iter().flat_map(|relation| relation.fields.iter());
        fields.find(|field| field.position == position)
    }
}
