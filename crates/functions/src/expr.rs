//! Typed scalar expressions over the columns of one input: what the planner builds and rewrites, what plans store,
//! what programs are compiled from. Every implicit cast is already explicit here.

use data::{DataType, Value};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    pub kind: ExprKind,
    pub data_type: DataType,
}

/// AND, OR, CASE, COALESCE and IN are forms of their own because they do not evaluate all of their operands for every
/// row: `CASE WHEN b <> 0 THEN a / b END` must not divide by zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    /// Column of the input, by position. For a join condition: left columns, then right columns.
    Column(usize),
    Literal(Value),
    /// A function or operator by its registry name (`UPPER`, `+`, `=`, `NOT`, `IS NULL`).
    Call {
        function: String,
        args: Vec<Expr>,
    },
    /// To `data_type`. A failing TRY_CAST is NULL.
    Cast {
        input: Box<Expr>,
        is_try: bool,
    },
    /// The first branch whose condition is true, else `otherwise` (NULL when absent).
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Coalesce(Vec<Expr>),
    /// Three-valued membership in a list of expressions of the input's type.
    InList {
        input: Box<Expr>,
        list: Vec<Expr>,
    },
    /// Field of a ROW by position.
    Field {
        input: Box<Expr>,
        index: usize,
    },
}

impl Expr {
    pub fn new(kind: ExprKind, data_type: DataType) -> Self {
        Self { kind, data_type }
    }

    pub fn column(index: usize, data_type: DataType) -> Self {
        Self::new(ExprKind::Column(index), data_type)
    }

    pub fn literal(value: Value, data_type: DataType) -> Self {
        Self::new(ExprKind::Literal(value), data_type)
    }

    pub fn call(function: impl Into<String>, args: Vec<Expr>, data_type: DataType) -> Self {
        Self::new(ExprKind::Call { function: function.into(), args }, data_type)
    }

    /// The column position when the expression is nothing but a column.
    pub fn as_column(&self) -> Option<usize> {
        match self.kind {
            ExprKind::Column(index) => Some(index),
            _ => None,
        }
    }

    pub fn as_literal(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Literal(value) => Some(value),
            _ => None,
        }
    }

    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Column(_) | ExprKind::Literal(_) => Vec::new(),
            ExprKind::Call { args: list, .. } | ExprKind::And(list) | ExprKind::Or(list) | ExprKind::Coalesce(list) => {
                list.iter().collect()
            }
            ExprKind::Cast { input, .. } | ExprKind::Field { input, .. } => vec![input],
            ExprKind::Case { branches, otherwise } => {
                branches.iter().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref()).collect()
            }
            ExprKind::InList { input, list } => std::iter::once(&**input).chain(list).collect(),
        }
    }

    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            ExprKind::Column(_) | ExprKind::Literal(_) => Vec::new(),
            ExprKind::Call { args: list, .. } | ExprKind::And(list) | ExprKind::Or(list) | ExprKind::Coalesce(list) => {
                list.iter_mut().collect()
            }
            ExprKind::Cast { input, .. } | ExprKind::Field { input, .. } => vec![input],
            ExprKind::Case { branches, otherwise } => {
                branches.iter_mut().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref_mut()).collect()
            }
            ExprKind::InList { input, list } => std::iter::once(&mut **input).chain(list).collect(),
        }
    }

    /// Calls `visit` for this expression and all below it, parents first.
    pub fn walk(&self, visit: &mut dyn FnMut(&Expr)) {
        visit(self);
        for child in self.children() {
            child.walk(visit);
        }
    }

    /// Replaces every column position.
    #[must_use]
    pub fn map_columns(mut self, map: &dyn Fn(usize) -> usize) -> Self {
        self.remap(map);
        self
    }

    fn remap(&mut self, map: &dyn Fn(usize) -> usize) {
        if let ExprKind::Column(index) = &mut self.kind {
            *index = map(*index);
        }
        for child in self.children_mut() {
            child.remap(map);
        }
    }
}
