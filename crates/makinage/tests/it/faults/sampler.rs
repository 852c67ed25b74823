//! Memory and processor time of a service and its workers, while it runs.

use std::{fs, time::Duration};

use super::super::{processes::processor_time, service::Service};

/// Resident memory of a process in MiB; zero when it has ended.
pub(crate) fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Processor time of a service, without its workers.
pub(crate) fn processor(service: &Service) -> Duration {
    processor_time(service.id()).expect("the service runs")
}

/// Resident memory over time, in MiB.
#[derive(Default)]
pub(crate) struct Memory(Vec<u64>);

impl Memory {
    /// Looks at a service, without its workers, which are the model's.
    pub(crate) fn look(&mut self, service: &Service) {
        self.0.push(resident(service.id()));
    }

    /// What it has said itself of what is in use, in KiB.
    pub(crate) fn in_use(service: &Service) -> Self {
        let said = |line: String| line.split_once("memory: ")?.1.split_once(" KiB")?.0.parse().ok();
        Self(service.lines().into_iter().filter_map(said).collect())
    }

    /// Looks at its workers, all together.
    pub(crate) fn look_at_workers(&mut self, service: &Service) {
        self.0.push(service.workers().into_iter().map(resident).sum());
    }

    /// Whether there are enough looks to tell growth from a warm-up.
    pub(crate) fn tells(&self) -> bool {
        self.0.len() >= 60
    }

    pub(crate) fn most(&self) -> u64 {
        self.0.iter().copied().max().unwrap_or(0)
    }

    /// The medians of all tenths, in their order.
    pub(crate) fn tenths(&self) -> Vec<u64> {
        self.0.chunks(self.0.len().div_ceil(10).max(1)).map(median).collect()
    }

    /// The same, to be told.
    pub(crate) fn tenths_told(&self) -> String {
        self.tenths().iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
    }

    /// The medians of the second and the last third. In the first one the heap grows to what faults need at most, and
    /// keeps that.
    pub(crate) fn thirds(&self) -> (u64, u64) {
        let third = self.0.len().div_ceil(3);
        let last = self.0.len() - third;
        (median(&self.0[third.min(last)..last]), median(&self.0[last..]))
    }

    /// Whether the last third has at most a twentieth more than the one before.
    pub(crate) fn is_flat(&self) -> bool {
        let (middle, last) = self.thirds();
        last * 20 <= middle * 21
    }
}

fn median(samples: &[u64]) -> u64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Memory;

    #[test]
    fn memory_that_grows_is_not_flat() {
        assert!(Memory((0..100).map(|n| 100 + n % 3).collect()).is_flat());
        assert!(!Memory((0..100).map(|n| 100 + n / 5).collect()).is_flat(), "a fifth in all");
        // What was needed most comes in the first third.
        assert!(Memory([vec![20; 30], vec![100; 70]].concat()).is_flat());
        assert!(!Memory([vec![100; 60], vec![110; 40]].concat()).is_flat());
        assert_eq!(Memory((0..100).collect()).tenths(), [5, 15, 25, 35, 45, 55, 65, 75, 85, 95]);
    }
}
