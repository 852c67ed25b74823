//! What Linux says of a process: its memory and processor time. Elsewhere there is nothing to say.

use std::{fs, time::Duration};

use rustix::param::{clock_ticks_per_second, page_size};
use serde::Serialize;

/// What a process uses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Usage {
    /// Bytes in memory.
    pub resident_bytes: u64,
    /// Seconds of processor time since it began.
    pub cpu_seconds: f64,
}

/// What this process uses, or its child with this number; `None` where that can't be known.
pub(crate) fn usage(pid: Option<u32>) -> Option<Usage> {
    let folder = pid.map_or_else(|| "/proc/self".to_owned(), |pid| format!("/proc/{pid}"));
    let (statm, stat) = (fs::read_to_string(format!("{folder}/statm")), fs::read_to_string(format!("{folder}/stat")));
    read(&statm.ok()?, &stat.ok()?)
}

/// As proc(5) has them.
fn read(statm: &str, stat: &str) -> Option<Usage> {
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    // A program's name may have anything in it but the last bracket.
    let after_name = stat.rsplit_once(')')?.1;
    let mut fields = after_name.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let (user, system) = (ticks()?, ticks()?);
    let milliseconds = (user + system).saturating_mul(1000) / clock_ticks_per_second().max(1);
    Some(Usage {
        resident_bytes: pages.saturating_mul(page_size() as u64),
        cpu_seconds: Duration::from_millis(milliseconds).as_secs_f64(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_is_no_field() {
        let stat = "7 (py) thon 3 (x)) S 1 7 7 0 -1 4194304 1 2 3 4 150 50 0 0 20 0 1 0 9 1 1";
        let usage = read("900 25 3 1 0 9 0", stat).expect("fields");
        assert_eq!(usage.resident_bytes, 25 * page_size() as u64);
        assert_eq!(
            Duration::from_secs_f64(usage.cpu_seconds),
            Duration::from_millis(200_000 / clock_ticks_per_second())
        );
        assert_eq!(read("", stat), None);
        assert_eq!(read("900 25", "7 (x) S"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_something() {
        assert!(usage(None).expect("on Linux").resident_bytes > 1 << 20);
        assert_eq!(usage(Some(u32::MAX)), None);
    }
}
