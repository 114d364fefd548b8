//! An `.slt` file as blocks that know their lines, so that answers can be rewritten in place.
//!
//! - *block*: a directive and the lines below it up to the next blank line.
//! - *answer*: the lines of a block that say what is expected; `--update` replaces them.

use data::{Phase, Span};
use std::ops::Range;
use std::sync::Arc;

/// A parsed file.
#[derive(Clone, Debug)]
pub struct Script {
    /// As given on the command line; appears in reports.
    pub path: String,
    pub text: String,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
pub struct Block {
    /// Of the directive, from 1.
    pub line: usize,
    /// Of the last `label` above.
    pub label: Option<Arc<str>>,
    pub directive: Directive,
    pub answer: Answer,
}

/// Where a block's expectation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Lines counted from 0.
    pub lines: Range<usize>,
    /// The block wants a `----` before its answer and has none.
    pub separator_missing: bool,
}

/// A text of SQL and where it begins in the file, in bytes. Comment lines inside are blanks, so that offsets hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sql {
    pub text: String,
    pub start: usize,
}

/// A row as written, and the line it stands on (from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowLine {
    pub line: usize,
    pub text: String,
    /// In the file.
    pub span: Span,
}

/// What `types`, `changes` and `keys` ask of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    Types,
    Changes,
    Keys,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    Config {
        key: String,
        value: String,
    },
    Statement {
        sql: Sql,
        error: Option<Expectation>,
    },
    Error(Expectation),
    /// Without a table each row names its own.
    Feed {
        table: Option<String>,
        batch: bool,
        rows: Vec<RowLine>,
    },
    Replace {
        table: String,
        rows: Vec<RowLine>,
    },
    Watermark {
        table: String,
        time: String,
    },
    Clock {
        time: String,
    },
    End {
        table: Option<String>,
    },
    Checkpoint,
    Restart {
        parallelism: Option<usize>,
    },
    Changelog {
        table: String,
        upsert: bool,
        expected: Vec<String>,
    },
    Table {
        table: String,
        expected: Vec<String>,
    },
    Query {
        sql: Sql,
        ordered: bool,
        error: Option<Expectation>,
        expected: Vec<String>,
    },
    Ask {
        question: Question,
        sql: Sql,
        expected: Vec<String>,
    },
}

impl Directive {
    /// The word it begins with; the `block` of a report.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Config { .. } => "config",
            Self::Statement { .. } => "statement",
            Self::Error(_) => "error",
            Self::Feed { .. } => "feed",
            Self::Replace { .. } => "replace",
            Self::Watermark { .. } => "watermark",
            Self::Clock { .. } => "clock",
            Self::End { .. } => "end",
            Self::Checkpoint => "checkpoint",
            Self::Restart { .. } => "restart",
            Self::Changelog { .. } => "changelog",
            Self::Table { .. } => "table",
            Self::Query { .. } => "query",
            Self::Ask { question, .. } => match question {
                Question::Types => "types",
                Question::Changes => "changes",
                Question::Keys => "keys",
            },
        }
    }

    /// The SQL of the block, if it has any.
    pub fn sql(&self) -> Option<&Sql> {
        match self {
            Self::Statement { sql, .. } | Self::Query { sql, .. } | Self::Ask { sql, .. } => Some(sql),
            _ => None,
        }
    }

    /// The lines of the answer as the file has them.
    pub fn expected(&self) -> &[String] {
        match self {
            Self::Changelog { expected, .. }
            | Self::Table { expected, .. }
            | Self::Query { expected, .. }
            | Self::Ask { expected, .. } => expected,
            _ => &[],
        }
    }
}

/// What a failure has to look like: a phase, one of our codes, a part of a message; each may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    pub phase: Option<Phase>,
    pub code: Option<String>,
    pub text: String,
}

impl Expectation {
    /// A leading phase word counts only where the directive knows phases.
    pub fn parse(text: &str, knows_phases: bool) -> Self {
        let mut rest = text.trim();
        let mut phase = None;
        if knows_phases {
            let (word, tail) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            phase = phase_of(word);
            if phase.is_some() {
                rest = tail.trim();
            }
        }
        if is_code(rest) {
            return Self { phase, code: Some(rest.to_owned()), text: String::new() };
        }
        Self { phase, code: None, text: rest.to_owned() }
    }

    /// Whether a failure while running could be the one meant.
    pub fn may_run(&self) -> bool {
        matches!(self.phase, None | Some(Phase::Run))
    }
}

fn phase_of(word: &str) -> Option<Phase> {
    match word {
        "parse" => Some(Phase::Parse),
        "plan" => Some(Phase::Plan),
        "run" => Some(Phase::Run),
        _ => None,
    }
}

/// The word a script uses for a phase.
pub(crate) fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Parse => "parse",
        Phase::Plan => "plan",
        Phase::Run => "run",
    }
}

fn is_code(text: &str) -> bool {
    text.strip_prefix("HW").is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A change that an update makes to one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// Index among the script's blocks.
    pub block: usize,
    /// Replaces the directive's line.
    pub directive: Option<String>,
    /// Replaces the answer.
    pub answer: Option<Vec<String>>,
}

impl Script {
    /// The file's text with these changes; `rewrites` are in the order of the blocks.
    pub fn rewritten(&self, rewrites: &[Rewrite]) -> String {
        let lines: Vec<&str> = self.text.lines().collect();
        let mut out: Vec<&str> = Vec::with_capacity(lines.len());
        let mut at = 0;
        for rewrite in rewrites {
            let block = &self.blocks[rewrite.block];
            if let Some(directive) = &rewrite.directive {
                out.extend(&lines[at..block.line - 1]);
                out.push(directive);
                at = block.line;
            }
            if let Some(answer) = &rewrite.answer {
                out.extend(&lines[at..block.answer.lines.start]);
                if block.answer.separator_missing && !answer.is_empty() {
                    out.push("----");
                }
                out.extend(answer.iter().map(String::as_str));
                at = block.answer.lines.end;
            }
        }
        out.extend(&lines[at..]);
        let mut text = out.join("\n");
        text.push('\n');
        text
    }
}
