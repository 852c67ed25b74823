use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::letters::reading::{note::Note, testing::letter};

/// A letter on one partition, at its place in the list.
#[derive(Debug, Clone)]
struct Told {
    source: String,
    headers: Vec<(&'static str, &'static str)>,
    is_replayed: bool,
}

fn told(source: &str) -> Told {
    Told { source: source.to_owned(), headers: vec![], is_replayed: false }
}

fn headers(told: &Told) -> Vec<(&str, &str)> {
    told.headers.iter().copied().chain([("makinage-source", told.source.as_str())]).collect()
}

fn plan(filter: &Filter, letters: &[Told]) -> (BTreeSet<i64>, Outcome) {
    let mut survey = Survey::default();
    for (offset, told) in (0..).zip(letters) {
        survey.letter(&letter(&headers(told)));
        if told.is_replayed {
            let note = Note::new("app", String::new(), vec![(offset, offset)]);
            survey.note(0, &note, &(0..=100));
        }
    }
    let topics = BTreeMap::from([("data".to_owned(), 4)]);
    let mut plan = Plan::new(Known { filter, survey: &survey, topics: &topics });
    for (offset, told) in (0..).zip(letters) {
        plan.look(LetterPlace { partition: 0, offset }, &letter(&headers(told)), None);
    }
    let (chosen, outcome) = plan.done();
    let chosen = (0..100).filter(|at| chosen.get(&0).is_some_and(|offsets| offsets.contains(*at)));
    (chosen.collect(), outcome)
}

#[test]
fn what_was_replayed_is_not_whole_or_astray_is_left_out_and_counted() {
    let letters = [
        told("data/0/1"),
        Told { is_replayed: true, ..told("data/0/2") },
        Told { headers: vec![("makinage-original-bytes", "9")], ..told("data/0/3") },
        told("elsewhere/0/4"),
        Told { headers: vec![("makinage-application", "another")], ..told("data/0/5") },
        told("data/9/6"),
    ];
    let filter = Filter { application: Some("app".into()), ..Filter::default() };
    let (chosen, outcome) = plan(&filter, &letters);
    assert_eq!(chosen, BTreeSet::from([0, 5]));
    assert_eq!((outcome.summary.count(), outcome.targets), (2, BTreeMap::from([("data".to_owned(), 2)])));
    let left_out = outcome.left_out;
    assert_eq!((left_out.replayed, left_out.doubles, left_out.lacking), (1, 0, 1));
    assert_eq!(left_out.lacks[0].2, Lack::End(9));
    assert_eq!(left_out.astray, BTreeMap::from([("elsewhere".to_owned(), 1)]));
}

#[test]
fn an_event_with_several_letters_goes_back_once_whichever_comes_first_or_was_replayed() {
    let twice = [told("data/0/1"), told("data/0/2"), told("data/0/1")];
    let (chosen, outcome) = plan(&Filter::default(), &twice);
    assert_eq!((chosen, outcome.left_out.doubles), (BTreeSet::from([0, 1]), 1));
    for replayed in [0, 2] {
        let mut letters = twice.clone();
        letters[replayed].is_replayed = true;
        let (chosen, outcome) = plan(&Filter::default(), &letters);
        assert_eq!((chosen, outcome.left_out.doubles), (BTreeSet::from([1]), 1), "{replayed}");
        assert_eq!(outcome.left_out.replayed, 1);
    }
}

#[test]
fn letters_of_one_event_that_failed_in_two_ways_are_its_doubles_too() {
    let letters = [told("data/0/1"), Told { headers: vec![("makinage-model", "iris@4")], ..told("data/0/1") }];
    let filter = Filter { models: vec!["iris@4".into()], ..Filter::default() };
    assert_eq!(plan(&filter, &letters).0, BTreeSet::from([1]));
    let mut letters = letters;
    letters[1].is_replayed = true;
    assert_eq!(plan(&Filter::default(), &letters).0, BTreeSet::new());
}

#[test]
fn a_topic_that_was_made_anew_has_other_events_in_the_same_places() {
    let letters = [told("data/0/1"), Told { headers: vec![("makinage-source-timestamp", "7")], ..told("data/0/1") }];
    assert_eq!(plan(&Filter::default(), &letters).0, BTreeSet::from([0, 1]));
}

#[test]
fn of_many_that_are_not_whole_the_first_are_named() {
    let letters: Vec<_> = (0..50)
        .map(|n| Told { headers: vec![("makinage-original-missing", "value")], ..told(&format!("data/0/{n}")) })
        .collect();
    let left_out = plan(&Filter::default(), &letters).1.left_out;
    assert_eq!((left_out.lacking, left_out.lacks.len()), (50, NAMED));
}

proptest! {
    #[test]
    fn however_often_and_with_whatever_filters_it_is_replayed_each_event_goes_back_once(
        events in proptest::collection::vec((0_u8..12, proptest::sample::select(vec!["predict", "decode"])), 1..40),
        steps in proptest::collection::vec(
            proptest::sample::select(vec![vec![], vec!["predict"], vec!["decode"]]),
            1..4,
        ),
    ) {
        let mut letters: Vec<Told> = events
            .iter()
            .map(|(n, step)| Told {
                headers: vec![("makinage-error-step", *step)],
                ..told(&format!("data/0/{n}"))
            })
            .collect();
        let mut gone: Vec<String> = vec![];
        for asked in steps.iter().chain([&vec![]]) {
            let filter = Filter { steps: asked.iter().map(|step| (*step).to_owned()).collect(), ..Filter::default() };
            let (chosen, outcome) = plan(&filter, &letters);
            prop_assert_eq!(outcome.summary.count(), chosen.len() as u64);
            for at in chosen {
                let told = &mut letters[usize::try_from(at).unwrap()];
                prop_assert!(asked.is_empty() || asked.contains(&told.headers[0].1));
                told.is_replayed = true;
                gone.push(told.source.clone());
            }
        }
        let events: BTreeSet<String> = letters.iter().map(|told| told.source.clone()).collect();
        prop_assert_eq!(gone.len(), events.len());
        prop_assert_eq!(gone.into_iter().collect::<BTreeSet<_>>(), events);
    }
}
