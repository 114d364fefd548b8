//! Hints: options of a table for one statement, and advice for joins that this engine does not need.

use super::Binder;
use crate::error::{Bound, did_you_mean};
use catalog::Table;
use data::Diagnostic;
use sql::ast::{Hint, HintArgs};
use std::sync::Arc;

/// Advice on how to join: changes no result.
const JOIN_HINTS: &[&str] = &["BROADCAST", "SHUFFLE_HASH", "SHUFFLE_MERGE", "NEST_LOOP", "MULTI_JOIN", "LOOKUP"];

impl Binder<'_> {
    /// The table as this statement sees it, with the options of its hints.
    pub(crate) fn hinted(&mut self, table: &Arc<Table>, hints: &[Hint]) -> Bound<Arc<Table>> {
        let mut hinted: Option<Table> = None;
        for hint in hints {
            if !hint.name.value.eq_ignore_ascii_case("OPTIONS") {
                self.join_hint(hint)?;
                continue;
            }
            if !self.session.config.is_true("table.dynamic-table-options.enabled") {
                let error = Diagnostic::plan("HW2055", hint.span, "OPTIONS hints are switched off")
                    .detail("OPTIONS hint is allowed only when 'table.dynamic-table-options.enabled' is set to true")
                    .hint("SET 'table.dynamic-table-options.enabled' = 'true'");
                return self.fail(error);
            }
            if table.connector().is_some_and(|connector| connector != "test") {
                return self.unsupported(
                    hint.span,
                    "an OPTIONS hint of an external table",
                    "write the options into CREATE TABLE",
                );
            }
            let HintArgs::Options(options) = &hint.args else {
                let error = Diagnostic::plan("HW2055", hint.span, "an OPTIONS hint needs options")
                    .detail("OPTIONS hint only supports key value pairs")
                    .hint("write OPTIONS('key' = 'value')");
                return self.fail(error);
            };
            let options = options.iter().map(|option| (option.key.value.clone(), option.value.value.clone()));
            hinted.get_or_insert_with(|| (**table).clone()).options.extend(options);
        }
        Ok(hinted.map_or_else(|| Arc::clone(table), Arc::new))
    }

    /// A hint of a SELECT.
    pub(crate) fn join_hint(&mut self, hint: &Hint) -> Bound<()> {
        let name = hint.name.value.to_uppercase();
        if JOIN_HINTS.contains(&name.as_str()) {
            return Ok(());
        }
        if name == "STATE_TTL" {
            return self.unsupported(hint.span, "the STATE_TTL hint", "SET 'table.exec.state.ttl' for all statements");
        }
        let hint_text = did_you_mean(&name, JOIN_HINTS.iter().copied(), format!("there are {}", JOIN_HINTS.join(", ")));
        self.fail(
            Diagnostic::plan("HW2055", hint.span, format!("there is no hint '{}'", hint.name.value))
                .detail(format!("Hint: {name} should be registered"))
                .hint(hint_text),
        )
    }
}
