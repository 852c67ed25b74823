use super::*;
use crate::wire::testing::{answer, scores};

const FAILURE: &str = r#"{"step":"predict","error":"TimeoutError","message":"late"}"#;

/// What a worker said of events from place 10 on, in two frames: `s` scored, `f` failed, `p` failed by an error that
/// may pass. Their outputs are their places.
fn part(first: &str, second: &str, is_last: bool) -> Part {
    let items = |outcomes: &str, place: usize| -> Vec<(u8, String)> {
        let item = |(item, outcome)| match outcome {
            's' => (0, format!("{}", 10 + place + item)),
            'f' => (3, FAILURE.to_owned()),
            _ => (4, FAILURE.to_owned()),
        };
        outcomes.chars().enumerate().map(item).collect()
    };
    let answers = vec![answer(0, &items(first, 0)), answer(first.len(), &items(second, first.len()))];
    Part::answered(10, answers, 1, "model".into(), Attempt { number: 2, is_last })
}

/// Each place and what became of it: its output, or the error.
fn known(parts: &[Part]) -> Vec<(usize, String)> {
    let mut known = vec![];
    for part in parts {
        let Part::Answered { places, start, answers, attempt, .. } = part else { panic!("{part:?}") };
        assert_eq!(attempt.number, 2);
        for answer in answers {
            for item in 0..answer.count {
                let place = start + answer.first + item;
                assert!(places.contains(&place), "{place} in {places:?}");
                known.push((
                    place,
                    match answer.outcome(item) {
                        Outcome::Output(value) => String::from_utf8_lossy(value).into_owned(),
                        Outcome::Prediction(prediction) => format!("{prediction:?}"),
                        Outcome::Failed(failure) => failure.error,
                        Outcome::Skipped(step) => panic!("skipped by {step:?}"),
                    },
                ));
            }
        }
    }
    known
}

#[test]
fn events_that_are_to_be_tried_again_are_taken_out_and_all_else_stays_as_it_was() {
    let all = |outcomes: &str| -> Vec<(usize, String)> {
        let of = |(item, outcome): (usize, char)| match outcome {
            's' => Some((10 + item, (10 + item).to_string())),
            'f' => Some((10 + item, "TimeoutError".to_owned())),
            _ => None,
        };
        outcomes.chars().enumerate().filter_map(of).collect()
    };
    for (first, second) in [("sps", "fp"), ("ppp", "sss"), ("pss", "ssp"), ("ssf", "sss"), ("spspps", "p"), ("p", "p")]
    {
        let outcomes = format!("{first}{second}");
        let part = part(first, second, false);
        let passing = part.passing();
        let expected: Vec<_> = outcomes.match_indices('p').map(|(item, _)| 10 + item).collect();
        assert_eq!(passing, expected, "{outcomes}");
        assert_eq!(known(&part.without(&passing)), all(&outcomes), "{outcomes}");
    }
}

#[test]
fn of_an_answer_in_numbers_all_stays_as_it_was_but_what_is_taken_out() {
    let integers = (10..14_i64).flat_map(i64::to_le_bytes).collect::<Vec<u8>>();
    let floats = (10..14_i32).map(f64::from).flat_map(f64::to_le_bytes).collect::<Vec<u8>>();
    for (form, values) in [(1, integers), (2, floats), (3, vec![0, 1, 1, 0])] {
        let attempt = Attempt { number: 2, is_last: false };
        let part = || Part::answered(10, vec![scores(0, 4, form, &values)], 1, "model".into(), attempt);
        let all = known(&[part()]);
        assert_eq!(all.len(), 4);
        for taken in [vec![10], vec![11], vec![13], vec![10, 12], vec![11, 12], vec![10, 11, 12, 13]] {
            let left: Vec<_> = all.iter().filter(|(place, _)| !taken.contains(place)).cloned().collect();
            assert_eq!(known(&part().without(&taken)), left, "form {form} without {taken:?}");
        }
    }
}

#[test]
fn in_the_last_attempt_what_fails_has_failed_and_before_that_not_yet() {
    assert_eq!(part("sp", "pp", true).passing(), [0; 0]);
    assert_eq!(part("sp", "pp", true).failing_from(), Some(11));
    assert_eq!(part("sp", "pp", false).failing_from(), None);
    assert_eq!(part("sp", "ff", false).failing_from(), Some(12));
}

#[test]
fn of_a_part_that_says_less_than_its_answers_only_its_own_places_are_tried_again() {
    let until = part("sps", "pp", false).until(13).expect("some are left");
    assert_eq!(until.passing(), [11]);
    assert_eq!(known(&until.without(&[11]))[..2], [(10, "10".to_owned()), (12, "12".to_owned())]);
}
