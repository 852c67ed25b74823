//! What clients count adds up over those that have gone; what they do now is what those say that are there.

use rdkafka::statistics::Window;

use super::*;

fn statistics(name: &str, client_type: &str, sent: u64, p99: i64) -> Statistics {
    let window = |p99| Some(Window { p99, max: p99, ..Window::default() });
    let broker = Broker {
        txbytes: sent,
        txerrs: 1,
        req_timeouts: 1,
        connects: Some(2),
        rtt: window(p99),
        throttle: window(3),
        ..Broker::default()
    };
    let other = Broker { txbytes: 5, disconnects: Some(1), rtt: window(10), ..Broker::default() };
    let brokers = [("one".to_owned(), broker), ("other".to_owned(), other)].into();
    Statistics {
        name: name.into(),
        client_type: client_type.into(),
        msg_cnt: 4,
        msg_size: 40,
        brokers,
        ..Statistics::default()
    }
}

#[test]
fn counts_grow_also_when_a_client_is_replaced() {
    let (traffic, now) = (Traffic::default(), Instant::now());
    traffic.look(&statistics("p#1", "producer", 100, 9), now);
    traffic.look(&statistics("p#1", "producer", 150, 9), now);
    traffic.look(&statistics("p#2", "producer", 20, 9), now);
    let later = now + GONE;
    traffic.look(&statistics("p#2", "producer", 30, 9), later);
    let (counts, _) = traffic.of(Role::Producer, later);
    let expected = Counts { sent_bytes: 150 + 5 + 30 + 5, errors: 4, connects: 4, disconnects: 2, ..Counts::default() };
    assert_eq!(counts, expected);
    assert_eq!(traffic.of(Role::Consumer, later), Default::default());
}

#[test]
fn what_is_queued_is_that_of_clients_that_are_there_and_times_are_those_of_the_slowest_broker() {
    let (traffic, now) = (Traffic::default(), Instant::now());
    traffic.look(&statistics("p#1", "producer", 1, 9000), now);
    traffic.look(&statistics("p#2", "producer", 1, 7), now + GONE / 2);
    let both = traffic.of(Role::Producer, now + GONE / 2).1;
    let slowest = Duration::from_millis(9);
    assert_eq!(both, Now { queued: 8, queued_bytes: 80, round_trip: slowest, throttled: Duration::from_millis(3) });
    let one = traffic.of(Role::Producer, now + GONE).1;
    assert_eq!((one.queued, one.round_trip), (4, Duration::from_micros(10)));
}
