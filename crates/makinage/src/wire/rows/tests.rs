use proptest::prelude::*;

use super::*;

#[expect(clippy::unnecessary_wraps, reason = "what read_row returns for a row")]
fn kind(float: bool, axes: &[u32]) -> Option<RowKind> {
    let mut lengths = [0; MOST_AXES];
    lengths[..axes.len()].copy_from_slice(axes);
    Some(RowKind { float, rank: axes.len(), lengths })
}

fn floats(bytes: &[u8]) -> Vec<f64> {
    bytes.as_chunks::<8>().0.iter().map(|number| f64::from_le_bytes(*number)).collect()
}

fn integers(bytes: &[u8]) -> Vec<i64> {
    bytes.as_chunks::<8>().0.iter().map(|number| i64::from_le_bytes(*number)).collect()
}

#[test]
fn a_row_of_integers_stays_integers_and_one_float_makes_all_of_the_row_floats() {
    let mut data = vec![];
    assert_eq!(
        read_row(b"[1, -2, 9223372036854775807, -9223372036854775808]", Mixed::Float, &mut data),
        kind(false, &[4])
    );
    assert_eq!(integers(&data), [1, -2, i64::MAX, i64::MIN]);
    data.clear();
    assert_eq!(read_row(b" [ 1 ,2.5,\n3e2 ] ", Mixed::Float, &mut data), kind(true, &[3]));
    assert_eq!(floats(&data), [1.0, 2.5, 300.0]);
}

#[test]
fn small_integers_beside_floats_are_floats_up_to_what_every_float_type_holds() {
    let mut data = vec![];
    assert_eq!(read_row(b"[16777216, 0.5, -16777216]", Mixed::Float, &mut data), kind(true, &[3]));
    assert_eq!(floats(&data), [16_777_216.0, 0.5, -16_777_216.0]);
}

/// The numbers of lists that have these lengths.
fn numbers(value: &serde_json::Value, axes: &[u32]) -> Vec<serde_json::Value> {
    let [length, rest @ ..] = axes else { return vec![value.clone()] };
    let items = value.as_array().expect("a list");
    assert_eq!(items.len(), *length as usize);
    items.iter().flat_map(|item| numbers(item, rest)).collect()
}

#[test]
fn lists_of_equally_long_lists_are_a_row_of_their_numbers() {
    let mut data = vec![];
    assert_eq!(read_row(b" [ [1, 2,3] ,\n[4,5 ,6]] ", Mixed::Float, &mut data), kind(false, &[2, 3]));
    assert_eq!(integers(&data), [1, 2, 3, 4, 5, 6]);
    data.clear();
    assert_eq!(read_row(b"[[[[1]],[[2.5]]]]", Mixed::Float, &mut data), kind(true, &[1, 2, 1, 1]));
    assert_eq!(floats(&data), [1.0, 2.5]);
}

#[test]
fn a_single_number_is_a_row_of_rank_0() {
    let mut data = vec![];
    assert_eq!(read_row(b"7", Mixed::Float, &mut data), kind(false, &[]));
    assert_eq!(read_row(b"-0.0", Mixed::Float, &mut data), kind(true, &[]));
    assert_eq!(data.len(), 16);
}

#[test]
fn what_is_not_a_row_of_numbers_is_left_to_the_worker_and_leaves_no_trace() {
    for event in [
        "",
        " ",
        "[]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1",
        "1]",
        "[1]x",
        "[01]",
        "[-]",
        "[1.]",
        "[.5]",
        "[1e]",
        "[+1]",
        "[NaN]",
        "[Infinity]",
        "[1e999]",
        "[true]",
        "[null]",
        "\"1\"",
        "[[1],[2,3]]",
        "[[1,2],[3]]",
        "[[1],2]",
        "[1,[2]]",
        "[[]]",
        "[[1],[]]",
        "[[1]",
        "[[1]]]",
        "[[1],]",
        "[[[1]],[2]]",
        "[[1],[[2]]]",
        "[[1],[true]]",
        "[[[[[1]]]]]",
        "{}",
        "[9223372036854775808]",
        "[-9223372036854775809]",
        "[0x1]",
        "[1_0]",
        "[9007199254740993, 0.5]",
        "[0.5, 9007199254740993]",
        "[0.5, -9223372036854775808]",
        "[16777217, 0.5]",
        "[0.5, -16777217]",
    ] {
        let mut data = vec![1, 2, 3];
        assert_eq!(read_row(event.as_bytes(), Mixed::Float, &mut data), None, "{event}");
        assert_eq!(data, [1, 2, 3], "{event}");
    }
}

proptest! {
    #[test]
    fn an_integer_keeps_its_last_digit_or_its_event_travels_as_it_is(integer in any::<i64>(), float in -1e9..1e9f64, first: bool) {
        let text = if first { format!("[{integer}, {float:?}]") } else { format!("[{float:?}, {integer}]") };
        let mut data = vec![];
        if let Some(kind) = read_row(text.as_bytes(), Mixed::Float, &mut data) {
            prop_assert!(kind.float);
            let number = floats(&data)[usize::from(!first)];
            prop_assert_eq!(format!("{number}"), format!("{integer}"));
        } else {
            prop_assert!(integer.unsigned_abs() > 1 << 24);
        }
    }

    #[test]
    fn what_is_read_is_what_a_json_reader_reads(text in r#"[ ]{0,1}\[?[-0-9eE.,\[\] "a-z]{0,24}\]?|(\[|\]|\],\[|[12],|[1-3.]){1,14}"#) {
        let mut data = vec![];
        if let Some(kind) = read_row(text.as_bytes(), Mixed::Float, &mut data) {
            let value: serde_json::Value = serde_json::from_str(&text).expect("accepted text is JSON");
            let numbers = numbers(&value, kind.axes());
            if kind.float {
                prop_assert_eq!(floats(&data), numbers.iter().map(|n| n.as_f64().expect("a number")).collect::<Vec<_>>());
            } else {
                prop_assert_eq!(integers(&data), numbers.iter().map(|n| n.as_i64().unwrap_or_default()).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn every_list_of_finite_numbers_is_a_row(numbers in prop::collection::vec(any::<f64>().prop_filter("finite", |n| n.is_finite()), 1..20)) {
        let mut data = vec![];
        let text = serde_json::to_string(&numbers).expect("finite");
        prop_assert_eq!(read_row(text.as_bytes(), Mixed::Float, &mut data), kind(true, &[u32::try_from(numbers.len()).expect("small")]));
        prop_assert_eq!(floats(&data), numbers);
    }

    #[test]
    fn nested_lists_are_flat_lists_of_their_numbers(rows in (1..5usize, 1..5usize).prop_flat_map(|(rows, width)| {
        prop::collection::vec(prop::collection::vec(-1e6..1e6f64, width), rows)
    })) {
        let (mut nested, mut flat) = (vec![], vec![]);
        let text = serde_json::to_string(&rows).expect("finite");
        let axes = [rows.len(), rows[0].len()].map(|length| u32::try_from(length).expect("small"));
        prop_assert_eq!(read_row(text.as_bytes(), Mixed::Float, &mut nested), kind(true, &axes));
        read_row(serde_json::to_string(&rows.concat()).expect("finite").as_bytes(), Mixed::Float, &mut flat);
        prop_assert_eq!(nested, flat);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        read_row(&bytes, Mixed::Float, &mut vec![]);
    }
}

#[test]
fn where_integers_beside_floats_are_to_stay_integers_such_events_are_no_rows() {
    let mut data = vec![];
    for event in ["[1, 2.5]", "[2.5, 1]", "[[1.5, 2.5], [3.5, 4]]", "[1, 2, 3e0]"] {
        assert_eq!(read_row(event.as_bytes(), Mixed::Integer, &mut data), None, "{event}");
        assert!(data.is_empty() && read_row(event.as_bytes(), Mixed::Float, &mut data).is_some(), "{event}");
        data.clear();
    }
    assert_eq!(read_row(b"[1, 2]", Mixed::Integer, &mut data), kind(false, &[2]));
    assert_eq!(read_row(b"[1.0, 2.5]", Mixed::Integer, &mut data), kind(true, &[2]));
}
