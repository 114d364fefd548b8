//! Runs the blocks of `tests/slt` and `examples` that ask the planner only: `types`, `changes`, `keys` and
//! `statement error plan`, after every statement that the planner should accept. Nothing is executed.
//!
//! `PLAN_SLT=path cargo test -p plan --test slt -- --nocapture` prints the differences below a path;
//! `PLAN_SLT_EXTRA=folder` runs more files.

use plan::{Session, inspect};
use std::fs;
use std::path::{Path, PathBuf};

/// Share of blocks that agree with Flink, at least; raised as the planner learns.
const AGREEMENT: f64 = 0.95;

struct Block {
    line: usize,
    directive: String,
    sql: String,
    expected: Vec<String>,
    noflink: bool,
}

#[derive(Default)]
struct Tally {
    agree: usize,
    differ: usize,
    unsupported: usize,
}

#[test]
fn answers_as_flink_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let only = std::env::var("PLAN_SLT").ok();
    let mut files = Vec::new();
    collect(&root.join("tests/slt"), &mut files);
    collect(&root.join("examples"), &mut files);
    files.extend(std::env::var("PLAN_SLT_EXTRA").ok().into_iter().flat_map(|folder| {
        let mut more = Vec::new();
        collect(Path::new(&folder), &mut more);
        more
    }));
    files.sort();
    let mut tally = Tally::default();
    let mut report = String::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        if only.as_ref().is_none_or(|only| name.contains(only.as_str())) {
            run(&name, &fs::read_to_string(&file).expect("a test file can be read"), &mut tally, &mut report);
        }
    }
    let total = tally.agree + tally.differ + tally.unsupported;
    if only.is_some() {
        // The report is what one asked for.
        #[expect(clippy::print_stderr, reason = "shown on request only")]
        {
            eprintln!("{report}{} of {total} agree, {} unsupported", tally.agree, tally.unsupported);
        }
        return;
    }
    let share = if total == 0 { 1.0 } else { tally.agree as f64 / total as f64 };
    assert!(share >= AGREEMENT, "{} of {total} blocks agree\n{report}", tally.agree);
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "slt") {
            files.push(path);
        }
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut noflink = false;
    let mut lines = text.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let line = line.trim_end();
        let word = line.split_whitespace().next().unwrap_or("");
        if word == "noflink" {
            noflink = true;
            continue;
        }
        let one_line = ["config", "label", "watermark", "clock", "end", "checkpoint", "restart", "error"];
        if word.is_empty() || word.starts_with('#') || (one_line.contains(&word) && word != "config") {
            continue;
        }
        let mut block =
            Block { line: number + 1, directive: line.to_owned(), sql: String::new(), expected: vec![], noflink };
        noflink = false;
        if word == "config" {
            found.push(block);
            continue;
        }
        let mut answer = false;
        while let Some((_, line)) = lines.next_if(|(_, line)| !line.trim().is_empty()) {
            if line == "----" {
                answer = true;
            } else if answer {
                block.expected.push(line.trim_end().to_owned());
            } else if !line.starts_with('#') {
                block.sql.push_str(line);
                block.sql.push('\n');
            }
        }
        found.push(block);
    }
    found
}

fn run(name: &str, text: &str, tally: &mut Tally, report: &mut String) {
    let mut session = Session::default();
    for block in blocks(text) {
        let words: Vec<&str> = block.directive.split(" # ").next().unwrap_or("").split_whitespace().collect();
        let outcome = match words.as_slice() {
            ["config", key, "=", value @ ..] => {
                session.config_mut().set(key, &value.join(" ")).map(|_| ()).map_err(|error| error.to_string())
            }
            ["statement", "ok"] => execute(&mut session, &block.sql),
            ["statement" | "query", "error", "plan", text @ ..] => {
                expect_error(&mut session, &block.sql, &text.join(" "))
            }
            ["types"] => asked(&session, &block, inspect::types),
            ["changes"] => asked(&session, &block, inspect::changes),
            ["keys"] => asked(&session, &block, inspect::keys),
            _ => continue,
        };
        match outcome {
            Ok(()) => tally.agree += 1,
            Err(error) if error.contains("HW2900") => {
                tally.unsupported += 1;
                report.push_str(&format!("unsupported {name}:{} {error}\n", block.line));
            }
            Err(error) => {
                tally.differ += 1;
                let mark = if block.noflink { " (noflink)" } else { "" };
                report.push_str(&format!("differs {name}:{}{mark} {}\n  {error}\n", block.line, block.directive));
            }
        }
    }
}

fn shown(errors: &[data::Diagnostic]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn execute(session: &mut Session, sql: &str) -> Result<(), String> {
    let statement = sql::parse_statement(sql).map_err(|errors| shown(&errors))?;
    session.execute(&statement, sql).map(|_| ()).map_err(|errors| shown(&errors))
}

fn expect_error(session: &mut Session, sql: &str, text: &str) -> Result<(), String> {
    let Ok(statement) = sql::parse_statement(sql) else { return Err("does not parse".to_owned()) };
    match session.execute(&statement, sql) {
        Ok(_) => Err("is accepted".to_owned()),
        Err(errors) if text.starts_with("HW") || shown(&errors).contains(text) => Ok(()),
        Err(errors) => Err(format!("wanted `{text}`, got {}", shown(&errors))),
    }
}

type Ask = fn(&Session, &sql::ast::Statement) -> Result<Vec<String>, Vec<data::Diagnostic>>;

fn asked(session: &Session, block: &Block, ask: Ask) -> Result<(), String> {
    let statement = sql::parse_statement(&block.sql).map_err(|errors| shown(&errors))?;
    match ask(session, &statement) {
        Ok(answer) if answer == block.expected => Ok(()),
        Ok(answer) => Err(format!("wanted {:?}\n  got    {answer:?}", block.expected)),
        Err(errors) => Err(shown(&errors)),
    }
}
