use std::{iter, sync::Arc, time::Duration};

use rdkafka::types::RDKafkaErrorCode;

use super::{
    super::{
        history::History,
        testing::{Partitions, Script, Written, fetcher, place},
    },
    *,
};
use crate::generation::models::Models;

const LATER: Duration = Duration::from_secs(10);

/// A topic with one partition, read from offset 3 on.
struct Scene {
    script: Script,
    shelf: Shelf<Arc<Partitions>>,
    mailbox: Arc<Mailbox>,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = Arc::<Mailbox>::default();
        let shelf = Shelf::new(Arc::default(), "model", fetcher(folder.path()), Arc::clone(&mailbox));
        shelf.begin(History::new(iter::once(0..0)));
        let script = Script { ends: vec![3].into(), is_there: true.into(), ..Script::default() };
        Self { script, shelf, mailbox, _folder: folder }
    }

    fn follower(&self) -> Follower<'_, &Script, Arc<Partitions>> {
        Follower::new(&self.script, &self.shelf, &self.mailbox, vec![3])
    }

    fn comes(&self, partition: i32, offset: i64, record: Written) {
        self.script.comes.borrow_mut().push_back(Ok((place(partition, offset), record)));
    }

    fn seen(&self) -> Vec<Seen> {
        self.mailbox.wait(Some(Instant::now())).expect("it is open").seen
    }
}

#[test]
fn models_that_come_are_told_and_can_be_asked_for_and_nothing_else_is() {
    let scene = Scene::new();
    scene.comes(0, 3, Written::model("a"));
    scene.comes(0, 4, Written::chunk(0, b"bytes"));
    scene.comes(0, 5, Written::of("{\"not\": \"a model\"}"));
    scene.comes(0, 6, Written::manifest(b"abc", 1, (0, 2)));
    scene.comes(0, 7, Written::kind("manifest", "damaged"));
    scene.comes(0, 8, Written::reference("/m.zip", b"abc"));
    let mut follower = scene.follower();
    (0..7).for_each(|_| assert!(follower.turn(Instant::now()).unwrap()));
    let seen = |offset, is_promise| Seen { place: place(0, offset), is_promise };
    assert_eq!(scene.seen(), [seen(3, false), seen(6, true), seen(7, true), seen(8, true)]);
    let before = |before: Option<&RecordPlace>| scene.shelf.newest_before(before).unwrap();
    assert_eq!(before(None), Some(place(0, 8)));
    assert_eq!(before(Some(&place(0, 6))), Some(place(0, 3)));
    assert_eq!(scene.shelf.witness(), Some(place(0, 8)));
}

#[test]
fn partitions_that_are_added_are_read_from_their_beginning() {
    let scene = Scene::new();
    let mut follower = scene.follower();
    *scene.script.ends.borrow_mut() = vec![3, 1, 0];
    assert!(follower.turn(Instant::now() + LATER).unwrap());
    assert_eq!((scene.script.added.borrow().as_slice(), scene.shelf.partitions()), (&[1, 2][..], 3));
    scene.comes(1, 0, Written::model("a"));
    assert!(follower.turn(Instant::now()).unwrap());
    assert_eq!(scene.shelf.newest_before(None).unwrap(), Some(place(1, 0)));
    *scene.script.ends.borrow_mut() = vec![3, 1];
    assert!(!follower.turn(Instant::now() + 2 * LATER).unwrap(), "fewer are another topic");
}

#[test]
fn it_ends_when_the_topic_is_another_and_an_error_makes_it_look_sooner() {
    let scene = Scene::new();
    let mut follower = scene.follower();
    scene.script.ends.borrow_mut().clear();
    let now = Instant::now();
    assert!(follower.turn(now + LATER / 2).unwrap(), "too soon to look");
    for code in [RDKafkaErrorCode::BrokerTransportFailure, RDKafkaErrorCode::UnknownTopicOrPartition] {
        scene.script.comes.borrow_mut().push_back(Err(code));
    }
    assert!(follower.turn(now).unwrap());
    assert!(follower.turn(now + LATER / 2).unwrap());
    assert_eq!(scene.script.told.get(), 2);
    assert!(!follower.turn(now + LATER / 2 + Duration::from_secs(1)).unwrap());

    // It ends where it did, though a record was read since.
    let scene = Scene::new();
    let mut follower = scene.follower();
    scene.comes(0, 3, Written::model("a"));
    assert!(!follower.turn(Instant::now() + LATER).unwrap());

    // Its own clock says that it is time.
    let scene = Scene::new();
    scene.script.ends.borrow_mut().clear();
    let mut follower = scene.follower();
    follower.watch = Watch::new(vec![3], now.checked_sub(LATER).unwrap());
    follower.run().unwrap();
}

#[test]
fn it_ends_when_the_mailbox_is_closed() {
    let scene = Scene::new();
    scene.mailbox.close();
    scene.comes(0, 3, Written::model("a"));
    scene.follower().run().unwrap();
    assert_eq!(scene.script.comes.borrow().len(), 1);
}
