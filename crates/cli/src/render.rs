//! Diagnostics for eyes: message, place, caret, cause and hint, the way a compiler shows them.

use crate::input::Sources;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Shown, Origin, Patch, Renderer, Snippet};
use data::{Diagnostic, Level, Span};
use std::ops::Range;

/// Of a longer text only the lines around the place are looked at, and none if they are longer than this together.
const EXCERPT_BYTES: usize = 1 << 16;

/// Without a final line end.
pub(crate) fn text(diagnostic: &Diagnostic, sources: &Sources, colors: bool) -> String {
    let level = match diagnostic.level {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
        Level::Info => Shown::INFO,
    };
    let file = diagnostic.file.as_deref();
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code);
    let mut group = Group::with_title(title);
    let here = |other: Option<&str>| other.is_none() || other == file;
    let related = diagnostic.related.iter().filter(|related| here(related.file.as_deref()));
    let related: Vec<(Span, &str)> = related.filter_map(|found| Some((found.span?, found.message.as_str()))).collect();
    let mut labelled = false;
    if let Some(span) = diagnostic.span
        && let Some(excerpt) = Excerpt::of(sources, file, span, related.iter().map(|(span, _)| *span))
    {
        let mut primary = AnnotationKind::Primary.span(excerpt.range(span));
        if let Some(detail) = diagnostic.detail.as_deref().filter(|detail| !detail.contains('\n')) {
            primary = primary.label(detail);
            labelled = true;
        }
        let mut snippet = excerpt.snippet(file).annotation(primary);
        for (span, message) in related {
            snippet = snippet.annotation(AnnotationKind::Context.span(excerpt.range(span)).label(message));
        }
        group = group.element(snippet);
    } else if let Some(origin) = origin(sources, file, diagnostic.span) {
        group = group.element(origin);
    }
    match &diagnostic.detail {
        Some(detail) if !labelled => group = group.element(Shown::NOTE.message(detail)),
        _ => {}
    }
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Shown::HELP.message(hint));
    }
    let mut report = vec![group];
    report.extend(elsewhere(diagnostic, sources));
    report.extend(suggestion(diagnostic, sources));
    let renderer = if colors { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).render(&report)
}

/// Related places in other files.
fn elsewhere<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Group<'a>> {
    let mut groups = Vec::new();
    for related in &diagnostic.related {
        if related.file.is_none() || related.file == diagnostic.file {
            continue;
        }
        let mut group = Group::with_title(Shown::NOTE.secondary_title(&related.message));
        let file = related.file.as_deref();
        if let Some(span) = related.span
            && let Some(excerpt) = Excerpt::of(sources, file, span, std::iter::empty())
        {
            let annotation = AnnotationKind::Primary.span(excerpt.range(span));
            group = group.element(excerpt.snippet(file).annotation(annotation));
        }
        groups.push(group);
    }
    groups
}

/// The text as it would be after the fix.
fn suggestion<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Option<Group<'a>> {
    let file = diagnostic.file.as_deref();
    let (first, rest) = diagnostic.fix.split_first()?;
    let excerpt = Excerpt::of(sources, file, first.span, rest.iter().map(|fix| fix.span))?;
    let mut snippet = excerpt.snippet(file);
    for fix in &diagnostic.fix {
        snippet = snippet.patch(Patch::new(excerpt.range(fix.span), fix.text.as_str()));
    }
    Some(Group::with_title(Shown::HELP.secondary_title("this would be accepted")).element(snippet))
}

/// A place without its line.
fn origin<'a>(sources: &Sources, file: Option<&'a str>, span: Option<Span>) -> Option<Origin<'a>> {
    let (line, column) = sources.place(file, span?.start as usize)?;
    Some(Origin::path(file.unwrap_or_default()).line(line).char_column(column))
}

/// The lines of a text that are shown.
struct Excerpt<'a> {
    text: &'a str,
    /// Where they begin in the whole text.
    start: usize,
    /// The number of the first one.
    line: usize,
}

impl<'a> Excerpt<'a> {
    /// Lines that hold all of the spans; the whole text while it is short.
    fn of(sources: &'a Sources, file: Option<&str>, span: Span, more: impl Iterator<Item = Span>) -> Option<Self> {
        let whole = sources.text(file)?;
        if whole.len() <= EXCERPT_BYTES {
            return Some(Self { text: whole, start: 0, line: 1 });
        }
        let all = more.fold(range(span, whole), |all, next| {
            let next = range(next, whole);
            all.start.min(next.start)..all.end.max(next.end)
        });
        let bytes = whole.as_bytes();
        let far = all.start.saturating_sub(EXCERPT_BYTES);
        let line_break = bytes[far..all.start].iter().rposition(|byte| *byte == b'\n');
        let start = line_break.map(|at| far + at + 1).or((far == 0).then_some(0))?;
        let far = (all.end + EXCERPT_BYTES).min(whole.len());
        let line_break = bytes[all.end..far].iter().position(|byte| *byte == b'\n');
        let end = line_break.map(|at| all.end + at).or((far == whole.len()).then_some(far))?;
        let (line, _) = sources.place(file, start)?;
        (end - start <= EXCERPT_BYTES).then(|| Self { text: &whole[start..end], start, line })
    }

    fn snippet<T: Clone>(&self, file: Option<&'a str>) -> Snippet<'a, T> {
        Snippet::source(self.text).line_start(self.line).path(file)
    }

    fn range(&self, span: Span) -> Range<usize> {
        let inside = |offset: u32| (offset as usize).saturating_sub(self.start) as u32;
        range(Span { start: inside(span.start), end: inside(span.end) }, self.text)
    }
}

/// A range inside the text, on character boundaries.
fn range(span: Span, text: &str) -> Range<usize> {
    let clamp = |offset: u32| {
        let mut at = (offset as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    clamp(span.start)..clamp(span.end.max(span.start))
}
