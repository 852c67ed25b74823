use super::*;
use crate::letters::reading::testing::letter;

fn add(summary: &mut Summary, offset: i64, headers: &[(&str, &str)]) {
    let place = LetterPlace { partition: 0, offset };
    summary.add(Entry::of(&letter(headers), place, None), offset % 2 == 1);
}

#[test]
fn letters_of_one_kind_are_one_group_with_its_times_and_its_last_letter() {
    let mut summary = Summary::default();
    add(&mut summary, 0, &[("makinage-failed-at", "2026-11-29T12:00:02Z"), ("makinage-source", "data/0/7")]);
    add(&mut summary, 1, &[("makinage-failed-at", "2026-11-29T12:00:01Z"), ("makinage-source", "data/0/8")]);
    add(&mut summary, 2, &[("makinage-failed-at", "nobody knows"), ("makinage-source", "data/0/9")]);
    add(&mut summary, 3, &[("makinage-model", "iris@4")]);
    let groups = summary.groups();
    assert_eq!(groups.len(), 2);
    let (kind, group) = groups[0];
    assert_eq!(
        (kind.step.as_str(), kind.error.as_str(), kind.model.as_deref()),
        ("predict", "ValueError", Some("iris@3"))
    );
    assert_eq!((group.count, group.replayed, group.last.unwrap() - group.first.unwrap()), (3, 1, 1000));
    assert_eq!((group.example.0.offset, group.example.1.to_string().as_str()), (2, "data/0/9"));
    assert_eq!((groups[1].1.count, summary.count()), (1, 4));
}

#[test]
fn memory_is_bounded_whatever_the_letters_say() {
    let mut summary = Summary::default();
    for n in 0..1500 {
        let class = format!("{n}{}", "x".repeat(5000));
        add(&mut summary, n, &[("makinage-error-class", &class)]);
    }
    assert_eq!((summary.groups().len(), summary.others, summary.count()), (1000, 500, 1500));
    assert!(summary.groups().iter().all(|(kind, _)| kind.error.len() == 1024));
}
