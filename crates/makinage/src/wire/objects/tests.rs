use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::value::RawValue;

use super::{
    super::rows::{Mixed, read_row},
    *,
};

fn columns(names: &[&str]) -> Columns {
    Columns::new(names.iter().map(|name| (*name).to_owned()).collect())
}

fn read(columns: &Columns, event: &str) -> Option<(RowKind, Vec<u8>)> {
    let mut data = vec![];
    Objects::new(columns).read_row(event.as_bytes(), &mut data).map(|kind| (kind, data))
}

fn list(event: &str) -> Option<(RowKind, Vec<u8>)> {
    let mut data = vec![];
    read_row(event.as_bytes(), Mixed::Float, &mut data).map(|kind| (kind, data))
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

#[test]
fn what_the_event_before_was_written_like_says_nothing_of_others() {
    let columns = columns(&["a", "b"]);
    let mut objects = Objects::new(&columns);
    let mut next = |event: &str| {
        let mut data = vec![];
        objects.read_row(event.as_bytes(), &mut data).map(|kind| (kind, data))
    };
    for (event, row) in [
        (r#"{"a":1,"b":2}"#, Some("[1,2]")),
        (r#"{"a":1, "b":2}"#, Some("[1,2]")),
        (r#"{"b":1,"a":2}"#, Some("[2,1]")),
        (r#"{"x":1,"b":1,"a":2}"#, Some("[2,1]")),
        (r#"{"x":1,"b":1,"a":2,"a":2}"#, None),
        (r#"{"x":1,"b":1,"a":2}"#, Some("[2,1]")),
        (r#"{"x":1,"b":1}"#, None),
        (r#"{"x":1,"b":1,"a":2"#, None),
        (r#"{"x":1,"b":1,"a":2}}"#, None),
        (r#"{"x":{},"b":1,"a":2}"#, None),
        (r#"{"x":1,"b":1,"a":null}"#, None),
        (r#"{"x":1,"b":1"a":2}"#, None),
        (r#" {"x":1,"b":1,"a":2}"#, Some("[2,1]")),
        (r#" {"x":1,"b":1,"c":2}"#, None),
        (r#" {"x":1,"b":1,"a":2.5}"#, Some("[2.5,1]")),
        (r#",{"b":1,"a":2}"#, None),
        (r#"{"b":1,"a":2}"#, Some("[2,1]")),
        (r#"{"b":1,"b":2}"#, None),
        (r#"{"b":1}"#, None),
        (r#"{"b":1,"a":2}"#, Some("[2,1]")),
        ("{}", None),
        ("", None),
    ] {
        assert_eq!(next(event), row.and_then(list), "{event}");
    }
}

#[test]
fn of_an_event_with_many_keys_few_are_kept() {
    let columns = columns(&["a"]);
    let mut objects = Objects::new(&columns);
    let others = (0..1000).map(|number| format!("\"{number}\":0,")).collect::<Vec<_>>().concat();
    for _ in 0..2 {
        assert!(objects.read_row(format!("{{{others}\"a\":1}}").as_bytes(), &mut vec![]).is_some());
        assert_eq!(objects.before.len(), 1 + OTHERS);
    }
}

fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => any::<f64>().prop_filter("JSON", |value| value.is_finite()).prop_map(|value| format!("{value:e}")),
        8 => any::<i32>().prop_map(|value| value.to_string()),
        2 => any::<i64>().prop_map(|value| value.to_string()),
        1 => prop_oneof![Just("null"), Just("true"), Just("\"x\""), Just("[1]"), Just("{\"a\":1}")].prop_map(Into::into),
    ]
}

/// Mostly keys in one order, written in one way.
fn events() -> impl Strategy<Value = Vec<u8>> {
    let keys = prop_oneof![
        3 => Just(vec!["a", "b", "c"]),
        1 => Just(vec!["x", "a", "b", "y", "c"]),
        1 => Just(vec!["a", "b", "c"]).prop_shuffle(),
        2 => prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "x", "y"]), 0..7),
    ];
    let written = (prop::sample::select(vec![", ", ",", " ,\n"]), prop::sample::select(vec![":", ": "]));
    let broken = prop::option::weighted(0.2, (any::<prop::sample::Index>(), any::<u8>()));
    let events = (keys, prop::collection::vec(values(), 7), written, broken);
    events.prop_map(|(keys, values, (comma, colon), broken)| {
        let fields: Vec<String> =
            keys.iter().zip(values).map(|(key, value)| format!("\"{key}\"{colon}{value}")).collect();
        let mut event = format!("{{{}}}", fields.join(comma)).into_bytes();
        if let Some((place, byte)) = broken {
            let place = place.index(event.len());
            event[place] = byte;
        }
        event
    })
}

proptest! {
    #[test]
    fn what_is_read_is_what_a_json_parser_reads_whatever_came_before(events in prop::collection::vec(events(), 1..8)) {
        let columns = columns(&["a", "b", "c"]);
        let mut objects = Objects::new(&columns);
        for event in events {
            let mut data = vec![];
            let kind = objects.read_row(&event, &mut data);
            let mut alone = vec![];
            prop_assert_eq!(kind, Objects::new(&columns).read_row(&event, &mut alone));
            prop_assert_eq!(&data, &alone);
            if kind.is_none() {
                continue;
            }
            let parsed: BTreeMap<String, &RawValue> = serde_json::from_slice(&event).expect("what is read is JSON");
            let row = ["a", "b", "c"].map(|name| parsed[name].get());
            let mut wanted = vec![];
            prop_assert_eq!(kind, read_row(format!("[{}]", row.join(",")).as_bytes(), Mixed::Float, &mut wanted));
            prop_assert_eq!(data, wanted);
        }
    }
}
