//! What a worker says of single events is believed only as far as it may be.

use super::*;

fn steps(values: &Values, place: usize) -> Vec<(&str, Option<&str>, Option<u64>)> {
    let steps = values.at(place).iter();
    let nanoseconds = |step: &StepValue| step.took.and_then(|took| u64::try_from(took.as_nanos()).ok());
    steps.map(|step| (step.step, step.value.as_deref(), nanoseconds(step))).collect()
}

#[test]
fn events_have_their_values_wherever_their_answer_is() {
    let payload = br#"{"events": [
        {"place": 1, "steps": [{"step": "predict", "value": "0.5", "nanoseconds": 7}]},
        {"place": 3, "steps": [{"step": "decode", "value": null, "nanoseconds": null}]}]}"#;
    let mut values = Values::parse(payload).expect("values");
    assert_eq!(steps(&values, 1), [("predict", Some("0.5"), Some(7))]);
    assert_eq!(steps(&values.copied(&(2..4)), 3), [("decode", None, None)]);
    let first = values.of(&(0..3));
    assert_eq!((steps(&first, 1).len(), steps(&first, 3).len()), (1, 0));
    assert_eq!((steps(&values, 1).len(), steps(&values, 3).len()), (0, 1));
}

#[test]
fn what_is_too_much_or_of_another_form_is_refused() {
    let event = |steps: &str| format!(r#"{{"place": 0, "steps": [{steps}]}}"#);
    let all = |events: &[String]| Values::parse(format!(r#"{{"events": [{}]}}"#, events.join(",")).as_bytes());
    let step = |name: &str| format!(r#"{{"step": "{name}", "value": "x", "nanoseconds": 1}}"#);
    assert!(all(&vec![event(&step("encode")); MOST_EVENTS]).is_ok());
    assert!(all(&vec![event(""); MOST_EVENTS + 1]).is_err());
    assert!(all(&[event(&vec![step("predict"); MOST_STEPS + 1].join(","))]).is_err());
    assert!(all(&[event(&step("produce"))]).is_err());
    for other in ["", "[]", "{}", r#"{"events": [{"place": -1, "steps": []}]}"#] {
        assert!(Values::parse(other.as_bytes()).is_err(), "{other}");
    }
}

#[test]
fn of_a_text_that_is_longer_than_agreed_the_beginning_is_kept() {
    let text = "ü".repeat(10_000);
    let payload = format!(r#"{{"events": [{{"place": 0, "steps": [{{"step": "predict", "value": "{text}"}}]}}]}}"#);
    let values = Values::parse(payload.as_bytes()).expect("values");
    assert_eq!(values.at(0)[0].value.as_ref().map(|text| text.chars().count()), Some(LONGEST));
    assert!(values.bytes() > 2 * LONGEST);
}
