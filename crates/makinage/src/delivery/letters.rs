//! The topic of dead letters, and what letters in transactions are made with.

use std::{sync::Arc, time::Instant};

use crate::{
    letters::Letterhead,
    sink::{originals::Originals, partitions::Partitions, producer::LookUp, reunion::Reunion},
};

/// The topic of dead letters, and what they are made with.
pub(crate) struct Letters<P> {
    pub(super) topic: Arc<str>,
    pub(super) partitions: Arc<Partitions<P>>,
    /// The largest record that the topic takes.
    pub(super) max_record: usize,
    pub(super) head: Letterhead,
    pub(super) reunion: Reunion<Box<dyn Originals>>,
    /// When those are tried again that were refused.
    pub(super) again_at: Option<Instant>,
}

impl<P: LookUp> Letters<P> {
    /// For a topic of these sizes, which takes records of so many bytes. Originals ring the delivery's bell.
    pub(crate) fn new(
        topic: &str,
        partitions: Partitions<P>,
        max_record: usize,
        head: Letterhead,
        originals: Box<dyn Originals>,
    ) -> Self {
        let reunion = Reunion::new(head.topics().to_vec(), originals);
        Self { topic: topic.into(), partitions: Arc::new(partitions), max_record, head, reunion, again_at: None }
    }

    /// These assignments are over: their events are settled by whoever has them.
    pub(super) fn give_up(&mut self, assignments: &[u32]) {
        drop(self.reunion.give_up(assignments));
    }
}
