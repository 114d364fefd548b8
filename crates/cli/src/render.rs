//! Diagnostics for eyes: message, place, caret, cause and hint, the way a compiler shows them.

use crate::input::Sources;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Shown, Patch, Renderer, Snippet};
use data::{Diagnostic, Level, Span};
use std::ops::Range;

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
    let place = diagnostic.span.zip(sources.text(file));
    if let Some((span, text)) = place {
        let mut primary = AnnotationKind::Primary.span(range(span, text));
        if let Some(detail) = diagnostic.detail.as_deref().filter(|detail| !detail.contains('\n')) {
            primary = primary.label(detail);
        }
        let mut snippet = Snippet::source(text).path(file).annotation(primary);
        for related in &diagnostic.related {
            let here = related.file.is_none() || related.file.as_deref() == file;
            if let (true, Some(span)) = (here, related.span) {
                snippet = snippet.annotation(AnnotationKind::Context.span(range(span, text)).label(&related.message));
            }
        }
        group = group.element(snippet);
    }
    match &diagnostic.detail {
        Some(detail) if place.is_none() || detail.contains('\n') => group = group.element(Shown::NOTE.message(detail)),
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
        if let Some((span, text)) = related.span.zip(sources.text(related.file.as_deref())) {
            let annotation = AnnotationKind::Primary.span(range(span, text));
            group = group.element(Snippet::source(text).path(related.file.as_deref()).annotation(annotation));
        }
        groups.push(group);
    }
    groups
}

/// The text as it would be after the fix.
fn suggestion<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Option<Group<'a>> {
    let text = sources.text(diagnostic.file.as_deref())?;
    if diagnostic.fix.is_empty() {
        return None;
    }
    let mut snippet = Snippet::source(text).path(diagnostic.file.as_deref());
    for fix in &diagnostic.fix {
        snippet = snippet.patch(Patch::new(range(fix.span, text), fix.text.as_str()));
    }
    Some(Group::with_title(Shown::HELP.secondary_title("this would be accepted")).element(snippet))
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
