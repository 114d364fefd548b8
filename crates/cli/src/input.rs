//! Texts that commands read: files, folders of SQL files, standard input (`-`), the command line itself.

use crate::context::Failure;
use data::Diagnostic;
use data::diagnostic::Places;
use sql::vars::Mapping;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A text and the name it has in diagnostics.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// `None` for text from the command line.
    pub(crate) file: Option<String>,
    pub(crate) text: String,
}

/// A text with its variables replaced.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) file: Option<String>,
    pub(crate) text: String,
    mapping: Mapping,
}

impl Script {
    /// `variables` is asked only when there are some in the text.
    pub(crate) fn new(
        source: Text,
        variables: impl FnOnce() -> Result<BTreeMap<String, String>, Vec<Diagnostic>>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let Text { file, text } = source;
        if !text.contains("${") {
            return Ok(Self { file, text, mapping: Mapping::default() });
        }
        let variables = variables()?;
        match sql::vars::substitute(&text, &|name| variables.get(name).cloned()) {
            Ok((text, mapping)) => Ok(Self { file, text, mapping }),
            Err(errors) => Err(errors.into_iter().map(|error| in_text(error, file.as_ref())).collect()),
        }
    }

    /// A diagnostic about the text, at its place in the text as written.
    pub(crate) fn placed(&self, diagnostic: Diagnostic) -> Diagnostic {
        let diagnostic = if diagnostic.file.is_none() { self.mapping.place(diagnostic) } else { diagnostic };
        in_text(diagnostic, self.file.as_ref())
    }
}

fn in_text(mut diagnostic: Diagnostic, file: Option<&String>) -> Diagnostic {
    diagnostic.file = diagnostic.file.or_else(|| file.cloned());
    diagnostic
}

/// All texts of a command, so that a diagnostic finds the lines it speaks of.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    texts: Vec<(Text, Places)>,
}

impl Sources {
    pub(crate) fn add(&mut self, text: Text) {
        self.texts.push((text, Places::default()));
    }

    pub(crate) fn of(texts: Vec<Text>) -> Self {
        Self { texts: texts.into_iter().map(|text| (text, Places::default())).collect() }
    }

    pub(crate) fn one(file: Option<&str>, text: &str) -> Self {
        Self::of(vec![Text { file: file.map(str::to_owned), text: text.to_owned() }])
    }

    /// The text that spans of `file` refer to.
    pub(crate) fn text(&self, file: Option<&str>) -> Option<&str> {
        self.find(file).map(|(text, _)| text.text.as_str())
    }

    /// Line and column of a byte of `file`, both from 1.
    pub(crate) fn place(&self, file: Option<&str>, offset: usize) -> Option<(usize, usize)> {
        self.find(file).map(|(text, places)| places.line_column(&text.text, offset))
    }

    fn find(&self, file: Option<&str>) -> Option<&(Text, Places)> {
        self.texts.iter().find(|(text, _)| text.file.as_deref() == file)
    }
}

pub(crate) fn unreadable(name: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::run("HW4501", format!("`{name}` cannot be read"))
        .detail(error.to_string())
        .hint("give the path of a readable UTF-8 file, or `-` for standard input")
}

/// Reads one file; `-` is standard input.
pub(crate) fn read(path: &str) -> Result<Text, Failure> {
    let (name, text) = if path == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        ("<stdin>", read.and_then(|_| utf8(bytes)))
    } else {
        (path, std::fs::read(path).and_then(utf8))
    };
    let text = text.map_err(|error| unreadable(name, &error))?;
    Ok(Text { file: Some(name.to_owned()), text })
}

fn utf8(bytes: Vec<u8>) -> std::io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        std::io::Error::new(std::io::ErrorKind::InvalidData, format!("not UTF-8 at byte {at}"))
    })
}

/// Files with this ending below the paths, sorted; a path that is a file is taken whatever its ending.
pub(crate) fn files(paths: &[String], ending: &str) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path == "-" {
            found.push(path.clone());
            continue;
        }
        let meta = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if meta.is_dir() {
            let mut inside = Vec::new();
            walk(Path::new(path), ending, &mut inside).map_err(|error| unreadable(path, &error))?;
            inside.sort();
            found.extend(inside.into_iter().map(|path| path.to_string_lossy().into_owned()));
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let kind = entry.file_type()?;
        if kind.is_dir() && !hidden && entry.file_name() != "target" {
            walk(&path, ending, found)?;
        } else if !kind.is_dir() && path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    Ok(())
}
