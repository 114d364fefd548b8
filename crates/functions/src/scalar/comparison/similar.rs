//! SIMILAR TO: LIKE's `%` and `_` together with `|`, `*`, `+`, `?`, `{n,m}`, `( )` and `[ ]` of regular expressions.

use super::pattern::{Matches, bind, pattern_kernel};
use crate::registry::{BindError, CallSite, Example, Family, Kernel, ScalarDef, Volatility};
use fancy_regex::Regex;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        name: "SIMILAR TO",
        aliases: &[],
        family: Family::Comparison,
        syntax: &["string SIMILAR TO pattern", "string SIMILAR TO pattern ESCAPE char"],
        doc: "Whether the whole string matches an SQL regular expression: % is any text, _ any one character, and | * + ? \
              { } ( ) [ ] mean what they mean in regular expressions; [:ALPHA:], [:DIGIT:] and the like are classes.",
        examples: &[
            Example { sql: "'abc' SIMILAR TO 'a(b|c)*'", result: "true" },
            Example { sql: "'12' SIMILAR TO '[[:DIGIT:]]{2}'", result: "true" },
        ],
        volatility: Volatility::Immutable,
        fallible: true,
        bind: |args| bind("SIMILAR TO", args),
        kernel: similar_kernel,
    },
    ScalarDef {
        name: "NOT SIMILAR TO",
        aliases: &[],
        family: Family::Comparison,
        syntax: &["string NOT SIMILAR TO pattern", "string NOT SIMILAR TO pattern ESCAPE char"],
        doc: "The opposite of SIMILAR TO.",
        examples: &[Example { sql: "'ab1' NOT SIMILAR TO '[[:ALPHA:]]+'", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: true,
        bind: |args| bind("NOT SIMILAR TO", args),
        kernel: not_similar_kernel,
    },
];

fn similar_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    pattern_kernel::<Similar>(site, false)
}

fn not_similar_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    pattern_kernel::<Similar>(site, true)
}

struct Similar(Regex);

impl Matches for Similar {
    fn new(pattern: &str, escape: Option<char>) -> Result<Self, String> {
        let invalid = |error: fancy_regex::Error| format!("Invalid regular expression: {pattern}: {error}");
        Regex::new(&format!("^(?:{})$", translated(pattern, escape)?)).map(Similar).map_err(invalid)
    }

    fn matches(&self, text: &str) -> Result<bool, String> {
        self.0.is_match(text).map_err(|error| error.to_string())
    }
}

const CLASSES: [(&str, &str); 7] = [
    ("[:ALPHA:]", "\\p{Alphabetic}"),
    ("[:UPPER:]", "\\p{Lu}"),
    ("[:LOWER:]", "\\p{Ll}"),
    ("[:DIGIT:]", "0-9"),
    ("[:ALNUM:]", "\\p{Alphabetic}0-9"),
    ("[:SPACE:]", " "),
    ("[:WHITESPACE:]", "\\s"),
];

fn translated(pattern: &str, escape: Option<char>) -> Result<String, String> {
    let mut regex = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut in_class = false;
    'next: while let Some(char) = rest.chars().next() {
        if in_class {
            for (name, class) in CLASSES {
                if rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
                    regex.push_str(class);
                    rest = &rest[name.len()..];
                    continue 'next;
                }
            }
        }
        rest = &rest[char.len_utf8()..];
        if Some(char) == escape {
            let Some(escaped) = rest.chars().next() else {
                return Err(format!("Invalid escape sequence '{pattern}', {}", pattern.len() - 1));
            };
            rest = &rest[escaped.len_utf8()..];
            regex.push_str(&fancy_regex::escape(escaped.encode_utf8(&mut [0; 4])));
            continue;
        }
        match char {
            '[' | ']' => {
                in_class = char == '[';
                regex.push(char);
            }
            '%' if !in_class => regex.push_str("(?s:.*)"),
            '_' if !in_class => regex.push_str("[^\\n\\r\\x{85}\\x{2028}\\x{2029}]"),
            '\\' | '^' | '$' if !in_class => regex.push_str(&fancy_regex::escape(char.encode_utf8(&mut [0; 4]))),
            char => regex.push(char),
        }
    }
    Ok(regex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_regular_expressions() {
        for (text, pattern, escape, expect) in [
            ("abc", "a(b|c)*", None, true),
            ("abc", "[a-c]+", None, true),
            ("abc", "a%", None, true),
            ("abc", "ab", None, false),
            ("abc", "a_c", None, true),
            ("ab1", "[[:ALPHA:]]+", None, false),
            ("12", "[[:DIGIT:]]{2}", None, true),
            ("x", "a|x", None, true),
            ("a%", "a!%", Some('!'), true),
        ] {
            let matcher = Similar::new(pattern, escape).unwrap();
            assert_eq!(matcher.matches(text), Ok(expect), "{text} SIMILAR TO {pattern}");
        }
        assert!(Similar::new("a(", None).is_err());
    }
}
