//! What is said of partitions that take nothing, and when.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::*;

#[test]
fn a_partition_that_takes_nothing_for_a_minute_is_named_once_until_it_moves() {
    let (mut stalled, start) = (Stalled::default(), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut look = |waiting, taken, now| stalled.look("predict", 3, Progress { waiting, taken }, now);
    assert_eq!(look(5, 10, at(0)), None);
    assert_eq!(look(7, 10, at(59)), None);
    let line = look(9, 10, at(60)).expect("a minute is long");
    assert!(line.starts_with("9 outputs wait for topic predict, partition 3, for 60 s already (no broker "), "{line}");
    assert_eq!(look(9, 10, at(200)), None, "once");
    assert_eq!(look(8, 11, at(210)), None, "it moves");
    assert!(look(8, 11, at(270)).is_some(), "and stands again");
    assert_eq!(look(0, 19, at(280)), None);
    assert_eq!(look(1, 19, at(400)), None, "nothing waited until now");
    assert_eq!(look(1, 19, at(410)), None);
}

#[test]
fn it_says_why_outputs_came_back() {
    let (mut stalled, start) = (Stalled::default(), Instant::now());
    stalled.why(0, &KafkaError::MessageProduction(RDKafkaErrorCode::TopicAuthorizationFailed));
    assert_eq!(stalled.look("predict", 0, Progress { waiting: 1, taken: 0 }, start), None);
    let line = stalled.look("predict", 0, Progress { waiting: 1, taken: 0 }, start + LONG).expect("a line");
    assert!(line.contains("(Message production error: TopicAuthorizationFailed"), "{line}");
}

#[test]
fn partitions_are_looked_at_every_few_seconds() {
    let (mut stalled, start) = (Stalled::default(), Instant::now());
    let due: Vec<u64> = (0..12).filter(|second| stalled.is_due(start + Duration::from_secs(*second))).collect();
    assert_eq!(due, [0, 5, 10]);
}
