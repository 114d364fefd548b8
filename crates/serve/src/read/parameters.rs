//! Query strings and parts of paths, decoded.

use crate::problem::Problem;

/// `%41` as the byte that it stands for.
pub(crate) fn percent_decode(text: &str, plus_is_blank: bool) -> Result<String, Problem> {
    let wrong = || Problem::parameter("HW5001", format!("`{text}` is not percent-encoded text"));
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let digit = |at: usize| bytes.get(at).and_then(|byte| (*byte as char).to_digit(16));
                let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2)) else { return Err(wrong()) };
                out.push((high * 16 + low) as u8);
                at += 2;
            }
            b'+' if plus_is_blank => out.push(b' '),
            byte => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8(out).map_err(|_| wrong())
}

/// The parameters of a query string, in order.
pub(crate) fn parse(query: Option<&str>) -> Result<Vec<(String, String)>, Problem> {
    let parameter = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        Ok((percent_decode(name, true)?, percent_decode(value, true)?))
    };
    query.unwrap_or("").split('&').filter(|text| !text.is_empty()).map(parameter).collect()
}

/// For requests that take no others than these: their values, in the order of the names.
pub(crate) fn only<const N: usize>(query: Option<&str>, names: [&str; N]) -> Result<[Option<String>; N], Problem> {
    let mut values = [const { None }; N];
    for (name, value) in parse(query)? {
        let Some(at) = names.iter().position(|known| *known == name) else {
            return Err(Problem::parameter("HW5001", format!("there is no parameter `{name}` here")));
        };
        if values[at].replace(value).is_some() {
            return Err(Problem::parameter("HW5001", format!("parameter `{name}` is given twice")));
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::{parse, percent_decode};

    #[test]
    fn decodes() {
        assert_eq!(percent_decode("a%2Cb%C3%A9+c", false).expect("text"), "a,bé+c");
        assert!(percent_decode("%4", false).is_err() && percent_decode("%ff", false).is_err());
        assert!(percent_decode("%+4", false).is_err());
        let parsed = parse(Some("a=eq.1&%22limit%22=eq.a+b&c")).expect("parameters");
        let expected = [("a", "eq.1"), ("\"limit\"", "eq.a b"), ("c", "")];
        assert_eq!(parsed, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
