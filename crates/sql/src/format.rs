//! The formatter: the same tokens and comments, laid out for people.
//!
//! It never changes a token but for the case of the language's own words, so that the meaning stays. What the
//! parser noted (`layout`) says what belongs together.
//! - *flat*: a group on one line.
//! - *trailing comment*: stands on the line of the token before it; any other has lines of its own.

use crate::layout::{Break, Group, GroupKind, INDENT, Layout};
use crate::lexer::{Lexed, Lexer, TokenKind};
use crate::parser::Parser;
use data::{Diagnostic, Span};

/// Columns of a line that is not broken without need.
const WIDTH: usize = 100;

/// A text of more is not laid out: all of it is in memory with its tree and its layout, some hundred bytes a token.
const TOKENS_MAX: usize = 1 << 21;

pub(crate) fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let mut lexer = Lexer::new(text);
    lexer.fill(TOKENS_MAX);
    if !lexer.is_done() {
        return Err(vec![too_long()]);
    }
    let lexed = lexer.out;
    let (layout, errors) = Parser::layout(text);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut formatter = Formatter::new(text, &lexed, layout);
    formatter.run();
    Ok(formatter.out)
}

fn too_long() -> Diagnostic {
    Diagnostic::parse("HW1005", Span::default(), "this text is too long to be laid out")
        .detail(format!("it has more than {TOKENS_MAX} words and signs"))
        .hint("split it into several files, or keep rows in a file and read that")
}

/// A comment behind a token (or before the first one).
#[derive(Clone, Copy)]
struct Comment {
    span: Span,
    /// On a line of its own.
    own_line: bool,
    /// Ends its line.
    ends_line: bool,
    /// After an empty line.
    blank_before: bool,
}

/// An open group while writing.
#[derive(Clone, Copy)]
struct Open {
    end: usize,
    kind: GroupKind,
    broken: bool,
    /// Columns that its breaks start from.
    indent: usize,
}

struct Formatter<'a> {
    text: &'a str,
    pieces: Vec<Piece<'a>>,
    groups: Vec<Group>,
    breaks: Vec<Break>,
    /// Comments before the first token, then behind each token.
    comments: Vec<Vec<Comment>>,
    /// Flat width of all tokens before this one, spaces included.
    widths: Vec<usize>,
    /// How many tokens before this one force a break around them.
    forces: Vec<usize>,
    /// Groups that always break, by their first token.
    always: Vec<(usize, GroupKind)>,
    out: String,
    column: usize,
    line_indent: usize,
    open: Vec<Open>,
}

/// A token as it is written.
#[derive(Clone)]
struct Piece<'a> {
    text: std::borrow::Cow<'a, str>,
    kind: TokenKind,
    span: Span,
    space_before: bool,
}

impl<'a> Formatter<'a> {
    fn new(text: &'a str, lexed: &Lexed, layout: Layout) -> Self {
        let pieces = pieces(text, lexed, &layout);
        let comments = comments(text, lexed, &pieces);
        let mut groups = layout.groups;
        groups.extend(pairs(&pieces));
        groups.retain(|group| group.end > group.start);
        groups.sort_by(|left, right| (left.start, right.end).cmp(&(right.start, left.end)));
        let mut breaks = layout.breaks;
        breaks.extend(pairs(&pieces).flat_map(|pair| {
            let kind = GroupKind::Paren;
            [Break { token: pair.start + 1, kind, indent: INDENT }, Break { token: pair.end - 1, kind, indent: 0 }]
        }));
        breaks.sort_by_key(|one| one.token);
        let (mut widths, mut forces, mut always) = (vec![0], vec![0], layout.forced);
        always.sort_by_key(|(token, _)| *token);
        let firsts: Vec<usize> = always.iter().map(|(token, _)| *token).collect();
        let first = set(&firsts, pieces.len());
        for (index, piece) in pieces.iter().enumerate() {
            let width = piece.text.chars().count() + usize::from(piece.space_before);
            let inline: usize =
                comments[index + 1].iter().map(|comment| comment.span.slice(text).chars().count() + 1).sum();
            widths.push(widths[index] + width + inline);
            let continued = pieces.get(index + 1).is_some_and(|next| continues_string(text, piece, next));
            let forced = continued
                || piece.text.contains('\n')
                || first[index]
                || comments[index + 1].iter().any(|comment| comment.own_line || comment.ends_line);
            forces.push(forces[index] + usize::from(forced));
        }
        Self {
            text,
            pieces,
            groups,
            breaks,
            comments,
            widths,
            forces,
            always,
            out: String::with_capacity(text.len() + text.len() / 4),
            column: 0,
            line_indent: 0,
            open: Vec::new(),
        }
    }

    fn run(&mut self) {
        let (mut group, mut one) = (0, 0);
        self.write_comments(0);
        for index in 0..self.pieces.len() {
            self.open.retain(|open| open.end > index);
            let starts_statement = index == 0 || self.ends_statement(index - 1);
            if starts_statement {
                self.next_statement(index);
            }
            while self.breaks.get(one).is_some_and(|next| next.token < index) {
                one += 1;
            }
            let here: Vec<Break> = self.breaks[one..].iter().take_while(|next| next.token == index).copied().collect();
            let heads: Vec<GroupKind> =
                self.groups[group..].iter().take_while(|next| next.start <= index).map(|next| next.kind).collect();
            if index > 0 && continues_string(self.text, &self.pieces[index - 1], &self.pieces[index]) {
                self.newline(self.continuation(index));
            }
            self.break_for(&here, &heads);
            while let Some(next) = self.groups.get(group).copied().filter(|next| next.start <= index) {
                group += 1;
                if next.start == index {
                    self.open_group(next, &here);
                }
            }
            self.write(index);
        }
        while self.out.ends_with(['\n', ' ']) {
            self.out.pop();
        }
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    /// Whether the token is a `;` between statements (not one inside of a statement set).
    fn ends_statement(&self, index: usize) -> bool {
        self.pieces[index].kind == TokenKind::Semicolon
            && !self.open.iter().any(|open| open.kind == GroupKind::StatementSet && open.end > index + 1)
    }

    fn next_statement(&mut self, index: usize) {
        if self.out.is_empty() {
            return;
        }
        let gap = match self.comments[index].last() {
            Some(comment) => comment.span.end,
            None if index > 0 => self.pieces[index - 1].span.end,
            None => 0,
        };
        let blank = has_blank_line(self.text, gap as usize, self.pieces[index].span.start as usize);
        self.newline(0);
        if blank && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A new line if a broken group has a break here.
    fn break_for(&mut self, here: &[Break], heads: &[GroupKind]) {
        for one in here {
            // The first break of a clause is its own affair.
            if one.kind == GroupKind::Clause && heads.contains(&GroupKind::Clause) {
                continue;
            }
            let owner = self.open.iter().rev().find(|open| open.kind == one.kind);
            if let Some(owner) = owner.filter(|owner| owner.broken) {
                return self.newline(owner.indent + one.indent);
            }
        }
    }

    fn open_group(&mut self, group: Group, here: &[Break]) {
        let space = usize::from(self.pieces[group.start].space_before && self.column > self.line_indent);
        let flat_parent = self.open.last().is_some_and(|parent| !parent.broken);
        // What follows up to the next place to break stays on the line, too: a comma, a parenthesis.
        let tail = usize::from(self.pieces.get(group.end).is_some_and(|next| !next.space_before));
        let width = self.widths[group.end] - self.widths[group.start];
        let forced = self.forced(group);
        let fits = self.column + space + width + tail <= WIDTH;
        let broken = !flat_parent && (forced || !fits);
        let mut indent = self.line_indent;
        if matches!(group.kind, GroupKind::Logical | GroupKind::Sum) && self.at_paren_content(group.start) {
            indent = indent.saturating_sub(INDENT);
        }
        self.open.push(Open { end: group.end, kind: group.kind, broken, indent });
        let head = here.iter().find(|one| one.kind == group.kind && group.kind != GroupKind::Paren);
        if let Some(head) = head.filter(|_| broken && group.kind == GroupKind::Clause) {
            self.newline(indent + head.indent);
        }
        if let Some(head) = head.filter(|_| broken && group.kind == GroupKind::StatementSet) {
            self.newline(indent + head.indent);
        }
    }

    /// Whether the group must break: for a comment or a long string in it, or because its kind does here.
    fn forced(&self, group: Group) -> bool {
        let inside = group.end > group.start + 2 && self.forces[group.end - 1] > self.forces[group.start + 1];
        let lines = |index: usize| self.pieces[index].text.contains('\n');
        let second = self.pieces.get(group.start + 1).filter(|_| group.end > group.start + 1);
        let continued = second.is_some_and(|next| continues_string(self.text, &self.pieces[group.start], next));
        let behind_first = if group.end > group.start + 1 { self.comments[group.start + 1].as_slice() } else { &[] };
        let comment = behind_first.iter().any(|comment| comment.own_line || comment.ends_line);
        let from = self.always.partition_point(|(token, _)| *token < group.start);
        let own = self.always[from..].iter().take_while(|(token, _)| *token == group.start);
        inside
            || lines(group.start)
            || lines(group.end - 1)
            || comment
            || continued
            || own.into_iter().any(|(_, kind)| *kind == group.kind)
    }

    /// Whether the token is the first one on a line of its own behind an opening parenthesis.
    fn at_paren_content(&self, index: usize) -> bool {
        index > 0 && self.column <= self.line_indent && self.pieces[index - 1].kind == TokenKind::LeftParen
    }

    fn newline(&mut self, indent: usize) {
        while self.out.ends_with(' ') {
            self.out.pop();
        }
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
        self.line_indent = indent;
    }

    fn write(&mut self, index: usize) {
        let piece = self.pieces[index].clone();
        if self.column > self.line_indent && piece.space_before {
            self.put(" ");
        }
        self.put(&piece.text);
        self.write_comments(index + 1);
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        match text.rsplit_once('\n') {
            Some((_, last)) => self.column = last.chars().count() + self.line_indent + 1,
            None => self.column += text.chars().count(),
        }
    }

    /// The comments behind token `index - 1`.
    fn write_comments(&mut self, index: usize) {
        let comments = self.comments[index].clone();
        for (at, comment) in comments.iter().enumerate() {
            let text = comment.span.slice(self.text).trim_end();
            let outside = self.open.iter().all(|open| open.end <= index);
            let indent = self.continuation(index);
            if comment.own_line && !self.out.is_empty() {
                self.newline(indent);
                if outside && comment.blank_before && !self.out.ends_with("\n\n") {
                    let at = self.out.trim_end_matches(' ').len();
                    self.out.insert(at, '\n');
                }
            } else if self.column > self.line_indent {
                self.put(" ");
            }
            self.put(text);
            // Another comment may follow on its line.
            let is_last_on_line = comments.get(at + 1).is_none_or(|next| next.own_line);
            if comment.ends_line || (comment.own_line && is_last_on_line) {
                self.newline(indent);
            }
        }
    }

    /// Where a line goes on that a comment has cut.
    fn continuation(&self, index: usize) -> usize {
        let inner = self.open.iter().rev().find(|open| open.end > index && open.broken);
        let at_close = self.pieces.get(index).is_some_and(|piece| piece.kind == TokenKind::RightParen);
        match inner {
            Some(open) if at_close && open.kind == GroupKind::Paren => open.indent,
            Some(open) => {
                let from = self.breaks.partition_point(|one| one.token < index);
                let here = self.breaks[from..].iter().take_while(|one| one.token == index);
                let own = here.into_iter().find(|one| one.kind == open.kind);
                open.indent + own.map_or(INDENT, |one| one.indent)
            }
            None => 0,
        }
    }
}

/// The tokens as they are written, `;` at the end added.
fn pieces<'a>(text: &'a str, lexed: &Lexed, layout: &Layout) -> Vec<Piece<'a>> {
    let count = lexed.tokens.len();
    let (names, tight, glued) = (set(&layout.names, count), set(&layout.tight, count), set(&layout.glued, count));
    let mut pieces: Vec<Piece<'a>> = Vec::with_capacity(count);
    let mut verbatim = layout.verbatim.iter().filter(|(first, behind)| first < behind).peekable();
    for (index, token) in lexed.tokens.iter().enumerate() {
        while verbatim.next_if(|(_, behind)| *behind <= index).is_some() {}
        if let Some((first, behind)) = verbatim.peek().filter(|(first, _)| *first <= index) {
            // The first piece is all of it; the others keep the numbers of tokens as they are.
            let whole = lexed.tokens[*first].span.to(lexed.tokens[behind - 1].span);
            let span = if index == *first { whole } else { Span { start: whole.end, end: whole.end } };
            let kind = TokenKind::Word(None);
            pieces.push(Piece {
                text: span.slice(text).into(),
                kind,
                span,
                space_before: index == *first && index > 0,
            });
            continue;
        }
        let slice = token.span.slice(text);
        let written = match token.kind {
            TokenKind::End => {
                if pieces.last().is_some_and(|last| last.kind != TokenKind::Semicolon) {
                    let end =
                        pieces.last().map_or(token.span, |last| Span { start: last.span.end, end: last.span.end });
                    let text = std::borrow::Cow::Borrowed(";");
                    pieces.push(Piece { text, kind: TokenKind::Semicolon, span: end, space_before: false });
                }
                break;
            }
            TokenKind::Word(Some(_)) if !names[index] => slice.to_ascii_uppercase().into(),
            _ => slice.into(),
        };
        let space_before = match pieces.last() {
            None => false,
            Some(last) => {
                let sign = glued[index - 1] && !(slice.starts_with('-') && last.text == "-");
                !(tight[index] || sign || no_space(last.kind, token.kind))
            }
        };
        pieces.push(Piece { text: written, kind: token.kind, span: token.span, space_before });
    }
    pieces
}

fn no_space(before: TokenKind, after: TokenKind) -> bool {
    use TokenKind::*;
    matches!(before, LeftParen | LeftBracket | Dot)
        || matches!(after, RightParen | RightBracket | LeftBracket | Dot | Comma | Semicolon | Colon)
}

/// Two strings in a row are one if a line ends between them, and only then.
fn continues_string(text: &str, before: &Piece, after: &Piece) -> bool {
    use TokenKind::*;
    let gap = || text.get(before.span.end as usize..after.span.start as usize).unwrap_or_default();
    after.kind == String && matches!(before.kind, String | PrefixedString | Binary) && gap().contains('\n')
}

fn set(indices: &[usize], count: usize) -> Vec<bool> {
    let mut set = vec![false; count];
    for &index in indices {
        if let Some(slot) = set.get_mut(index) {
            *slot = true;
        }
    }
    set
}

/// Parentheses and brackets with something in them.
fn pairs<'p>(pieces: &'p [Piece<'_>]) -> impl Iterator<Item = Group> + use<'p> {
    let mut stack = Vec::new();
    let mut found = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        match piece.kind {
            TokenKind::LeftParen | TokenKind::LeftBracket => stack.push(index),
            TokenKind::RightParen | TokenKind::RightBracket => {
                // What holds but numbers behind a word, such as `DECIMAL(18, 2)`, stays whole.
                let breaks = |start: &usize| {
                    pieces[*start].space_before || pieces[start + 1..index].iter().any(|piece| !is_number(piece))
                };
                if let Some(start) = stack.pop().filter(|start| index > start + 1).filter(breaks) {
                    found.push(Group { start, end: index + 1, kind: GroupKind::Paren });
                }
            }
            _ => {}
        }
    }
    found.into_iter()
}

fn is_number(piece: &Piece<'_>) -> bool {
    matches!(piece.kind, TokenKind::Integer | TokenKind::Comma)
}

fn has_blank_line(text: &str, from: usize, to: usize) -> bool {
    text.get(from..to).is_some_and(|gap| gap.matches('\n').count() > 1)
}

/// Which comments stand behind which token. One before a `,` or `;` goes behind it.
fn comments(text: &str, lexed: &Lexed, pieces: &[Piece<'_>]) -> Vec<Vec<Comment>> {
    let mut slots: Vec<Vec<Comment>> = vec![Vec::new(); pieces.len() + 1];
    let mut next = 0;
    let mut before = 0;
    for span in &lexed.comments {
        while pieces.get(next).is_some_and(|piece| piece.span.start < span.start) {
            before = before.max(pieces[next].span.end as usize);
            next += 1;
        }
        let start = span.start as usize;
        if start < before {
            // In the midst of what is kept as it is written.
            continue;
        }
        let own_line = text.get(before..start).is_some_and(|gap| gap.contains('\n')) || before == 0;
        let block = span.slice(text).starts_with("/*");
        let comment =
            Comment { span: *span, own_line, ends_line: !block, blank_before: has_blank_line(text, before, start) };
        before = span.end as usize;
        let mut slot = next;
        while pieces.get(slot).is_some_and(|piece| matches!(piece.kind, TokenKind::Comma | TokenKind::Semicolon)) {
            slot += 1;
        }
        slots[slot].push(comment);
    }
    slots
}
