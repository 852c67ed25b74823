use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn columns(names: &[&str]) -> Columns {
    Columns::new(names.iter().map(|name| (*name).to_owned()).collect())
}

fn read(columns: &Columns, event: &str) -> Option<(RowKind, Vec<u8>)> {
    let mut data = vec![];
    Objects::new(columns).read_row(event.as_bytes(), &mut data).map(|kind| (kind, data))
}

fn list(event: &str) -> Option<(RowKind, Vec<u8>)> {
    let mut data = vec![];
    read_row(event.as_bytes(), &mut data).map(|kind| (kind, data))
}

#[test]
fn an_object_is_the_list_of_its_columns_numbers_whatever_their_order_and_what_else_it_has() {
    let columns = columns(&["a", "b b", "ü"]);
    for event in
        [
            r#"{"a":1,"b b":2.5,"ü":-3e2}"#,
            r#"{"ü":-3e2,"a":1,"b b":2.5}"#,
            " {\n\"b b\" : 2.5 ,\t\"a\": 1, \"ü\" :-3e2 } ",
            r#"{"id":"x, }\u007f","a":1,"b b":2.5,"ok":true,"no":false,"none":null,"n":-0.5e-3,"ü":-3e2,"id":7}"#
                .replace(r"\u007f", "\u{7f}")
                .as_str(),
        ]
    {
        assert_eq!(read(&columns, event), list("[1,2.5,-3e2]"), "{event}");
    }
    assert_eq!(read(&columns, r#"{"a":1,"b b":2,"ü":3}"#), list("[1,2,3]"));
}

#[test]
fn what_is_not_an_object_of_the_columns_numbers_is_left_to_the_worker_and_leaves_no_trace() {
    let columns = columns(&["a", "b"]);
    for event in [
        "",
        "{",
        "{}",
        "[1,2]",
        "1",
        "null",
        r#"{"a":1}"#,
        r#"{"a":1,"b":2"#,
        r#"{"a":1,"b":2}}"#,
        r#"{"a":1,"b":2},"#,
        r#"{"a":1,"b":2,}"#,
        r#"{"a":1 "b":2}"#,
        r#"{"a":1,,"b":2}"#,
        r#"{,"a":1,"b":2}"#,
        r#"{"a" 1,"b":2}"#,
        r#"{"a":1,"a":1,"b":2}"#,
        r#"{"a":1,"b":2,"b":3}"#,
        r#"{"a":null,"b":2}"#,
        r#"{"a":true,"b":2}"#,
        r#"{"a":"1","b":2}"#,
        r#"{"a":[1],"b":2}"#,
        r#"{"a":{},"b":2}"#,
        r#"{"a":01,"b":2}"#,
        r#"{"a":1e,"b":2}"#,
        r#"{"a":1,"b":NaN}"#,
        r#"{"a":1,"b":1e999}"#,
        r#"{"a":1,"b":2,"c":[1]}"#,
        r#"{"a":1,"b":2,"c":{}}"#,
        r#"{"a":1,"b":2,"c":nul}"#,
        r#"{"a":1,"b":2,"c":01}"#,
        r#"{"a":1,"b":2,"c":}"#,
        r#"{"a":1,"b":2,"c":"\n"}"#,
        r#"{"a":1,"b":2,"\u0061":3}"#,
        r#"{"a":1,"b":2,c:3}"#,
        "{\"a\":1,\"b\":2,\"c\":\"\n\"}",
        r#"{"A":1,"b":2}"#,
        r#"{"a":16777217,"b":0.5}"#,
        r#"{"a":1,"b":9223372036854775808}"#,
        r#"{"a":1 2,"b":2}"#,
        r#"{"a":1]"b":2}"#,
        r#"{"a":,"b":2}"#,
        r#"{"a":1,"b":2,"c":1e999}"#,
    ] {
        let mut data = vec![1, 2, 3];
        assert_eq!(Objects::new(&columns).read_row(event.as_bytes(), &mut data), None, "{event}");
        assert_eq!(data, [1, 2, 3], "{event}");
    }
    let mut broken = br#"{"a":1,"b":2,"c":"?"}"#.to_vec();
    let place = broken.iter().position(|byte| *byte == b'?').expect("it is there");
    broken[place] = 0xff;
    assert_eq!(Objects::new(&columns).read_row(&broken, &mut vec![]), None);
}

#[test]
fn a_model_without_columns_takes_no_object() {
    assert_eq!(read(&Columns::default(), "{}"), None);
    assert_eq!(read(&Columns::default(), r#"{"a":1}"#), None);
}

fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => any::<f64>().prop_filter("JSON", |value| value.is_finite()).prop_map(|value| format!("{value:e}")),
        8 => any::<i32>().prop_map(|value| value.to_string()),
        2 => any::<i64>().prop_map(|value| value.to_string()),
        1 => prop_oneof![Just("null"), Just("true"), Just("\"x\""), Just("[1]"), Just("{\"a\":1}")].prop_map(Into::into),
    ]
}

proptest! {
    #[test]
    fn what_is_read_is_what_a_json_parser_reads(
        pairs in prop::collection::vec((prop::sample::select(vec!["a", "b", "c", "x", "y"]), values()), 0..7),
        junk in any::<prop::sample::Index>(),
        byte in prop::option::weighted(0.3, any::<u8>()),
    ) {
        let fields: Vec<String> = pairs.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        let mut event = format!("{{{}}}", fields.join(", ")).into_bytes();
        if let Some(byte) = byte {
            let place = junk.index(event.len());
            event[place] = byte;
        }
        let columns = columns(&["a", "b", "c"]);
        let mut data = vec![];
        if let Some(kind) = Objects::new(&columns).read_row(&event, &mut data) {
            let parsed: Value = serde_json::from_slice(&event).expect("what is read is JSON");
            let row: Vec<&Value> = ["a", "b", "c"].iter().map(|name| &parsed[*name]).collect();
            prop_assert!(row.iter().all(|value| value.is_number()), "{row:?}");
            let list = serde_json::to_string(&row).expect("JSON");
            let mut wanted = vec![];
            let expected = read_row(list.as_bytes(), &mut wanted);
            prop_assert_eq!(Some(kind), expected);
            prop_assert_eq!(data, wanted);
        }
    }
}
