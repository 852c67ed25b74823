use std::time::{Duration, Instant};

use super::{Flow, Traffic};

fn traffic(bytes: u64, disconnects: u64) -> Traffic {
    Traffic { bytes, disconnects }
}

#[test]
fn as_long_as_bytes_flow_there_is_no_hurry() {
    let start = Instant::now();
    let mut flow = Flow::new(traffic(1_000, 2), start);
    for minute in 1..60 {
        let now = start + Duration::from_secs(59 * minute);
        assert_eq!(flow.observe(traffic(1_000 + minute, 2), now), None);
    }
    assert_eq!(flow.sent(), 59);
}

#[test]
fn a_stall_ends_it() {
    let start = Instant::now();
    let mut flow = Flow::new(traffic(0, 0), start);
    assert_eq!(flow.observe(traffic(5, 0), start + Duration::from_secs(50)), None);
    assert_eq!(flow.observe(traffic(5, 0), start + Duration::from_secs(109)), None);
    assert!(flow.observe(traffic(5, 0), start + Duration::from_secs(110)).is_some());
}

#[test]
fn a_connection_that_breaks_again_and_again_ends_it() {
    let start = Instant::now();
    let mut flow = Flow::new(traffic(0, 7), start);
    for broken in 1..Flow::DISCONNECTS {
        assert_eq!(flow.observe(traffic(broken * 100, 7 + broken), start), None);
    }
    assert!(flow.observe(traffic(500, 7 + Flow::DISCONNECTS), start).is_some());
}
