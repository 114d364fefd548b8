//! The formatter: layout by example, and that it changes neither meaning nor comments and settles at once.
//!
//! `format/*.sql` are formatted texts: formatting one gives it back, and formatting its words on one line does,
//! too, when
//! it has no comments.

mod common;

use common::Seeded;

/// The canonical text of every statement.
fn canonical(text: &str) -> Vec<String> {
    let (statements, errors) = sql::parse_script(text);
    assert!(errors.is_empty(), "{text}\n{errors:?}");
    statements.iter().map(sql::print::statement).collect()
}

fn check(text: &str) {
    let once = sql::format(text).unwrap_or_else(|errors| panic!("{text}\n{errors:?}"));
    assert_eq!(canonical(text), canonical(&once), "{text}\n{once}");
    let twice = sql::format(&once).unwrap_or_else(|errors| panic!("{once}\n{errors:?}"));
    assert_eq!(once, twice, "formatting again changes the text\n{text}");
    for line in once.lines() {
        assert_eq!(line.trim_end(), line, "{once}");
    }
}

#[test]
fn formatted_texts_stay() {
    for (path, text) in common::files("format", "sql") {
        let got = sql::format(&text).unwrap_or_else(|errors| panic!("{}\n{errors:?}", path.display()));
        common::expect(&path, &text, &got);
        check(&text);
        if !text.contains("--") && !text.contains("/*") {
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ").to_string();
            let got = sql::format(&flat).unwrap_or_else(|errors| panic!("{}\n{errors:?}", path.display()));
            let squeeze = |text: &str| text.replace("\n\n", "\n");
            assert_eq!(squeeze(&got), squeeze(&text), "{}", path.display());
        }
    }
}

#[test]
fn statements_of_the_corpus_keep_their_meaning() {
    let mut all = String::new();
    for (_, text) in common::files("ok", "sql") {
        check(&text);
        all.push_str(&text);
    }
    check(&all);
}

/// A comment at every place between two tokens, in all its forms.
#[test]
fn comments_that_share_a_line_settle() {
    check("select a, -- c1\n/* in */ -- tail\nb from t;\n");
    check("select a\n/* one */ /* two */\n/* three */ -- four\nfrom t -- five\n;\n");
}

#[test]
fn comments_survive_everywhere() {
    let mut random = Seeded(42);
    let mut total = 0;
    for (_, text) in common::files("ok", "sql") {
        for line in text.lines().filter(|line| line.contains(' ') && !line.contains("/*")) {
            let mut out = String::new();
            let mut comments = Vec::new();
            let mut in_quotes = None;
            for c in line.chars() {
                match (in_quotes, c) {
                    (None, '\'' | '`') => in_quotes = Some(c),
                    (Some(quote), _) if quote == c => in_quotes = None,
                    _ => {}
                }
                out.push(c);
                if c == ' ' && in_quotes.is_none() && random.next(6) == 0 {
                    let name = format!("c{}", comments.len());
                    out.push_str(&match random.next(4) {
                        0 => format!("-- {name}\n"),
                        1 => format!("\n-- {name}\n"),
                        2 => format!("/* {name} */ "),
                        _ => format!("\n/* {name}\n   more */\n"),
                    });
                    comments.push(name);
                }
            }
            if canonical_or_none(line) != canonical_or_none(&out) {
                continue;
            }
            check(&out);
            total += comments.len();
            let formatted = sql::format(&out).expect("checked");
            let mut at = 0;
            for comment in &comments {
                let found = formatted[at..].find(&format!(" {comment}")).map(|found| at + found);
                at = found.unwrap_or_else(|| panic!("{comment} is lost or out of order\n{out}\n{formatted}"));
            }
        }
    }
    assert!(total > 500, "{total} comments tried");
}

/// A string that is continued on the next line must not be cut from it by a comment.
fn canonical_or_none(text: &str) -> Option<Vec<String>> {
    let (statements, errors) = sql::parse_script(text);
    errors.is_empty().then(|| statements.iter().map(sql::print::statement).collect())
}

#[test]
fn a_text_with_errors_is_not_touched() {
    assert!(sql::format("SELECT FROM").is_err());
    assert_eq!(sql::format("").as_deref(), Ok(""));
    assert_eq!(sql::format("\n-- only a comment\n\n").as_deref(), Ok("-- only a comment\n"));
    assert_eq!(sql::format("select 1").as_deref(), Ok("SELECT 1;\n"));
}

#[test]
fn a_string_goes_on_in_its_next_line() {
    for text in ["select 'a'\n'b', c from t", "select f('a'\n\n'b'\n 'c')", "set 'k' = 'a'\n'b'", "select X'0a'\n'ff'"]
    {
        check(text);
    }
}

#[test]
fn a_bare_value_stays_as_it_is_written() {
    for text in ["set a.b-c = x?1  y /* in */ z -- behind", "set a? = (b,c)\n\t[d]; select 1", "reset a.b"] {
        check(text);
    }
    let kept = sql::format("set k/* c */.x = a  ,b # 'c'").map_err(|errors| errors[0].code);
    assert_eq!(kept, Err("HW1004"));
    assert_eq!(sql::format("set k.x =a  ,b").as_deref(), Ok("SET k.x = a  ,b;\n"));
}
