use std::convert::Infallible;

use super::*;
use crate::{
    model::ModelIdentity,
    record::{chunk::ChunkNumber, manifest::Uploaded},
    topic::testing::place,
};

const PARTITIONS: i32 = 2;

/// Two chunks of four bytes in a partition, said to be at offsets 5 and 6.
fn manifest(partition: i32) -> Manifest {
    let uploaded = Uploaded { upload: "mine".into(), chunks: 2, chunk_bytes: 4, partition, offsets: (5, 6) };
    Manifest::new(&ModelIdentity::unnamed("0".repeat(64)), "sklearn", 8, uploaded)
}

/// The stretches that are read for a manifest at offset 9 of partition 0, where the first `found` reads have a chunk
/// each; and whether it is complete then.
fn read(partition: i32, found: usize) -> (Vec<Range<i64>>, bool) {
    let model = LargeModel::new(manifest(partition), &place(0, 9), PARTITIONS, &Limits::default()).unwrap();
    let mut stretches = vec![];
    let Ok(upload) = model.gather(|upload, offsets| {
        assert_eq!(upload.manifest().partition, partition);
        stretches.push(offsets);
        if stretches.len() <= found {
            let index = u32::try_from(stretches.len() - 1).unwrap();
            upload.count("mine", ChunkNumber { index, count: 2 }, 4);
        }
        Ok::<_, Infallible>(())
    });
    (stretches, upload.is_complete())
}

#[test]
fn chunks_are_looked_for_where_the_manifest_says_and_then_up_to_the_manifest() {
    assert_eq!(read(0, 0), (vec![5..7, 0..9], false));
    assert_eq!(read(0, 1), (vec![5..7, 0..9], false));
    assert_eq!(read(0, 2), (vec![5..7, 0..9], true));
    assert_eq!(read(1, 2), (vec![5..7, 0..i64::MAX], true), "its chunks are in another partition than itself");
}

#[test]
fn nothing_more_is_read_once_all_chunks_are_there() {
    let model = LargeModel::new(manifest(0), &place(0, 9), PARTITIONS, &Limits::default()).unwrap();
    let mut reads = 0;
    let Ok(upload) = model.gather(|upload, _| {
        reads += 1;
        for index in 0..2 {
            upload.count("mine", ChunkNumber { index, count: 2 }, 4);
        }
        Ok::<_, Infallible>(())
    });
    assert!(upload.is_complete());
    assert_eq!(reads, 1);
}

#[test]
fn what_the_topic_has_no_room_for_is_not_looked_for() {
    let of = |manifest, limits| LargeModel::new(manifest, &place(0, 9), PARTITIONS, &limits);
    let refused = of(manifest(7), Limits::default()).unwrap_err().to_string();
    assert!(refused.contains("partition 7 isn't there: the topic has 2"), "{refused}");
    let refused = of(manifest(0), Limits { archive_bytes: 7, ..Limits::default() }).unwrap_err().to_string();
    assert!(refused.contains("size is 8 bytes"), "{refused}");
}

#[test]
fn a_topic_that_can_not_be_read_says_nothing_of_its_chunks() {
    let model = LargeModel::new(manifest(0), &place(0, 9), PARTITIONS, &Limits::default()).unwrap();
    assert_eq!(model.gather(|_, _| Err("away")).unwrap_err(), "away");
}
