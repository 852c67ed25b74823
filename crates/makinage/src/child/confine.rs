//! What a worker process may take of the machine: while another generation serves, one processor only; and never more
//! than its memory limit.
//!
//! A model that loads would take processor time from the one that serves, and be seen as latency. Affinity is what can
//! be given back without privilege; niceness can't (`setpriority(2)`), and containers seldom run as root. Linux only;
//! elsewhere nothing is confined.

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{confine, confine_this_thread, limit_memory, release, release_this_thread};
#[cfg(target_os = "linux")]
pub(crate) use linux::{confine, confine_this_thread, limit_memory, release, release_this_thread};

#[cfg(target_os = "linux")]
mod linux {
    use std::{fs, io, sync::OnceLock};

    use rustix::{
        process::{Pid, Resource, Rlimit, prlimit},
        thread::{CpuSet, sched_getaffinity, sched_setaffinity},
    };

    /// Lets a process that has just been started run on the last of this process's processors only. Its threads and
    /// children inherit that.
    pub(crate) fn confine(process: u32) -> io::Result<()> {
        Ok(sched_setaffinity(pid(process), &last(&all()))?)
    }

    /// The same for the thread that calls this; threads that it starts inherit it.
    pub(crate) fn confine_this_thread() -> io::Result<()> {
        Ok(sched_setaffinity(None, &last(&all()))?)
    }

    /// Gives the thread that calls this all processors again.
    pub(crate) fn release_this_thread() -> io::Result<()> {
        Ok(sched_setaffinity(None, &all())?)
    }

    /// The processors that this process had at first, whichever thread asks.
    fn all() -> CpuSet {
        static ALL: OnceLock<CpuSet> = OnceLock::new();
        *ALL.get_or_init(|| sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new()))
    }

    /// The last of these processors.
    fn last(all: &CpuSet) -> CpuSet {
        let mut one = CpuSet::new();
        if let Some(last) = (0..CpuSet::MAX_CPU).rev().find(|cpu| all.is_set(*cpu)) {
            one.set(last);
        }
        one
    }

    /// Gives a process all of this process's processors again, each of its threads by itself.
    pub(crate) fn release(process: u32) -> io::Result<()> {
        let all = all();
        for entry in fs::read_dir(format!("/proc/{process}/task"))? {
            let thread = entry?.file_name().to_str().and_then(|name| name.parse().ok());
            // A thread that has ended meanwhile needs none.
            if let Some(thread) = thread {
                let _ = sched_setaffinity(pid(thread), &all);
            }
        }
        Ok(())
    }

    /// Bounds the memory that a process can take for its data: what is beyond fails as `MemoryError` in it.
    pub(crate) fn limit_memory(process: u32, bytes: u64) -> io::Result<()> {
        let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        prlimit(pid(process), Resource::Data, limit)?;
        Ok(())
    }

    fn pid(process: u32) -> Option<Pid> {
        i32::try_from(process).ok().and_then(Pid::from_raw)
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::io;

    /// Does nothing here.
    pub fn confine(_process: u32) -> io::Result<()> {
        Ok(())
    }

    /// Does nothing here.
    pub fn confine_this_thread() -> io::Result<()> {
        Ok(())
    }

    /// Does nothing here.
    pub fn release_this_thread() -> io::Result<()> {
        Ok(())
    }

    /// Does nothing here.
    pub fn release(_process: u32) -> io::Result<()> {
        Ok(())
    }

    /// Does nothing here.
    pub fn limit_memory(_process: u32, _bytes: u64) -> io::Result<()> {
        Ok(())
    }
}
