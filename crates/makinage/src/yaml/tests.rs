use proptest::prelude::*;

use super::{Limits, Node, Parsed, Scalar, Value};

/// Those of a configuration.
pub(super) const LIMITS: Limits = Limits { levels: 64, weight: 2 << 20, node: 1 };

/// As a configuration is read.
pub(super) fn parse(text: &str) -> Parsed {
    super::parse(text, &LIMITS, "config")
}

fn root(text: &str) -> Node {
    let parsed = parse(text);
    assert_eq!(faults(text), "", "{text}");
    parsed.root.unwrap()
}

fn faults(text: &str) -> String {
    let lines = parse(text).faults.into_iter().map(|fault| {
        let column = fault.column.map(|column| format!(":{column}")).unwrap_or_default();
        format!("{}{column} {} {}", fault.line, fault.key, fault.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn scalar(text: &str) -> Scalar {
    match root(text).value {
        Value::Scalar(_, meaning) => meaning,
        other => panic!("{other:?}"),
    }
}

#[test]
fn scalars_mean_what_yaml_1_2_says() {
    for text in ["~", "null", "Null", "NULL"] {
        assert_eq!(scalar(text), Scalar::Null, "{text}");
    }
    assert_eq!((scalar("true"), scalar("FALSE")), (Scalar::Bool(true), Scalar::Bool(false)));
    let integer = |digits: &str| Scalar::Integer(digits.to_owned());
    for (text, digits) in
        [("0", "0"), ("-12", "-12"), ("+5", "5"), ("010", "10"), ("0o17", "15"), ("0xFf", "255"), ("-0", "0")]
    {
        assert_eq!(scalar(text), integer(digits), "{text}");
    }
    assert_eq!(scalar("123456789012345678901234567890"), integer("123456789012345678901234567890"));
    for (text, value) in [("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("-1e3", -1000.0), ("+1E-2", 0.01)] {
        assert_eq!(scalar(text), Scalar::Float(value), "{text}");
    }
    assert_eq!((scalar(".inf"), scalar("-.INF")), (Scalar::Float(f64::INFINITY), Scalar::Float(f64::NEG_INFINITY)));
    assert!(matches!(scalar(".nan"), Scalar::Float(value) if value.is_nan()));
    // Among these is what YAML 1.1 took for something else, and what Rust's parser takes for a number.
    for text in [
        "yes",
        "on",
        "1_000",
        "2024-01-31",
        "12:30",
        "inf",
        "nan",
        "infinity",
        "0b1",
        "1.2.3",
        "e5",
        ".",
        "+",
        "0x",
        "\"5\"",
        "'true'",
    ] {
        assert_eq!(scalar(text), Scalar::Text, "{text}");
    }
}

#[test]
fn tags_of_the_core_schema_are_followed() {
    assert_eq!(scalar("!!str 5"), Scalar::Text);
    assert_eq!(scalar("!!int 5"), Scalar::Integer("5".into()));
    assert_eq!(scalar("!!float 5"), Scalar::Float(5.0));
    assert_eq!(faults("a: !!int x"), "1 a this value doesn't fit its tag `!!int`; remove the tag");
    assert!(faults("a: !mine x").starts_with("1 a tags other than"));
    assert!(faults("a: !mine [x]").starts_with("1 a the tag `!mine` means nothing here"));
}

#[test]
fn keys_and_values_know_their_lines() {
    let root = root("# a comment\na:\n  - x\n  -\n    y\nb: {c: d,\n  e: f}\n");
    assert_eq!(root.line, 2);
    let Value::List(items) = &root.get("a").unwrap().value.value else { panic!() };
    assert_eq!(items.iter().map(|item| item.line).collect::<Vec<_>>(), [3, 5]);
    let b = root.get("b").unwrap();
    assert_eq!((b.key.line, b.value.get("e").unwrap().key.line), (6, 7));
}

#[test]
fn a_key_that_comes_twice_is_named_with_both_lines_and_the_first_counts() {
    let text = "a: 1\nb:\n  c: 2\n  c: 3\na: 4\n";
    assert_eq!(
        faults(text),
        "4 b.c this key is already on line 3; keep one of the two\n5 a this key is already on line 1; keep one of the two"
    );
    let root = parse(text).root.unwrap();
    assert_eq!(root.get("a").unwrap().value.source(), Some("1"));
    assert_eq!(faults("1: a\n\"1\": b"), "");
}

#[test]
fn aliases_stand_for_what_they_name() {
    let root = root("a: &x {b: [1]}\nc: *x\n");
    assert_eq!(root.get("c").unwrap().value.value, root.get("a").unwrap().value.value);
    assert!(faults("a: &x [*x]").contains("this alias stands inside of what it names"));
    assert!(faults("a: *nothing").starts_with("1:4  this isn't YAML"), "{}", faults("a: *nothing"));
    assert!(faults("a: &x {b: c}\nd:\n  <<: *x").starts_with("3 d.<< YAML 1.2 has no merge key"));
    assert_eq!(faults("\"<<\": text"), "");
}

#[test]
fn aliases_can_t_make_a_small_file_large() {
    let level = |level: usize| format!("a{level}: &a{level} [{}]\n", format!("*a{},", level - 1).repeat(10));
    let text = format!("a0: &a0 [x]\n{}", (1..12).map(level).collect::<String>());
    assert!(faults(&text).contains("with its aliases written out, the file is larger than 2 MiB"));
    let long = format!("a: &a \"{}\"\nb: [{}]", "x".repeat(100_000), "*a,".repeat(100));
    assert!(faults(&long).contains("larger than 2 MiB"));
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(faults(&nested(60)), "");
    assert!(faults(&nested(100)).contains("nested more than 64 levels deep"));
    assert!(faults(&"- ".repeat(100_000)).contains("nested more than 64 levels deep"));
    assert!(!faults(&"[".repeat(100_000)).is_empty());
}

#[test]
fn what_isn_t_one_yaml_document_is_one_clear_line() {
    insta::assert_snapshot!(faults("a:\n\t- b\n"), @"2:1  a tab stands in the indentation, where YAML allows only spaces; replace it with spaces");
    insta::assert_snapshot!(faults("a:\n  b: 1\n\tc: 2\n"), @"3:1  a tab stands in the indentation, where YAML allows only spaces; replace it with spaces");
    insta::assert_snapshot!(faults("a: [1, 2\nb: 3\n"), @"2:2  this isn't YAML (illegal placement of ':' indicator); look at the indentation and quotes of this line and the one above");
    insta::assert_snapshot!(faults("a: \"no end\n"), @"1:4  this isn't YAML (while scanning a quoted scalar, found unexpected end of stream); look at the indentation and quotes of this line and the one above");
    insta::assert_snapshot!(faults("a: b: c\n"), @"1:5  this isn't YAML (mapping values are not allowed in this context); look at the indentation and quotes of this line and the one above");
    insta::assert_snapshot!(faults("a: 1\n---\nb: 2\n"), @"2  a second document begins here; keep one document in the file, without `---` below its first line");
    insta::assert_snapshot!(faults("? [a, b]\n: c\n"), @"1 ? a list or mapping can't be a key; use text");
}

#[test]
fn numbers_too_long_to_pass_on_are_refused() {
    let long = "9".repeat(5_000);
    assert!(faults(&format!("a: {long}")).contains("a this number is too long"));
    assert!(faults("a: 0xfffffffffffffffffffffffffffffffffffff").contains("a this number is too long"));
    assert_eq!(faults(&format!("a: \"{long}\"")), "");
}

proptest! {
    #[test]
    fn integers_are_read_as_rust_reads_them(number in any::<i128>()) {
        prop_assert_eq!(scalar(&number.to_string()), Scalar::Integer(number.to_string()));
    }

    #[test]
    fn floats_come_back_the_same(number in proptest::num::f64::NORMAL) {
        prop_assert_eq!(scalar(&format!("{number:e}")), Scalar::Float(number));
    }
}
