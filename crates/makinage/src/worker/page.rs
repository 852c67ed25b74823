//! The page of memory in which a worker says what it is at. It outlives the process, however that ends.
//!
//! The worker has the page mapped, and writes it whole before a model or a user's code sees events; the service reads
//! it once the process has ended. `protocol/README.md` has the layout.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::FileExt,
    },
};

use super::asking::At;
use crate::event::WORKER_STEPS;

/// Bytes of the page: what is mapped is whole pages.
const SIZE: u64 = 4096;
/// Bytes of what is written in it.
const WRITTEN: usize = 33;

/// A worker's page.
#[derive(Debug)]
pub(super) struct Page(File);

impl Page {
    /// An empty one, which has no name and ends with those who hold it.
    pub(super) fn new() -> io::Result<Self> {
        let file = anonymous()?;
        file.set_len(SIZE)?;
        Ok(Self(file))
    }

    /// What the worker was at last; `None` where that can't be known.
    pub(super) fn read(&self) -> Option<At> {
        let mut written = [0; WRITTEN];
        // User code can do anything to the file: what can't be read says nothing.
        self.0.read_exact_at(&mut written, 0).ok()?;
        parse(&written)
    }
}

impl AsFd for Page {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// `None` where a death has torn it, and where it makes no sense.
fn parse(written: &[u8; WRITTEN]) -> Option<At> {
    let number = |at: usize| written[at..].first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    let small = |at: usize| written[at..].first_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize);
    let (before, id, after) = (number(0)?, number(8)?, number(24)?);
    let (first, count) = (small(16)?, small(20)?);
    match id {
        _ if before != after => None,
        // Nothing was written, or for a warm-up.
        0 => Some(At::NOTHING),
        _ => (before != 0 && count > 0).then(|| At { step: step(written[32]), ..At::new(id, first..first + count) }),
    }
}

/// The step of that number, counted from 1.
fn step(number: u8) -> Option<&'static str> {
    WORKER_STEPS.get(usize::from(number).checked_sub(1)?).copied()
}

#[cfg(target_os = "linux")]
fn anonymous() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};

    Ok(memfd_create("makinage-worker", MemfdFlags::CLOEXEC)?.into())
}

#[cfg(not(target_os = "linux"))]
fn anonymous() -> io::Result<File> {
    tempfile::tempfile()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::FileExt, path::Path};

    use super::{Page, WRITTEN, parse};
    use crate::worker::asking::At;

    fn fixture() -> [u8; WRITTEN] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/fixtures/page.bin");
        fs::read(file).expect("the fixture").try_into().expect("its size")
    }

    #[test]
    fn what_a_worker_has_written_is_read_and_nothing_else() {
        let page = Page::new().expect("a page");
        assert_eq!(page.read(), Some(At::NOTHING));
        page.0.write_all_at(&fixture(), 0).expect("written");
        assert_eq!(page.read(), Some(At { step: Some("pre_transform"), ..At::new(7, 3..8) }));
        page.0.set_len(5).expect("cut");
        assert_eq!(page.read(), None, "somebody has cut it");
    }

    #[test]
    fn a_write_that_a_death_has_torn_is_no_place() {
        let (old, new) = (fixture(), fixture().map(|byte| byte.wrapping_add(1)));
        for written in 1..24 {
            let torn: [u8; WRITTEN] = std::array::from_fn(|at| if at < written { new[at] } else { old[at] });
            assert_eq!(parse(&torn), None, "{written} bytes of {WRITTEN}");
            let cleared: [u8; WRITTEN] = std::array::from_fn(|at| if at < written { 0 } else { old[at] });
            assert!(parse(&cleared).is_none(), "{written} bytes cleared");
        }
        let warm_up = std::array::from_fn(|at| if (8..16).contains(&at) { 0 } else { old[at] });
        assert_eq!((parse(&warm_up), parse(&[0; WRITTEN])), (Some(At::NOTHING), Some(At::NOTHING)));
        let in_none = std::array::from_fn(|at| if at == 32 { 6 } else { old[at] });
        assert_eq!(parse(&in_none), Some(At::new(7, 3..8)), "there are five steps");
    }
}
