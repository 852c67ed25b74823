//! What is read, and how far that lags.

use super::*;

fn seen() -> PartitionSeen {
    PartitionSeen {
        topic: "data".into(),
        partition: 0,
        start: None,
        position: Some(7),
        first_open: None,
        open: 0,
        held_bytes: 0,
        held_seconds: 0.0,
        first_open_time: None,
        paused: false,
        end: None,
    }
}

#[test]
fn lag_counts_from_the_first_event_that_has_not_finished_to_the_end() {
    assert_eq!(seen().lag(), None, "the end isn't known");
    assert_eq!(PartitionSeen { end: Some(10), ..seen() }.lag(), Some(3));
    let idle = PartitionSeen { start: Some(8), position: None, end: Some(10), ..seen() };
    assert_eq!(idle.lag(), Some(2), "nothing has finished since it was assigned");
    let open = PartitionSeen { first_open: Some(5), first_open_time: Some(1_000), end: Some(10), ..seen() };
    assert_eq!((open.lag(), open.lag_seconds(3_500), open.lag_seconds(500)), (Some(5), Some(2.5), Some(0.0)));
    assert_eq!(seen().lag_seconds(3_500), None);
}

#[test]
fn each_acknowledged_event_that_has_a_time_is_observed_once() {
    let telemetry = SourceTelemetry::default();
    telemetry.acknowledged([1_000, 1_000, -1, 3_000, 1_000].into_iter(), 5_000);
    telemetry.acknowledged([].into_iter(), 5_000);
    let seen = telemetry.latency.snapshot();
    assert_eq!((seen.count(), seen.sum), (4, 14.0));
}

#[test]
fn ends_are_those_that_brokers_told_last_and_never_before_what_has_finished() {
    let telemetry = SourceTelemetry::default();
    telemetry.reads(true, vec![seen()]);
    assert_eq!(telemetry.group().partitions[0].end, None);
    telemetry.ends("data", [(0, 20), (1, 3)].into_iter());
    assert_eq!(telemetry.group().partitions[0].end, Some(20));
    telemetry.ends("data", [(0, 3)].into_iter());
    assert_eq!(telemetry.group().partitions[0].end, Some(7));
}

#[test]
fn where_a_partition_ends_that_is_not_read_counts_until_it_is() {
    let telemetry = SourceTelemetry::default();
    telemetry.reads(true, vec![seen()]);
    telemetry.ends_unread("data", 0, 30);
    telemetry.ends("data", [(0, 20)].into_iter());
    assert_eq!(telemetry.group().partitions[0].end, Some(30));
    telemetry.reads_on("data", 0);
    assert_eq!(telemetry.group().partitions[0].end, Some(20));
}

#[test]
fn how_far_a_partition_lags_is_not_known_while_no_broker_answers() {
    let telemetry = SourceTelemetry::default();
    telemetry.ends("data", [(0, 20)].into_iter());
    telemetry.reads(false, vec![seen()]);
    assert_eq!(telemetry.group().partitions[0].lag(), None);
    telemetry.reads(true, vec![seen()]);
    assert_eq!(telemetry.group().partitions[0].lag(), Some(13));
}
