//! Counters of requests: by route and status, with the time they took. Only additions, no locks.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Statuses that there are; anything else is counted with the last.
const STATUSES: [u16; 17] = [200, 201, 304, 400, 403, 404, 405, 408, 409, 410, 413, 415, 422, 431, 500, 503, 0];
/// Upper bounds, seconds.
const BUCKETS: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 10.0];

/// Routes by the pattern of their path; what matches none is counted with the last.
pub(crate) const ROUTES: [&str; 16] = [
    "/v1/tables/{t}/{key}",
    "/v1/tables/{t}",
    "/v1/tables/{t}/changes",
    "/v1/tables",
    "/v1/query",
    "/v1/explain",
    "/v1/pipeline",
    "/v1/status",
    "/v1/status/stream",
    "/openapi.json",
    "/metrics",
    "/live",
    "/ready",
    "/",
    "page",
    "other",
];

#[derive(Default)]
struct Route {
    by_status: [AtomicU64; STATUSES.len()],
    buckets: [AtomicU64; BUCKETS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

#[derive(Default)]
pub(crate) struct Metrics {
    routes: [Route; ROUTES.len()],
    pub(crate) connections: AtomicU64,
    pub(crate) streams: AtomicU64,
}

impl Metrics {
    pub(crate) fn count(&self, route: &str, status: u16, took: Duration) {
        let at = ROUTES.iter().position(|known| *known == route).unwrap_or(ROUTES.len() - 1);
        let route = &self.routes[at];
        let status = STATUSES.iter().position(|known| *known == status).unwrap_or(STATUSES.len() - 1);
        route.by_status[status].fetch_add(1, Ordering::Relaxed);
        let seconds = took.as_secs_f64();
        if let Some(bucket) = BUCKETS.iter().position(|bound| seconds <= *bound) {
            route.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        }
        route.count.fetch_add(1, Ordering::Relaxed);
        route.micros.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
    }

    /// In Prometheus' text format.
    pub(crate) fn write(&self, out: &mut String) {
        let seen = || ROUTES.iter().zip(&self.routes).filter(|(_, route)| route.count.load(Ordering::Relaxed) > 0);
        head(out, "headwater_http_requests_total", "counter", "Requests by route and status.");
        for (name, route) in seen() {
            for (status, count) in STATUSES.iter().zip(&route.by_status) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let _ =
                        writeln!(out, "headwater_http_requests_total{{route=\"{name}\",status=\"{status}\"}} {count}");
                }
            }
        }
        head(out, "headwater_http_request_seconds", "histogram", "Time to the answer's head, by route.");
        for (name, route) in seen() {
            let mut total = 0;
            for (bound, count) in BUCKETS.iter().zip(&route.buckets) {
                total += count.load(Ordering::Relaxed);
                let _ =
                    writeln!(out, "headwater_http_request_seconds_bucket{{route=\"{name}\",le=\"{bound}\"}} {total}");
            }
            let (count, micros) = (route.count.load(Ordering::Relaxed), route.micros.load(Ordering::Relaxed));
            let _ = writeln!(out, "headwater_http_request_seconds_bucket{{route=\"{name}\",le=\"+Inf\"}} {count}");
            let _ = writeln!(out, "headwater_http_request_seconds_sum{{route=\"{name}\"}} {}", micros as f64 / 1e6);
            let _ = writeln!(out, "headwater_http_request_seconds_count{{route=\"{name}\"}} {count}");
        }
        head(out, "headwater_http_connections", "gauge", "Open connections.");
        let _ = writeln!(out, "headwater_http_connections {}", self.connections.load(Ordering::Relaxed));
        head(out, "headwater_http_streams", "gauge", "Open streams of events.");
        let _ = writeln!(out, "headwater_http_streams {}", self.streams.load(Ordering::Relaxed));
    }
}

/// The two lines before a metric's samples.
pub(crate) fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// A label's value.
pub(crate) fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
