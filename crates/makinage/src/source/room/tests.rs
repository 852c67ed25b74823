use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::event::{Fate, Ticket};

/// Room for 64 events while nothing stands still, in portions of 16.
const SPACE: Space = Space { held: 128 * SLOT, portion: 16 };
const TURN: Duration = Duration::from_millis(20);

/// Partitions with events without end, some of which stand still.
struct Scene {
    offsets: Offsets,
    room: Room,
    now: Instant,
    /// What is open, by partition.
    open: Vec<VecDeque<Ticket>>,
    /// How many have been read, by partition.
    read: Vec<i64>,
    paused: Vec<bool>,
    stuck: Vec<bool>,
    /// Events that others settle in a turn, of each partition.
    pace: usize,
    /// The partition that is read next: the client has whatever came first.
    next: usize,
}

impl Scene {
    fn new(partitions: usize) -> Self {
        let mut offsets = Offsets::default();
        (0..partitions).for_each(|partition| offsets.assign(0, number(partition)));
        Self {
            offsets,
            room: Room::new(SPACE),
            now: Instant::now(),
            open: vec![VecDeque::new(); partitions],
            read: vec![0; partitions],
            paused: vec![false; partitions],
            stuck: vec![false; partitions],
            pace: 4,
            next: 0,
        }
    }

    /// Whether there was room: the source polls then, and so hears the group.
    fn turn(&mut self) -> bool {
        for (open, stuck) in self.open.iter_mut().zip(&self.stuck) {
            // Behind one that stands still others are settled all the same.
            let from = usize::from(*stuck).min(open.len());
            let settled = open.drain(from..open.len().min(from + self.pace));
            for ticket in settled {
                self.offsets.settle(ticket, Fate::Finished);
            }
        }
        if let Some(change) = self.room.look(&self.offsets, self.now) {
            let pause = change.pause.iter().chain(&change.shut);
            pause.for_each(|(_, partition)| self.paused[place(*partition)] = true);
            change.resume.iter().for_each(|(_, partition)| self.paused[place(*partition)] = false);
            self.room.changed(&change);
        }
        let left = self.room.left(&self.offsets, self.now);
        let most = self.offsets.held() + left;
        let mut events = 0;
        while left > 0 && events < SPACE.portion && self.offsets.held() < most && self.read_one() {
            events += 1;
        }
        self.now += TURN;
        left > 0
    }

    /// Reads one of the next partition that isn't paused.
    fn read_one(&mut self) -> bool {
        for _ in 0..self.read.len() {
            let partition = self.next;
            self.next = (self.next + 1) % self.read.len();
            if !self.paused[partition] {
                let ticket = self.offsets.received(0, number(partition), self.read[partition], 1);
                self.open[partition].push_back(ticket.expect("it is assigned"));
                self.read[partition] += 1;
                return true;
            }
        }
        false
    }

    fn turns(&mut self, time: Duration) {
        for _ in 0..time.as_millis() / TURN.as_millis() {
            self.turn();
        }
    }

    fn held(&self, partition: usize) -> usize {
        self.offsets.held_in(self.offsets.assignment(0, number(partition)).expect("it is assigned")) / SLOT
    }
}

fn number(partition: usize) -> i32 {
    i32::try_from(partition).expect("few")
}

fn place((_, partition): Partition) -> usize {
    usize::try_from(partition).expect("a partition's number")
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn what_moves_is_never_paused_however_little_room_there_is() {
    let mut scene = Scene::new(3);
    // Far less than could be read.
    scene.pace = 1;
    scene.turns(20 * SECOND);
    assert_eq!(scene.paused, [false; 3]);
    let held = scene.offsets.held() / SLOT;
    assert!((56..=64).contains(&held), "{held} are open");
}

#[test]
fn one_that_stands_still_is_paused_alone_and_the_others_go_on() {
    let mut scene = Scene::new(4);
    scene.turns(SECOND);
    scene.stuck[2] = true;
    scene.turns(4 * SECOND);
    assert_eq!(scene.paused, [false, false, true, false]);
    let (held, before) = (scene.held(2), scene.read.clone());
    assert!((16..=64).contains(&held), "it holds {held}");
    scene.turns(SECOND);
    let went_on: Vec<bool> = scene.read.iter().zip(before).map(|(now, before)| now - before > 100).collect();
    assert_eq!(went_on, [true, true, false, true]);
    scene.stuck[2] = false;
    scene.turns(2 * SECOND);
    assert_eq!(scene.paused, [false; 4], "it has room again");
}

#[test]
fn one_partition_alone_is_paused_at_half_of_the_whole_and_resumed_at_half_of_that() {
    let mut scene = Scene::new(1);
    (scene.pace, scene.stuck[0]) = (0, true);
    scene.turns(SECOND);
    assert_eq!((scene.held(0), scene.paused[0]), (64, false));
    scene.turns(SECOND);
    assert!(scene.paused[0]);
    let all: Vec<Ticket> = scene.open[0].drain(..).collect();
    for ticket in all.iter().take(32) {
        scene.offsets.settle(*ticket, Fate::Finished);
    }
    scene.turns(SECOND);
    assert!(scene.paused[0], "it holds half of its share");
    scene.offsets.settle(all[32], Fate::Finished);
    scene.turns(LOOK);
    assert!(!scene.paused[0]);
}

#[test]
fn all_that_are_stuck_at_once_are_paused_within_seconds_and_the_group_is_heard_all_the_time() {
    let mut scene = Scene::new(30);
    (scene.pace, scene.stuck) = (0, vec![true; 30]);
    scene.turns(3 * SECOND);
    let mut unheard = Duration::ZERO;
    for _ in 0..1000 {
        unheard = if scene.turn() { Duration::ZERO } else { unheard + TURN };
        assert!(unheard <= PATIENCE + LOOK, "for {unheard:?}");
    }
    assert!(scene.offsets.held() <= SPACE.most() + SLOT);
}

#[test]
fn what_a_rebalance_brings_is_read_and_what_it_takes_is_forgotten() {
    let mut scene = Scene::new(2);
    (scene.pace, scene.stuck) = (0, vec![true; 2]);
    scene.turns(5 * SECOND);
    assert_eq!(scene.paused, [true; 2]);
    // Between two looks nothing is known of it yet, but that it isn't paused.
    scene.room.look(&scene.offsets, scene.now + LOOK);
    scene.offsets.assign(0, 0);
    assert!((0..200).all(|offset| scene.offsets.received(0, 0, offset, 1).is_some()));
    assert_eq!(scene.room.left(&scene.offsets, scene.now + LOOK), 0, "it would be read without end");
    scene.offsets.assign(0, 0);
    scene.now += 2 * LOOK;
    scene.paused[0] = false;
    let read = scene.read[0];
    scene.turns(SECOND / 2);
    assert!(scene.read[0] > read && !scene.paused[0]);
    scene.offsets.revoke(0, 1);
    scene.room.look(&scene.offsets, scene.now + LOOK);
    assert!(scene.room.paused.is_empty());
}

#[test]
fn a_partition_that_is_read_from_elsewhere_while_it_is_paused_is_resumed() {
    let mut scene = Scene::new(2);
    (scene.pace, scene.stuck) = (0, vec![true; 2]);
    scene.turns(5 * SECOND);
    assert_eq!(scene.paused, [true; 2]);
    // The same partition under another number: the client goes on as it was.
    scene.offsets.assign(0, 0);
    let change = scene.room.look(&scene.offsets, scene.now + LOOK).expect("a change");
    let number = scene.offsets.assignment(0, 0).expect("it is assigned");
    assert_eq!(change, Change { resume: vec![(number, (0, 0))], ..Change::default() });
    // It could not be resumed, and so is to be again.
    assert_eq!(scene.room.look(&scene.offsets, scene.now + 2 * LOOK), Some(change.clone()));
    scene.room.changed(&change);
    assert_eq!(scene.room.look(&scene.offsets, scene.now + 3 * LOOK), None);
}

#[test]
fn by_hand_all_are_paused_what_comes_too_and_the_group_is_heard_all_the_time() {
    let mut scene = Scene::new(3);
    scene.stuck[2] = true;
    scene.turns(5 * SECOND);
    assert_eq!(scene.paused, [false, false, true]);
    scene.room.shut(true);
    assert!(!scene.room.is_as_wanted());
    scene.turn();
    assert!(scene.room.is_as_wanted() && scene.paused == [true; 3]);
    let read = scene.read.clone();
    (scene.pace, scene.stuck) = (4, vec![false; 3]);
    assert!((0..100).all(|_| scene.turn()), "the group isn't heard");
    // One comes anew, and its client reads it until it is told not to.
    scene.offsets.assign(0, 1);
    scene.paused[1] = false;
    scene.turns(SECOND);
    assert_eq!((&scene.read[0], &scene.read[2]), (&read[0], &read[2]));
    assert!(scene.paused == [true; 3] && scene.room.is_as_wanted());
    scene.room.shut(false);
    assert!(!scene.room.is_as_wanted());
    scene.turns(SECOND);
    assert!(scene.paused == [false; 3] && scene.room.is_as_wanted());
    assert!(scene.read.iter().zip(read).all(|(now, before)| *now > before + 10));
}

#[test]
fn large_events_count_by_their_bytes() {
    let mut offsets = Offsets::default();
    offsets.assign(0, 0);
    let (mut room, now) = (Room::new(SPACE), Instant::now());
    assert_eq!(room.left(&offsets, now), 64 * SLOT);
    let large = offsets.received(0, 0, 0, 62 * SLOT).expect("assigned");
    assert_eq!((room.left(&offsets, now), room.wanting(&offsets)), (0, 1));
    offsets.settle(large, Fate::Finished);
    assert_eq!(room.left(&offsets, now), 64 * SLOT);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whichever partitions get stuck and when: each of the others is read again and again, and memory is bounded.
    #[test]
    fn the_others_go_on_and_memory_is_bounded(
        partitions in 2_usize..9,
        faults in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), 0_u64..5000), 0..12),
        pace in 1_usize..8,
    ) {
        let mut scene = Scene::new(partitions);
        scene.pace = pace;
        for (which, stuck, wait) in faults {
            scene.turns(Duration::from_millis(wait));
            scene.stuck[which.index(partitions)] = stuck;
            let before = scene.read.clone();
            // A second until room is missed, another until there is some.
            scene.turns(4 * SECOND);
            for (partition, before) in before.into_iter().enumerate() {
                prop_assert!(
                    scene.stuck[partition] || scene.read[partition] > before,
                    "partition {} stands still with {:?}", partition, scene.stuck
                );
            }
            prop_assert!(scene.offsets.held() <= SPACE.most() + SLOT, "{} are open", scene.offsets.held() / SLOT);
        }
    }
}
