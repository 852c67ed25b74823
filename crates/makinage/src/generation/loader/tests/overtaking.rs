//! Models that come while another one is on its way, or follow each other closely.

use std::time::Duration;

use super::{
    super::{
        super::{
            mailbox::Seen,
            testing::{arrived, place},
        },
        Fetched, NotHad,
    },
    scene::Scene,
};

#[test]
fn of_a_burst_only_the_newest_is_loaded() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.built();
    (2..=9).for_each(|number| scene.publish(number));
    scene.settle();
    assert_eq!((scene.serving().map(|serving| serving.0), scene.built()), (Some(9), vec![(9, 0)]));
    assert_eq!(*scene.topic.fetched.lock().unwrap(), [1, 9]);
}

#[test]
fn a_large_model_waits_a_moment_for_a_newer_one() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    for number in [2, 3] {
        scene.topic.put(number);
        scene.mailbox.seen(Seen { place: place(number), is_promise: true });
        let due = scene.settle().expect("it waits");
        assert!(due > scene.now && due - scene.now < Duration::from_secs(1));
    }
    scene.wait(1);
    assert_eq!(scene.serving().map(|serving| serving.0), Some(3));
    assert_eq!(*scene.topic.fetched.lock().unwrap(), [1, 3]);
}

#[test]
fn a_newer_model_overtakes_one_that_is_on_its_way() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    // It is asked for, and nothing comes.
    scene.publish(2);
    scene.step_until_it_takes();
    scene.publish(3);
    scene.settle();
    assert_eq!(scene.serving().map(|serving| serving.0), Some(3));
    assert_eq!(*scene.topic.fetched.lock().unwrap(), [1, 3], "the other was given up");
}

#[test]
fn a_stream_of_models_that_come_faster_than_one_is_fetched_does_not_keep_all_from_coming() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    let mut fetched = vec![];
    for number in 2..=5 {
        scene.publish(number);
        scene.step_until_it_waits();
        fetched.extend(scene.loader.known.fetched().map(|place| place.offset));
    }
    assert_eq!(fetched, [2, 3, 3, 3], "what has overtaken one comes");
    scene.built();
    scene.settle();
    assert_eq!(scene.built(), [(3, 0), (5, 0)]);
    scene.publish(6);
    scene.step_until_it_takes();
    scene.publish(7);
    scene.step_until_it_waits();
    assert_eq!(scene.loader.known.fetched(), Some(place(7)), "the next one may be overtaken again");
}

#[test]
fn what_was_overtaken_once_is_overtaken_no_more() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.publish(2);
    scene.step_until_it_takes();
    scene.cannot_be_had(3, vec![NotHad::Later("the server answers 503".to_owned())]);
    scene.publish(3);
    scene.step_until_it_waits();
    scene.fetcher.work_off();
    scene.step_until_it_waits();
    assert_eq!(scene.loader.known.fetched(), Some(place(2)), "the newer one can't be had yet");
    scene.publish(4);
    scene.step_until_it_waits();
    assert_eq!(scene.loader.known.fetched(), Some(place(2)));
}

#[test]
fn large_models_that_come_at_short_intervals_wait_no_longer_than_the_first_of_them() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    for number in 2..=4 {
        scene.topic.put(number);
        scene.mailbox.seen(Seen { place: place(number), is_promise: true });
        scene.step_until_it_waits();
        assert_eq!(scene.loader.known.fetched(), None, "{number} waits");
        scene.now += Duration::from_millis(100);
    }
    scene.settle();
    assert_eq!(scene.serving().map(|serving| serving.0), Some(4));
}

#[test]
fn what_is_here_serves_while_a_newer_one_is_on_its_way() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.publish(2);
    scene.step_until_it_takes();
    scene.fetcher.work_off();
    // Both are heard at once.
    scene.publish(3);
    scene.step_until_it_waits();
    assert_eq!(scene.serving().map(|serving| serving.0), Some(2));
    assert_eq!(scene.loader.known.fetched(), Some(place(3)));
    scene.settle();
    assert_eq!(scene.serving().map(|serving| serving.0), Some(3));
}

#[test]
fn what_comes_of_a_model_that_was_overtaken_is_not_taken_for_the_newer_one() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.publish(2);
    scene.step_until_it_takes();
    let number = scene.loader.asked;
    scene.publish(3);
    while scene.loader.asked == number {
        scene.step();
    }
    scene.mailbox.fetched(Fetched { number, outcome: Ok(arrived(2)) });
    scene.step();
    assert_eq!(scene.loader.known.fetched(), Some(place(3)), "it is still on its way");
}

#[test]
fn what_was_overtaken_is_taken_where_the_newer_one_is_of_no_use() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.cannot_be_had(3, vec![NotHad::Unusable("it is damaged".to_owned())]);
    scene.publish(2);
    scene.step_until_it_takes();
    scene.publish(3);
    scene.settle();
    assert_eq!(scene.serving().map(|serving| serving.0), Some(2));
    assert_eq!(*scene.topic.fetched.lock().unwrap(), [1, 3, 2]);
}
