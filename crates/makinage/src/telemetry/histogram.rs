//! Histograms whose buckets grow by the eighth root of two, nine per cent each: those of Prometheus' native histograms
//! of schema 3, so that these need no conversion, and classic buckets are sums of them.
//!
//! An observation is a table's look-up and two additions. See
//! <https://prometheus.io/docs/specs/native_histograms/#buckets>.

use std::sync::atomic::{AtomicU64, Ordering};

/// Of Prometheus: so many doublings of the number of buckets to a power of two.
pub(crate) const SCHEMA: i32 = 3;
/// Buckets to a power of two.
const STEPS: i32 = 1 << SCHEMA;

/// Upper bounds from 2^(-7/8) to 1, to the bit as Prometheus' own clients have them.
const BOUNDS: [f64; STEPS as usize] = [
    0.545_253_866_332_628_8,
    0.594_603_557_501_360_5,
    0.648_419_777_325_504_8,
    0.707_106_781_186_547_5,
    0.771_105_412_703_970_4,
    0.840_896_415_253_714_4,
    0.917_004_043_204_671_1,
    1.0,
];

/// Which values a histogram tells apart: powers of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// What isn't above 2 to this power is as good as nothing: Prometheus' zero bucket.
    pub lowest: i32,
    /// What is above 2 to this power counts as just that.
    pub highest: i32,
}

impl Range {
    /// From a microsecond to an hour and some minutes, in seconds.
    pub(crate) const SECONDS: Self = Self { lowest: -20, highest: 12 };
    /// From one to half a million.
    pub(crate) const NUMBERS: Self = Self { lowest: -1, highest: 19 };

    fn first(self) -> i32 {
        self.lowest * STEPS + 1
    }

    fn buckets(self) -> usize {
        usize::try_from((self.highest - self.lowest) * STEPS).unwrap_or_default()
    }
}

/// Observations, counted by their size.
#[derive(Debug)]
pub(crate) struct Histogram {
    range: Range,
    zero: AtomicU64,
    buckets: Box<[AtomicU64]>,
    /// The sum's bits.
    sum: AtomicU64,
}

/// What a histogram had at one time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Snapshot {
    /// Which values it tells apart.
    pub range: Range,
    /// Observations in the zero bucket.
    pub zero: u64,
    /// The others: bucket `i` has those above `2^((i-1)/8)` and not above `2^(i/8)`; the empty ones are left out.
    pub buckets: Vec<(i32, u64)>,
    /// All values together.
    pub sum: f64,
}

impl Histogram {
    /// Nothing has been observed.
    pub(crate) fn new(range: Range) -> Self {
        let buckets = (0..range.buckets()).map(|_| AtomicU64::new(0)).collect();
        Self { range, zero: AtomicU64::new(0), buckets, sum: AtomicU64::new(0) }
    }

    /// So many times this value was observed. One thread observes at a time; whatever is no number, or below zero, is
    /// nothing.
    pub(crate) fn observe(&self, value: f64, times: u64) {
        let value = if value > 0.0 { value } else { 0.0 };
        let place = index(value) - self.range.first();
        let last = self.buckets.len().saturating_sub(1);
        let bucket = usize::try_from(place).map_or(&self.zero, |place| &self.buckets[place.min(last)]);
        bucket.fetch_add(times, Ordering::Relaxed);
        #[expect(clippy::cast_precision_loss, reason = "a sum of so many has lost more")]
        let sum = f64::from_bits(self.sum.load(Ordering::Relaxed)) + value * times as f64;
        self.sum.store(sum.to_bits(), Ordering::Relaxed);
    }

    /// What there is now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let counts = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed));
        let buckets = (self.range.first()..).zip(counts).filter(|(_, count)| *count > 0).collect();
        let (zero, sum) = (self.zero.load(Ordering::Relaxed), f64::from_bits(self.sum.load(Ordering::Relaxed)));
        Snapshot { range: self.range, zero, buckets, sum }
    }
}

impl Snapshot {
    /// Observations.
    pub(crate) fn count(&self) -> u64 {
        self.zero + self.buckets.iter().map(|(_, count)| count).sum::<u64>()
    }

    /// What has been observed since an earlier one of the same histogram.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let before = |bucket: i32| {
            let place = earlier.buckets.binary_search_by_key(&bucket, |(bucket, _)| *bucket);
            place.map_or(0, |place| earlier.buckets[place].1)
        };
        let buckets = self.buckets.iter().map(|(bucket, count)| (*bucket, count - before(*bucket)));
        Self {
            range: self.range,
            zero: self.zero - earlier.zero,
            buckets: buckets.filter(|(_, count)| *count > 0).collect(),
            sum: self.sum - earlier.sum,
        }
    }

    /// The average; `None` without any.
    pub(crate) fn mean(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "an average of so many has lost more")]
        let count = self.count() as f64;
        (count > 0.0).then(|| self.sum / count)
    }

    /// What is below the zero bucket's end.
    pub(crate) fn zero_threshold(&self) -> f64 {
        f64::from(self.range.lowest).exp2()
    }

    /// Observations by upper bounds that are powers of two, each for itself, the last without a bound.
    pub(crate) fn by_powers(&self, powers: impl Iterator<Item = i32>) -> Vec<(f64, u64)> {
        let (mut left, mut below) = (self.buckets.iter().peekable(), self.zero);
        let mut bounds = vec![];
        for power in powers {
            while let Some((_, count)) = left.next_if(|(bucket, _)| *bucket <= power * STEPS) {
                below += count;
            }
            bounds.push((f64::from(power).exp2(), std::mem::take(&mut below)));
        }
        bounds.push((f64::INFINITY, below + left.map(|(_, count)| count).sum::<u64>()));
        bounds
    }

    /// The value that this share of the observations isn't above, as well as buckets tell; `None` without any.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let count = self.count();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count"
        )]
        let wanted = ((count as f64 * share).ceil() as u64).clamp(1, count.max(1));
        let mut seen = self.zero;
        if count == 0 {
            return None;
        }
        if seen >= wanted {
            return Some(0.0);
        }
        let bucket = self.buckets.iter().find(|(_, here)| {
            seen += here;
            seen >= wanted
        });
        bucket.map(|(bucket, _)| (f64::from(*bucket) / f64::from(STEPS)).exp2())
    }
}

/// The bucket of a value, which isn't below zero.
fn index(value: f64) -> i32 {
    let bits = value.to_bits();
    // As a fraction from 1/2 to just below 1, times 2 to this power.
    let exponent = (bits >> 52) as i32 - 1022;
    let fraction = f64::from_bits((bits & ((1 << 52) - 1)) | (1022 << 52));
    if fraction <= 0.5 {
        return (exponent - 1) * STEPS;
    }
    let step = (1..).zip(BOUNDS).take_while(|(_, bound)| *bound < fraction).last().map_or(0, |(step, _)| step);
    (exponent - 1) * STEPS + step + 1
}

#[cfg(test)]
mod tests;
