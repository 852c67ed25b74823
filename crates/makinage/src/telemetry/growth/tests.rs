use super::*;

/// The minutes at which it is told that a worker has grown that uses so many MB in each minute; with what it says.
fn told(minutes: u64, used: impl Fn(u64) -> u64) -> Vec<(u64, u64, u64)> {
    let (mut growth, start) = (Growth::default(), Instant::now());
    let worker = WorkerSeen { generation: 1, slot: 2, pid: Some(7), state: "serving", batches: 0, silent_ms: None };
    let mut told = vec![];
    for second in (0..minutes * 60).step_by(10) {
        let now = start + Duration::from_secs(second);
        let grown = growth.look(std::slice::from_ref(&worker), now, |_| Some(used(second / 60) * 1_000_000));
        told.extend(grown.iter().map(|grown| (second / 60, grown.before / 1_000_000, grown.now / 1_000_000)));
    }
    told
}

#[test]
fn a_leak_is_told_once_and_what_grows_at_first_or_by_little_is_not() {
    assert_eq!(told(120, |minute| 100 + 20 * minute), [(15, 100, 400)], "20 MB a minute");
    assert_eq!(told(120, |minute| if minute < 5 { 300 } else { 550 }), [], "250 MB are no growth");
    assert_eq!(told(600, |minute| 1000 + 20 * minute), [], "300 MB of 1,000 in a quarter of an hour");
    assert_eq!(told(120, |minute| if minute < 60 { 100 } else { 900 }), [(60, 100, 900)], "at once");
    assert_eq!(told(120, |_| 2000), []);
}

#[test]
fn another_process_is_looked_at_anew_and_one_that_drains_is_not() {
    let (mut growth, start) = (Growth::default(), Instant::now());
    let worker = |pid, state| WorkerSeen { generation: 1, slot: 0, pid, state, batches: 0, silent_ms: None };
    let mut grown = |minute: u64, worker: WorkerSeen, used: Option<u64>| {
        growth.look(&[worker], start + Duration::from_secs(60 * minute), |_| used).len()
    };
    assert_eq!(grown(0, worker(Some(7), "serving"), Some(1)), 0);
    assert_eq!(grown(20, worker(Some(8), "serving"), Some(1 << 30)), 0);
    assert_eq!(grown(21, worker(Some(7), "serving"), Some(1 << 30)), 0, "it is another one of that number");
    assert_eq!(grown(40, worker(Some(7), "draining"), Some(1 << 32)), 0);
    assert_eq!(grown(41, worker(None, "serving"), Some(1 << 32)), 0);
    assert_eq!(grown(42, worker(Some(7), "serving"), None), 0);
    assert_eq!(grown(50, worker(Some(7), "serving"), Some(1)), 0);
    assert_eq!(grown(65, worker(Some(7), "serving"), Some(1 << 30)), 1);
}
