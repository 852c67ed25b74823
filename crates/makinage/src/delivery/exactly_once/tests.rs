use std::collections::BTreeMap;

use rdkafka::error::RDKafkaErrorCode;

use super::*;
use crate::{
    delivery::{
        testing::{Scene, TIMEOUT},
        transactional::{Of, Outcome, Partition, Refusal},
    },
    logged::Log,
    source::mandate::Words,
};

fn refusal(of: Of) -> Outcome {
    Outcome::Refused(Refusal { why: "a test wants it".to_owned(), of })
}

#[test]
fn outputs_and_fates_are_settled_when_their_transaction_is_committed() {
    let mut scene = Scene::new();
    scene.write(0, 5);
    scene.delivery.settle(&Scene::event(0, 6), Fate::Failed);
    scene.write(1, 3);
    assert_eq!(scene.sent(), ["0/5", "1/3"]);
    scene.delivery.tend();
    assert!(scene.calls().is_empty(), "the interval is not over");
    scene.interval_passes();
    assert_eq!(scene.calls(), ["commit 0@7 1@4 in round 1"]);
    scene.write(0, 7);
    assert!(scene.sent().is_empty() && scene.settled().is_empty(), "what comes meanwhile waits");
    scene.says(Outcome::Committed);
    assert_eq!(scene.settled(), ["0/5 Finished", "0/6 Failed", "1/3 Finished"]);
    assert_eq!(scene.sent(), ["0/7"]);
}

#[test]
fn somebody_who_waits_waits_for_no_interval() {
    let mut scene = Scene::new();
    scene.write(0, 0);
    scene.delivery.hurry();
    scene.delivery.tend();
    assert_eq!(scene.calls(), ["commit 0@1 in round 1"]);
}

#[test]
fn an_aborted_transaction_is_made_again_of_the_same() {
    let mut scene = Scene::new();
    scene.write(0, 0);
    scene.interval_passes();
    scene.write(0, 1);
    scene.says(refusal(Of::Brokers));
    assert_eq!(scene.calls(), ["commit 0@1 in round 1", "abort"]);
    scene.says(Outcome::Aborted);
    assert_eq!(scene.sent(), ["0/0"], "what was refused a moment ago may be again");
    scene.pause_is_over();
    assert_eq!(scene.sent(), ["0/0", "0/1"]);
    scene.interval_passes();
    assert_eq!(scene.calls(), ["commit 0@2 in round 1"]);
    scene.says(Outcome::Committed);
    assert_eq!(scene.settled(), ["0/0 Finished", "0/1 Finished"]);
}

#[test]
fn what_brokers_go_on_to_refuse_is_made_again_after_pauses_that_grow_and_is_told_once_a_minute() {
    let (mut scene, log) = (Scene::new(), Log::default());
    let mut pauses = vec![];
    log.keep(|| {
        for refused in 0..6 {
            // Outputs, of which nothing is known but that they could not be sent, are refused as all else is.
            let of = if refused % 2 == 0 { Of::Brokers } else { Of::Outputs };
            if refused == 0 {
                scene.write(0, 0);
            }
            scene.interval_passes();
            scene.says(refusal(of));
            scene.says(Outcome::Aborted);
            scene.sent();
            pauses.push(scene.pause_is_over().as_millis());
            assert_eq!(scene.sent(), ["0/0"], "once");
        }
    });
    assert_eq!(pauses, [50, 100, 200, 400, 800, 1600]);
    assert_eq!(log.text().matches("could not be committed (a test wants it)").count(), 1, "{}", log.text());
    scene.interval_passes();
    scene.says(Outcome::Committed);
    scene.write(0, 1);
    scene.interval_passes();
    scene.says(refusal(Of::Brokers));
    scene.says(Outcome::Aborted);
    assert_eq!(scene.pause_is_over().as_millis(), 50, "what succeeds begins them anew");
}

#[test]
fn outputs_without_a_right_to_their_topic_are_not_sent_again_and_again() {
    let mut scene = Scene::new();
    scene.write(0, 0);
    scene.refuses(&[0], RDKafkaErrorCode::TopicAuthorizationFailed);
    assert!(scene.delivery.tend().is_empty());
    assert_eq!(scene.calls(), ["abort"]);
    scene.sent();
    scene.says(Outcome::Aborted);
    assert!(scene.sent().is_empty());
    scene.pause_is_over();
    assert_eq!(scene.sent(), ["0/0"]);
}

#[test]
fn a_member_that_was_refused_is_not_named_again_in_the_same_round() {
    let mut scene = Scene::new();
    scene.write(0, 0);
    scene.interval_passes();
    scene.says(refusal(Of::Member));
    scene.says(Outcome::Aborted);
    scene.calls();
    scene.interval_passes();
    assert!(scene.calls().is_empty());
    scene.ties.mandate.renew(Some(Words::new(2_u64)), [0, 1].into_iter(), vec![None]);
    scene.delivery.tend();
    assert_eq!(scene.calls(), ["commit 0@1 in round 2"]);
}

#[test]
fn what_is_of_an_assignment_that_is_over_is_never_committed() {
    let mut scene = Scene::new();
    scene.write(0, 0);
    scene.write(1, 0);
    // The source has given it up, and the pipeline has not heard of that.
    scene.ties.mandate.end(&[0]);
    scene.interval_passes();
    assert_eq!(scene.calls(), ["abort"]);
    scene.says(Outcome::Aborted);
    assert_eq!(scene.settled(), ["0/0 Dropped"]);
    scene.write(0, 1);
    assert_eq!(scene.settled(), ["0/1 Dropped"]);
    scene.interval_passes();
    assert_eq!(scene.calls(), ["commit 1@1 in round 1"]);
    scene.delivery.give_up(&[1]);
    assert!(scene.calls().is_empty(), "its end is asked for already, in that member's name");
    scene.says(Outcome::Committed);
    assert_eq!(scene.settled(), ["1/0 Finished"]);
}

#[test]
fn an_end_that_is_not_known_is_made_known_by_a_new_producer_and_the_groups_offsets() {
    let mut scene = Scene::new();
    (0..3).for_each(|offset| scene.write(0, offset));
    scene.write(1, 0);
    scene.interval_passes();
    scene.write(0, 3);
    scene.says(Outcome::Unsure("no answer".to_owned()));
    assert_eq!((scene.fakes.0.borrow().len(), scene.calls()), (2, vec!["start 2".to_owned()]));
    assert!(scene.settled().is_empty());
    let at: [(Partition, i64); 2] = [((0, 0), 3), ((0, 1), 1)];
    scene.says(Outcome::Started(BTreeMap::from(at)));
    assert_eq!(scene.settled(), ["0/0 Finished", "0/1 Finished", "0/2 Finished", "1/0 Finished"]);
    scene.pause_is_over();
    assert_eq!(scene.sent(), ["0/3"]);
    // The next one has not come through.
    scene.interval_passes();
    scene.says(Outcome::Unsure("no answer".to_owned()));
    scene.says(Outcome::Started(BTreeMap::from(at)));
    scene.pause_is_over();
    assert_eq!((scene.sent(), scene.settled()), (vec!["0/3".to_owned()], vec![]));
}

#[test]
fn a_call_that_never_returns_is_given_up_with_its_producer() {
    let mut scene = Scene::new();
    scene.write(0, 0);
    scene.interval_passes();
    scene.producer().0.has_sent_positions.set(true);
    scene.clock.sleep(TIMEOUT);
    scene.delivery.tend();
    assert_eq!(scene.fakes.0.borrow().len(), 1, "its outputs may take so long");
    for made in 2..4 {
        scene.clock.sleep(3 * TIMEOUT);
        scene.delivery.tend();
        assert_eq!((scene.fakes.0.borrow().len(), scene.calls()), (made, vec!["start 1".to_owned()]));
    }
}

#[test]
fn positions_that_nobody_takes_are_given_up_soon_with_their_producer() {
    let mut scene = Scene::new();
    scene.write(0, 0);
    scene.interval_passes();
    scene.clock.sleep(Duration::from_secs(10));
    scene.delivery.tend();
    assert_eq!((scene.fakes.0.borrow().len(), scene.calls()), (2, vec!["start 1".to_owned()]));
}

#[test]
fn transactions_that_can_not_begin_are_tried_again_and_told_of() {
    let log = Log::default();
    let mut scene = Scene::new();
    scene.write(0, 0);
    scene.interval_passes();
    scene.says(Outcome::Unsure("no answer".to_owned()));
    scene.calls();
    scene.clock.sleep(REPEAT);
    log.keep(|| scene.says(Outcome::NotStarted { why: "no rights".to_owned(), again: false }));
    assert!(log.text().contains("transactions of app-host-0 can't begin (no rights): outputs wait"), "{}", log.text());
    scene.clock.sleep(RETRY);
    scene.delivery.tend();
    assert_eq!((scene.fakes.0.borrow().len(), scene.calls()), (3, vec!["start 1".to_owned()]));
}

#[test]
fn transactions_are_counted_as_commits_that_are_done_or_failed() {
    let mut scene = Scene::new();
    let commits = |scene: &Scene| scene.ties.telemetry.source.commits();
    scene.write(0, 0);
    scene.interval_passes();
    assert_eq!(commits(&scene), (0, 0));
    scene.says(Outcome::Committed);
    assert_eq!(commits(&scene), (0, 1));
    scene.write(0, 1);
    scene.interval_passes();
    scene.says(Outcome::Unsure("no answer".to_owned()));
    assert_eq!(commits(&scene), (1, 1));
}

#[test]
fn a_producer_that_never_began_takes_up_new_certificates() {
    let mut scene = Scene::new();
    scene.write(0, 0);
    scene.interval_passes();
    scene.says(Outcome::Unsure("no answer".to_owned()));
    let refused = |scene: &mut Scene| {
        scene.calls();
        scene.says(Outcome::NotStarted { why: "not trusted".to_owned(), again: true });
        scene.clock.sleep(RETRY);
        scene.delivery.tend();
        (scene.fakes.0.borrow().len(), scene.calls())
    };
    assert_eq!(refused(&mut scene), (2, vec!["start 1".to_owned()]), "the same begins again");
    scene.producer().0.is_out_of_date.set(true);
    assert_eq!(refused(&mut scene), (3, vec!["start 1".to_owned()]), "another takes over");
}

#[test]
fn producers_that_are_refused_for_good_come_ever_more_seldom_until_one_begins() {
    let mut scene = Scene::new();
    let seconds_to_the_next = |scene: &mut Scene| {
        scene.says(Outcome::NotStarted { why: "no rights".to_owned(), again: false });
        let made = scene.fakes.0.borrow().len();
        let seconds = (1..60).find(|_| {
            scene.clock.sleep(RETRY);
            scene.delivery.tend();
            scene.fakes.0.borrow().len() > made
        });
        scene.calls();
        seconds
    };
    scene.write(0, 0);
    scene.interval_passes();
    scene.says(Outcome::Unsure("no answer".to_owned()));
    scene.calls();
    let pauses: Vec<_> = (0..6).map(|_| seconds_to_the_next(&mut scene)).collect();
    assert_eq!(pauses, [1, 2, 4, 8, 10, 10].map(Some));
    scene.says(Outcome::Started(BTreeMap::new()));
    scene.says(Outcome::Unsure("no answer".to_owned()));
    scene.calls();
    assert_eq!(seconds_to_the_next(&mut scene), Some(1));
}

#[test]
fn whoever_is_fenced_begins_again_and_ends_when_that_happens_twice() {
    let log = Log::default();
    let mut scene = Scene::new();
    scene.write(0, 0);
    scene.interval_passes();
    scene.says(Outcome::Fenced("an older epoch".to_owned()));
    assert_eq!(scene.calls(), ["start 1"]);
    scene.says(Outcome::Started(BTreeMap::new()));
    scene.interval_passes();
    assert!(!scene.ties.stop.failed());
    // It asks for the end in the time of a stop: that was asked for before here.
    scene.ties.stop.request();
    log.keep(|| scene.says(Outcome::Fenced("an older epoch".to_owned())));
    assert!(scene.ties.stop.failed());
    assert!(log.text().contains("give each instance a kafka.instance of its own"), "{}", log.text());
    scene.write(0, 1);
    assert_eq!(scene.settled(), ["0/0 Dropped", "0/1 Dropped"]);
}

#[test]
fn an_output_that_is_refused_alone_fails_and_the_others_are_committed() {
    let mut scene = Scene::new();
    (0..2).for_each(|offset| scene.write(0, offset));
    scene.refuses(&[0, 1], RDKafkaErrorCode::InvalidRecord);
    assert!(scene.delivery.tend().is_empty(), "either may be to blame");
    assert_eq!(scene.calls(), ["abort"]);
    scene.sent();
    scene.says(Outcome::Aborted);
    assert_eq!((scene.sent(), scene.calls()), (vec!["0/0".to_owned()], vec!["commit 0@1 in round 1".to_owned()]));
    scene.says(Outcome::Committed);
    assert_eq!(scene.sent(), ["0/1"]);
    scene.refuses(&[1], RDKafkaErrorCode::InvalidRecord);
    let refused = scene.delivery.tend();
    assert_eq!(refused.iter().map(|refused| refused.place.as_str()).collect::<Vec<_>>(), ["data/0/1"]);
    scene.delivery.settle_refused(refused[0].ticket, Fate::Failed);
    scene.says(Outcome::Aborted);
    scene.calls();
    scene.interval_passes();
    assert_eq!((scene.calls(), scene.sent()), (vec!["commit 0@2 in round 1".to_owned()], vec![]));
    scene.says(Outcome::Committed);
    assert_eq!(scene.settled(), ["0/0 Finished", "0/1 Failed"]);
}

#[test]
fn what_outputs_were_refused_for_is_no_reason_to_pause_once_it_is_known() {
    let (mut scene, log) = (Scene::new(), Log::default());
    (0..2).for_each(|offset| scene.write(0, offset));
    scene.interval_passes();
    scene.refuses(&[0, 1], RDKafkaErrorCode::InvalidRecord);
    scene.delivery.tend();
    scene.sent();
    log.keep(|| scene.says(refusal(Of::Outputs)));
    scene.says(Outcome::Aborted);
    assert_eq!((scene.sent(), log.text().as_str()), (vec!["0/0".to_owned()], ""));
}

#[test]
fn a_flush_ends_with_the_last_commit() {
    let mut scene = Scene::new();
    assert!(scene.delivery.flush(Duration::ZERO));
    scene.write(0, 0);
    assert!(!scene.delivery.flush(Duration::from_millis(5)));
    assert_eq!(scene.calls(), ["commit 0@1 in round 1"]);
    scene.producer().0.outcome.replace(Some(Outcome::Committed));
    assert!(scene.delivery.flush(Duration::from_millis(5)));
}
