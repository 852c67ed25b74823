//! What a process and all that it has started have used.

use std::{fs, time::Duration};

/// The system counts processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// Processor time of a process and of all that it has started.
pub(crate) fn processor_time(root: u32) -> Duration {
    family(root).into_iter().map(spent).sum()
}

/// Most memory that processes had, each by itself, in MiB.
pub(crate) struct Memory {
    /// The one that was started.
    pub root: f64,
    /// What it has started: the largest one, and all of them.
    pub largest: f64,
    pub others: f64,
}

/// Most memory that a process and all that it has started had.
pub(crate) fn memory(root: u32) -> Memory {
    let others: Vec<f64> = family(root).into_iter().filter(|process| *process != root).map(most).collect();
    Memory { root: most(root), largest: others.iter().copied().fold(0.0, f64::max), others: others.iter().sum() }
}

fn family(root: u32) -> Vec<u32> {
    let mut all = vec![root];
    let mut place = 0;
    while let Some(process) = all.get(place) {
        let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
        let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        let children: Vec<u32> = children
            .flat_map(|text| text.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>())
            .collect();
        all.extend(children);
        place += 1;
    }
    all
}

/// Processor time of one process.
pub(crate) fn spent(process: u32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: u32 = fields.skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    TICK * ticks
}

fn most(process: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kibibytes: u32 = line.trim().trim_end_matches(" kB").parse().unwrap_or_default();
    f64::from(kibibytes) / 1024.0
}
