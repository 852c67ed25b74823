use proptest::prelude::*;

use super::{Rank, RecordPlace, newer, newest_first};

fn place(partition: i32, offset: i64, timestamp: i64) -> RecordPlace {
    RecordPlace { topic: "model".into(), partition, offset, timestamp }
}

fn sorted(models: &[(i32, i64, i64)]) -> Vec<(i32, i64)> {
    let models = models.iter().map(|(partition, offset, time)| place(*partition, *offset, *time)).collect();
    newest_first(models, |model| model).iter().map(|model| (model.partition, model.offset)).collect()
}

#[test]
fn between_partitions_times_decide_and_within_one_offsets() {
    assert_eq!(sorted(&[(0, 0, 10), (1, 9, 20), (0, 1, 30)]), [(0, 1), (1, 9), (0, 0)]);
    assert_eq!(sorted(&[(0, 0, 99), (0, 1, 50)]), [(0, 1), (0, 0)], "a clock that was ahead");
    assert_eq!(sorted(&[(0, 0, 0), (0, 1, 0)]), [(0, 1), (0, 0)], "records without a time");
}

#[test]
fn clocks_that_contradict_offsets_make_no_circle() {
    // Two by two: 0/1 is after 0/0 by its offset, 0/0 after 1/0 and 1/0 after 0/1 by their times.
    assert_eq!(sorted(&[(0, 0, 99), (0, 1, 50), (1, 0, 70)]), [(1, 0), (0, 1), (0, 0)]);
}

#[test]
fn of_equal_times_the_greater_offset_counts_and_then_the_greater_partition() {
    assert_eq!(sorted(&[(0, 7, 5), (1, 3, 5), (2, 7, 5)]), [(2, 7), (0, 7), (1, 3)]);
}

/// Some partitions' models: offsets rise, clocks say what they like.
fn topic() -> impl Strategy<Value = Vec<RecordPlace>> {
    let partition = prop::collection::btree_map(0_i64..30, 0_i64..6, 0..6);
    prop::collection::vec(partition, 1..5).prop_map(|partitions| {
        let models = (0..).zip(partitions).flat_map(|(number, models)| {
            models.into_iter().map(move |(offset, time)| place(number, offset, time)).collect::<Vec<_>>()
        });
        models.collect()
    })
}

/// The rule in the protocol's words: of the last model in each partition, the one with the latest time.
fn newest_by_the_protocol(models: &[RecordPlace]) -> Option<&RecordPlace> {
    let is_last = |model: &&RecordPlace| {
        models.iter().all(|other| other.partition != model.partition || other.offset <= model.offset)
    };
    models.iter().filter(is_last).max_by_key(|model| (model.timestamp, model.offset, model.partition))
}

fn rank() -> impl Strategy<Value = Rank> {
    (0_i64..4, 0_i64..4, 0_i32..4).prop_map(|(time, offset, partition)| place(partition, offset, time).rank(None))
}

proptest! {
    #[test]
    fn newer_is_total_antisymmetric_and_transitive(one in rank(), two in rank(), three in rank()) {
        prop_assert_eq!(u8::from(newer(one, two)) + u8::from(newer(two, one)), u8::from(one != two));
        prop_assert!(!(newer(one, two) && newer(two, three)) || newer(one, three));
    }

    #[test]
    fn the_order_is_the_same_in_whatever_order_models_are_seen(models in topic(), seed in any::<u64>()) {
        let mut shuffled = models.clone();
        shuffled.sort_by_key(|model| {
            let (offset, partition) = (u32::try_from(model.offset).unwrap(), u64::try_from(model.partition).unwrap());
            seed.rotate_left(7 * offset) ^ partition.wrapping_mul(seed)
        });
        prop_assert_eq!(newest_first(models, |model| model), newest_first(shuffled, |model| model));
    }

    #[test]
    fn in_each_partition_the_later_offset_is_newer(models in topic()) {
        let order = newest_first(models, |model| model);
        for (at, model) in order.iter().enumerate() {
            for older in &order[at + 1..] {
                prop_assert!(older.partition != model.partition || older.offset < model.offset);
            }
        }
    }

    #[test]
    fn the_newest_is_the_one_that_the_protocol_names(models in topic()) {
        let order = newest_first(models.clone(), |model| model);
        prop_assert_eq!(order.first(), newest_by_the_protocol(&models));
    }
}
