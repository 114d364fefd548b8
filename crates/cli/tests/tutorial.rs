//! Carries out docs/tutorial.md as a reader would: writes its files, runs its commands, compares what they answer.
//!
//! - A fence behind a line with nothing but a path (`` `data/x.csv`: ``) is that file.
//! - A `sh` fence is run; the `text` or `json` fence right behind it is what it answers, `…` standing for anything in a line.
//! - `headwater run` alone is the server: it goes on, at a free port, until a command needs its data folder.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What the page says; the test takes a free port.
const ADDRESS: &str = "127.0.0.1:8800";
/// How often a command is tried that waits for something: rows that come, a server that starts.
const TRIES: usize = 200;
const PAUSE: Duration = Duration::from_millis(100);

struct Fence {
    language: String,
    /// The line before it, where it is not another fence's answer.
    before: String,
    body: String,
}

fn fences(page: &str) -> Vec<Fence> {
    let (mut found, mut before) = (Vec::new(), String::new());
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let body = body.join("\n") + "\n";
            found.push(Fence { language: language.to_owned(), before: std::mem::take(&mut before), body });
        } else if !line.trim().is_empty() {
            line.clone_into(&mut before);
        }
    }
    found
}

/// Whether an answer is the expected one; `…` stands for anything within a line.
fn matches(expected: &str, got: &str) -> bool {
    let (expected, got): (Vec<&str>, Vec<&str>) = (expected.trim().lines().collect(), got.trim().lines().collect());
    expected.len() == got.len() && expected.iter().zip(got).all(|(expected, got)| line_matches(expected, got))
}

fn line_matches(expected: &str, got: &str) -> bool {
    let mut parts = expected.split('…');
    let Some(mut rest) = got.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

struct Reader {
    folder: PathBuf,
    address: String,
    /// With `headwater` first.
    path: String,
    server: Option<Child>,
}

impl Reader {
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.folder).env("PATH", &self.path).stdin(Stdio::null());
        command
    }

    fn run(&self, script: &str) -> String {
        let script = format!("exec 2>&1\n{script}");
        let output = self.command("sh", &["-e", "-c", &script]).output().expect("a shell");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn serve(&mut self) {
        let said = File::create(self.folder.join("server.out")).expect("a file");
        let mut command = self.command("headwater", &["run", "--http", &self.address]);
        command.stdout(said.try_clone().expect("the same file")).stderr(said);
        self.server = Some(command.spawn().expect("the server starts"));
    }

    /// Ends the server as Ctrl-C does.
    fn stop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let id = server.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().is_ok_and(|status| status.success()));
        assert!(server.wait().expect("the server ends").success());
    }

    /// Runs a command until it answers as expected; once only where a second time would do something else.
    fn carry_out(&mut self, script: &str, expected: Option<&str>) {
        let is_server = script.trim() == "headwater run";
        if script.starts_with("headwater run") {
            self.stop();
        }
        if is_server {
            self.serve();
        }
        let waits = is_server || (script.starts_with("curl") && !script.contains("&\n"));
        let mut got = String::new();
        for _ in 0..if waits { TRIES } else { 1 } {
            got = if is_server {
                std::fs::read_to_string(self.folder.join("server.out")).unwrap_or_default()
            } else {
                self.run(script)
            };
            if expected.map_or(got.is_empty(), |expected| matches(expected, &got)) {
                return;
            }
            std::thread::sleep(PAUSE);
        }
        panic!("{script}\nexpected:\n{}\ngot:\n{got}", expected.unwrap_or("nothing"));
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.kill();
        }
    }
}

#[test]
fn the_tutorial_does_what_it_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tutorial.md");
    let page = std::fs::read_to_string(page).expect("the tutorial");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let program = Path::new(env!("CARGO_BIN_EXE_headwater")).parent().expect("a folder").display().to_string();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap_or_default());
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let mut reader = Reader { folder: dir.path().to_path_buf(), address: free.to_string(), path, server: None };
    let fences = fences(&page);
    let mut rest = fences.iter().peekable();
    while let Some(fence) = rest.next() {
        let name = fence.before.strip_prefix('`').and_then(|line| line.strip_suffix("`:"));
        if let Some(name) = name {
            let file = dir.path().join(name);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            std::fs::write(file, &fence.body).expect("written");
            continue;
        }
        assert_eq!(fence.language, "sh", "a fence that is no file, command or answer: {}", fence.body);
        let is_answer = |fence: &&Fence| fence.before.is_empty() && matches!(fence.language.as_str(), "text" | "json");
        let expected = rest.next_if(|fence| is_answer(fence)).map(|fence| fence.body.replace(ADDRESS, &reader.address));
        reader.carry_out(&fence.body.replace(ADDRESS, &free.to_string()), expected.as_deref());
    }
    reader.stop();
    let formatted = reader.run("headwater fmt --check .");
    assert!(formatted.contains("0 files would change"), "{formatted}");
}
