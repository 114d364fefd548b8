//! `GET /metrics`: counters and gauges in Prometheus' text format.

use super::Reply;
use crate::door::Door;
use crate::metrics::{head, label};
use crate::status::{Memory, Status};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use std::fmt::Write as _;
use std::sync::Arc;

pub(super) async fn get(State(door): State<Arc<Door>>) -> Reply {
    let mut out = String::with_capacity(8192);
    let status = door.status();
    run(&mut out, &status);
    operators(&mut out, &status);
    memory(&mut out, &status.memory);
    tables(&mut out, &status);
    sample(&mut out, "headwater_published_bytes", "gauge", "Memory of the tables that readers asked for.", {
        door.current().memory_bytes() as f64
    });
    door.metrics.write(&mut out);
    let mut response = Response::new(Body::from(out));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

fn sample(out: &mut String, name: &str, kind: &str, help: &str, value: f64) {
    head(out, name, kind, help);
    let _ = writeln!(out, "{name} {value}");
}

fn run(out: &mut String, status: &Status) {
    let mut counter = |name: &str, help: &str, value: u64| sample(out, name, "counter", help, value as f64);
    counter("headwater_rows_in_total", "Rows read from sources.", status.rows_in);
    counter("headwater_rows_out_total", "Rows written to outer tables.", status.rows_out);
    counter("headwater_rows_late_total", "Rows dropped because they came too late.", status.rows_late);
    counter("headwater_rows_rejected_total", "Rows that could not be decoded.", status.rows_rejected);
    let mut gauge = |name: &str, help: &str, value: f64| sample(out, name, "gauge", help, value);
    gauge("headwater_epoch", "The last epoch.", status.epoch as f64);
    gauge("headwater_state_bytes", "Memory of operators and managed tables.", status.state_bytes as f64);
    gauge("headwater_sources_running", "Sources that have not ended.", status.sources_running as f64);
    gauge("headwater_clock_seconds", "Processing time, since 1970.", status.clock_millis as f64 / 1e3);
    if let Some(watermark) = status.watermark_millis {
        let lag = status.clock_millis.saturating_sub(watermark) as f64 / 1e3;
        gauge("headwater_watermark_lag_seconds", "Processing time less the least watermark.", lag);
    }
    if let Some(lag) = status.lag {
        gauge("headwater_source_lag", "Rows or bytes that sources have not read.", lag as f64);
    }
    if let Some(last) = &status.last_checkpoint {
        gauge("headwater_checkpoint_epoch", "Epoch of the last checkpoint.", last.epoch as f64);
        gauge("headwater_checkpoint_seconds", "How long the last checkpoint took.", last.seconds);
        gauge("headwater_checkpoint_time_seconds", "When it was taken, since 1970.", last.at_millis as f64 / 1e3);
    }
}

fn operators(out: &mut String, status: &Status) {
    let name = "headwater_operator_state_bytes";
    head(out, name, "gauge", "Memory of operators by what they do; Table is that of managed tables.");
    for (operator, bytes) in &status.state_by_operator {
        let _ = writeln!(out, "{name}{{operator=\"{}\"}} {bytes}", label(operator));
    }
}

fn memory(out: &mut String, memory: &Memory) {
    let mut each = |name: &str, kind: &str, help: &str, value: Option<u64>| {
        if let Some(value) = value {
            sample(out, name, kind, help, value as f64);
        }
    };
    each("headwater_resident_bytes", "gauge", "Memory of the process.", memory.resident_bytes);
    each("headwater_memory_limit_bytes", "gauge", "What --memory allows.", memory.limit_bytes);
    each("headwater_spilled_bytes", "gauge", "Memory in a file, whether at hand or not.", memory.spilled_bytes);
    let help = "Memory handed back to stay within the limit; all of it may have come back since.";
    each("headwater_evicted_bytes_total", "counter", help, memory.evicted_bytes);
}

fn tables(out: &mut String, status: &Status) {
    let mut each = |name: &str, kind: &str, help: &str, value: &dyn Fn(&crate::status::TableStatus) -> Option<u64>| {
        head(out, name, kind, help);
        for (table, status) in &status.tables {
            if let Some(value) = value(status) {
                let _ = writeln!(out, "{name}{{table=\"{}\"}} {value}", label(table));
            }
        }
    };
    each("headwater_table_rows", "gauge", "Rows of a managed table.", &|table| table.rows);
    each("headwater_table_rows_in_total", "counter", "Rows and changes that came to a table.", &|table| {
        Some(table.rows_in)
    });
    each("headwater_table_rows_rejected_total", "counter", "Rows of a table that could not be decoded.", &|table| {
        Some(table.rows_rejected)
    });
}
