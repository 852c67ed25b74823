use proptest::prelude::*;

use super::*;

#[test]
fn what_moves_a_cursor_or_hides_is_written_as_an_escape() {
    assert_eq!(line("\x1b[2J\x07\u{9b}1m\r\n\tok"), r"\u{1b}[2J\u{7}\u{9b}1m\r\n\tok");
    assert_eq!(line("abc\u{202e}def\u{2066}\u{200b}\u{feff}"), r"abc\u{202e}def\u{2066}\u{200b}\u{feff}");
    assert_eq!(line(r#"größe "a" 'b' \n ✔"#), r#"größe "a" 'b' \n ✔"#);
    assert_eq!(lines("a\nb\rc"), "a\nb\\rc");
    assert_eq!(short("a\nbcdef", 4), "a\\nb…");
}

#[test]
fn keys_and_values_are_shown_as_what_they_are() {
    assert_eq!([bytes(None), bytes(Some(b"")), bytes(Some(b"k"))], ["null", "\"\"", "\"k\""]);
    assert_eq!(bytes(Some(b"\xff\x00")), "hex ff00");
    assert_eq!(value(None), "null\n");
    assert_eq!(value(Some(b"{\"a\":\n1}")), "{\"a\":\n1}\n");
    assert_eq!(
        value(Some(b"\x80\x04binary\x1b[2J and more.")),
        "00000000  80 04 62 69 6e 61 72 79 1b 5b 32 4a 20 61 6e 64  ..binary.[2J and\n\
         00000010  20 6d 6f 72 65 2e                                 more.\n"
    );
    assert_eq!(kind(Some(b"[1]")), "3 bytes, JSON");
    assert_eq!(kind(Some(b"[1")), "2 bytes, text");
    assert_eq!(kind(Some(b"\xff")), "1 bytes, no text");
    assert_eq!(kind(None), "null, a tombstone");
}

#[test]
fn a_large_value_is_cut_and_says_so() {
    let text = "ä".repeat(10_000);
    let shown = value(Some(&text.as_bytes()[..text.len() - 2]));
    assert!(shown.starts_with("ää") && shown.ends_with("\n… and 3614 bytes more\n"), "{}", &shown[shown.len() - 40..]);
    let odd = format!("a{text}");
    let shown = value(Some(odd.as_bytes()));
    assert!(shown.starts_with("aää") && shown.ends_with("\n… and 3617 bytes more\n"), "{}", &shown[shown.len() - 40..]);
}

proptest! {
    #[test]
    fn nothing_hostile_reaches_a_terminal(any in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&any);
        let shown = [line(&text), short(&text, 20), lines(&text), bytes(Some(&any)), value(Some(&any))].concat();
        prop_assert!(shown.chars().all(|character| character == '\n' || !character.is_control()));
        prop_assert!(!line(&text).contains('\n'));
    }
}
