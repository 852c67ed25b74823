use proptest::prelude::*;

use super::*;

fn queued(rows: usize) -> Queued {
    Queued { rows, full_of_bytes: false, waited: Duration::ZERO }
}

#[test]
fn a_free_worker_takes_what_has_queued_without_waiting_for_company() {
    let mut sizer = BatchSizer::new(Batch::Auto);
    for _ in 0..10 {
        sizer.measured(sizer.rows, Duration::from_millis(1));
    }
    assert_eq!(sizer.size_now(queued(3), 0), 3);
    assert_eq!(sizer.size_now(queued(5000), 0), MAX_ROWS);
    assert_eq!(sizer.size_now(queued(0), 0), 0);
}

#[test]
fn a_busy_worker_gets_a_second_batch_only_when_it_is_full() {
    let mut sizer = BatchSizer::new(Batch::Auto);
    sizer.measured(1, Duration::from_millis(1));
    sizer.measured(2, Duration::from_millis(1));
    assert_eq!(sizer.size_now(queued(3), 1), 0);
    assert_eq!(sizer.size_now(queued(4), 1), 4);
    assert_eq!(sizer.size_now(Queued { full_of_bytes: true, ..queued(2) }, 1), 2);
}

#[test]
fn a_generation_starts_with_one_two_four_rows() {
    let mut sizer = BatchSizer::new(Batch::Auto);
    let mut taken = vec![];
    for _ in 0..4 {
        taken.push(sizer.size_now(queued(100), 0));
        sizer.measured(taken[taken.len() - 1], Duration::from_micros(100));
    }
    assert_eq!(taken, [1, 2, 4, 8]);
}

#[test]
fn a_slow_model_gets_batches_of_about_250_ms() {
    let mut sizer = BatchSizer::new(Batch::Auto);
    for _ in 0..20 {
        let rows = sizer.size_now(queued(2000), 0);
        sizer.measured(rows, Duration::from_millis(10) * u32::try_from(rows).expect("small"));
    }
    assert!((12..=25).contains(&sizer.rows), "{}", sizer.rows);
}

#[test]
fn one_slow_first_call_does_not_keep_batches_small() {
    let mut sizer = BatchSizer::new(Batch::Auto);
    sizer.measured(1, Duration::from_secs(2));
    for _ in 0..10 {
        sizer.measured(sizer.rows, Duration::from_millis(1));
    }
    assert_eq!(sizer.rows, MAX_ROWS);
}

#[test]
fn a_fixed_batch_waits_for_its_rows_or_its_delay() {
    let max_delay = Duration::from_millis(5);
    let sizer = BatchSizer::new(Batch::Fixed { rows: 10, max_delay });
    assert_eq!(sizer.size_now(queued(9), 0), 0);
    assert_eq!(sizer.size_now(queued(11), 1), 10);
    assert_eq!(sizer.size_now(Queued { waited: max_delay, ..queued(9) }, 0), 9);
    assert_eq!(
        sizer.deadline(Queued { waited: Duration::from_millis(2), ..queued(9) }),
        Some(Duration::from_millis(3))
    );
    assert_eq!(sizer.deadline(queued(0)), None);
}

proptest! {
    #[test]
    fn whatever_is_measured_a_free_worker_is_given_something_and_never_too_much(
        times in prop::collection::vec((0_usize..2000, 0_u64..5_000_000_000), 0..50),
        rows in 1_usize..5000,
    ) {
        let mut sizer = BatchSizer::new(Batch::Auto);
        for (rows, nanoseconds) in times {
            sizer.measured(rows, Duration::from_nanos(nanoseconds));
        }
        let taken = sizer.size_now(queued(rows), 0);
        prop_assert!((1..=MAX_ROWS.min(rows)).contains(&taken));
    }
}
