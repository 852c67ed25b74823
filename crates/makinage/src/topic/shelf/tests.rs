use std::{iter, ops::Range};

use rdkafka::types::RDKafkaErrorCode;
use tempfile::TempDir;

use super::{
    super::testing::{Partitions, Written, fetcher, place, zip},
    *,
};

struct Scene {
    partitions: Arc<Partitions>,
    shelf: Shelf<Arc<Partitions>>,
    mailbox: Arc<Mailbox>,
    _folder: TempDir,
}

impl Scene {
    fn new(offsets: impl IntoIterator<Item = Range<i64>>) -> Self {
        let scene = Self::unread();
        scene.shelf.begin(History::new(offsets));
        scene
    }

    fn unread() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (partitions, mailbox) = <(Arc<Partitions>, Arc<Mailbox>)>::default();
        let shelf = Shelf::new(Arc::clone(&partitions), "model", fetcher(folder.path()), Arc::clone(&mailbox));
        Self { partitions, shelf, mailbox, _folder: folder }
    }

    fn order(&self) -> Vec<RecordPlace> {
        let mut order = vec![];
        while let Some(next) = self.shelf.newest_before(order.last()).unwrap() {
            order.push(next);
        }
        order
    }
}

#[test]
fn models_have_one_order_whether_they_were_there_or_came() {
    let scene = Scene::new([0..3, 0..1]);
    scene.partitions.write(0, 0, Written::model("a"));
    scene.partitions.write(0, 1, Written::of("no model"));
    scene.partitions.write(0, 2, Written::reference("/m.zip", b"b"));
    scene.partitions.write(1, 0, Written::model("c"));
    assert_eq!(scene.shelf.newest_before(None), Ok(Some(place(0, 2))));
    assert_eq!(scene.shelf.witness(), Some(place(0, 2)));
    scene.shelf.came(&place(1, 5), &Written::model("d").record());
    assert_eq!(scene.order(), [place(1, 5), place(0, 2), place(1, 0), place(0, 0)]);
}

#[test]
fn what_cannot_be_used_is_passed_over_and_what_is_gone_is_forgotten() {
    let scene = Scene::new(iter::once(0..3));
    scene.partitions.write(0, 0, Written::model("a"));
    scene.partitions.write(0, 1, Written::kind("manifest", "damaged"));
    scene.partitions.write(0, 2, Written::model("c"));
    assert_eq!(scene.order(), [place(0, 2), place(0, 1), place(0, 0)]);
    scene.partitions.records.lock().unwrap().remove(&(0, 2));
    let fetch = |offset| scene.shelf.fetch(&place(0, offset), &|| false);
    assert!(matches!(fetch(2), Err(NotHad::Gone)));
    assert!(matches!(fetch(1), Err(NotHad::Unusable(_))));
    assert_eq!(scene.order(), [place(0, 0)]);
    let taken = fetch(0).expect("a model");
    assert_eq!(std::fs::read(taken.model.zip()).unwrap(), zip("a"));
}

#[test]
fn a_topic_that_cannot_be_read_is_told_but_not_at_the_end() {
    let scene = Scene::unread();
    assert_eq!(scene.shelf.newest_before(None), Err(Unreadable), "nobody has read it yet");
    scene.shelf.begin(History::new(iter::once(0..3)));
    *scene.partitions.failure.lock().unwrap() = Some(RDKafkaErrorCode::TopicAuthorizationFailed);
    assert_eq!((scene.shelf.newest_before(None), *scene.partitions.told.lock().unwrap()), (Err(Unreadable), 1));
    scene.mailbox.close();
    assert_eq!((scene.shelf.newest_before(None), *scene.partitions.told.lock().unwrap()), (Err(Unreadable), 1));
}

#[test]
fn a_topic_that_is_made_anew_has_nothing_of_the_one_before() {
    let scene = Scene::new(iter::once(0..1));
    scene.partitions.write(0, 0, Written::model("a"));
    assert_eq!(scene.order(), [place(0, 0)]);
    scene.partitions.records.lock().unwrap().clear();
    scene.shelf.begin(History::new([0..0, 0..0]));
    assert_eq!((scene.order(), scene.shelf.witness(), scene.shelf.partitions()), (vec![], None, 2));
}
