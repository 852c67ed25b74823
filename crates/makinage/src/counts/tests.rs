use proptest::prelude::*;

use super::*;

const FATES: [Fate; 8] = [
    Fate::Finished,
    Fate::Skipped(Step::PreTransform),
    Fate::Skipped(Step::Predict),
    Fate::Skipped(Step::PostTransform),
    Fate::Failed,
    Fate::DeadLetter,
    Fate::Stopped,
    Fate::Dropped,
];

fn counts(taken: usize, fates: &[Fate]) -> Counts {
    let mut counts = Counts::default();
    counts.received(taken);
    for fate in fates {
        counts.settle(*fate);
    }
    counts
}

#[test]
fn each_fate_has_a_word_of_its_own_and_what_did_not_happen_goes_without_saying() {
    assert_eq!(counts(0, &[]).to_string(), "0 in, 0 out, 0 failed");
    let all = counts(9, &[FATES.as_slice(), &[Fate::Skipped(Step::Predict)]].concat());
    assert_eq!(
        all.to_string(),
        "9 in, 1 out, 1 skipped by pre_transform, 2 skipped by predict, 1 skipped by post_transform, 3 failed (1 dead letters), 1 left"
    );
}

#[test]
fn an_event_whose_fate_is_not_known_is_left() {
    assert_eq!(counts(3, &[Fate::Finished]).to_string(), "3 in, 1 out, 0 failed, 2 left");
}

proptest! {
    #[test]
    fn what_is_told_adds_up_to_what_came_in(
        fates in prop::collection::vec(prop::sample::select(FATES.as_slice()), 0..40), open in 0_usize..5,
    ) {
        let told = counts(fates.len() + open, &fates).to_string();
        let numbers: Vec<usize> = told.split(", ").map(|part| part.split(' ').next().unwrap().parse().unwrap()).collect();
        prop_assert_eq!(numbers[0], numbers[1..].iter().sum::<usize>(), "{}", told);
    }
}
