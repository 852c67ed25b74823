//! What serves and should not: it is taken back, and the one before it comes again.

use std::time::Duration;

use super::{
    super::Trouble,
    scene::{Scene, changed_configuration, configuration},
};

#[test]
fn what_does_badly_is_taken_back_refused_and_not_loaded_again_until_it_is_published_anew() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.publish(2);
    scene.settle();
    scene.built();
    scene.complain();
    scene.settle();
    assert_eq!((scene.serving(), scene.built()), (Some((1, 0, 3)), vec![(1, 0)]));
    assert_eq!(*scene.notes.refused.lock().unwrap(), [(2, "its workers died".to_owned())]);
    assert_eq!(scene.log.count("is taken back: its workers died; going back to model 000000000000"), 1);
    // The reader reads the same topic again, after an error.
    scene.mailbox.read();
    scene.settle();
    scene.mailbox.configure(configuration());
    scene.settle();
    assert_eq!((scene.serving(), scene.built()), (Some((1, 1, 4)), vec![(1, 1)]), "what serves, and no other");
    scene.publish(3);
    scene.settle();
    assert_eq!(scene.serving().map(|serving| serving.0), Some(3));
}

#[test]
fn a_configuration_that_does_badly_is_taken_back_and_no_model_is_refused() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.mailbox.configure(changed_configuration());
    scene.settle();
    scene.complain();
    scene.settle();
    assert_eq!(scene.serving(), Some((1, 0, 3)));
    assert_eq!(*scene.notes.refused.lock().unwrap(), []);
    let told = "going back to the configuration before, so that what it changed (config.serve.n) isn't in force";
    assert_eq!(scene.log.count(told), 1);
    scene.complain();
    scene.settle();
    assert_eq!(scene.serving(), Some((1, 0, 3)), "what was taken back is nothing to go back to");
    assert_eq!(scene.log.count("there is no earlier generation to go back to, so it goes on"), 1);
}

#[test]
fn where_model_and_configuration_changed_together_neither_is_refused_and_the_model_is_not_loaded_again() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.is_bad(1, 1);
    scene.mailbox.configure(configuration());
    scene.publish(2);
    // The model is here before the configuration is tried without it.
    scene.step();
    scene.step();
    scene.fetcher.work_off();
    scene.settle();
    assert_eq!(scene.serving().map(|(model, configuration, _)| (model, configuration)), Some((2, 1)));
    scene.built();
    scene.complain();
    scene.settle();
    scene.mailbox.read();
    scene.settle();
    assert_eq!(scene.serving().map(|(model, configuration, _)| (model, configuration)), Some((1, 0)));
    assert_eq!((scene.built(), scene.notes.refused.lock().unwrap().len()), (vec![(1, 0)], 0));
}

#[test]
fn going_back_is_tried_again_after_a_while_and_a_newer_model_ends_it() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.publish(2);
    scene.settle();
    scene.built();
    scene.is_bad_at_first(1, 0, 2);
    scene.complain();
    let due = scene.settle().expect("it is tried again");
    assert_eq!((due - scene.now, scene.serving().map(|serving| serving.0)), (Duration::from_secs(5), Some(2)));
    let due = scene.wait(5).expect("it is tried again");
    assert_eq!(due - scene.now, Duration::from_secs(30));
    assert_eq!(scene.built(), [(1, 0), (1, 0)]);
    scene.publish(3);
    scene.settle();
    scene.wait(30);
    assert_eq!((scene.serving().map(|serving| serving.0), scene.built()), (Some(3), vec![(3, 0)]));
    scene.complain();
    scene.settle();
    assert_eq!(scene.serving().map(|serving| serving.0), Some(1), "not to what was taken back");
}

#[test]
fn where_nothing_can_be_gone_back_to_what_serves_goes_on() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.publish(2);
    scene.settle();
    scene.is_bad(1, 0);
    scene.complain();
    scene.settle();
    scene.wait(5);
    assert_eq!(scene.wait(30), None);
    assert_eq!(scene.serving().map(|serving| serving.0), Some(2));
    assert_eq!(scene.workshop.built.lock().unwrap().len(), 5);
}

#[test]
fn a_complaint_about_a_generation_that_serves_no_more_changes_nothing() {
    let mut scene = Scene::new(&[1]);
    scene.settle();
    scene.complain();
    scene.publish(2);
    scene.settle();
    scene.mailbox.complain(Trouble { generation: 1, what: "its workers died".to_owned() });
    scene.settle();
    assert_eq!(scene.serving().map(|serving| serving.0), Some(2));
}
