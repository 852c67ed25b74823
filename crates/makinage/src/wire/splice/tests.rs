use super::splice;
use crate::wire::answer::Prediction;

#[test]
fn the_events_own_bytes_stand_beside_each_kind_of_prediction_and_what_json_has_no_number_for_is_null() {
    let mut output = b"of the event before".to_vec();
    for (prediction, expected) in [
        (Prediction::Json(b"[1]"), "[{\"a\": 1},[1]]"),
        (Prediction::Integer(i64::MIN), "[{\"a\": 1},-9223372036854775808]"),
        (Prediction::Float(0.1), "[{\"a\": 1},0.1]"),
        (Prediction::Float(-0.0), "[{\"a\": 1},-0.0]"),
        (Prediction::Float(1e16), "[{\"a\": 1},1e+16]"),
        (Prediction::Float(5e-324), "[{\"a\": 1},5e-324]"),
        (Prediction::Float(123_456_789_012_345.6), "[{\"a\": 1},123456789012345.6]"),
        (Prediction::Float(f64::NAN), "[{\"a\": 1},null]"),
        (Prediction::Float(f64::INFINITY), "[{\"a\": 1},null]"),
        (Prediction::Float(f64::NEG_INFINITY), "[{\"a\": 1},null]"),
        (Prediction::Boolean(true), "[{\"a\": 1},true]"),
    ] {
        splice(b" {\"a\": 1}\n", &prediction, &mut output);
        assert_eq!(String::from_utf8_lossy(&output), expected);
    }
}
