//! What the parser tells the formatter about a text: which words are names, what belongs together, where lines may
//! break.
//!
//! - *group*: a range of tokens that is written on one line when it fits, and otherwise breaks at all of its places.
//! - *break*: a token before which its group may begin a new line.

/// Columns by which what belongs to something stands further in.
pub(crate) const INDENT: usize = 2;

/// The kinds of groups; a break belongs to the innermost group of its kind around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupKind {
    /// A statement around its query.
    Statement,
    /// A query: one clause after another.
    Query,
    /// The list of a clause (SELECT, GROUP BY): breaks before its first element, too.
    Clause,
    /// Elements behind one another.
    List,
    /// Tables and joins in FROM.
    From,
    /// One join and its condition.
    Join,
    /// A chain of AND or of OR.
    Logical,
    /// A chain of + and -.
    Sum,
    Case,
    /// Inside of OVER (...).
    Window,
    /// Inside of MATCH_RECOGNIZE (...).
    Match,
    /// Between BEGIN and END.
    StatementSet,
    /// A pair of parentheses or brackets; found by the formatter.
    Paren,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) start: usize,
    /// The token behind the last one.
    pub(crate) end: usize,
    pub(crate) kind: GroupKind,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Break {
    pub(crate) token: usize,
    pub(crate) kind: GroupKind,
    /// Columns further in than the group.
    pub(crate) indent: usize,
}

/// All by position in the list of tokens.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    pub(crate) names: Vec<usize>,
    /// Tokens without a space before them.
    pub(crate) tight: Vec<usize>,
    /// Tokens without a space behind them.
    pub(crate) glued: Vec<usize>,
    pub(crate) groups: Vec<Group>,
    pub(crate) breaks: Vec<Break>,
    /// First tokens and those behind the last of what is kept as it is written, spaces and comments, too.
    pub(crate) verbatim: Vec<(usize, usize)>,
    /// Groups that always break, by their first token and kind.
    pub(crate) forced: Vec<(usize, GroupKind)>,
}
