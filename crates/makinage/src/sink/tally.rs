//! How many outputs of each partition a producer has reported. Its thread counts, the pipeline's reads: atomics alone.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

/// Partitions of the first chunk; each one that follows has twice as many as the one before.
const FIRST: usize = 1 << FIRST_BITS;
const FIRST_BITS: u32 = 6;
/// Chunks for as many partitions as their numbers can name.
const CHUNKS: usize = 26;

/// Both are read after the other was written, on two threads: that takes the strongest order.
const ORDER: Ordering = Ordering::SeqCst;

#[derive(Debug, Default)]
struct Entry {
    reported: AtomicU64,
    /// At which number somebody wants to be told; none is at zero.
    wanted: AtomicU64,
}

/// Reports by partition. It grows in place, so that whoever counts needs no lock.
#[derive(Debug, Default)]
pub(super) struct Tally([OnceLock<Box<[Entry]>>; CHUNKS]);

impl Tally {
    fn entry(&self, partition: i32) -> &Entry {
        let number = usize::try_from(partition).unwrap_or(0) + FIRST;
        let chunk = number.ilog2() - FIRST_BITS;
        let size = FIRST << chunk;
        let entries = self.0[chunk as usize].get_or_init(|| (0..size).map(|_| Entry::default()).collect());
        &entries[number - size]
    }

    /// One more of the partition is reported; whether this is the one that somebody waits for.
    pub(super) fn note(&self, partition: i32) -> bool {
        let entry = self.entry(partition);
        let reported = entry.reported.fetch_add(1, ORDER) + 1;
        entry.wanted.load(ORDER) == reported
    }

    /// So many have been reported.
    pub(super) fn reported(&self, partition: i32) -> u64 {
        self.entry(partition).reported.load(ORDER)
    }

    /// From now on [`Tally::note`] tells when so many are reported; `false` where they are already.
    pub(super) fn expect(&self, partition: i32, reports: u64) -> bool {
        let entry = self.entry(partition);
        entry.wanted.store(reports, ORDER);
        entry.reported.load(ORDER) < reports
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn each_partition_is_counted_by_itself_however_large_its_number() {
        let tally = Tally::default();
        let partitions = [0, 1, 63, 64, 65, 191, 192, 5000];
        for (times, partition) in partitions.into_iter().enumerate() {
            (0..times).for_each(|_| assert!(!tally.note(partition)));
        }
        for (times, partition) in (0..).zip(partitions) {
            assert_eq!(tally.reported(partition), times, "partition {partition}");
        }
        assert_eq!(tally.reported(2), 0);
    }

    #[test]
    fn the_report_that_is_expected_is_told_and_no_other() {
        let tally = Tally::default();
        assert!(tally.expect(7, 2));
        assert!(!tally.note(7) && !tally.note(8) && tally.note(7) && !tally.note(7));
        assert!(!tally.expect(7, 3), "it has come");
        assert!(tally.expect(7, 4));
    }
}
