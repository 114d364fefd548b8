//! Binding: from the syntax of queries to plan nodes. Names are resolved, types checked, subqueries joined.
//!
//! - *frame*: the state of one SELECT while it is bound: its scope, the relation its expressions are computed over,
//!   and, once it is known, how it is grouped.

pub(crate) mod aggregate;
pub(crate) mod call;
pub(crate) mod correlate;
pub(crate) mod expr;
pub(crate) mod from;
pub(crate) mod hint;
mod in_list;
pub(crate) mod join;
pub(crate) mod literal;
pub(crate) mod order;
pub(crate) mod over;
pub(crate) mod predicate;
pub(crate) mod query;
pub(crate) mod scope;
pub(crate) mod select;
pub(crate) mod special;
pub(crate) mod subquery;
pub(crate) mod table;
mod unnest;
pub(crate) mod walk;
pub(crate) mod window;

use crate::error::{Bound, Reported, unsupported};
use crate::node::Node;
use crate::session::SessionState;
use data::{Diagnostic, Span};
use functions::Expr;
use scope::Scope;
use sql::ast;

/// Where an expression stands; decides what may be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clause {
    Select,
    Where,
    On,
    GroupBy,
    Having,
    OrderBy,
    /// Arguments of an aggregate.
    Aggregate,
    /// Definitions of columns and watermarks, VALUES.
    Plain,
}

pub(crate) struct Frame {
    pub(crate) scope: Scope,
    /// What expressions are computed over; scalar subqueries append columns to it.
    pub(crate) node: Option<Node>,
    pub(crate) grouping: Option<aggregate::Grouping>,
    pub(crate) overs: Vec<over::BoundOver>,
    pub(crate) windows: Vec<ast::NamedWindow>,
    /// Output columns that ORDER BY may name.
    pub(crate) aliases: Vec<(String, Expr)>,
    pub(crate) clause: Clause,
}

impl Frame {
    pub(crate) fn new(scope: Scope, node: Option<Node>) -> Self {
        Self {
            scope,
            node,
            grouping: None,
            overs: Vec::new(),
            windows: Vec::new(),
            aliases: Vec::new(),
            clause: Clause::Plain,
        }
    }
}

/// A name that a WITH clause gave to a query.
pub(crate) struct CteBinding {
    pub(crate) name: String,
    pub(crate) node: Node,
}

pub(crate) struct Binder<'s> {
    pub(crate) session: &'s SessionState,
    pub(crate) errors: Vec<Diagnostic>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) ctes: Vec<CteBinding>,
    /// Catalog and database of the view that is being expanded.
    pub(crate) home: Option<(String, String)>,
    /// Whether the input is bounded and the plan runs in batch mode.
    pub(crate) batch: bool,
    /// Where an expanded view stands in the statement: its own spans are of another text.
    pub(crate) view_span: Option<Span>,
    pub(crate) view_depth: usize,
    /// Nodes that were put in place of names so far.
    pub(crate) expanded: usize,
}

impl<'s> Binder<'s> {
    pub(crate) fn new(session: &'s SessionState, batch: bool) -> Self {
        Self {
            session,
            errors: Vec::new(),
            frames: Vec::new(),
            ctes: Vec::new(),
            home: None,
            batch,
            view_span: None,
            view_depth: 0,
            expanded: 0,
        }
    }

    /// Reports an error.
    pub(crate) fn fail<T>(&mut self, mut error: Diagnostic) -> Bound<T> {
        if let Some(span) = self.view_span {
            error.span = Some(span);
        }
        self.errors.push(error);
        Err(Reported)
    }

    pub(crate) fn unsupported<T>(&mut self, span: Span, feature: &str, instead: &str) -> Bound<T> {
        self.fail(unsupported(span, feature, instead))
    }

    pub(crate) fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("an expression is bound inside a frame")
    }

    /// Runs `bind` in a frame of its own and gives the frame back.
    pub(crate) fn in_frame<T>(&mut self, frame: Frame, bind: impl FnOnce(&mut Self) -> Bound<T>) -> (Bound<T>, Frame) {
        self.frames.push(frame);
        let result = bind(self);
        let frame = self.frames.pop().expect("frames are balanced");
        (result, frame)
    }

    /// Tries `bind`; what it reports is forgotten when it fails.
    pub(crate) fn attempt<T>(&mut self, bind: impl FnOnce(&mut Self) -> Bound<T>) -> Option<T> {
        let reported = self.errors.len();
        let result = bind(self);
        if result.is_err() {
            self.errors.truncate(reported);
        }
        result.ok()
    }

    /// Runs `bind` with another clause.
    pub(crate) fn in_clause<T>(&mut self, clause: Clause, bind: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.frame().clause, clause);
        let result = bind(self);
        self.frame().clause = before;
        result
    }
}

/// All or nothing, after every part has had its say.
pub(crate) fn all<T>(parts: Vec<Bound<T>>) -> Bound<Vec<T>> {
    parts.into_iter().collect()
}
