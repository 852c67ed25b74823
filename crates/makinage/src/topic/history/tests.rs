use std::{convert::Infallible, iter, ops::Range};

use super::{FIRST_STRETCH, History, REMEMBERED};
use crate::model::{RecordPlace, newer};

/// A topic: of each partition, the offsets of its models with their times.
struct Topic {
    models: Vec<Vec<(i64, i64)>>,
    looked_at: i64,
}

impl Topic {
    fn new(models: &[&[(i64, i64)]]) -> Self {
        Self { models: models.iter().map(|models| models.to_vec()).collect(), looked_at: 0 }
    }

    fn place(&self, partition: i32, offset: i64) -> RecordPlace {
        let models = &self.models[usize::try_from(partition).expect("a partition")];
        let timestamp = models.iter().find(|model| model.0 == offset).expect("a model").1;
        RecordPlace { topic: "model".into(), partition, offset, timestamp }
    }

    fn newest(&mut self, history: &mut History, before: Option<&RecordPlace>) -> Option<(i32, i64)> {
        let found = history.newest(before, |partition, range: Range<i64>| {
            self.looked_at += range.end - range.start;
            let models = &self.models[usize::try_from(partition).expect("a partition")];
            let inside = models.iter().filter(|(offset, _)| range.contains(offset));
            Ok::<_, Infallible>(inside.map(|(offset, _)| self.place(partition, *offset)).collect())
        });
        found.expect("infallible").map(|place| (place.partition, place.offset))
    }
}

#[test]
fn the_newest_of_all_partitions_comes_first_by_the_records_time() {
    let mut topic = Topic::new(&[&[(0, 10), (5, 40)], &[(3, 30)], &[], &[(7, 20)]]);
    let mut history = History::new([0..6, 0..4, 0..0, 0..90]);
    let mut order = Vec::new();
    let mut before = None;
    while let Some((partition, offset)) = topic.newest(&mut history, before.as_ref()) {
        order.push((partition, offset));
        before = Some(topic.place(partition, offset));
    }
    assert_eq!(order, [(0, 5), (1, 3), (3, 7), (0, 0)]);
}

#[test]
fn in_one_partition_offsets_count_and_not_the_publishers_clocks() {
    let mut topic = Topic::new(&[&[(0, 99), (1, 50)]]);
    let mut history = History::new(iter::once(0..2));
    assert_eq!(topic.newest(&mut history, None), Some((0, 1)));
    assert_eq!(topic.newest(&mut history, Some(&topic.place(0, 1))), Some((0, 0)));
}

#[test]
fn no_more_is_looked_at_than_is_asked_for() {
    let mut topic = Topic::new(&[&[(0, 1), (999_999, 2)]]);
    let mut history = History::new(iter::once(0..1_000_000));
    assert_eq!(topic.newest(&mut history, None), Some((0, 999_999)));
    assert_eq!(topic.newest(&mut history, None), Some((0, 999_999)));
    assert_eq!(topic.looked_at, FIRST_STRETCH);
    assert_eq!(topic.newest(&mut history, Some(&topic.place(0, 999_999))), Some((0, 0)));
    assert_eq!(topic.looked_at, 1_000_000, "each record once");
}

#[test]
fn what_was_found_useless_is_passed_over_and_what_arrives_is_newest() {
    let mut topic = Topic::new(&[&[(0, 1), (1, 2), (2, 3)]]);
    let mut history = History::new(iter::once(0..2));
    history.remember(topic.place(0, 2));
    assert_eq!(topic.newest(&mut history, None), Some((0, 2)));
    history.pass_over(&topic.place(0, 1));
    assert_eq!(topic.newest(&mut history, Some(&topic.place(0, 2))), Some((0, 1)), "it wasn't known yet");
    history.pass_over(&topic.place(0, 1));
    assert_eq!(topic.newest(&mut history, Some(&topic.place(0, 2))), Some((0, 0)));
}

#[test]
fn going_back_meets_each_model_once_whatever_the_clocks_say() {
    let mut topic = Topic::new(&[&[(0, 99), (1, 50)], &[(0, 70)]]);
    let mut history = History::new([0..2, 0..1]);
    let mut order = Vec::new();
    let mut before = None;
    while let Some((partition, offset)) = topic.newest(&mut history, before.as_ref()) {
        order.push((partition, offset));
        assert!(order.len() <= 3, "round in circles: {order:?}");
        before = Some(topic.place(partition, offset));
    }
    assert_eq!(order, [(1, 0), (0, 1), (0, 0)]);
}

#[test]
fn what_is_of_no_use_here_does_not_change_the_order_that_others_see() {
    let mut topic = Topic::new(&[&[(0, 99), (1, 50)], &[(0, 70)]]);
    let mut history = History::new([0..2, 0..1]);
    assert_eq!(topic.newest(&mut history, None), Some((1, 0)));
    history.pass_over(&topic.place(0, 1));
    assert_eq!(topic.newest(&mut history, None), Some((1, 0)));
    assert_eq!(topic.newest(&mut history, Some(&topic.place(1, 0))), Some((0, 0)));
    history.forget(&topic.place(0, 1));
    assert_eq!(topic.newest(&mut history, None), Some((0, 0)), "a record that is gone is nobody's");
}

#[test]
fn a_model_that_nobody_has_looked_back_to_is_ranked_by_those_after_it() {
    let mut topic = Topic::new(&[&[(0, 99), (1, 50)], &[(0, 70)]]);
    let mut history = History::new([0..2, 0..1]);
    assert_eq!(topic.newest(&mut history, Some(&topic.place(0, 0))), None);
    let (one, other) = (history.rank(&topic.place(0, 0)), history.rank(&topic.place(1, 0)));
    assert!(newer(other, one) && !newer(one, other));
}

#[test]
fn what_is_remembered_is_bounded_and_found_again() {
    let models: Vec<(i64, i64)> = (0..10_000).map(|offset| (offset, offset)).collect();
    let mut topic = Topic::new(&[&models]);
    let mut history = History::new(iter::once(0..0));
    for (offset, _) in &models {
        history.remember(topic.place(0, *offset));
    }
    assert!(history.partitions[0].models.len() <= REMEMBERED);
    assert_eq!(topic.newest(&mut history, Some(&topic.place(0, 5_000))), Some((0, 4_999)));
}
