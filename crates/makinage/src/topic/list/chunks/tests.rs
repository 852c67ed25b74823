use super::*;
use crate::{
    archive::Limits,
    model::ModelIdentity,
    record::manifest::{Manifest, Uploaded},
    topic::testing::place,
};

/// A chunk that is met: its partition and offset, its upload, its number, and how long it is.
type Met = (i32, i64, &'static str, (u32, u32), usize);

const FIRST: Met = (0, 1, "mine", (0, 3), 4);
const SECOND: Met = (0, 2, "mine", (1, 3), 4);
const THIRD: Met = (0, 3, "mine", (2, 3), 2);

/// Whether ten bytes in three chunks, whose manifest is at offset 4 of partition 0, are complete.
fn complete(met: &[Met]) -> bool {
    let uploaded = Uploaded { upload: "mine".into(), chunks: 3, chunk_bytes: 4, partition: 0, offsets: (1, 3) };
    let manifest = Manifest::new(&ModelIdentity::unnamed("0".repeat(64)), "sklearn", 10, uploaded);
    let model = LargeModel::new(manifest, &place(0, 4), 2, &Limits::default()).unwrap();
    let mut chunks = Chunks::default();
    for (partition, offset, upload, (index, count), bytes) in met {
        let number = ChunkNumber { index: *index, count: *count };
        chunks.meet(&place(*partition, *offset), &Chunk { upload, place: number, bytes: &[0; 10][..*bytes] });
    }
    chunks.complete(&model)
}

#[test]
fn a_model_is_complete_with_its_chunks_in_any_order_some_of_them_twice() {
    assert!(complete(&[FIRST, SECOND, THIRD]));
    let twice = (0, 0, "mine", (1, 3), 4);
    assert!(complete(&[(0, 1, "mine", (2, 3), 2), twice, (0, 2, "mine", (0, 3), 4), SECOND]));
}

#[test]
fn chunks_count_that_are_before_the_manifest_says_and_none_that_come_after_it() {
    assert!(complete(&[(0, 0, "mine", (0, 3), 4), SECOND, THIRD]));
    assert!(!complete(&[(0, 5, "mine", (0, 3), 4), SECOND, THIRD]));
}

#[test]
fn a_chunk_that_is_missing_is_not_made_up_for_by_another_one_twice() {
    assert!(!complete(&[]));
    assert!(!complete(&[FIRST, THIRD]));
    assert!(!complete(&[FIRST, FIRST, THIRD]));
}

#[test]
fn chunks_of_another_size_or_count_do_not_count() {
    for bytes in [0, 3, 5] {
        assert!(!complete(&[(0, 1, "mine", (0, 3), bytes), SECOND, THIRD]), "{bytes}");
        assert!(complete(&[(0, 1, "mine", (0, 3), bytes), FIRST, SECOND, THIRD]), "{bytes}, and a right one");
    }
    assert!(!complete(&[FIRST, SECOND, (0, 3, "mine", (2, 3), 4)]), "the last has the rest");
    assert!(!complete(&[(0, 1, "mine", (0, 4), 4), SECOND, THIRD]));
}

#[test]
fn chunks_of_another_upload_or_in_another_partition_do_not_count() {
    assert!(!complete(&[(0, 1, "theirs", (0, 3), 4), SECOND, THIRD]));
    assert!(!complete(&[(1, 1, "mine", (0, 3), 4), SECOND, THIRD]));
}
