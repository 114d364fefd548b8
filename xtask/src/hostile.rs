//! Hostile inputs for the program itself: texts and files made to be too deep, too long or not text at all. Each must come
//! to a result or to a clear error with a code, in bounded time and memory.

use crate::fuzz::{LOOK, now};
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const MEGABYTE: u64 = 1 << 20;
const DEPTH: usize = 10_000;
const COLUMNS: usize = 10_000;
/// The program is built without optimisation: it takes ten times as long as the one that people have.
const SECONDS_MAX: u64 = 300;

/// A command, and what it must come to.
struct Case {
    name: &'static str,
    command: &'static [&'static str],
    exit: i32,
    /// What must be among its words; a code where it is an error.
    says: &'static str,
    memory_megabytes_max: u64,
}

const fn case(name: &'static str, command: &'static [&'static str], exit: i32, says: &'static str) -> Case {
    Case { name, command, exit, says, memory_megabytes_max: 400 }
}

const fn large(case: Case) -> Case {
    Case { memory_megabytes_max: 1_500, ..case }
}

/// Files are those that [`Files::all`] writes.
const CASES: [Case; 21] = [
    case("10,000 parentheses", &["check", "parentheses.sql"], 1, "HW1005"),
    case("10,000 NOT, CASE, CAST, ARRAY, subqueries", &["check", "nested.sql"], 1, "HW1005"),
    case("the same, formatted", &["fmt", "--check", "nested.sql"], 1, "HW1005"),
    case("100 MB of small statements", &["parse", "--output", "json", "statements.sql"], 0, "\"ok\":true"),
    case("100 MB of small statements, checked", &["check", "statements.sql"], 0, ""),
    case("100 MB of mistakes", &["parse", "--output", "json", "mistakes.sql"], 1, "HW1001"),
    large(case("100 MB in one statement", &["parse", "statement.sql"], 1, "HW1005")),
    large(case("100 MB in one statement, formatted", &["fmt", "--check", "statement.sql"], 1, "HW1005")),
    case("100 MB of a string that never ends", &["parse", "open.sql"], 1, "HW1002"),
    case("SQL that is not UTF-8", &["parse", "bytes.sql"], 2, "HW4501"),
    case("csv that is not UTF-8", &["query", "-f", "bytes_csv.sql"], 1, "HW3107"),
    case("json that is not UTF-8", &["query", "-f", "bytes_json.sql"], 1, "HW3107"),
    case("csv, a line of 1 GB", &["query", "-f", "line_csv.sql"], 1, "HW3105"),
    case("json, a line of 1 GB", &["query", "-f", "line_json.sql"], 1, "HW3105"),
    case("csv, a line of 1 GB left out", &["query", "--output", "rows", "-f", "skip_csv.sql"], 0, "+I[1]"),
    case("json, a line of 1 GB left out", &["query", "--output", "rows", "-f", "skip_json.sql"], 0, "+I[1]"),
    case("csv, 1 GB behind a quote", &["query", "-f", "quote_csv.sql"], 1, "HW31"),
    case("json, 100 MB of brackets", &["query", "-f", "deep_json.sql"], 1, "HW31"),
    case("10,000 columns, two read", &["query", "--output", "rows", "-f", "wide_two.sql"], 0, "+I[1, 9999]"),
    case("10,000 columns, all read", &["query", "--output", "rows", "-f", "wide_all.sql"], 0, "+I[0, 1, 2"),
    case("10,000 aggregates", &["query", "--output", "rows", "-f", "wide_sums.sql"], 0, "+I[0, 1, 2"),
];

pub(crate) struct Report {
    /// A table.
    pub(crate) text: String,
    pub(crate) cases: usize,
    pub(crate) failures: usize,
}

pub(crate) fn run(root: &Path) -> Result<Report, String> {
    let build = ["build", "--quiet", "--package", "headwater"];
    let status = Command::new(env!("CARGO")).args(build).current_dir(root).status();
    if !status.is_ok_and(|status| status.success()) {
        return Err("the program does not build".to_owned());
    }
    let folder = std::env::temp_dir().join(format!("headwater-hostile-{}", std::process::id()));
    let files = Files { folder: &folder };
    files.all().map_err(|error| format!("hostile inputs cannot be written: {error}"))?;
    let binary = crate::target_folder(root).join("debug/headwater");
    let mut text = String::from("hostile input                                    exit        s       MB\n");
    let mut failures = 0;
    for case in &CASES {
        let ended = observe(&binary, &folder, case).map_err(|error| format!("{}: {error}", case.name))?;
        let fault = ended.fault(case);
        failures += usize::from(fault.is_some());
        let exit = ended.exit.map_or("-".to_owned(), |exit| exit.to_string());
        text.push_str(&format!("{:48} {exit:>4} {:>8.1} {:>8}", case.name, ended.seconds, ended.megabytes));
        text.push_str(&fault.map_or("\n".to_owned(), |fault| format!("  {fault}\n")));
    }
    let _ = std::fs::remove_dir_all(&folder);
    Ok(Report { text, cases: CASES.len(), failures })
}

struct Ended {
    /// Absent: killed.
    exit: Option<i32>,
    said: bool,
    /// The beginning of what it wrote.
    words: String,
    seconds: f64,
    megabytes: u64,
}

impl Ended {
    fn fault(&self, case: &Case) -> Option<String> {
        if self.megabytes > case.memory_megabytes_max {
            Some(format!("took more than {} MB", case.memory_megabytes_max))
        } else if self.seconds > SECONDS_MAX as f64 {
            Some(format!("took more than {SECONDS_MAX} s"))
        } else if self.exit != Some(case.exit) {
            Some(format!("ended otherwise than with {}: {}", case.exit, self.words))
        } else {
            (!self.said).then(|| format!("does not say {}: {}", case.says, self.words))
        }
    }
}

/// Runs a case within its limits.
fn observe(binary: &Path, folder: &Path, case: &Case) -> std::io::Result<Ended> {
    let [out, err] = ["out", "err"].map(|name| folder.join(name));
    let started = now();
    let mut child = Command::new(binary)
        .args(case.command)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(File::create(&out)?)
        .stderr(File::create(&err)?)
        .spawn()?;
    let mut megabytes = 0;
    let status = loop {
        megabytes = megabytes.max(peak_megabytes(child.id()));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if megabytes > case.memory_megabytes_max || started.elapsed() > Duration::from_secs(SECONDS_MAX) {
            child.kill()?;
        }
        std::thread::sleep(LOOK);
    };
    let seconds = started.elapsed().as_secs_f64();
    let texts = [beginning(&err)?, beginning(&out)?];
    let said = texts.iter().any(|text| text.contains(case.says));
    let words: String = texts.concat().chars().take(200).map(|c| if c == '\n' { ' ' } else { c }).collect();
    Ok(Ended { exit: status.code(), said, words, seconds, megabytes })
}

/// The most memory that a process has had; 0 where the system does not tell.
fn peak_megabytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn beginning(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MEGABYTE).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

struct Files<'a> {
    folder: &'a Path,
}

impl Files<'_> {
    fn all(&self) -> std::io::Result<()> {
        std::fs::create_dir_all(self.folder)?;
        self.deep()?;
        self.long()?;
        self.write("bytes.sql", b"SELECT '\xff\xfe' FROM t;\n")?;
        self.write("bytes.csv", b"1,\xff\xfe\n2,good\n")?;
        self.write("bytes.jsonl", b"{\"a\": 1, \"b\": \"\xff\"}\n")?;
        for (format, ending) in [("csv", "csv"), ("json", "jsonl")] {
            self.query(&format!("bytes_{format}.sql"), format, &format!("bytes.{ending}"), "")?;
            self.query(&format!("line_{format}.sql"), format, &format!("line.{ending}"), "")?;
            let ignore = format!(", '{format}.ignore-parse-errors' = 'true'");
            self.query(&format!("skip_{format}.sql"), format, &format!("line.{ending}"), &ignore)?;
        }
        // Holes: the lines consist of zeros and take no room.
        self.hole("line.csv", "", "\n1,good\n")?;
        self.hole("line.jsonl", "", "\n{\"a\": 1}\n")?;
        self.hole("quote.csv", "1,\"", "")?;
        self.query("quote_csv.sql", "csv", "quote.csv", "")?;
        self.repeat("deep.jsonl", "{\"b\": ", "[", "\n")?;
        let long_rows = ", 'headwater.max-row-bytes' = '512mb'";
        self.query("deep_json.sql", "json", "deep.jsonl", long_rows)?;
        self.wide()
    }

    fn deep(&self) -> std::io::Result<()> {
        let around =
            |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(DEPTH), close.repeat(DEPTH));
        self.write("parentheses.sql", format!("SELECT {};", around("(", "1", ")")).as_bytes())?;
        let statements = [
            format!("SELECT {}", around("CASE WHEN ", "TRUE", " THEN 1 END")),
            format!("SELECT {}", around("NOT ", "TRUE", "")),
            format!("SELECT {}", around("CAST(", "1", " AS INT)")),
            format!("SELECT {}", around("ARRAY[", "1", "]")),
            format!("SELECT * FROM {}", around("(SELECT * FROM ", "t", ")")),
            format!("CREATE TABLE t (a {})", around("ARRAY<", "INT", ">")),
        ];
        self.write("nested.sql", statements.join(";\n").as_bytes())
    }

    fn long(&self) -> std::io::Result<()> {
        self.repeat("statements.sql", "", "SELECT a FROM (VALUES (1)) AS t (a);\n", "")?;
        self.repeat("mistakes.sql", "", "SELECT a b FROM; ", "")?;
        self.repeat("statement.sql", "SELECT ", "a + 1, ", "1;")?;
        self.repeat("open.sql", "SELECT '", "x", "")
    }

    fn wide(&self) -> std::io::Result<()> {
        let list = |one: &dyn Fn(usize) -> String| (0..COLUMNS).map(one).collect::<Vec<_>>().join(", ");
        self.write("wide.csv", format!("{}\n", list(&|at| at.to_string()).replace(' ', "")).as_bytes())?;
        let columns = list(&|at| format!("c{at} INT"));
        let table = format!("CREATE TABLE w ({columns}) WITH ({});\n", options("csv", "wide.csv", ""));
        let queries = [
            ("wide_two.sql", "SELECT c1, c9999 FROM w".to_owned()),
            ("wide_all.sql", "SELECT * FROM w".to_owned()),
            ("wide_sums.sql", format!("SELECT {} FROM w", list(&|at| format!("SUM(c{at})")))),
        ];
        queries.iter().try_for_each(|(name, query)| self.write(name, format!("{table}{query};\n").as_bytes()))
    }

    /// A table over a file and a query that counts its rows.
    fn query(&self, name: &str, format: &str, file: &str, more: &str) -> std::io::Result<()> {
        let with = options(format, file, more);
        let text =
            format!("CREATE TABLE t (a INT, b STRING) WITH ({with});\nSELECT COUNT(b) + COUNT(*) - COUNT(b) FROM t;\n");
        self.write(name, text.as_bytes())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        std::fs::write(self.path(name), bytes)
    }

    /// 100 MB of a text again and again, between two others.
    fn repeat(&self, name: &str, before: &str, text: &str, behind: &str) -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(self.path(name))?);
        file.write_all(before.as_bytes())?;
        for _ in 0..100 * MEGABYTE / text.len() as u64 {
            file.write_all(text.as_bytes())?;
        }
        file.write_all(behind.as_bytes())?;
        file.flush()
    }

    /// 1 GB of zeros between two texts.
    fn hole(&self, name: &str, before: &str, behind: &str) -> std::io::Result<()> {
        let mut file = File::create(self.path(name))?;
        file.write_all(before.as_bytes())?;
        file.set_len(before.len() as u64 + 1024 * MEGABYTE)?;
        file.seek(SeekFrom::End(0))?;
        file.write_all(behind.as_bytes())
    }
}

fn options(format: &str, file: &str, more: &str) -> String {
    format!("'connector' = 'filesystem', 'path' = '{file}', 'format' = '{format}'{more}")
}
