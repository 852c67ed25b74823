use super::*;

fn named(generation: u64) -> GenerationSeen {
    let (model, sha256, place) = (format!("iris@{generation}"), "00".into(), "model/0/0".into());
    GenerationSeen { generation, model, sha256, place, since: now() }
}

#[test]
fn a_model_that_is_fetched_is_shown_until_it_is_here_and_one_that_is_unusable_has_failed() {
    let generations = Generations::default();
    generations.fetches("model/0/7");
    let since = generations.seen().fetching.expect("it is fetched").since;
    generations.can_not_be_had("no route");
    generations.fetches("model/0/7");
    let again = Fetching { place: "model/0/7".to_owned(), since, why: Some("no route".to_owned()) };
    assert_eq!(generations.seen().fetching, Some(again));
    generations.fetched();
    assert_eq!(generations.seen().fetching, None);
    generations.fetches("model/0/8");
    generations.unusable("its digest is another");
    let seen = generations.seen();
    assert_eq!((seen.fetching, seen.past.len(), generations.counts()[1]), (None, 1, (Outcome::Failed, 1)));
    assert_eq!(seen.past[0].generation.place, "model/0/8");
}

#[test]
fn one_that_takes_over_serves_and_one_that_fails_changes_nothing_but_the_past() {
    let generations = Generations::default();
    generations.begins(named(1));
    generations.waits_for("load");
    assert_eq!(generations.seen().making.map(|making| making.step), Some("load"));
    generations.takes_over();
    generations.begins(named(2));
    generations.failed("step load: ImportError");
    let seen = generations.seen();
    assert_eq!(seen.serving.map(|serving| serving.generation), Some(1));
    assert!(seen.making.is_none());
    let past: Vec<_> = seen.past.iter().map(|past| (past.generation.generation, past.outcome)).collect();
    assert_eq!(past, [(2, Outcome::Failed), (1, Outcome::TookOver)]);
    generations.taken_back("3 crashes");
    assert_eq!(generations.counts().map(|(_, count)| count), [1, 1, 1]);
    assert_eq!(generations.seconds.each_ref().map(|seconds| seconds.snapshot().count()), [1, 1]);
}
