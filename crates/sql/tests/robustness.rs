//! Whatever the text: no panic, no overflow of the stack, time that grows with the length.

mod common;

use common::Seeded;
use std::fmt::Write;
use std::time::Instant;

/// Every reader of text that the crate offers.
fn read_all(text: &str) {
    for parsed in sql::parse_statements(text) {
        assert_eq!(parsed.statement.is_none(), !parsed.errors.is_empty());
        for error in &parsed.errors {
            let span = error.span.expect("a place");
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "span {span:?} of {text:?}");
        }
        if let Some(statement) = parsed.statement {
            let once = sql::print::statement(&statement);
            let again = sql::parse_statement(&once).unwrap_or_else(|errors| panic!("{text}\n{once}\n{errors:?}"));
            assert_eq!(sql::print::statement(&again), once, "{text}");
        }
    }
    let _ = sql::parse_expression(text);
    let _ = sql::parse_query(text);
    if let Ok(formatted) = sql::format(text) {
        let canonical = |text: &str| sql::parse_script(text).0.iter().map(sql::print::statement).collect::<Vec<_>>();
        assert_eq!(canonical(text), canonical(&formatted), "{text}\n{formatted}");
        assert_eq!(sql::format(&formatted).as_deref(), Ok(formatted.as_str()), "{text}");
    }
}

#[test]
fn deep_nesting_is_a_diagnostic() {
    let n = 10_000;
    let texts = [
        format!("SELECT {}1{}", "(".repeat(n), ")".repeat(n)),
        format!("SELECT {}", "(".repeat(n)),
        format!("SELECT {}1", "NOT ".repeat(n)),
        format!("SELECT {}1", "- ".repeat(n)),
        format!("SELECT {}1{}", "f(".repeat(n), ")".repeat(n)),
        format!("SELECT {}1{}", "CASE WHEN ".repeat(n), " THEN 1 END".repeat(n)),
        format!("SELECT {}1{}", "ARRAY[".repeat(n), "]".repeat(n)),
        format!("SELECT a{}", "[a".repeat(n)),
        format!("SELECT a{}", "[1]".repeat(n)),
        format!("SELECT a{}", " + 1".repeat(n)),
        format!("SELECT a{}", " LIKE a".repeat(n)),
        format!("SELECT a{}", " IS NULL".repeat(n)),
        format!("SELECT f(x){}", ".a".repeat(n)),
        format!("SELECT CAST(a AS {}INT{})", "ARRAY<".repeat(n), ">".repeat(n)),
        format!("SELECT CAST(a AS INT{})", " ARRAY".repeat(n)),
        format!("{}SELECT 1{}", "(".repeat(n), ")".repeat(n)),
        format!("{}SELECT 1{}", "SELECT * FROM (".repeat(n), ")".repeat(n)),
        format!("SELECT * FROM {}a{}", "(".repeat(n), ")".repeat(n)),
        format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(n)),
        format!("SELECT * FROM a{}", " CROSS JOIN a".repeat(n)),
        format!("SELECT * FROM a{}", ", a".repeat(n)),
        format!("SELECT * FROM t MATCH_RECOGNIZE (PATTERN ({}A{}) DEFINE A AS TRUE)", "(".repeat(n), ")".repeat(n)),
        "EXPLAIN ".repeat(n),
        format!("SELECT {}", "{fn ".repeat(n)),
        format!("SELECT a GROUP BY {}", "GROUPING SETS (".repeat(n)),
        format!("WITH a AS ({}", "WITH a AS (".repeat(n)),
        format!("SELECT {}", "EXISTS (SELECT ".repeat(n)),
    ];
    for text in texts {
        let (statements, errors) = sql::parse_script(&text);
        assert!(statements.is_empty(), "{:.80}", text);
        assert!(!errors.is_empty(), "{:.80}", text);
    }
}

#[test]
fn the_allowed_depth_fits_the_stack_of_a_test() {
    let n = 90;
    for text in [
        format!("SELECT {}1{}", "(".repeat(n), ")".repeat(n)),
        format!("SELECT {}1{}", "f(".repeat(n / 2), ")".repeat(n / 2)),
        format!("SELECT 1{}", " + 1".repeat(500)),
        format!("SELECT 1 FROM t WHERE a = 1{}", " OR a = 1".repeat(20_000)),
    ] {
        let (statements, errors) = sql::parse_script(&text);
        assert_eq!((statements.len(), errors.first()), (1, None), "{:.80}", text);
        assert_eq!(sql::parse_script(&sql::print::statement(&statements[0])).0.len(), 1);
    }
}

/// Real statements, one block each.
fn seeds() -> Vec<&'static str> {
    include_str!("mutation_seeds.txt").trim_end().split("\n\n").collect()
}

const BITS: &[&str] = &[
    "(",
    ")",
    ",",
    ";",
    "'",
    "`",
    "\"",
    "/*",
    "*/",
    "--",
    "\n",
    " ",
    ".",
    "[",
    "]",
    "<",
    ">",
    "=",
    "=>",
    "+",
    "-",
    "*",
    "/",
    "SELECT",
    "FROM",
    "WHERE",
    "AS",
    "IN",
    "NOT",
    "NULL",
    "CASE",
    "END",
    "TABLE",
    "INTERVAL",
    "ROW",
    "é",
    "\u{1F600}",
    "\0",
    "1",
    "1e",
    "1.",
    "x'",
    "U&'",
    "_a'",
    "$",
    "?",
    "{",
    "}",
    "{-",
    "|",
    "||",
    "/*+",
    "a",
    "`b`",
    "value",
    "CREATE",
    "JOIN",
];

#[test]
fn mutations_never_panic() {
    let seeds = seeds();
    let mut random = Seeded(0x9E37_79B9_7F4A_7C15);
    for round in 0..3_000 {
        let mut text = seeds[round % seeds.len()].to_string();
        for _ in 0..1 + random.next(4) {
            let mut at = random.next(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            match random.next(3) {
                0 => text.insert_str(at, BITS[random.next(BITS.len())]),
                1 => text.truncate(at),
                _ => {
                    let mut end = (at + random.next(12)).min(text.len());
                    while !text.is_char_boundary(end) {
                        end += 1;
                    }
                    text.replace_range(at..end, BITS[random.next(BITS.len())]);
                }
            }
        }
        read_all(&text);
    }
}

#[test]
fn garbage_never_panics() {
    let mut random = Seeded(7);
    for _ in 0..2_000 {
        let mut text = String::new();
        for _ in 0..random.next(40) {
            text.push_str(BITS[random.next(BITS.len())]);
            if random.next(3) > 0 {
                text.push(' ');
            }
        }
        read_all(&text);
    }
}

#[test]
fn every_prefix_is_read() {
    for seed in seeds() {
        for end in (0..=seed.len()).filter(|&end| seed.is_char_boundary(end)) {
            read_all(&seed[..end]);
        }
    }
}

/// Eight times the text takes about eight times as long, not sixty-four times.
#[test]
fn time_is_linear() {
    let list = |n: usize| {
        let mut text = String::from("SELECT 1");
        for i in 0..n {
            write!(text, ", a{i} + {i}").expect("a String takes all");
        }
        text
    };
    let cases: [(&str, Box<dyn Fn(usize) -> String>); 7] = [
        ("comments", Box::new(|n| format!("SELECT {}1", "a, -- one\n".repeat(n)))),
        ("list", Box::new(list)),
        ("statements", Box::new(|n| "SELECT a FROM t WHERE b = 'x';\n".repeat(n / 4))),
        ("errors", Box::new(|n| "SELECT a FROM WHERE b = ;\n".repeat(n / 8))),
        ("values", Box::new(|n| format!("INSERT INTO t VALUES {}(1)", "(1, 'a'), ".repeat(n)))),
        ("or", Box::new(|n| format!("SELECT 1 FROM t WHERE {}TRUE", "a = 1 OR ".repeat(n)))),
        ("open", Box::new(|n| format!("SELECT {}", "a, (b, ".repeat(n)))),
    ];
    for (name, build) in cases {
        // The best of several: other work on the machine only adds.
        let time = |n: usize| {
            let text = build(n);
            #[expect(clippy::disallowed_methods, reason = "the test measures")]
            let once = || {
                let start = Instant::now();
                let _ = sql::parse_script(&text);
                let _ = sql::format(&text);
                start.elapsed()
            };
            (0..3).map(|_| once()).min().unwrap_or_default()
        };
        let (small, large) = (time(2_000), time(16_000));
        assert!(large.as_secs_f64() < 40.0 * small.as_secs_f64().max(0.002), "{name}: {small:?}, then {large:?}");
    }
}

#[test]
fn ten_megabytes_are_read() {
    let text = "SELECT `a`, b + 1 AS c FROM t WHERE d = 'some text' AND e > 1.5;\n".repeat(160_000);
    assert!(text.len() > 10_000_000);
    let (statements, errors) = sql::parse_script(&text);
    assert_eq!((statements.len(), errors.len()), (160_000, 0));
}

/// A statement of a hundred thousand rows between small ones, and errors before and behind it.
#[test]
fn a_long_statement_among_others_is_read() {
    let small = "SELECT 1;\n".repeat(30_000);
    let long = format!("INSERT INTO t VALUES {}(0, 'b');\n", "(1, 'a'), ".repeat(100_000));
    let text = format!("{small}SELECT FROM;\n{long}SELECT `\u{e9}`;\n;;\nSELECT a b c;{small}SELECT 2 /* open");
    let parsed: Vec<_> = sql::parse_statements(&text).collect();
    assert_eq!(parsed.len(), 60_005);
    let wrong: Vec<usize> = (0..parsed.len()).filter(|at| parsed[*at].statement.is_none()).collect();
    assert_eq!(wrong, [30_000, 30_003, 60_004]);
    for at in wrong {
        let span = parsed[at].errors[0].span.expect("a place");
        assert!(parsed[at].errors.len() <= 2 && span.start >= parsed[at].span.start, "{:?}", parsed[at]);
    }
    let kept = parsed[30_001].statement.as_ref().map(sql::print::statement).expect("the long one");
    assert!(kept.ends_with("(1, 'a'), (0, 'b')"), "{}", &kept[kept.len() - 30..]);
}

#[test]
fn a_statement_with_too_many_errors_is_passed_over() {
    let text = format!("SELECT 1; SELECT {}; SELECT \"\"; SELECT 2", "\"a\", ".repeat(200_000));
    let parsed: Vec<_> = sql::parse_statements(&text).collect();
    let read: Vec<bool> = parsed.iter().map(|parsed| parsed.statement.is_some()).collect();
    assert_eq!(read, [true, false, false, true]);
    assert!(parsed[1].errors.iter().any(|error| error.code == "HW1005"));
    assert!(parsed.iter().all(|parsed| parsed.statement.is_some() || !parsed.errors.is_empty()));
    let many = format!("CREATE TABLE t (a INT) WITH ({}a)", "a, ".repeat(20_000));
    let (_, errors) = sql::parse_script(&many);
    assert_eq!(errors.len(), 1_001);
}

#[test]
fn a_text_too_long_to_be_laid_out_is_refused() {
    let errors = sql::format(&"SELECT 1;\n".repeat(800_000)).expect_err("too long");
    assert_eq!(errors.iter().map(|error| error.code).collect::<Vec<_>>(), ["HW1005"]);
}
