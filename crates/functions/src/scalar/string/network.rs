//! Functions of internet addresses and URLs.

use super::{STRING, nullable, pure};
use crate::registry::{EvalError, Example, KernelArgs, ScalarDef};
use crate::scalar::columns::{build, build_text, primitives, texts};
use crate::typing::{fixed, signature};
use arrow_array::ArrayRef;
use arrow_array::types::Int64Type;
use data::TypeKind;
use std::net::Ipv4Addr;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    pure(
        "INET_ATON",
        &["INET_ATON(string)"],
        "The number of a dotted IPv4 address; with fewer than four parts the last one is the last byte. NULL when it \
         is none.",
        &[Example { sql: "INET_ATON('192.168.0.1')", result: "3232235521" }],
        |args| fixed("INET_ATON", args, &[STRING], TypeKind::BigInt, "INET_ATON(string)").map(nullable),
        |_| Ok(Box::new(inet_aton)),
    ),
    pure(
        "INET_NTOA",
        &["INET_NTOA(integer)"],
        "The dotted IPv4 address with this number; NULL outside 0 to 4294967295.",
        &[Example { sql: "INET_NTOA(3232235521)", result: "192.168.0.1" }],
        |args| fixed("INET_NTOA", args, &[TypeKind::BigInt], STRING, "INET_NTOA(integer)").map(nullable),
        |_| Ok(Box::new(inet_ntoa)),
    ),
    pure(
        "PARSE_URL",
        &["PARSE_URL(url, part[, key])"],
        "A part of a URL: HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO; with a key the value of that \
         key in the QUERY. NULL when there is none.",
        &[
            Example { sql: "PARSE_URL('http://facebook.com/path/p1.php?query=1', 'HOST')", result: "facebook.com" },
            Example { sql: "PARSE_URL('http://h/p?k1=v1&k2=v2', 'QUERY', 'k2')", result: "v2" },
        ],
        |args| {
            let forms: &[&[TypeKind]] = &[&[STRING, STRING], &[STRING, STRING, STRING]];
            signature("PARSE_URL", args, forms, STRING, "PARSE_URL(url, part[, key])").map(nullable)
        },
        |_| Ok(Box::new(parse_url)),
    ),
];

fn inet_aton(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let text = texts(args, 0);
    build::<Int64Type>(args.rows, |row| address_number(text.get(row)?))
}

fn address_number(text: &str) -> Option<i64> {
    let mut bytes = [0_u8; 4];
    let mut count = 0;
    for part in text.split('.') {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        *bytes.get_mut(count)? = if digits { part.parse().ok()? } else { return None };
        count += 1;
    }
    // The last part is the last byte, wherever it stands.
    bytes.swap(count - 1, 3);
    Some(i64::from(u32::from_be_bytes(bytes)))
}

fn inet_ntoa(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    use std::fmt::Write;
    let number = primitives::<Int64Type>(args, 0);
    build_text(args.rows, |row, out| {
        let address = Ipv4Addr::from(u32::try_from(number.get(row)?).ok()?);
        write!(out, "{address}").ok()
    })
}

fn parse_url(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (url, part) = (texts(args, 0), texts(args, 1));
    let key = (args.columns.len() > 2).then(|| texts(args, 2));
    build_text(args.rows, |row, out| {
        let (url, part) = (url.get(row)?, part.get(row)?);
        let key = match &key {
            None => None,
            Some(key) => Some(key.get(row)?),
        };
        if key.is_some() && part != "QUERY" {
            return None;
        }
        let url = Url::parse(url)?;
        match part {
            "HOST" => out.push_str(url.host),
            "PATH" => out.push_str(url.path),
            "QUERY" => out.push_str(match key {
                None => url.query?,
                Some(key) => query_value(url.query?, key)?,
            }),
            "REF" => out.push_str(url.reference?),
            "PROTOCOL" => out.push_str(&url.protocol.to_ascii_lowercase()),
            "FILE" => {
                out.push_str(url.path);
                if let Some(query) = url.query {
                    out.push('?');
                    out.push_str(query);
                }
            }
            "AUTHORITY" => out.push_str(url.authority?),
            "USERINFO" => out.push_str(url.user_info?),
            _ => return None,
        }
        Some(())
    })
}

fn query_value<'a>(query: &'a str, key: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
}

/// The parts of a URL as `java.net.URL` splits it.
struct Url<'a> {
    protocol: &'a str,
    authority: Option<&'a str>,
    user_info: Option<&'a str>,
    host: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    reference: Option<&'a str>,
}

impl<'a> Url<'a> {
    /// Nothing for what Java calls malformed: no protocol, one that it has no handler for, a port that is no number.
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_matches(|character| character <= ' ');
        let text = match text.get(..4) {
            Some(prefix) if prefix.eq_ignore_ascii_case("url:") => &text[4..],
            _ => text,
        };
        let (protocol, rest) = text.split_once(':')?;
        let known = ["http", "https", "ftp", "file", "jar", "mailto"];
        if !known.iter().any(|name| name.eq_ignore_ascii_case(protocol)) {
            return None;
        }
        let (rest, reference) = split_at(rest, '#');
        if protocol.eq_ignore_ascii_case("jar") {
            let valid = rest.contains("!/");
            let url = Self { path: rest, reference, ..Self::empty(protocol) };
            return valid.then_some(url);
        }
        let (rest, query) = split_at(rest, '?');
        let Some(after) = rest.strip_prefix("//").filter(|after| !after.starts_with("//")) else {
            return Some(Self { path: rest, query, reference, ..Self::empty(protocol) });
        };
        let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
        let (user_info, host) = match authority.split_once('@') {
            // More than one `@` leaves neither user nor host.
            Some((_, host)) if host.contains('@') => (None, ""),
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let host = without_port(host)?;
        Some(Self { protocol, authority: Some(authority), user_info, host, path, query, reference })
    }

    fn empty(protocol: &'a str) -> Self {
        Self { protocol, authority: None, user_info: None, host: "", path: "", query: None, reference: None }
    }
}

fn split_at(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn without_port(host: &str) -> Option<&str> {
    let end = match host.strip_prefix('[') {
        Some(address) => address.find(']').filter(|length| *length > 1)? + 2,
        None => host.find(':').unwrap_or(host.len()),
    };
    let (host, port) = host.split_at(end);
    let valid = match port.strip_prefix(':') {
        None => port.is_empty(),
        Some("") => true,
        Some(digits) => digits.parse::<i32>().is_ok_and(|port| port >= -1),
    };
    valid.then_some(host)
}
