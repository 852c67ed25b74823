//! Reading that is paused by hand, whatever happens meanwhile.

use super::*;
use crate::source::pause::Asked;

impl Case {
    fn paused(&self) {
        let asked = Asked { by: "127.0.0.1:9".into(), at: self.clock.now(), since: "2026-11-30T00:00:00Z".into() };
        assert!(self.pause.ask(asked));
    }

    fn is_heeded(&self) -> bool {
        self.pause.is_heeded_within(Duration::ZERO)
    }
}

#[test]
fn what_was_read_is_finished_and_committed_and_nothing_more_is_read_until_it_ends() {
    let (mut case, log) = (Case::new(Some(3)), Log::default());
    case.assigned();
    case.fake.0.borrow_mut().records.extend(3..9);
    case.source.step();
    let open = case.taken();
    case.fake.calls();
    case.paused();
    assert!(!case.is_heeded());
    log.keep(|| case.source.step());
    assert!(case.is_heeded() && case.taken().is_empty());
    for ticket in &open {
        case.acks.settle(*ticket, Fate::Finished);
    }
    log.keep(|| {
        for _ in 0..601 {
            case.clock.sleep(Duration::from_secs(1));
            case.source.step();
        }
    });
    assert!(case.taken().is_empty() && case.is_heeded());
    assert_eq!(case.fake.calls(), ["pause", "store 5"]);
    assert_eq!(log.count("reading is paused by hand, as 127.0.0.1:9 asked for "), 3, "{}", log.text());
    assert!(case.pause.end().is_some());
    log.keep(|| case.source.step());
    assert_eq!((case.fake.calls(), case.taken().len()), (vec!["resume [(0, 0)]".to_owned()], 2));
    assert!(case.is_heeded() && log.count("reading goes on") == 1);
    assert_eq!(case.source.assignment.telemetry.source.pauses(), 0, "it was not for want of room");
}

#[test]
fn what_the_group_gives_meanwhile_is_paused_before_anything_of_it_comes() {
    let mut case = Case::new(Some(3));
    case.paused();
    case.source.step();
    assert!(case.is_heeded(), "there is nothing that could be read");
    case.fake.calls();
    case.fake.0.borrow_mut().records.extend(3..9);
    case.assigned();
    assert_eq!(case.fake.calls(), ["assign [Some(3)]", "pause"]);
    case.source.step();
    assert!(case.taken().is_empty());
    // Before the source has looked at what it was given.
    case.revoked();
    case.assigned();
    case.pause.end();
    case.fake.calls();
    case.source.step();
    assert_eq!((case.fake.calls(), case.taken().len()), (vec!["resume [(0, 0)]".to_owned()], 2));
}

#[test]
fn it_is_heeded_before_the_group_is_joined_and_a_stop_takes_no_notice_of_it() {
    let mut case = Case::new(Some(3));
    case.paused();
    case.source.prepare();
    assert!(case.is_heeded() && case.source.join());
    case.assigned();
    case.source.step();
    let Case { source, clock, intake, .. } = case;
    let before = clock.now();
    assert!(source.leave(Duration::from_secs(25)));
    assert!(clock.now() - before <= POLL && matches!(intake.try_recv(), Ok(Intake::Stop)));
}

#[test]
fn a_client_that_does_not_pause_is_asked_again_and_nobody_is_told_that_it_has() {
    let mut case = Case::new(Some(3));
    case.assigned();
    case.fake.0.borrow_mut().failures = 1;
    case.paused();
    case.source.step();
    assert!(!case.is_heeded());
    case.clock.sleep(POLL);
    case.source.step();
    assert!(case.is_heeded());
    case.fake.0.borrow_mut().failures = 1;
    case.pause.end();
    case.source.step();
    assert!(!case.is_heeded() && case.fake.0.borrow().paused);
    case.clock.sleep(POLL);
    case.source.step();
    assert!(case.is_heeded() && !case.fake.0.borrow().paused);
}

#[test]
fn what_was_paused_for_want_of_room_is_paused_after_it_until_it_has_room() {
    let mut case = Case::new(Some(3));
    case.assigned();
    case.fake.0.borrow_mut().records.extend(3..20);
    let mut open = vec![];
    while !case.fake.0.borrow().paused {
        case.source.step();
        open.extend(case.taken());
        case.clock.sleep(POLL);
    }
    assert_eq!(case.source.assignment.telemetry.source.pauses(), 1);
    case.paused();
    case.source.step();
    case.pause.end();
    case.source.step();
    assert!(case.is_heeded() && case.fake.0.borrow().paused, "it has no room");
    for ticket in &open {
        case.acks.settle(*ticket, Fate::Finished);
    }
    case.clock.sleep(POLL);
    case.source.step();
    assert!(!case.fake.0.borrow().paused);
}

#[test]
fn where_a_partition_ends_is_asked_while_it_is_paused_for_want_of_room() {
    let mut case = Case::new(Some(3));
    case.assigned();
    case.fake.0.borrow_mut().records.extend(3..20);
    let ended = |case: &Case| case.source.assignment.telemetry.source.group().partitions[0].end;
    while !case.fake.0.borrow().paused {
        case.source.step();
        case.clock.sleep(POLL);
    }
    case.source.step();
    assert_eq!(ended(&case), None, "the client said nothing, and most pauses are short");
    for _ in 0..4 {
        case.clock.sleep(Duration::from_secs(1));
        case.source.step();
    }
    assert_eq!(ended(&case), Some(9));
}
