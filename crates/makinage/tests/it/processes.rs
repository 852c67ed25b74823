//! Other processes as the system shows them.

use std::{fs, process::Command, thread, time::Duration};

use super::patience::wait_for;

pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(process.to_string()).status();
    assert!(sent.is_ok_and(|status| status.success()), "process {process} takes SIG{name}");
}

/// State and parent of a process; a zombie is nobody any more.
fn stat(process: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(parent)
}

/// The most memory that a process has had, in bytes.
pub(crate) fn peak_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    1024 * line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number")
}

/// The processor time that a process has had, to a hundredth of a second; none when it has ended.
pub(crate) fn processor_time(process: u32) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields = text.rsplit_once(')')?.1.split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).map(|field| field.parse::<u64>().expect("a number")).sum();
    Some(Duration::from_millis(10 * ticks))
}

pub(crate) fn children(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").expect("/proc").flatten();
    let processes = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    processes.filter(|process| stat(*process) == Some(parent)).collect()
}

/// A worker, all in its group, and all that they have started, whatever group that is in by now.
pub(crate) fn family(leader: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").expect("/proc").flatten();
    let mut others: Vec<_> = all
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|process| Some((process, stat(process)?, group(process)?)))
        .collect();
    let mark = mark(leader);
    let mut family = vec![leader];
    loop {
        let (found, left): (Vec<_>, Vec<_>) = others.into_iter().partition(|(process, parent, group)| {
            *process != leader && (family.contains(parent) || *group == leader || self::mark(*process) == mark)
        });
        if found.is_empty() {
            return family;
        }
        family.extend(found.iter().map(|(process, ..)| process));
        others = left;
    }
}

/// What marks a worker and what it has started, also what has left it.
fn mark(process: u32) -> String {
    let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
    let mut variables = environment.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    variables.find(|variable| variable.starts_with("MAKINAGE_CHILD=")).map_or_else(|| format!("{process}"), Into::into)
}

fn group(process: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    text.rsplit_once(')')?.1.split_whitespace().nth(2)?.parse().ok()
}

/// Waits until none of these is there any more.
pub(crate) fn wait_until_gone(processes: &[u32], longest: Duration) {
    let left = || processes.iter().find(|process| stat(**process).is_some());
    wait_for(longest, || format!("process {:?} is still there", left()), || left().is_none().then_some(()));
}

/// Waits until a process writes nothing more, since nobody takes it.
pub(crate) fn wait_until_blocked_in_writing(process: u32) {
    let written = || {
        let text = fs::read_to_string(format!("/proc/{process}/io")).expect("the process is there");
        text.lines().find(|line| line.starts_with("wchar")).map(str::to_owned)
    };
    let mut before = None;
    while before != written() {
        before = written();
        thread::sleep(Duration::from_millis(300));
    }
}
