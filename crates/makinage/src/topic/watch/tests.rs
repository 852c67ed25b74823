use super::{
    super::testing::{Script, place},
    *,
};

/// A topic of two partitions that end at 5 and 7, read up to there, with a model in 0/4.
struct Scene {
    script: Script,
    watch: Watch,
    now: Instant,
}

impl Scene {
    fn new() -> Self {
        let now = Instant::now();
        let script = Script { ends: vec![5, 7].into(), ..Script::default() };
        Self { script, watch: Watch::new(vec![5, 7], now), now }
    }

    fn look(&mut self) -> Shown {
        self.now += EVERY;
        self.watch.look(&&self.script, Some(&place(0, 4)), self.now)
    }
}

#[test]
fn a_topic_that_is_what_it_was_is_the_same_and_one_that_grew_too() {
    let mut scene = Scene::new();
    assert_eq!(scene.look(), Shown::Same);
    *scene.script.ends.borrow_mut() = vec![50, 70];
    assert_eq!(scene.look(), Shown::Same);
    *scene.script.ends.borrow_mut() = vec![50, 70, 1];
    assert_eq!(scene.look(), Shown::More(3));
    scene.watch.add();
    assert_eq!(scene.look(), Shown::Same);
}

#[test]
fn a_topic_that_is_gone_smaller_or_ends_before_what_was_read_is_another() {
    for ends in [vec![], vec![5], vec![5, 6], vec![0, 0]] {
        let mut scene = Scene::new();
        (*scene.script.ends.borrow_mut()).clone_from(&ends);
        assert_eq!(scene.look(), Shown::Another, "{ends:?}");
    }
    let mut scene = Scene::new();
    scene.watch.read(&place(1, 9));
    assert_eq!(scene.look(), Shown::Another, "it ends before what has been read since");
}

#[test]
fn a_broker_that_is_away_shows_nothing() {
    let mut scene = Scene::new();
    scene.script.ends.borrow_mut().clear();
    scene.script.is_away.set(true);
    assert_eq!(scene.look(), Shown::Same);
    scene.script.is_away.set(false);
    assert_eq!(scene.look(), Shown::Another);
}

#[test]
fn a_topic_that_was_made_anew_with_as_many_records_is_told_by_one_that_is_another() {
    let mut scene = Scene::new();
    scene.script.first_after.set(Some(9));
    assert_eq!((scene.look(), scene.script.looks.get()), (Shown::Same, 0), "what is later comes later");
    scene.script.first_after.set(Some(0));
    assert_eq!((scene.look(), scene.script.looks.get()), (Shown::Another, 1));
    scene.script.is_there.set(true);
    assert_eq!((scene.look(), scene.script.looks.get()), (Shown::Same, 2), "a publisher's clock was wrong");
    assert_eq!((scene.look(), scene.script.looks.get()), (Shown::Same, 2), "which is found out once");
}

#[test]
fn it_looks_from_time_to_time_and_sooner_after_a_sign() {
    let mut scene = Scene::new();
    scene.script.ends.borrow_mut().clear();
    let mut look = |after: Duration| scene.watch.look(&&scene.script, None, scene.now + after);
    assert_eq!(look(EVERY / 2), Shown::Same);
    let mut scene = Scene::new();
    scene.script.ends.borrow_mut().clear();
    scene.watch.hurry(scene.now);
    let mut look = |after: Duration| scene.watch.look(&&scene.script, None, scene.now + after);
    assert_eq!((look(SOON / 2), look(SOON)), (Shown::Same, Shown::Another));
}
