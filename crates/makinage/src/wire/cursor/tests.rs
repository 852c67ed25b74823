use proptest::prelude::*;

use super::*;

/// The number with which a text begins, and what is left then.
fn read(text: &str) -> (Option<Number>, &str) {
    let mut cursor = Cursor::new(text.as_bytes());
    let number = cursor.number();
    (number, std::str::from_utf8(cursor.rest()).expect("text"))
}

/// As the standard library reads it, to the bit.
fn plainly(text: &str) -> Option<Number> {
    if text.contains(['.', 'e', 'E']) {
        text.parse().ok().filter(|float: &f64| float.is_finite()).map(Number::from)
    } else {
        text.parse::<i64>().ok().map(Number::from)
    }
}

#[test]
fn a_number_is_what_the_standard_library_reads() {
    for text in [
        "0",
        "-0",
        "7",
        "-7",
        "10",
        "12345678",
        "123456789",
        "999999999999999999",
        "1000000000000000000",
        "9223372036854775807",
        "-9223372036854775808",
        "0.0",
        "-0.0",
        "0.1",
        "-0.1",
        "0.10",
        "5.1",
        "123456.789",
        "1234567.1234567",
        "12345678.12345678",
        "0.12345678",
        "0.123456789",
        "0.1234567890123456",
        "9007199254740991.0",
        "9007199254740992.0",
        "9007199254740993.0",
        "9007199254740993.1",
        "0.9007199254740993",
        "0.00000000000000001",
        "0.000000000000000001",
        "0.0000000000000000001",
        "0.0000000000000000000000000000000000000001",
        "1.7976931348623157e308",
        "4.9e-324",
        "1e-400",
        "-1e-400",
        "0e999",
        "1e22",
        "1e23",
        "8.5e-7",
        "1E+2",
        "1.5E-2",
        "2.2250738585072011e-308",
        "0.30000000000000004",
        "179769313486231580793728971405301.0",
        "100000000000000000000.5",
    ] {
        assert_eq!(read(text), (plainly(text), ""), "{text}");
        assert!(read(text).0.is_some(), "{text}");
        // Nor does it depend on what comes then, of which more or less than eight bytes are looked at together.
        for rest in [",", "]", " }", ", 1", ",123456789", "]]]]]]]]]]]]", "x/:;`0", "\u{7f}aaaaaaaa", "üüüüüüüü"]
        {
            assert_eq!(read(&format!("{text}{rest}")), (plainly(text), rest), "{text}{rest}");
        }
    }
}

#[test]
fn of_many_digits_the_last_bit_is_right() {
    let mut digits = 1_u64;
    for round in 0..30_000_usize {
        digits = digits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let whole = (digits >> (4 + round % 12)) % 1_000_000_000_000_000_000;
        let text = format!("{whole:0>18}");
        let (before, after) = text.split_at(1 + round % 17);
        let before = before.trim_start_matches('0');
        let text = format!("{}.{after}", if before.is_empty() { "0" } else { before });
        assert_eq!(read(&text).0, plainly(&text), "{text}");
    }
}

#[test]
fn what_is_no_number_of_json_or_too_large_is_none() {
    for text in [
        "",
        "-",
        "+1",
        ".5",
        "1.",
        "1.x",
        "-.5",
        "00",
        "01",
        "-01",
        "00.5",
        "1e",
        "1e+",
        "1.5e-",
        "1.e5",
        "--1",
        "NaN",
        "Infinity",
        "-Infinity",
        "nan",
        "inf",
        "true",
        "\"1\"",
        " 1",
        "1e309",
        "-1e999",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999999",
        "٣",
    ] {
        assert_eq!(read(text).0, None, "{text}");
    }
    let long = "9".repeat(400);
    assert_eq!(read(&format!("{long}.5")).0, None);
    assert_eq!(read(&format!("0.{long}")).0, Some(1.0.into()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn any_number_is_what_the_standard_library_reads(
        text in "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        rest in "(|[,\\]} a-z:;/][0-9a-z,]{0,9})",
    ) {
        let both = format!("{text}{rest}");
        let grows = rest.starts_with(['e', 'E']);
        prop_assume!(!grows);
        let (number, left) = read(&both);
        prop_assert_eq!(number, plainly(&text));
        prop_assert!(number.is_none() || left == rest);
    }

    #[test]
    fn floats_come_back_as_they_were_written(float in any::<f64>().prop_filter("JSON", |float| float.is_finite()), digits in 0..12_usize) {
        for text in [format!("{float:?}"), format!("{float:e}.").replace('e', "e+").replace("+-", "-"), format!("{:.digits$}", float % 1e9)] {
            let text = text.trim_end_matches('.');
            prop_assert_eq!(read(text).0, plainly(text), "{}", text);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..30)) {
        let mut cursor = Cursor::new(&bytes);
        let _ = (cursor.number(), cursor.string(), cursor.token(), cursor.is_at_end());
    }
}
