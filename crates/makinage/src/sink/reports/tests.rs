//! Reports come in, and what they wake.

use crossbeam_channel::Receiver;
use rdkafka::{Timestamp, error::RDKafkaErrorCode};

use super::*;

fn ticket(number: usize) -> Ticket {
    Ticket::from_opaque(number)
}

fn refused(number: usize) -> Undelivered {
    let message = OwnedMessage::new(None, None, "outputs".into(), Timestamp::NotAvailable, 3, 0, None);
    let error = KafkaError::MessageProduction(RDKafkaErrorCode::InvalidRecord);
    Undelivered { error, message, ticket: ticket(number) }
}

/// Reports, where they settle, and what they ring.
fn reports() -> (Reports, Arc<Acks>, Receiver<()>) {
    let (acks, (bell, rings)) = (Arc::default(), Bell::new());
    (Reports::new(&acks, Fate::Finished, &bell), acks, rings)
}

fn has_rung(rings: &Receiver<()>) -> bool {
    rings.try_recv().is_ok()
}

#[test]
fn an_output_that_is_acknowledged_settles_its_event_and_one_that_is_not_is_handed_back_once() {
    let (reports, acks, _rings) = reports();
    reports.delivered(ticket(1), 3);
    assert!(!reports.has_news());
    reports.not_delivered(refused(2));
    let mut settled = vec![];
    acks.collect(&mut settled);
    assert_eq!(settled, [(ticket(1), Fate::Finished)]);
    assert!(reports.has_news());
    let handed_back: Vec<Ticket> = reports.take_undelivered().into_iter().map(|one| one.ticket).collect();
    assert_eq!(handed_back, [ticket(2)]);
    assert!(!reports.has_news() && reports.take_undelivered().is_empty());
    assert_eq!((reports.reported(3), reports.reported(0)), (2, 0));
}

#[test]
fn what_is_not_taken_and_a_producer_that_gives_up_wake_at_once_and_what_is_taken_does_not() {
    let (reports, _acks, rings) = reports();
    reports.delivered(ticket(1), 0);
    assert!(!has_rung(&rings));
    reports.not_delivered(refused(2));
    assert!(has_rung(&rings));
    assert!(!reports.has_given_up());
    reports.give_up();
    assert!(has_rung(&rings) && reports.has_news() && reports.has_given_up());
}

#[test]
fn the_report_that_is_expected_of_a_partition_wakes_and_so_does_one_that_has_come() {
    let (reports, _acks, rings) = reports();
    reports.ring_at(3, 2);
    reports.delivered(ticket(1), 3);
    reports.delivered(ticket(2), 4);
    assert!(!has_rung(&rings));
    reports.delivered(ticket(3), 3);
    assert!(has_rung(&rings));
    reports.ring_at(3, 2);
    assert!(has_rung(&rings));
}
