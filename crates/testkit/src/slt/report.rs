//! What came of a run: a verdict per block and way, their sums, and JUnit XML.

use data::Diagnostic;
use serde::Serialize;
use std::fmt::Write;

/// A way to run a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// As it stands.
    Straight,
    /// With a checkpoint after each feed.
    Checkpoint,
    /// With a checkpoint and a restart at another parallelism after each feed.
    Restart,
}

impl Mode {
    pub const ALL: [Mode; 3] = [Mode::Straight, Mode::Checkpoint, Mode::Restart];

    pub fn name(self) -> &'static str {
        match self {
            Self::Straight => "straight",
            Self::Checkpoint => "checkpoint",
            Self::Restart => "restart",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    /// It ran, and the answer is another one.
    Differs,
    /// It could not be run.
    Error,
    /// The statement is one that we do not support.
    Unsupported,
    /// It needs a statement that was not carried out.
    Skipped,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Differs => "differs",
            Self::Error => "error",
            Self::Unsupported => "unsupported",
            Self::Skipped => "skipped",
        }
    }
}

/// One block in one way.
#[derive(Clone, Debug)]
pub struct BlockReport {
    /// Of the directive, from 1.
    pub line: usize,
    /// The directive's word; `file` for what concerns the whole file.
    pub block: &'static str,
    pub label: Option<String>,
    pub mode: Mode,
    pub verdict: Verdict,
    pub got: Vec<String>,
    pub expected: Vec<String>,
    /// Spans are of the file.
    pub diagnostic: Option<Diagnostic>,
}

/// One file in all ways that were asked for.
#[derive(Clone, Debug)]
pub struct FileReport {
    pub path: String,
    pub text: String,
    pub blocks: Vec<BlockReport>,
    pub seconds: f64,
    /// The text that `--update` writes, when it differs.
    pub updated: Option<String>,
}

impl FileReport {
    /// Of a file that could not be read.
    pub fn unreadable(path: &str, why: Diagnostic, mode: Mode) -> Self {
        let mut block = BlockReport::new(1, "file", mode, Verdict::Error);
        block.diagnostic = Some(why);
        Self { path: path.to_owned(), text: String::new(), blocks: vec![block], seconds: 0.0, updated: None }
    }
}

/// Sums over files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    pub files: usize,
    pub blocks: usize,
    pub ok: usize,
    pub differs: usize,
    pub error: usize,
    pub unsupported: usize,
    pub skipped: usize,
    pub seconds: f64,
}

impl Summary {
    pub fn of(reports: &[FileReport], seconds: f64) -> Self {
        let mut summary = Self { files: reports.len(), seconds, ..Self::default() };
        for block in reports.iter().flat_map(|report| &report.blocks) {
            summary.blocks += 1;
            *match block.verdict {
                Verdict::Ok => &mut summary.ok,
                Verdict::Differs => &mut summary.differs,
                Verdict::Error => &mut summary.error,
                Verdict::Unsupported => &mut summary.unsupported,
                Verdict::Skipped => &mut summary.skipped,
            } += 1;
        }
        summary
    }

    /// Whether the answer is yes; `allow_unsupported` leaves unsupported blocks out.
    pub fn passed(&self, allow_unsupported: bool) -> bool {
        self.differs == 0 && self.error == 0 && (allow_unsupported || self.unsupported == 0)
    }
}

impl BlockReport {
    pub(crate) fn new(line: usize, block: &'static str, mode: Mode, verdict: Verdict) -> Self {
        Self { line, block, label: None, mode, verdict, got: Vec::new(), expected: Vec::new(), diagnostic: None }
    }

    /// Lines only in the expectation, and lines only in the answer.
    pub fn difference(&self) -> (Vec<&str>, Vec<&str>) {
        let mut extra: Vec<&str> = self.got.iter().map(String::as_str).collect();
        let mut missing = Vec::new();
        for line in &self.expected {
            match extra.iter().position(|got| got == line) {
                Some(index) => {
                    extra.remove(index);
                }
                None => missing.push(line.as_str()),
            }
        }
        (missing, extra)
    }
}

/// JUnit's XML: a test suite per file, a test case per block and way.
pub fn junit_xml(reports: &[FileReport], summary: &Summary) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let failures = summary.differs + summary.unsupported;
    let (seconds, skipped) = (summary.seconds, summary.skipped);
    let _ = writeln!(
        xml,
        "<testsuites tests=\"{}\" failures=\"{failures}\" errors=\"{}\" skipped=\"{skipped}\" time=\"{seconds:.3}\">",
        summary.blocks, summary.error
    );
    for report in reports {
        let sums = Summary::of(std::slice::from_ref(report), report.seconds);
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
            escaped(&report.path),
            sums.blocks,
            sums.differs + sums.unsupported,
            sums.error,
            sums.skipped,
            report.seconds
        );
        for block in &report.blocks {
            test_case(&mut xml, &report.path, block);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn test_case(xml: &mut String, path: &str, block: &BlockReport) {
    let label = block.label.as_ref().map(|label| format!(" {label}")).unwrap_or_default();
    let name = escaped(&format!("line {}: {}{label} ({})", block.line, block.block, block.mode.name()));
    let _ = write!(xml, "    <testcase classname=\"{}\" name=\"{name}\"", escaped(path));
    let message = block.diagnostic.as_ref().map(ToString::to_string).unwrap_or_default();
    let element = match block.verdict {
        Verdict::Ok => {
            xml.push_str("/>\n");
            return;
        }
        Verdict::Skipped => {
            let _ = writeln!(xml, "><skipped message=\"{}\"/></testcase>", escaped(&message));
            return;
        }
        Verdict::Error => "error",
        Verdict::Differs | Verdict::Unsupported => "failure",
    };
    let _ = write!(xml, "><{element} type=\"{}\" message=\"{}\">", block.verdict.name(), escaped(&message));
    let (missing, extra) = block.difference();
    for line in missing {
        let _ = write!(xml, "\nexpected only  {}", escaped(line));
    }
    for line in extra {
        let _ = write!(xml, "\ngot only       {}", escaped(line));
    }
    let _ = writeln!(xml, "</{element}></testcase>");
}

/// Text for an XML attribute or element; characters that XML 1.0 has no way to say become `?`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' | '\r' => {
                let _ = write!(out, "&#{};", c as u32);
            }
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => out.push('?'),
            _ => out.push(c),
        }
    }
    out
}
