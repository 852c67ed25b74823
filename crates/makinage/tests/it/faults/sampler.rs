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

    /// The medians of the first and the last third, without a warm-up of a tenth.
    pub(crate) fn thirds(&self) -> (u64, u64) {
        let warm = &self.0[self.0.len() / 10..];
        let third = warm.len().div_ceil(3);
        (median(&warm[..third]), median(&warm[warm.len() - third..]))
    }

    /// Whether the last third has at most a tenth more than the first.
    pub(crate) fn is_flat(&self) -> bool {
        let (first, last) = self.thirds();
        last * 10 <= first * 11
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
        assert!(!Memory((0..100).map(|n| 100 + n).collect()).is_flat());
        // What was had before the warm-up's end doesn't count.
        assert!(Memory([vec![20; 5], vec![100; 95]].concat()).is_flat());
    }
}
