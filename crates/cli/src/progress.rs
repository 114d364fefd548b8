//! What a run shows of itself: JSON events for scripts, a status line on a terminal, a few lines elsewhere.

use crate::context::Failure;
use crate::output::Output;
use data::Diagnostic;
use deploy::embedded::{Observer, Status, Summary};
use engine::Engine;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Epochs are told at most so often.
const EVENT_INTERVAL: Duration = Duration::from_secs(1);

/// Called once, when all that there was has been read.
pub(crate) type CaughtUp<'a> = &'a mut dyn FnMut(&mut Output, &mut Engine, Option<&str>) -> Result<(), Failure>;

pub(crate) struct Progress<'o, 'c> {
    output: &'o mut Output,
    /// Where the run answers.
    http: Option<String>,
    caught_up: Option<CaughtUp<'c>>,
    bar: Option<ProgressBar>,
    last_event: Option<Instant>,
    /// Rows and instant of the last rate.
    last_rows: (u64, Instant),
    rate: f64,
    /// The first write that failed; later ones are not tried.
    failed: Option<Failure>,
}

impl<'o, 'c> Progress<'o, 'c> {
    pub(crate) fn new(output: &'o mut Output, http: Option<String>, caught_up: Option<CaughtUp<'c>>) -> Self {
        let bar = (std::io::stderr().is_terminal() && !output.is_json() && !output.is_quiet()).then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(
                ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar
        });
        let now = deploy::instant();
        Self { output, http, caught_up, bar, last_event: None, last_rows: (0, now), rate: 0.0, failed: None }
    }

    fn event(&mut self, event: &serde_json::Value) {
        if self.failed.is_none() {
            self.failed = self.output.json(event).and_then(|()| self.output.flush()).err();
        }
    }

    fn measure(&mut self, rows: u64) {
        let now = deploy::instant();
        let seconds = now.duration_since(self.last_rows.1).as_secs_f64();
        if seconds >= 0.5 {
            self.rate = rows.saturating_sub(self.last_rows.0) as f64 / seconds;
            self.last_rows = (rows, now);
        }
    }

    /// Tells how the run has ended.
    pub(crate) fn done(mut self, summary: &Summary) -> Result<(), Failure> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if let Some(failure) = self.failed.take() {
            return Err(failure);
        }
        let tables: serde_json::Map<String, serde_json::Value> =
            summary.tables.iter().map(|(name, table)| (name.clone(), json!({ "rows": table.rows }))).collect();
        if self.output.is_json() {
            return self.output.json(&json!({
                "event": "done",
                "tables": tables,
                "rows_in": summary.rows_in,
                "rows_rejected": summary.rows_rejected,
                "rows_late": summary.rows_late,
                "epochs": summary.epochs,
                "seconds": summary.seconds,
                "cpu_seconds": summary.usage.cpu_seconds,
                "peak_rss_bytes": summary.usage.peak_rss_bytes,
                "spilled_bytes": summary.spilled_bytes,
            }));
        }
        let width = summary.tables.keys().map(String::len).max().unwrap_or(0);
        for (name, table) in &summary.tables {
            self.output.line(format_args!("{name:width$}  {:>12}", grouped(table.rows)))?;
        }
        let rejected = match summary.rows_rejected {
            0 => String::new(),
            rows => format!(", {} rejected", grouped(rows)),
        };
        let late = match summary.rows_late {
            0 => String::new(),
            rows => format!(", {} late", grouped(rows)),
        };
        self.output.note(format_args!("{} rows in{rejected}{late}, {:.1} s", grouped(summary.rows_in), summary.seconds))
    }
}

impl Observer for Progress<'_, '_> {
    fn ready(&mut self, restored: Option<u64>) {
        if self.output.is_json() {
            let ready = json!({ "event": "ready", "http": self.http, "postgres": null, "restored_epoch": restored });
            return self.event(&ready);
        }
        if let Some(epoch) = restored {
            self.note(&format!("going on from the checkpoint of epoch {epoch}"));
        }
        if let Some(http) = self.http.clone() {
            self.note(&format!("listening on {http}"));
        }
    }

    fn progress(&mut self, status: &Status) {
        self.measure(status.rows_in);
        let due = self.last_event.is_none_or(|last| deploy::instant().duration_since(last) >= EVENT_INTERVAL);
        if self.output.is_json() && due {
            self.last_event = Some(deploy::instant());
            self.event(&json!({
                "event": "epoch",
                "epoch": status.epoch,
                "clock": status.clock_millis,
                "rows_in": status.rows_in,
                "rows_out": status.rows_out,
                "rows_rejected": status.rows_rejected,
                "rows_late": status.rows_late,
                "watermark": status.watermark_millis,
                "lag": status.lag,
                "state_bytes": status.state_bytes,
                "rows_per_second": self.rate,
            }));
        }
        if let Some(bar) = &self.bar {
            let watermark = status.watermark_millis.map(|millis| format!(" · watermark {}", timestamp(millis)));
            let lag = status.lag.filter(|lag| *lag > 0).map(|lag| format!(" · {} to read", grouped(lag)));
            bar.set_message(format!(
                "epoch {} · {} rows in · {}/s{}{} · state {} MB · {} sources",
                grouped(status.epoch),
                grouped(status.rows_in),
                grouped(self.rate as u64),
                watermark.unwrap_or_default(),
                lag.unwrap_or_default(),
                status.state_bytes >> 20,
                status.sources_running,
            ));
            bar.tick();
        }
    }

    fn caught_up(&mut self, engine: &mut Engine) -> Result<(), Diagnostic> {
        let Some(tell) = self.caught_up.take() else { return Ok(()) };
        let told = match &self.bar {
            Some(bar) => bar.suspend(|| tell(self.output, engine, self.http.as_deref())),
            None => tell(self.output, engine, self.http.as_deref()),
        };
        match told {
            Err(Failure::Because(diagnostic)) => Err(*diagnostic),
            Err(failure) => {
                self.failed.get_or_insert(failure);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn note(&mut self, text: &str) {
        if self.failed.is_none() {
            self.failed = self.output.note(text).err();
        }
    }
}

/// Digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn timestamp(millis: i64) -> String {
    let mut out = String::new();
    data::time::append_timestamp_sql(&mut out, i128::from(millis) * 1_000_000, 0);
    out
}

#[test]
fn groups_digits() {
    for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
        assert_eq!(grouped(number), text);
    }
}
