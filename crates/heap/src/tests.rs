use std::{collections::BTreeSet, fs, sync::Barrier, thread};

use super::*;

fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("/proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.split_whitespace().next().expect("a number").parse::<usize>().expect("a number") << 10
}

#[test]
fn what_was_freed_between_what_is_in_use_goes_back_to_the_system() {
    const SIZE: usize = 32 << 10;
    let mut all: Vec<Vec<u8>> = (0..2000).map(|_| vec![1; SIZE]).collect();
    // One of a hundred stays, so that the allocator itself gives nothing back.
    all = all.into_iter().enumerate().filter(|(n, _)| n % 100 == 0).map(|(_, bytes)| bytes).collect();
    let before = resident();
    assert!(give_back());
    assert!(resident() + 1000 * SIZE < before, "{} of {before} bytes are still there", resident());
    assert!(all.iter().flatten().all(|byte| *byte == 1));
}

#[test]
fn what_is_in_use_is_known() {
    const SIZE: usize = 50 << 20;
    let before = in_use().expect("of glibc");
    let bytes = vec![1_u8; SIZE];
    let with = in_use().expect("of glibc");
    assert!(with >= before + SIZE / 2, "{before} and then {with}, with {}", bytes.len());
}

#[test]
fn threads_share_their_memory() {
    // The harness has threads already, which may have made more.
    const THREADS: usize = 12;
    assert!(share(2));
    let all_at_once = Barrier::new(THREADS);
    let allocates = || {
        let bytes = vec![0_u8; 2048];
        all_at_once.wait();
        // An arena's memory begins at a multiple of so much (`HEAP_MAX_SIZE`).
        bytes.as_ptr().addr() >> 26
    };
    let arenas: BTreeSet<usize> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(allocates)).collect();
        threads.into_iter().map(|thread| thread.join().expect("it ends")).collect()
    });
    assert!(arenas.len() < 6, "{arenas:?}");
}
