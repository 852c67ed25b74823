//! What the C library's allocator keeps of the memory that was freed.
//!
//! glibc gives each thread an arena of its own, eight for a processor, and what is free in one is of no use to the
//! others. A Kafka client has a thread for each broker and replaces them as connections come and go, so that each arena
//! grows, in time, to what the busiest thread that it was ever given needed: a service that used 5 MB at a time was
//! seen to keep 35 MB more. Fewer arenas share what is free, and what is left of it can be given back to the system.
//!
//! Rust's own allocations are the C library's too (`std::alloc::System`). Where the C library isn't glibc, nothing is
//! done: musl has one heap for all threads.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::ffi::c_int;

    /// As in glibc's `malloc.h`, where it is part of its interface.
    pub(super) const M_ARENA_MAX: c_int = -8;

    /// What mallinfo(3) tells, all arenas together: ten numbers, each an `int`. Its successor with larger ones isn't in
    /// each glibc that this is linked to.
    #[repr(C)]
    pub(super) struct Mallinfo(pub [c_int; 10]);

    /// Where it has bytes in mappings of their own (`hblkhd`), and those in use of all others (`uordblks`).
    pub(super) const IN_USE: [usize; 2] = [4, 7];

    // SAFETY: mallopt(3), malloc_trim(3) and mallinfo(3) are so in glibc's malloc.h, where this is compiled. They take
    // and give numbers alone, take the allocator's locks themselves, and touch no memory that is in use.
    unsafe extern "C" {
        /// 1 where it was taken in.
        pub(super) safe fn mallopt(which: c_int, value: c_int) -> c_int;
        /// 1 where memory was given back.
        pub(super) safe fn malloc_trim(kept: usize) -> c_int;
        /// What is in use, and what is free.
        pub(super) safe fn mallinfo() -> Mallinfo;
    }
}

/// All threads share this many arenas, at most 1,024: call it before there are others. `false` where the C library has
/// no such thing, or has it and refuses.
pub fn share(arenas: u16) -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    return glibc::mallopt(glibc::M_ARENA_MAX, arenas.into()) == 1;
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    {
        let _ = arenas;
        false
    }
}

/// Gives pages that are free back to the system, in all arenas. It takes about a millisecond for ten megabytes, in
/// which threads that allocate wait, and what is given back costs a page fault when it is needed again. `false` where
/// nothing was given back.
pub fn give_back() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    return glibc::malloc_trim(0) == 1;
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    false
}

/// Bytes that are in use, modulo 4 GiB; `None` where nobody knows.
pub fn in_use() -> Option<usize> {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let glibc::Mallinfo(seen) = glibc::mallinfo();
        let bytes = glibc::IN_USE.map(|place| seen[place].cast_unsigned());
        Some(bytes[0].wrapping_add(bytes[1]) as usize)
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    None
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests;
