use proptest::prelude::*;

use super::{Placing, Upload};
use crate::{
    model::ModelIdentity,
    record::{
        Chunk,
        chunk::ChunkNumber,
        manifest::{Manifest, Uploaded},
    },
};

fn manifest(size: u64, chunk_bytes: u64) -> Manifest {
    let chunks = u32::try_from(size.div_ceil(chunk_bytes)).expect("few");
    let uploaded = Uploaded { upload: "mine".into(), chunks, chunk_bytes, partition: 0, offsets: (0, 1 << 20) };
    Manifest::new(&ModelIdentity::unnamed("0".repeat(64)), "sklearn", size, uploaded)
}

fn chunk<'b>(upload: &'b str, index: usize, count: u32, bytes: &'b [u8]) -> Chunk<'b> {
    Chunk { upload, place: ChunkNumber { index: u32::try_from(index).expect("few"), count }, bytes }
}

/// Records on a partition: the chunks of two uploads in any order, some several times, some not at all.
fn records(chunks: usize) -> impl Strategy<Value = Vec<(bool, usize)>> {
    proptest::collection::vec((any::<bool>(), 0..chunks), 0..4 * chunks)
}

proptest! {
    #[test]
    fn interleaved_duplicate_reordered_and_missing_chunks_make_the_whole_or_are_named(
        (size, chunk_bytes, records) in (1usize..200, 1usize..40)
            .prop_flat_map(|(size, each)| (Just(size), Just(each), records(size.div_ceil(each)))),
    ) {
        let zip: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).expect("small")).collect();
        let manifest = manifest(size as u64, chunk_bytes as u64);
        let mut upload = Upload::new(&manifest);
        let mut disk = vec![255; size];
        let pieces: Vec<&[u8]> = zip.chunks(chunk_bytes).collect();
        let mut missing: Vec<bool> = vec![true; pieces.len()];
        for (mine, index) in records {
            let id = if mine { "mine" } else { "theirs" };
            match upload.place(&chunk(id, index, manifest.chunks, pieces[index])) {
                Placing::Write(at) => {
                    prop_assert!(mine && missing[index]);
                    let at = usize::try_from(at).expect("small");
                    disk[at..at + pieces[index].len()].copy_from_slice(pieces[index]);
                    missing[index] = false;
                }
                Placing::Duplicate => prop_assert!(mine && !missing[index]),
                Placing::Others => prop_assert!(!mine),
                Placing::Wrong(why) => prop_assert!(false, "{}", why),
            }
        }
        prop_assert_eq!(upload.is_complete(), !missing.contains(&true));
        if upload.is_complete() {
            prop_assert_eq!(disk, zip);
            prop_assert_eq!(upload.missing(), "");
        } else {
            let first = missing.iter().position(|missing| *missing).expect("one").to_string();
            prop_assert!(upload.missing().starts_with(&first), "{}", upload.missing());
        }
    }

    #[test]
    fn whatever_headers_say_nothing_is_written_beyond_the_whole(
        header in "[0-9]{1,7}/[0-9]{1,7}", bytes in 0usize..50,
    ) {
        let manifest = manifest(95, 10);
        let mut upload = Upload::new(&manifest);
        let place = ChunkNumber::parse(header.as_bytes()).unwrap_or(ChunkNumber { index: 9, count: 10 });
        let chunk = Chunk { upload: "mine", place, bytes: &[0; 50][..bytes] };
        if let Placing::Write(at) = upload.place(&chunk) {
            prop_assert!(at + bytes as u64 <= 95);
        }
    }
}

#[test]
fn a_chunk_that_cannot_be_what_it_says_is_told() {
    let manifest = manifest(25, 10);
    let mut upload = Upload::new(&manifest);
    for (index, count, bytes) in [(0, 4, 10), (0, 3, 9), (2, 3, 10)] {
        let placing = upload.place(&chunk("mine", index, count, &[0; 10][..bytes]));
        assert!(matches!(placing, Placing::Wrong(_)), "{index}/{count} {bytes}");
    }
    assert_eq!(upload.place(&chunk("mine", 2, 3, &[0; 5])), Placing::Write(20));
    assert_eq!(upload.place(&chunk("theirs", 1, 3, &[0; 10])), Placing::Others);
    assert_eq!(upload.missing(), "0 to 1");
}

#[test]
fn many_missing_chunks_are_a_short_list() {
    let manifest = manifest(100, 1);
    let mut upload = Upload::new(&manifest);
    for index in (0..100).step_by(2) {
        upload.place(&chunk("mine", index, 100, &[0]));
    }
    assert_eq!(upload.missing(), "1, 3, 5, 7, 9 and 45 more");
}
