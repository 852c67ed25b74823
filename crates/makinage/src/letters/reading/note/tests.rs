use proptest::prelude::*;

use super::*;

fn runs(offsets: &[i64]) -> Vec<(i64, i64)> {
    let mut runs = Runs::default();
    for offset in offsets {
        runs.push(*offset);
    }
    runs.into_inner()
}

#[test]
fn neighbours_are_one_run() {
    assert_eq!(runs(&[3, 4, 5, 7, 9, 10]), [(3, 5), (7, 7), (9, 10)]);
    assert_eq!(runs(&[]), []);
}

#[test]
fn a_note_is_read_as_it_was_written() {
    let note = Note::new("app", "2026-11-29T12:45:12Z".to_owned(), runs(&[3, 4, 9]));
    assert_eq!(
        note.to_json(),
        r#"{"makinage":"replayed","application":"app","at":"2026-11-29T12:45:12Z","letters":[[3,4],[9,9]]}"#
    );
    assert_eq!(Note::of(note.to_json().as_bytes()), Ok(note.clone()));
    assert_eq!(note.key(2), "makinage-replayed/2/3/2026-11-29T12:45:12Z");
    for none in ["", "{}", "[]", r#"{"makinage":1}"#] {
        assert!(Note::of(none.as_bytes()).is_err(), "{none}");
    }
}

#[test]
fn a_full_note_is_small() {
    let mut runs = Runs::default();
    for n in 0.. {
        if runs.is_full() {
            break;
        }
        runs.push(i64::MAX - 100_000 + 2 * n);
    }
    assert!(Note::new("app", String::new(), runs.into_inner()).to_json().len() < 4300);
}

proptest! {
    #[test]
    fn a_note_speaks_of_nothing_but_what_stands_before_it(
        letters in proptest::collection::vec((any::<i64>(), any::<i64>()), 0..4),
        start in 0_i64..100,
        length in 0_i64..300,
    ) {
        let mut replayed = Offsets::default();
        let there = start..=start + length;
        Note::new("app", String::new(), letters.clone()).add_to(&mut replayed, &there);
        let is_named = |offset| letters.iter().any(|(first, last)| (*first..=*last).contains(&offset));
        prop_assert!((0..500).all(|at| replayed.contains(at) == (there.contains(&at) && is_named(at))));
        prop_assert!(replayed.count() <= u64::try_from(length).unwrap() + 1);
    }
}
