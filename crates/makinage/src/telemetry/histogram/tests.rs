//! Buckets are those that Prometheus means, and their sums lose nothing.

use proptest::prelude::*;

use super::{BOUNDS, Histogram, Range, index};

fn seen(values: &[f64]) -> super::Snapshot {
    let histogram = Histogram::new(Range::SECONDS);
    for value in values {
        histogram.observe(*value, 1);
    }
    histogram.snapshot()
}

#[test]
fn each_bucket_ends_at_a_power_of_the_eighth_root_of_two() {
    for (step, bound) in BOUNDS.iter().enumerate() {
        let step = i32::try_from(step).expect("a few");
        assert!((*bound - (f64::from(step - 7) / 8.0).exp2()).abs() < 3e-16, "{step}");
        assert_eq!(index(*bound), step - 7);
        assert_eq!(index(bound.next_up()), step - 6);
    }
}

#[test]
fn what_is_no_time_counts_as_nothing_and_what_is_too_long_as_the_longest() {
    let all = seen(&[0.0, -1.0, f64::NAN, 1e-9, f64::INFINITY, 1e300]);
    assert_eq!((all.zero, all.count()), (4, 6));
    assert_eq!(all.buckets, [(12 * 8, 2)]);
}

#[test]
fn a_quantile_is_the_end_of_its_bucket() {
    assert_eq!(seen(&[]).quantile(0.5), None);
    let all = seen(&[0.001, 0.002, 0.004, 1.0]);
    assert_eq!(all.quantile(1.0), Some(1.0));
    let half = all.quantile(0.5).expect("there are some");
    assert!((0.002..0.0022).contains(&half), "{half}");
}

proptest! {
    #[test]
    fn a_value_is_within_the_bounds_of_its_bucket(value in 1e-6f64..4000.0) {
        let bucket = f64::from(index(value));
        prop_assert!(value <= (bucket / 8.0).exp2() * (1.0 + 1e-15));
        prop_assert!(value >= ((bucket - 1.0) / 8.0).exp2() * (1.0 - 1e-15));
    }

    #[test]
    fn coarser_buckets_have_all_that_is_not_above_them(values in prop::collection::vec(1e-7f64..1e4, 0..50)) {
        let (all, mut below) = (seen(&values), 0);
        prop_assert_eq!(all.count(), values.len() as u64);
        for (bound, count) in all.by_powers(-10..=5) {
            below += count;
            prop_assert_eq!(below, values.iter().filter(|value| **value <= bound).count() as u64);
        }
        prop_assert_eq!(below, all.count());
    }
}
