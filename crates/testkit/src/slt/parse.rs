//! From the text of an `.slt` file to a [`Script`], or to everything that is malformed in it.

use super::script::{Answer, Block, Directive, Expectation, Question, RowLine, Script, Sql};
use data::{Diagnostic, Span};
use std::ops::Range;
use std::sync::Arc;

/// A directive or its arguments are not of the format.
const MALFORMED: &str = "HW4601";

/// Parses a file. `path` is only for reports.
pub fn parse(path: &str, text: &str) -> Result<Script, Vec<Diagnostic>> {
    let mut parser = Parser::new(path, text);
    while parser.at < parser.lines.len() {
        parser.block();
    }
    if let Some(line) = parser.noflink {
        parser.error(line, "no block follows the last `noflink`", "put `noflink` directly above the block it is about");
    }
    if parser.errors.is_empty() {
        Ok(Script { path: path.to_owned(), text: text.to_owned(), blocks: parser.blocks })
    } else {
        Err(parser.errors)
    }
}

/// The name at the start of a text (parts may be back-quoted and joined by dots), and what follows it.
pub(crate) fn leading_name(text: &str) -> Option<(&str, &str)> {
    let mut end = 0;
    loop {
        let rest = &text[end..];
        let part = if let Some(quoted) = rest.strip_prefix('`') {
            quoted.find('`')? + 2
        } else {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len())
        };
        if part == 0 {
            return None;
        }
        end += part;
        if !text[end..].starts_with('.') {
            return Some((&text[..end], &text[end..]));
        }
        end += 1;
    }
}

struct Parser<'a> {
    path: &'a str,
    text: &'a str,
    /// Byte ranges without line ends.
    lines: Vec<Range<usize>>,
    at: usize,
    label: Option<Arc<str>>,
    /// Line of a `noflink` that waits for its block.
    noflink: Option<usize>,
    blocks: Vec<Block>,
    errors: Vec<Diagnostic>,
}

/// The lines below a directive, as ranges of line numbers from 0.
struct Body {
    rows: Range<usize>,
    answer: Answer,
}

impl<'a> Parser<'a> {
    fn new(path: &'a str, text: &'a str) -> Self {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let bare = line.strip_suffix('\n').unwrap_or(line);
            let bare = bare.strip_suffix('\r').unwrap_or(bare);
            lines.push(start..start + bare.len());
            start += line.len();
        }
        Self { path, text, lines, at: 0, label: None, noflink: None, blocks: Vec::new(), errors: Vec::new() }
    }

    fn line(&self, index: usize) -> &'a str {
        &self.text[self.lines[index].clone()]
    }

    fn error(&mut self, line: usize, message: impl Into<String>, hint: &str) {
        let range = &self.lines[line];
        let error = Diagnostic::parse(MALFORMED, Span::new(range.start, range.end), message);
        self.errors.push(error.hint(hint).in_file(self.path));
    }

    fn block(&mut self) {
        let index = self.at;
        let line = self.line(index);
        self.at += 1;
        if line.trim().is_empty() || line.starts_with('#') {
            return;
        }
        let head = without_comment(line).trim();
        let (word, args) = head.split_once(char::is_whitespace).unwrap_or((head, ""));
        let args = args.trim();
        match word {
            "label" => {
                self.label = Some(args.into());
                return;
            }
            "noflink" => {
                if args.is_empty() {
                    self.error(index, "`noflink` without a reason", "write `noflink REASON`");
                }
                self.noflink = Some(index);
                return;
            }
            _ => self.noflink = None,
        }
        let Some((directive, answer)) = self.directive(index, word, args) else { return };
        self.blocks.push(Block { line: index + 1, label: self.label.clone(), directive, answer });
    }

    fn directive(&mut self, index: usize, word: &str, args: &str) -> Option<(Directive, Answer)> {
        let single = Answer { lines: self.at..self.at, separator_missing: false };
        let directive = match word {
            "config" => self.config(index, args)?,
            "error" => Directive::Error(Expectation::parse(args, false)),
            "clock" if !args.is_empty() => Directive::Clock { time: args.to_owned() },
            "clock" => return self.usage(index, "clock TIME"),
            "checkpoint" if args.is_empty() => Directive::Checkpoint,
            "checkpoint" => return self.usage(index, "checkpoint"),
            "watermark" | "end" | "restart" => return self.time(index, word, args).map(|block| (block, single)),
            "statement" | "query" | "types" | "changes" | "keys" => return self.asking(index, word, args),
            "feed" | "replace" | "changelog" | "table" => return self.rows(index, word, args),
            _ => {
                self.error(
                    index,
                    format!("unknown directive `{word}`"),
                    "a block begins with one of `config statement \
                    error feed replace watermark clock end checkpoint restart changelog table query types changes keys \
                    label noflink`",
                );
                self.skip();
                return None;
            }
        };
        Some((directive, single))
    }

    fn usage<T>(&mut self, index: usize, usage: &str) -> Option<T> {
        let line = without_comment(self.line(index)).trim().to_owned();
        self.error(index, format!("`{line}` is not of this directive's form"), &format!("write `{usage}`"));
        None
    }

    /// Passes over the lines of a block that cannot be read.
    fn skip(&mut self) {
        while self.at < self.lines.len() && !self.line(self.at).trim().is_empty() {
            self.at += 1;
        }
    }

    fn config(&mut self, index: usize, args: &str) -> Option<Directive> {
        match args.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Some(Directive::Config { key: key.trim().to_owned(), value: value.trim().to_owned() })
            }
            _ => self.usage(index, "config KEY = VALUE"),
        }
    }

    fn time(&mut self, index: usize, word: &str, args: &str) -> Option<Directive> {
        match word {
            "watermark" => match leading_name(args) {
                Some((table, time)) if !time.trim().is_empty() => {
                    Some(Directive::Watermark { table: table.to_owned(), time: time.trim().to_owned() })
                }
                _ => self.usage(index, "watermark TABLE TIME"),
            },
            "end" if args.is_empty() => Some(Directive::End { table: None }),
            "end" => match leading_name(args) {
                Some((table, "")) => Some(Directive::End { table: Some(table.to_owned()) }),
                _ => self.usage(index, "end [TABLE]"),
            },
            _ if args.is_empty() => Some(Directive::Restart { parallelism: None }),
            _ => {
                let count = args.strip_prefix("parallelism").and_then(|count| count.trim().parse().ok());
                match count {
                    Some(count @ 1..=1024) => Some(Directive::Restart { parallelism: Some(count) }),
                    _ => self.usage(index, "restart [parallelism N]"),
                }
            }
        }
    }

    /// Blocks with SQL; all but `statement` have an answer below `----`.
    fn asking(&mut self, index: usize, word: &str, args: &str) -> Option<(Directive, Answer)> {
        let body = self.body(word != "statement");
        let sql = self.sql(&body.rows);
        if sql.text.trim().is_empty() {
            self.error(index, format!("`{word}` without SQL"), "write the SQL on the lines below the directive");
            return None;
        }
        let expected = self.expected(&body.answer);
        let (mode, tail) = args.split_once(char::is_whitespace).unwrap_or((args, ""));
        let directive = match (word, mode) {
            ("statement", "ok") if tail.is_empty() => Directive::Statement { sql, error: None },
            ("statement", "error") => Directive::Statement { sql, error: Some(Expectation::parse(tail, true)) },
            ("statement", _) => return self.usage(index, "statement ok` or `statement error [parse|plan|run] [TEXT]"),
            ("query", "") => Directive::Query { sql, ordered: false, error: None, expected },
            ("query", "ordered") if tail.is_empty() => Directive::Query { sql, ordered: true, error: None, expected },
            ("query", "error") => {
                Directive::Query { sql, ordered: false, error: Some(Expectation::parse(tail, true)), expected }
            }
            ("query", _) => return self.usage(index, "query [ordered]` or `query error [parse|plan|run] [TEXT]"),
            (_, "") => {
                let question = match word {
                    "types" => Question::Types,
                    "changes" => Question::Changes,
                    _ => Question::Keys,
                };
                Directive::Ask { question, sql, expected }
            }
            _ => return self.usage(index, word),
        };
        Some((directive, body.answer))
    }

    fn rows(&mut self, index: usize, word: &str, args: &str) -> Option<(Directive, Answer)> {
        let body = self.body(false);
        let (table, tail) = if args.is_empty() { ("", "") } else { leading_name(args).unwrap_or(("", args)) };
        let (table, tail) = (table.to_owned(), tail.trim());
        let rows = || body.rows.clone().filter(|&row| !self.line(row).starts_with('#'));
        let row = |row: usize| {
            let Range { start, end } = self.lines[row];
            RowLine { line: row + 1, text: self.line(row).to_owned(), span: Span::new(start, end) }
        };
        let fed = || rows().map(row).collect();
        let expected = || rows().map(|row| self.line(row).to_owned()).collect();
        let directive = match (word, table.is_empty(), tail) {
            ("feed", true, "") => Directive::Feed { table: None, batch: false, rows: fed() },
            ("feed", false, "") => Directive::Feed { table: Some(table), batch: false, rows: fed() },
            ("feed", false, "batch") => Directive::Feed { table: Some(table), batch: true, rows: fed() },
            ("feed", ..) => return self.usage(index, "feed [TABLE [batch]]"),
            ("replace", false, "") => Directive::Replace { table, rows: fed() },
            ("replace", ..) => return self.usage(index, "replace TABLE"),
            ("changelog", false, "") => Directive::Changelog { table, upsert: false, expected: expected() },
            ("changelog", false, "upsert") => Directive::Changelog { table, upsert: true, expected: expected() },
            ("changelog", ..) => return self.usage(index, "changelog TABLE [upsert]"),
            (_, false, "") => Directive::Table { table, expected: expected() },
            _ => return self.usage(index, "table TABLE"),
        };
        let answer = Answer { lines: body.rows.clone(), separator_missing: false };
        Some((directive, answer))
    }

    /// The lines up to the next blank one, split at `----` where the block has an answer.
    fn body(&mut self, answered: bool) -> Body {
        let start = self.at;
        self.skip();
        let end = self.at;
        let separator = (start..end).find(|&line| answered && self.line(line) == "----");
        let rows = start..separator.unwrap_or(end);
        let answer = separator.map_or(end, |line| line + 1)..end;
        Body { rows, answer: Answer { lines: answer, separator_missing: answered && separator.is_none() } }
    }

    fn expected(&self, answer: &Answer) -> Vec<String> {
        let lines = answer.lines.clone().map(|line| self.line(line));
        lines.filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    /// The text of these lines; comment lines become blanks of the same length.
    fn sql(&self, rows: &Range<usize>) -> Sql {
        let Some(first) = self.lines.get(rows.start).filter(|_| !rows.is_empty()) else {
            return Sql { text: String::new(), start: self.text.len() };
        };
        let start = first.start;
        let mut text = self.text[start..self.lines[rows.end - 1].end].to_owned();
        for row in rows.clone().filter(|&row| self.line(row).starts_with('#')) {
            let range = self.lines[row].start - start..self.lines[row].end - start;
            text.replace_range(range.clone(), &" ".repeat(range.len()));
        }
        Sql { text, start }
    }
}

/// The line without ` # …` at its end.
fn without_comment(line: &str) -> &str {
    let mut from = 0;
    while let Some(found) = line[from..].find('#') {
        let at = from + found;
        let before = line[..at].chars().next_back().is_some_and(char::is_whitespace);
        let after = line[at + 1..].chars().next().is_none_or(char::is_whitespace);
        if before && after {
            return &line[..at];
        }
        from = at + 1;
    }
    line
}
