//! The loader through its mailbox, against a topic, a workshop and a memory that are none, on a clock of the test's.

mod going_back;
mod overtaking;
mod scene;

use std::time::Duration;

use self::scene::{Scene, configuration};
use super::{
    super::{mailbox::Seen, testing::place},
    *,
};

#[test]
fn the_newest_model_of_the_topic_is_served_and_only_that_is_taken() {
    let mut scene = Scene::new(&[1, 2, 3]);
    assert_eq!(scene.settle(), None, "there is nothing to wait for");
    assert_eq!(scene.serving(), Some((3, 0, 1)));
    assert_eq!(*scene.topic.fetched.lock().unwrap(), [3]);
    assert_eq!(*scene.notes.served.lock().unwrap(), [3]);
}

#[test]
fn a_generation_is_loaded_beside_the_one_that_serves_and_is_handed_over_when_it_is_ready() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    assert_eq!(scene.ready.try_iter().collect::<Vec<_>>(), [1]);
    scene.publish(2);
    scene.settle();
    assert_eq!(scene.ready.try_iter().collect::<Vec<_>>(), [2]);
    assert_eq!(*scene.workshop.built.lock().unwrap(), [(1, 0, false), (2, 0, true)]);
    assert_eq!(*scene.notes.let_go.lock().unwrap(), [1, 2], "what served before the one before may be deleted");
}

#[test]
fn where_the_newest_cannot_be_used_the_one_before_it_is_served_and_each_is_told() {
    let mut scene = Scene::new(&[1, 2, 3, 4, 5]);
    scene.cannot_be_had(5, vec![NotHad::Unusable("it is damaged".to_owned())]);
    scene.cannot_be_had(4, vec![NotHad::Gone]);
    scene.notes.refused.lock().unwrap().push((3, "its workers died".to_owned()));
    scene.is_bad(2, 0);
    scene.settle();
    assert_eq!(scene.serving(), Some((1, 0, 2)));
    assert_eq!(scene.built(), [(2, 0), (1, 0)]);
    for line in [
        "the model in model/0/5 is not taken up: it is damaged",
        "the model in model/0/5 can't be used, and nothing is served: trying the one before it, in model/0/4",
        "was taken back before (its workers died)",
        "is not taken up, and nothing is served yet",
    ] {
        assert_eq!(scene.log.count(line), 1, "{line}");
    }
    // What is served is no reason to try the others again, and a new one is taken up.
    scene.publish(6);
    scene.settle();
    assert_eq!((scene.serving(), scene.built()), (Some((6, 0, 3)), vec![(6, 0)]));
}

#[test]
fn a_bad_model_disturbs_nothing_and_is_tried_once() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.is_bad(2, 0);
    scene.publish(2);
    scene.settle();
    assert_eq!((scene.serving(), scene.built()), (Some((1, 0, 1)), vec![(1, 0), (2, 0)]));
    assert_eq!(scene.log.count("generation 1 (model 000000000000) goes on serving"), 1);
    assert_eq!(scene.log.count("(1 failed since the start)"), 1);
    scene.wait(3600);
    assert_eq!(scene.built(), []);
}

#[test]
fn what_cannot_be_had_yet_is_told_once_tried_again_and_taken_when_it_is_there() {
    let mut scene = Scene::new(&[1, 2]);
    let later = || NotHad::Later("the server answers 503".to_owned());
    scene.cannot_be_had(2, vec![later(), later(), later()]);
    let due = scene.settle().expect("it is tried again");
    assert_eq!(due - scene.now, Duration::from_secs(1));
    assert_eq!(scene.serving().map(|serving| serving.0), Some(1), "the one before it serves meanwhile");
    let due = scene.wait(1).expect("it is tried again");
    assert_eq!(due - scene.now, Duration::from_secs(2));
    scene.wait(2);
    assert_eq!(scene.wait(4), None);
    assert_eq!(scene.serving().map(|serving| serving.0), Some(2));
    assert_eq!(*scene.topic.fetched.lock().unwrap(), [2, 1, 2, 2, 2]);
    assert_eq!(scene.log.count("is waited for: the server answers 503"), 1);
}

#[test]
fn where_a_record_is_gone_the_order_is_asked_for_from_the_newest_on() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.cannot_be_had(3, vec![NotHad::Gone]);
    scene.publish(3);
    scene.step_until_it_takes();
    // An older record of its partition counts for its own time again, which may be the latest.
    scene.topic.put(4);
    scene.settle();
    assert_eq!(scene.serving().map(|serving| serving.0), Some(4));
}

#[test]
fn a_model_that_is_older_than_the_one_that_serves_is_told_and_not_taken() {
    let mut scene = Scene::new(&[5]);
    scene.settle();
    scene.publish(4);
    scene.settle();
    scene.wait(60);
    assert_eq!((scene.serving().map(|serving| serving.0), scene.topic.fetched.lock().unwrap().len()), (Some(5), 1));
    assert_eq!(scene.log.count("the model in model/0/4 is older than the one in model/0/5"), 1);
}

#[test]
fn a_changed_configuration_is_taken_up_by_what_serves_and_dropped_where_that_fails() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.mailbox.configure(configuration());
    scene.settle();
    assert_eq!(scene.serving(), Some((1, 1, 2)));
    scene.is_bad(1, 2);
    scene.mailbox.configure(configuration());
    scene.settle();
    assert_eq!(scene.serving(), Some((1, 1, 2)));
    assert_eq!(scene.log.count("generation 3: the changed configuration, with model"), 1);
    scene.publish(2);
    scene.settle();
    assert_eq!(scene.serving(), Some((2, 1, 4)), "with the configuration that wasn't found wanting");
}

#[test]
fn a_good_model_that_comes_with_a_bad_configuration_is_taken_up_without_it() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.built();
    scene.are_bad(&[(1, 1), (2, 1)]);
    scene.mailbox.configure(configuration());
    scene.publish(2);
    scene.settle();
    assert_eq!(scene.serving().map(|(model, configuration, _)| (model, configuration)), Some((2, 0)));
    assert_eq!(scene.built(), [(1, 1), (2, 0)]);
}

#[test]
fn a_good_configuration_that_comes_with_a_bad_model_is_taken_up_without_it() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.are_bad(&[(2, 0), (2, 1)]);
    scene.mailbox.configure(configuration());
    scene.publish(2);
    scene.settle();
    assert_eq!(scene.serving().map(|(model, configuration, _)| (model, configuration)), Some((1, 1)));
}

#[test]
fn with_a_changed_configuration_the_newest_model_may_load_that_did_not() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.is_bad(2, 0);
    scene.publish(2);
    scene.settle();
    scene.built();
    scene.mailbox.configure(configuration());
    scene.settle();
    assert_eq!((scene.serving(), scene.built()), (Some((2, 1, 3)), vec![(2, 1)]));
}

#[test]
fn what_failed_with_each_of_two_configurations_is_not_loaded_again_when_the_newer_is_dropped() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.are_bad(&[(2, 0), (2, 1), (1, 1)]);
    scene.publish(2);
    scene.settle();
    scene.built();
    scene.mailbox.configure(configuration());
    scene.settle();
    assert_eq!((scene.serving(), scene.built()), (Some((1, 0, 1)), vec![(2, 1), (1, 1)]));
}

#[test]
fn when_nothing_serves_a_mended_configuration_serves_the_newest() {
    let mut scene = Scene::new(&[1, 2, 3]);
    scene.are_bad(&[(1, 0), (2, 0), (3, 0)]);
    scene.settle();
    assert_eq!((scene.serving(), scene.built()), (None, vec![(3, 0), (2, 0), (1, 0)]));
    assert_eq!(scene.log.count("waiting for a model on topic model"), 1);
    scene.is_bad(3, 1);
    scene.mailbox.configure(configuration());
    scene.settle();
    assert_eq!((scene.serving(), scene.built()), (Some((2, 1, 5)), vec![(3, 1), (2, 1)]));
    assert_eq!(*scene.topic.fetched.lock().unwrap(), [3, 2, 1], "none was fetched anew");
}

#[test]
fn when_nothing_serves_a_bad_model_more_is_told_and_no_other_tried_again() {
    let mut scene = Scene::new(&[1, 2]);
    scene.are_bad(&[(1, 0), (2, 0), (3, 0)]);
    scene.settle();
    scene.publish(3);
    scene.settle();
    assert_eq!((scene.serving(), scene.built()), (None, vec![(2, 0), (1, 0), (3, 0)]));
    assert_eq!(scene.log.count("trying the one before it"), 1);
}

#[test]
fn of_many_models_that_do_not_load_only_the_newest_are_tried_again() {
    let models: Vec<i64> = (1..=40).collect();
    let mut scene = Scene::new(&models);
    for configuration in [0, 1] {
        for model in &models {
            scene.is_bad(*model, configuration);
        }
    }
    scene.settle();
    assert_eq!(scene.built().len(), 40);
    scene.mailbox.configure(configuration());
    scene.settle();
    let again: Vec<i64> = scene.built().iter().map(|(model, _)| *model).collect();
    assert_eq!(again, (25..=40).rev().collect::<Vec<_>>());
}

#[test]
fn where_the_topic_has_no_model_that_loads_the_store_s_last_one_serves() {
    let mut scene = Scene::new(&[2]);
    *scene.notes.last.lock().unwrap() = Some(1);
    scene.is_bad(2, 0);
    scene.settle();
    assert_eq!(scene.serving(), Some((1, 0, 2)));
    assert_eq!(scene.log.count("topic model has no model that can be served: serving the store's last one"), 1);
    assert_eq!(scene.log.count("waiting for a model"), 0);
}

#[test]
fn a_store_whose_last_model_does_not_load_is_asked_no_more() {
    let mut scene = Scene::new(&[]);
    *scene.notes.last.lock().unwrap() = Some(1);
    scene.is_bad(1, 0);
    scene.settle();
    assert_eq!((scene.serving(), scene.built()), (None, vec![(1, 0)]));
    assert_eq!(scene.log.count("waiting for a model on topic model"), 1);
    // With what else failed by then, too.
    (2..=40).for_each(|model| scene.is_bad(model, 0));
    (2..=40).for_each(|model| {
        scene.publish(model);
        scene.settle();
    });
    assert_eq!(scene.built().len(), 39);
}

#[test]
fn a_topic_that_is_read_from_its_end_is_not_made_up_for_by_the_store() {
    let mut config = configuration();
    config.operator.model.start_from = ModelStart::End;
    let mut scene = Scene::starting(config, &[]);
    *scene.notes.last.lock().unwrap() = Some(1);
    scene.settle();
    assert_eq!((scene.serving(), scene.log.count("waiting for a model")), (None, 1));
}

#[test]
fn a_topic_that_is_made_anew_is_served_whatever_its_records_times_are() {
    let mut scene = Scene::new(&[5]);
    scene.settle();
    *scene.topic.models.lock().unwrap() = vec![1];
    scene.mailbox.read();
    scene.settle();
    assert_eq!(scene.serving().map(|serving| serving.0), Some(1));
    *scene.topic.models.lock().unwrap() = vec![];
    scene.mailbox.read();
    scene.settle();
    assert_eq!(scene.serving().map(|serving| serving.0), Some(1), "an empty one changes nothing");
}

#[test]
fn what_was_on_its_way_when_the_topic_was_made_anew_serves_where_that_has_nothing() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.publish(2);
    scene.step_until_it_takes();
    scene.fetcher.work_off();
    scene.topic.models.lock().unwrap().clear();
    scene.mailbox.read();
    scene.settle();
    assert_eq!(scene.serving().map(|serving| serving.0), Some(2));
}

#[test]
fn what_is_on_its_way_from_a_topic_that_was_made_anew_keeps_no_model_of_the_new_one_waiting() {
    let mut scene = Scene::new(&[5]);
    scene.settle();
    for number in [6, 7] {
        scene.publish(number);
        scene.step_until_it_waits();
    }
    *scene.topic.models.lock().unwrap() = vec![1];
    scene.mailbox.read();
    scene.step_until_it_waits();
    assert_eq!(scene.loader.known.fetched(), Some(place(1)));
    scene.settle();
    assert_eq!(scene.serving().map(|serving| serving.0), Some(1));
}

#[test]
fn a_topic_that_cannot_be_read_is_tried_again() {
    let mut scene = Scene::new(&[1]);
    *scene.topic.unreadable.lock().unwrap() = true;
    let due = scene.settle().expect("it is tried again");
    assert_eq!(due - scene.now, Duration::from_secs(1));
    let due = scene.wait(1).expect("it is tried again");
    assert_eq!(due - scene.now, Duration::from_secs(2));
    *scene.topic.unreadable.lock().unwrap() = false;
    scene.wait(2);
    assert_eq!(scene.serving().map(|serving| serving.0), Some(1));
}

#[test]
fn it_ends_when_the_mailbox_is_closed_or_nobody_takes_generations() {
    let scene = Scene::new(&[]);
    scene.mailbox.close();
    scene.loader.run();

    let mut scene = Scene::new(&[1]);
    scene.settle();
    drop(scene.ready);
    scene.topic.put(2);
    scene.mailbox.seen(Seen { place: place(2), is_promise: false });
    let fetching = std::thread::spawn(move || scene.fetcher.run());
    scene.loader.run();
    fetching.join().unwrap();
}

#[test]
fn a_load_that_the_end_breaks_off_is_no_failure() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.is_bad(1, 1);
    scene.mailbox.close();
    scene.loader.hear(News { config: Some(Box::new(configuration())), ..News::default() }, scene.now);
    let (log, loader, now) = (scene.log.clone(), &mut scene.loader, scene.now);
    log.keep(|| loader.step(now));
    assert_eq!(log.count("ERROR"), 0);
}
