//! Reports come, and are waited for on a clock that the test holds.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rdkafka::Timestamp;

use super::*;
use crate::clock::{SystemClock, testing::Hand};

const SECOND: Duration = Duration::from_secs(1);

fn ticket(number: usize) -> Ticket {
    Ticket::from_opaque(number)
}

fn refused(number: usize) -> Undelivered {
    let message = OwnedMessage::new(None, None, "outputs".into(), Timestamp::NotAvailable, 0, 0, None);
    let error = KafkaError::MessageProduction(RDKafkaErrorCode::InvalidRecord);
    Undelivered { error, message, ticket: ticket(number) }
}

/// Reports, and where they settle.
fn reports() -> (Reports, Arc<Acks>) {
    let acks = Arc::default();
    (Reports::new(&acks), acks)
}

/// Whether the report has come, and how long it was waited for.
fn wait(reports: &Reports) -> (bool, Duration) {
    let clock = Hand::default();
    let start = clock.now();
    (reports.wait(&clock, start + SECOND), clock.now() - start)
}

#[test]
fn an_output_that_is_acknowledged_settles_its_event_and_one_that_is_not_is_handed_back_once() {
    let (reports, acks) = reports();
    reports.delivered(ticket(1));
    reports.not_delivered(refused(2));
    let mut settled = vec![];
    acks.collect(&mut settled);
    assert_eq!(settled, [(ticket(1), Fate::Finished)]);
    assert!(!reports.is_empty());
    let handed_back: Vec<Ticket> = reports.take_undelivered().into_iter().map(|one| one.ticket).collect();
    assert_eq!(handed_back, [ticket(2)]);
    assert!(reports.is_empty() && reports.take_undelivered().is_empty());
}

#[test]
fn where_no_report_is_expected_none_is_waited_for() {
    let (reports, _acks) = reports();
    assert_eq!(wait(&reports), (true, Duration::ZERO));
    reports.expect(Some(ticket(1)));
    assert_eq!(wait(&reports), (false, SECOND), "it is out");
    reports.expect(None);
    assert_eq!(wait(&reports), (true, Duration::ZERO));
}

#[test]
fn the_expected_report_ends_the_wait_good_or_bad_and_no_other_does() {
    let (reports, _acks) = reports();
    reports.expect(Some(ticket(1)));
    reports.delivered(ticket(2));
    reports.not_delivered(refused(3));
    assert_eq!(wait(&reports), (false, SECOND));
    reports.delivered(ticket(1));
    assert_eq!(wait(&reports), (true, Duration::ZERO));
    reports.expect(Some(ticket(3)));
    reports.not_delivered(refused(3));
    assert_eq!(wait(&reports), (true, Duration::ZERO));
}

#[test]
fn a_producer_that_gives_up_is_waited_for_no_longer() {
    let (reports, _acks) = reports();
    reports.expect(Some(ticket(1)));
    assert!(!reports.has_given_up());
    reports.give_up();
    assert!(reports.has_given_up());
    assert_eq!(wait(&reports), (true, Duration::ZERO));
}

/// The machine's time; says, under the lock, that the wait begins.
struct Begins(mpsc::Sender<()>);

impl Clock for Begins {
    fn now(&self) -> Instant {
        SystemClock.now()
    }

    fn sleep(&self, time: Duration) {
        SystemClock.sleep(time);
    }

    fn wait<T>(&self, shared: &Shared<T>, timeout: Duration, enough: impl Fn(&T) -> bool) {
        SystemClock.wait(shared, timeout, |state| {
            // Nobody listens at the second look.
            let _ = self.0.send(());
            enough(state)
        });
    }
}

#[test]
fn whoever_waits_already_is_woken_by_the_report_and_by_the_end() {
    for end in [Reports::give_up, |reports: &Reports| reports.delivered(ticket(1))] {
        let (reports, _acks) = reports();
        reports.expect(Some(ticket(1)));
        let (begins, begun) = mpsc::channel();
        let until = Instant::now() + 10 * SECOND;
        thread::scope(|scope| {
            let waiting = scope.spawn(|| reports.wait(&Begins(begins), until));
            begun.recv().expect("it waits");
            end(&reports);
            assert!(waiting.join().expect("it ends"));
        });
        assert!(Instant::now() < until, "nobody woke it");
    }
}

#[test]
fn a_refusal_is_a_records_own_where_producing_it_again_cannot_mend_it() {
    use RDKafkaErrorCode as Code;
    let advice = |code| is_records_own(&KafkaError::MessageProduction(code));
    for (code, names) in [
        (Code::MessageSizeTooLarge, "max.message.bytes"),
        (Code::InvalidMessage, "compacted"),
        (Code::InvalidRecord, "compacted"),
        (Code::PolicyViolation, "policy"),
    ] {
        assert!(advice(code).is_some_and(|advice| advice.contains(names)), "{code:?}");
    }
    for code in [
        Code::MessageTimedOut,
        Code::InvalidTimestamp,
        Code::NotEnoughReplicas,
        Code::TopicAuthorizationFailed,
        Code::PurgeQueue,
        Code::Fatal,
    ] {
        assert_eq!(advice(code), None, "{code:?}");
    }
    assert_eq!(is_records_own(&KafkaError::ClientCreation("no thread".into())), None);
}
