//! What a worker process may take of the machine: while another generation serves, one processor only; and never more than its memory limit.
//!
//! A model that loads would take processor time from the one that serves, and be seen as latency. Affinity is what can be given back without
//! privilege; niceness can't (`setpriority(2)`), and containers seldom run as root. Linux only; elsewhere nothing is confined.

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{confine, limit_memory, release};
#[cfg(target_os = "linux")]
pub use linux::{confine, limit_memory, release};

#[cfg(target_os = "linux")]
mod linux {
    use std::{fs, io};

    use rustix::{
        process::{Pid, Resource, Rlimit, prlimit},
        thread::{CpuSet, sched_getaffinity, sched_setaffinity},
    };

    /// Lets a process that has just been started run on the last of this process's processors only. Its threads and children inherit that.
    pub fn confine(process: u32) -> io::Result<()> {
        let all = sched_getaffinity(None)?;
        let last = (0..CpuSet::MAX_CPU).rev().find(|cpu| all.is_set(*cpu));
        let (Some(last), true) = (last, all.count() > 1) else { return Ok(()) };
        let mut one = CpuSet::new();
        one.set(last);
        Ok(sched_setaffinity(pid(process), &one)?)
    }

    /// Gives a process all of this process's processors again, each of its threads by itself.
    pub fn release(process: u32) -> io::Result<()> {
        let all = sched_getaffinity(None)?;
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
    pub fn limit_memory(process: u32, bytes: u64) -> io::Result<()> {
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
    pub fn release(_process: u32) -> io::Result<()> {
        Ok(())
    }

    /// Does nothing here.
    pub fn limit_memory(_process: u32, _bytes: u64) -> io::Result<()> {
        Ok(())
    }
}
