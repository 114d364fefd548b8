//! What a file's text means, and what is said about malformed ones.

use super::script::{Directive, Expectation, Rewrite};
use data::Phase;

const FILE: &str = "\
# a comment
label first
config table.local-time-zone = UTC   # any option
statement ok
SELECT 1,
# not part of the SQL
  2

feed t batch
[1, \"a # b\"]   # a row
# no row
+U [2, null]

query ordered
SELECT 1
----
[1]
[2]

types
SELECT 1

restart parallelism 3
watermark `my t` 2024-01-01
statement error plan HW2001
X
";

#[test]
fn blocks_know_their_lines() {
    let script = super::parse("f.slt", FILE).expect("a well-formed file");
    let lines: Vec<_> = script.blocks.iter().map(|block| (block.line, block.directive.name())).collect();
    let expected = [
        (3, "config"),
        (4, "statement"),
        (9, "feed"),
        (14, "query"),
        (20, "types"),
        (23, "restart"),
        (24, "watermark"),
        (25, "statement"),
    ];
    assert_eq!(lines, expected);
    assert!(script.blocks.iter().all(|block| block.label.as_deref() == Some("first")));
    let sql = script.blocks[1].directive.sql().expect("SQL");
    assert_eq!(sql.text, "SELECT 1,\n                     \n  2");
    assert_eq!(&FILE[sql.start..sql.start + 6], "SELECT");
    let Directive::Feed { table, batch, rows } = &script.blocks[2].directive else { panic!("a feed") };
    assert_eq!((table.as_deref(), *batch, rows.len(), rows[1].line), (Some("t"), true, 2, 12));
    assert!(matches!(&script.blocks[6].directive, Directive::Watermark { table, .. } if table == "`my t`"));
    let Directive::Statement { error: Some(error), .. } = &script.blocks[7].directive else { panic!("a statement") };
    let code = Some("HW2001".to_owned());
    assert_eq!(*error, Expectation { phase: Some(Phase::Plan), code, text: String::new() });
}

#[test]
fn rewriting_keeps_everything_else() {
    let script = super::parse("f.slt", FILE).expect("a well-formed file");
    assert_eq!(script.rewritten(&[]), FILE);
    let rewrites = [
        Rewrite { block: 3, directive: None, answer: Some(vec!["[3]".to_owned()]) },
        Rewrite { block: 4, directive: None, answer: Some(vec!["INT NOT NULL".to_owned()]) },
        Rewrite { block: 7, directive: Some("statement ok".to_owned()), answer: None },
    ];
    let expected = FILE
        .replace("[1]\n[2]\n", "[3]\n")
        .replace("types\nSELECT 1\n", "types\nSELECT 1\n----\nINT NOT NULL\n")
        .replace("statement error plan HW2001", "statement ok");
    assert_eq!(script.rewritten(&rewrites), expected);
}

#[test]
fn everything_malformed_is_reported() {
    let cases = [
        ("selekt\n", "unknown directive `selekt`"),
        ("noflink\nclock 2024\n", "`noflink` without a reason"),
        ("noflink because\n", "no block follows the last `noflink`"),
        ("config a\n", "`config a` is not of this directive's form"),
        ("statement\nSELECT 1\n", "`statement` is not of this directive's form"),
        ("statement ok\n\n", "`statement` without SQL"),
        ("feed t twice\n", "`feed t twice` is not of this directive's form"),
        ("restart parallelism 0\n", "`restart parallelism 0` is not of this directive's form"),
        ("clock\nend a b\n", "`clock` is not of this directive's form"),
    ];
    for (text, message) in cases {
        let errors = super::parse("f.slt", text).expect_err(text);
        assert_eq!(errors[0].message, message, "{text}");
        assert!(errors[0].hint.is_some(), "{text}");
    }
    assert_eq!(super::parse("f.slt", "selekt\n\nclock\nend a b\n").expect_err("malformed").len(), 3);
}
