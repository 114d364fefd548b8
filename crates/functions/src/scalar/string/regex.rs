//! Functions of Java's regular expressions. A pattern that is none gives NULL (REGEXP: false), as in Flink; one that
//! takes too many steps fails the row.

use super::java_regex::JavaRegex;
use super::{INT, STRING, nullable, pure};
use crate::registry::{BindArg, BindError, Binding, CallSite, EvalError, Example, Kernel, KernelArgs, ScalarDef};
use crate::scalar::columns::{check_growth, primitives, texts, try_build, try_build_lists, try_build_text};
use crate::typing::{fixed, signature};
use arrow_array::builder::{ArrayBuilder, StringBuilder};
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{ArrayRef, BooleanArray};
use data::{DataType, TypeKind, Value};
use std::sync::Arc;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        fallible: true,
        ..pure(
            "REGEXP",
            &["REGEXP(string, regex)"],
            "Whether any part of the text matches the regular expression. The empty expression matches nothing.",
            &[Example { sql: "REGEXP('hello', 'l+')", result: "true" }],
            |args| fixed("REGEXP", args, &[STRING, STRING], TypeKind::Boolean, "REGEXP(string, regex)"),
            |site| kernel(site, matches),
        )
    },
    ScalarDef {
        fallible: true,
        ..pure(
            "REGEXP_COUNT",
            &["REGEXP_COUNT(string, regex)"],
            "How often the regular expression matches.",
            &[Example { sql: "REGEXP_COUNT('Steven and Stephen', 'Ste(v|ph)en')", result: "2" }],
            |args| bind_find("REGEXP_COUNT", args, INT, "REGEXP_COUNT(string, regex)"),
            |site| kernel(site, count),
        )
    },
    ScalarDef {
        fallible: true,
        ..pure(
            "REGEXP_EXTRACT",
            &["REGEXP_EXTRACT(string, regex[, group])"],
            "What a group (0, the whole, by default) of the first match holds; NULL when nothing matches or there is \
             no such group.",
            &[Example { sql: "REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2)", result: "bar" }],
            |args| bind_groups("REGEXP_EXTRACT", args, STRING, "REGEXP_EXTRACT(string, regex[, group])"),
            |site| kernel(site, extract),
        )
    },
    ScalarDef {
        fallible: true,
        ..pure(
            "REGEXP_EXTRACT_ALL",
            &["REGEXP_EXTRACT_ALL(string, regex[, group])"],
            "What a group (1 by default) of every match holds; NULL when there is no such group.",
            &[Example { sql: "REGEXP_EXTRACT_ALL('Ab-12,cd-34', '([a-zA-Z]+)-(\\d+)')", result: "[Ab, cd]" }],
            |args| {
                let array = TypeKind::Array(Box::new(DataType::string()));
                bind_groups("REGEXP_EXTRACT_ALL", args, array, "REGEXP_EXTRACT_ALL(string, regex[, group])")
            },
            |site| kernel(site, extract_all),
        )
    },
    ScalarDef {
        fallible: true,
        ..pure(
            "REGEXP_INSTR",
            &["REGEXP_INSTR(string, regex)"],
            "Where the first match begins, counted from 1; 0 when nothing matches.",
            &[Example { sql: "REGEXP_INSTR('hello world', 'wor')", result: "7" }],
            |args| bind_find("REGEXP_INSTR", args, INT, "REGEXP_INSTR(string, regex)"),
            |site| kernel(site, position),
        )
    },
    ScalarDef {
        fallible: true,
        ..pure(
            "REGEXP_REPLACE",
            &["REGEXP_REPLACE(string, regex, replacement)"],
            "The text with every match replaced. The replacement is taken as it stands: `$1` is no reference.",
            &[Example { sql: "REGEXP_REPLACE('foobar', 'oo|ar', '')", result: "fb" }],
            |args| {
                let params = &[STRING, STRING, STRING];
                fixed("REGEXP_REPLACE", args, params, STRING, "REGEXP_REPLACE(string, regex, replacement)")
            },
            |site| kernel(site, replace),
        )
    },
    ScalarDef {
        fallible: true,
        ..pure(
            "REGEXP_SUBSTR",
            &["REGEXP_SUBSTR(string, regex)"],
            "The first match; NULL when nothing matches.",
            &[Example { sql: "REGEXP_SUBSTR('hello world', 'w.')", result: "wo" }],
            |args| bind_find("REGEXP_SUBSTR", args, STRING, "REGEXP_SUBSTR(string, regex)"),
            |site| kernel(site, extract),
        )
    },
];

fn bind_find(name: &str, args: &[BindArg], result: TypeKind, form: &str) -> Result<Binding, BindError> {
    fixed(name, args, &[STRING, STRING], result, form).map(nullable)
}

fn bind_groups(name: &str, args: &[BindArg], result: TypeKind, form: &str) -> Result<Binding, BindError> {
    signature(name, args, &[&[STRING, STRING], &[STRING, STRING, TypeKind::BigInt]], result, form).map(nullable)
}

/// The pattern of a call site: compiled once when it is a literal.
pub(super) struct Patterns {
    fixed: Option<(String, Option<JavaRegex>)>,
}

impl Patterns {
    pub(super) fn of(site: &CallSite, argument: usize) -> Self {
        let fixed = match site.literals.get(argument) {
            Some(Some(Value::String(pattern))) => Some((pattern.clone(), JavaRegex::new(pattern))),
            _ => None,
        };
        Self { fixed }
    }

    pub(super) fn reader(&self) -> PatternReader<'_> {
        PatternReader { fixed: self.fixed.as_ref(), last: None }
    }
}

/// Compiles a pattern again only when it is another one than in the row before.
pub(super) struct PatternReader<'a> {
    fixed: Option<&'a (String, Option<JavaRegex>)>,
    last: Option<(String, Option<JavaRegex>)>,
}

impl PatternReader<'_> {
    pub(super) fn get(&mut self, pattern: &str) -> Option<&JavaRegex> {
        if let Some((text, compiled)) = self.fixed
            && text == pattern
        {
            return compiled.as_ref();
        }
        if self.last.as_ref().is_none_or(|(text, _)| text != pattern) {
            self.last = Some((pattern.to_owned(), JavaRegex::new(pattern)));
        }
        self.last.as_ref().and_then(|(_, compiled)| compiled.as_ref())
    }
}

type Body = fn(&KernelArgs, PatternReader) -> Result<ArrayRef, EvalError>;

/// A kernel whose pattern is argument 1.
fn kernel(site: &CallSite, body: Body) -> Result<Kernel, BindError> {
    let patterns = Patterns::of(site, 1);
    Ok(Box::new(move |args| body(args, patterns.reader())))
}

fn matches(args: &KernelArgs, mut patterns: PatternReader) -> Result<ArrayRef, EvalError> {
    let (text, pattern) = (texts(args, 0), texts(args, 1));
    let mut flags = Vec::with_capacity(args.rows);
    for row in 0..args.rows {
        flags.push(match (text.get(row), pattern.get(row)) {
            (Some(_), Some("")) => Some(false),
            (Some(text), Some(pattern)) => match patterns.get(pattern) {
                Some(regex) => Some(regex.is_match(text, row)?),
                None => Some(false),
            },
            _ => None,
        });
    }
    Ok(Arc::new(BooleanArray::from(flags)))
}

fn count(args: &KernelArgs, mut patterns: PatternReader) -> Result<ArrayRef, EvalError> {
    let (text, pattern) = (texts(args, 0), texts(args, 1));
    try_build::<Int32Type>(args.rows, |row| {
        let Some((text, pattern)) = text.get(row).zip(pattern.get(row)) else { return Ok(None) };
        let Some(regex) = patterns.get(pattern) else { return Ok(None) };
        Ok(Some(regex.find_all(text, row)?.len() as i32))
    })
}

fn position(args: &KernelArgs, mut patterns: PatternReader) -> Result<ArrayRef, EvalError> {
    let (text, pattern) = (texts(args, 0), texts(args, 1));
    try_build::<Int32Type>(args.rows, |row| {
        let Some((text, pattern)) = text.get(row).zip(pattern.get(row)) else { return Ok(None) };
        let Some(regex) = patterns.get(pattern) else { return Ok(None) };
        let found = regex.find_from(text, 0, row)?;
        Ok(Some(found.map_or(0, |found| super::utf16::length(&text[..found.start]) as i32 + 1)))
    })
}

/// The group asked for by argument 2, or the default; negative ones do not exist.
fn group_of(args: &KernelArgs, default: usize) -> impl Fn(usize) -> Option<usize> {
    let group = (args.columns.len() > 2).then(|| primitives::<Int64Type>(args, 2));
    let groups: Option<Vec<Option<usize>>> = group
        .map(|group| (0..args.rows).map(|row| group.get(row).and_then(|index| usize::try_from(index).ok())).collect());
    move |row| groups.as_ref().map_or(Some(default), |groups| groups[row])
}

fn extract(args: &KernelArgs, mut patterns: PatternReader) -> Result<ArrayRef, EvalError> {
    let (text, pattern, group) = (texts(args, 0), texts(args, 1), group_of(args, 0));
    try_build_text(args.rows, |row, out| {
        let Some((text, pattern)) = text.get(row).zip(pattern.get(row)) else { return Ok(None) };
        let Some((regex, group)) = patterns.get(pattern).zip(group(row)) else { return Ok(None) };
        let found = match group {
            0 => regex.find_from(text, 0, row)?,
            _ => regex.groups_from(text, 0, row)?.and_then(|groups| groups.get(group).cloned().flatten()),
        };
        Ok(found.map(|found| out.push_str(&text[found])))
    })
}

fn extract_all(args: &KernelArgs, mut patterns: PatternReader) -> Result<ArrayRef, EvalError> {
    let (text, pattern, group) = (texts(args, 0), texts(args, 1), group_of(args, 1));
    let mut elements = StringBuilder::new();
    let lists = try_build_lists(args.rows, |row| {
        let Some((text, pattern)) = text.get(row).zip(pattern.get(row)) else { return Ok(None) };
        let Some((regex, group)) = patterns.get(pattern).zip(group(row)) else { return Ok(None) };
        if group > regex.group_count() {
            return Ok(None);
        }
        let mut from = 0;
        while let Some(groups) = regex.groups_from(text, from, row)? {
            elements.append_option(groups.get(group).cloned().flatten().map(|found| &text[found]));
            let Some(next) = groups[0].as_ref().and_then(|whole| JavaRegex::after(text, whole)) else { break };
            from = next;
        }
        Ok(Some(elements.len()))
    })?;
    Ok(lists.of(args, Arc::new(elements.finish())))
}

fn replace(args: &KernelArgs, mut patterns: PatternReader) -> Result<ArrayRef, EvalError> {
    let (text, pattern, replacement) = (texts(args, 0), texts(args, 1), texts(args, 2));
    try_build_text(args.rows, |row, out| {
        let Some((text, pattern)) = text.get(row).zip(pattern.get(row)) else { return Ok(None) };
        let Some((regex, replacement)) = patterns.get(pattern).zip(replacement.get(row)) else { return Ok(None) };
        let mut from = 0;
        for found in regex.find_all(text, row)? {
            check_growth(row, out, replacement.len(), 1)?;
            out.push_str(&text[from..found.start]);
            out.push_str(replacement);
            from = found.end;
        }
        out.push_str(&text[from..]);
        Ok(Some(()))
    })
}
