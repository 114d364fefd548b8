//! Who may ask: requests whose Host or Origin names another site are refused, so that no page that a browser shows can
//! reach a door on this machine, not even by a name that resolves to it; and how much may be said before the body.

use crate::problem::Problem;
use axum::http::{HeaderMap, StatusCode, Uri, header};

/// Names under which this machine is reached from itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// What a request may say before its body.
const HEAD_BYTES: usize = 16 << 10;

/// Host names that are ours.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    own: Vec<String>,
    /// Asked for on the command line: the address is open to others, who come by any name.
    is_open: bool,
}

impl Guard {
    /// `address` is what was asked for, without its port.
    pub(crate) fn new(address: &str, is_open: bool) -> Self {
        let own = LOOPBACK.iter().map(|name| (*name).to_owned()).chain([address.to_ascii_lowercase()]);
        Self { own: own.collect(), is_open }
    }

    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
        check_size(uri, headers)?;
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok()).unwrap_or("");
        let target = uri.authority().map_or(host, |authority| authority.as_str());
        if hosts.next().is_some() || target != host || !self.is_own(host) {
            return Err(refused("HW5030", format!("`{host}` is not a name of this server"))
                .hint("ask for it by the address that it printed when it started"));
        }
        for origin in headers.get_all(header::ORIGIN) {
            let origin = origin.to_str().unwrap_or("");
            let site = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            if !site.is_some_and(|site| site.eq_ignore_ascii_case(host)) {
                return Err(refused("HW5031", format!("pages of `{origin}` may not use this server"))
                    .hint("open the server's own page, or ask without a browser"));
            }
        }
        Ok(())
    }

    fn is_own(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let name = name.to_ascii_lowercase();
        !name.is_empty() && (self.is_open || self.own.contains(&name))
    }
}

/// The address, and the headers with their names, of at most [`HEAD_BYTES`].
fn check_size(uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let address = uri.path().len() + uri.query().map_or(0, str::len);
    let lines = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    if address + lines <= HEAD_BYTES {
        return Ok(());
    }
    let detail = format!("the address and the headers take {} bytes, at most {HEAD_BYTES} are read", address + lines);
    let problem = Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "HW5032", detail);
    Err(problem.hint("ask for less at once, or ask in SQL: POST /v1/query"))
}

fn refused(code: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, code, detail)
}

#[cfg(test)]
mod tests {
    use super::Guard;
    use axum::http::{HeaderMap, HeaderValue, Uri};

    fn check(host: &'static str, origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert("origin", HeaderValue::from_static(origin));
        }
        Guard::new("127.0.0.1", false).check(&Uri::from_static("/v1/tables"), &headers).is_ok()
    }

    #[test]
    fn foreign_sites_are_refused() {
        assert!(check("localhost:8800", None) && check("127.0.0.1:8800", None) && check("[::1]:8800", None));
        assert!(check("localhost:8800", Some("http://localhost:8800")));
        assert!(!check("evil.example:8800", None) && !check("", None));
        assert!(!check("localhost.evil.example", None));
        assert!(!check("localhost:8800", Some("http://evil.example")));
        assert!(!check("localhost:8800", Some("http://localhost:3000")));
        assert!(!check("localhost:8800", Some("null")));
        let absolute = Uri::from_static("http://evil.example/v1/tables");
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("localhost"));
        assert!(Guard::new("127.0.0.1", false).check(&absolute, &headers).is_err());
    }
}
