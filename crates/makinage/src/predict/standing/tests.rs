use super::*;
use crate::event::{Place, Ticket};

fn event(offset: i64) -> Event {
    Event::new(Ticket::from_opaque(0), Place { source: 0, partition: 0, offset }, None, Some(b"1"))
}

/// An event that stands alone and has had its deaths.
fn accused(offset: i64) -> Job {
    let alone = || Job::new(offset.unsigned_abs(), Arc::new(vec![event(offset)]));
    let job = alone().after_death().after_death();
    assert!(job.is_accused());
    job
}

fn last(cause: &str) -> Arc<LastDeath> {
    Arc::new(LastDeath { cause: cause.to_owned(), step: "predict" })
}

fn guilty(judged: &Judged) -> Vec<u64> {
    judged.guilty.iter().map(|accused| accused.job.flight).collect()
}

fn again(judged: &Judged) -> Vec<u64> {
    judged.again.iter().map(|job| job.flight).collect()
}

fn seconds(start: Instant, seconds: u64) -> Instant {
    start + Duration::from_secs(seconds)
}

#[test]
fn an_event_is_guilty_once_what_was_asked_after_its_last_death_is_answered() {
    let (mut standing, now) = (Standing::default(), Instant::now());
    standing.scored(&event(1));
    assert!(standing.next_probe().is_none(), "nobody is accused");
    assert!(standing.died(false, now));
    standing.accuse(accused(5), last("signal 11"), 8, now);
    let judged = standing.proven(7);
    assert!(judged.guilty.is_empty() && judged.again.is_empty(), "that was asked before");
    let probe = standing.next_probe().expect("what scored before is asked again");
    assert!(probe.is_probe() && probe.events()[0].offset == 1);
    standing.probing();
    assert!(standing.next_probe().is_none(), "one at a time");
    assert_eq!(guilty(&standing.proven(8)), [5]);
    assert!(!standing.has_accused() && !standing.is_unwell());
}

#[test]
fn where_the_probe_kills_too_nobody_is_blamed_until_one_is_answered_and_who_was_accused_is_asked_again() {
    let (mut standing, now) = (Standing::default(), Instant::now());
    standing.scored(&event(1));
    standing.accuse(accused(5), last("signal 9"), 8, now);
    standing.probing();
    standing.probe_is_gone();
    assert!(!standing.died(true, now) && standing.is_unwell());
    assert!(standing.next_probe().is_some(), "again and again");
    assert!(!standing.died(false, now), "another's death says nothing of its event");
    standing.probing();
    let judged = standing.proven(9);
    assert_eq!((guilty(&judged), again(&judged)), (vec![], vec![5]));
    assert!(!judged.again[0].is_suspect() && judged.is_forgiven);
    assert!(!standing.is_unwell() && standing.died(false, now));
}

#[test]
fn what_may_be_to_blame_is_asked_again_only_once_a_worker_has_shown_that_it_can_score() {
    let (mut standing, now) = (Standing::default(), Instant::now());
    assert!(standing.died(false, now) && !standing.may_ask_suspects());
    standing.replaced();
    assert!(standing.may_ask_suspects(), "nothing has scored yet: that it has loaded must do");
    standing.scored(&event(1));
    assert!(standing.died(false, now));
    standing.replaced();
    assert!(!standing.may_ask_suspects() && standing.next_probe().is_some());
    standing.proven(9);
    assert!(standing.may_ask_suspects() && standing.next_probe().is_none());
}

#[test]
fn another_events_death_is_no_sign_where_one_that_scored_can_be_asked() {
    let (mut standing, now) = (Standing::default(), Instant::now());
    standing.scored(&event(1));
    standing.accuse(accused(5), last("signal 11"), 8, now);
    assert!(standing.died(false, now) && !standing.is_unwell());
    standing.accuse(accused(6), last("signal 11"), 9, now);
    assert_eq!(guilty(&standing.proven(8)), [5]);
    assert_eq!(guilty(&standing.proven(9)), [6]);
}

#[test]
fn before_anything_has_scored_anothers_death_acquits_and_anothers_answer_convicts() {
    let (mut standing, now) = (Standing::default(), Instant::now());
    standing.accuse(accused(5), last("signal 11"), 8, now);
    assert!(standing.next_probe().is_none());
    assert!(!standing.died(false, now) && standing.is_unwell());
    assert_eq!(again(&standing.proven(9)), [5]);
    standing.accuse(accused(5), last("signal 11"), 10, now);
    assert_eq!(guilty(&standing.proven(11)), [5]);
}

#[test]
fn an_event_without_others_is_judged_after_a_while_where_the_model_loads() {
    let (mut standing, now) = (Standing::default(), Instant::now());
    assert!(standing.died(false, now));
    standing.accuse(accused(5), last("signal 11"), 8, now);
    assert!(standing.alone(seconds(now, 60)).is_empty(), "its worker isn't back");
    standing.replaced();
    assert!(standing.alone(seconds(now, 4)).is_empty(), "others may come");
    assert_eq!(standing.alone(seconds(now, 5)).len(), 1);
    standing.accuse(accused(6), last("signal 11"), 9, now);
    assert_eq!(standing.alone(seconds(now, 5)).len(), 1, "it had its deaths before it was read again");
}

#[test]
fn where_nothing_more_comes_deaths_alone_decide() {
    let (mut standing, now) = (Standing::default(), Instant::now());
    standing.finish();
    assert!(standing.died(false, now) && standing.died(false, now) && standing.may_ask_suspects());
    standing.accuse(accused(5), last("signal 11"), 8, now);
    assert!(standing.next_probe().is_none() && !standing.is_unwell());
    assert_eq!(standing.alone(now).len(), 1);
}

#[test]
fn a_probe_that_kills_again_and_again_is_given_up_for_others() {
    let (mut standing, now) = (Standing::default(), Instant::now());
    standing.scored(&event(1));
    for _ in 0..2 {
        standing.probing();
        standing.probe_is_gone();
        assert!(!standing.died(true, now) && standing.next_probe().is_some());
    }
    assert!(!standing.died(true, now) && standing.next_probe().is_none());
    assert!(standing.is_unwell() && !standing.wants_new(1), "one after the other of those that wait");
    assert!(!standing.died(false, now) && standing.wants_new(1));
}

#[test]
fn what_is_accused_when_its_generation_ends_is_asked_of_the_next() {
    let (mut standing, now) = (Standing::default(), Instant::now());
    standing.accuse(accused(5), last("signal 11"), 8, now);
    let jobs = standing.disband();
    assert!(jobs.len() == 1 && !jobs[0].is_accused() && !standing.has_accused());
}
