use std::cell::{Cell, RefCell};

use rdkafka::error::RDKafkaErrorCode;

use super::*;
use crate::archive::{
    inspect,
    testing::{Disk, SMALL_MLMODEL, stored},
};

/// What was sent: key, headers and value.
#[derive(Clone)]
struct Sent {
    key: String,
    headers: Vec<(String, String)>,
    value: Vec<u8>,
}

impl Sent {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A broker that acknowledges one record a look while it is up. Time passes only where somebody waits.
struct Broker {
    sent: RefCell<Vec<Sent>>,
    acknowledged: RefCell<Acknowledged>,
    /// How many are acknowledged before it goes away, and for how long.
    away: Cell<Option<(u32, Duration)>>,
    refuses: Cell<Option<u32>>,
    most_open: Cell<u32>,
    now: Cell<Instant>,
}

impl Broker {
    fn new() -> Self {
        Self {
            sent: RefCell::default(),
            acknowledged: RefCell::default(),
            away: Cell::new(None),
            refuses: Cell::new(None),
            most_open: Cell::new(0),
            now: Cell::new(Instant::now()),
        }
    }

    fn goes_away_after(count: u32, time: Duration) -> Self {
        let broker = Self::new();
        broker.away.set(Some((count, time)));
        broker
    }

    fn refuses_the(count: u32) -> Self {
        let broker = Self::new();
        broker.refuses.set(Some(count));
        broker
    }

    fn manifest(&self) -> Option<Manifest> {
        let sent = self.sent.borrow();
        let last = sent.last()?;
        (last.header(KIND_HEADER) == Some(MANIFEST_KIND)).then(|| Manifest::parse(&last.value).unwrap())
    }

    /// Whether it is away now; each look counts for the time that is left.
    fn is_away(&self, time: Duration) -> bool {
        let Some((after, left)) = self.away.get() else { return false };
        if self.acknowledged.borrow().count < after {
            return false;
        }
        self.away.set(left.checked_sub(time).filter(|left| !left.is_zero()).map(|left| (after, left)));
        true
    }
}

impl Outbox for Broker {
    fn send(&self, key: &str, headers: &[(&str, &str)], value: &[u8]) -> Result<(), KafkaError> {
        let headers = headers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.sent.borrow_mut().push(Sent { key: key.to_owned(), headers, value: value.to_owned() });
        let sent = u32::try_from(self.sent.borrow().len()).unwrap();
        self.most_open.set(self.most_open.get().max(sent - self.acknowledged.borrow().count));
        Ok(())
    }

    fn listen(&self, time: Duration) {
        self.now.set(self.now.get() + time);
        if time.is_zero() || self.is_away(time) {
            return;
        }
        let mut acknowledged = self.acknowledged.borrow_mut();
        if self.refuses.get() == Some(acknowledged.count) {
            acknowledged.failure = Some(KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge));
        } else if let Some(next) = self.sent.borrow().get(acknowledged.count as usize) {
            let offset = 40 + i64::from(acknowledged.count);
            acknowledged.note(next.value.len(), offset);
        }
    }

    fn acknowledged(&self) -> Acknowledged {
        self.acknowledged.borrow().clone()
    }

    fn failure(&self) -> Option<String> {
        Some("k:9092/1: Disconnected".to_owned())
    }

    fn now(&self) -> Instant {
        self.now.get()
    }
}

/// A model whose zip makes 21 chunks, and the zip.
fn model() -> (Disk, ModelArchive, Vec<u8>) {
    let zip = stored(&[("MLmodel", SMALL_MLMODEL.as_bytes()), ("model.pkl", &[5; 2000])]);
    let disk = Disk::with_archive(&zip);
    let archive = inspect(&disk.zip()).unwrap();
    (disk, archive, zip)
}

fn send(
    broker: &Broker,
    zip: &[u8],
    archive: &ModelArchive,
    progress: impl FnMut(u64),
) -> Result<Published, PublishError> {
    let upload =
        Upload { topic: "model", partition: 3, archive, chunk_bytes: archive.bytes.div_ceil(21), id: "a1".into() };
    upload.send(broker, zip, progress)
}

#[test]
fn chunks_go_in_order_with_keys_of_their_own_and_the_manifest_comes_last() {
    let (_disk, archive, zip) = model();
    let broker = Broker::new();
    let mut told = Vec::new();
    let place = send(&broker, &zip, &archive, |bytes| told.push(bytes)).unwrap();
    assert_eq!(place, Published { partition: 3, offset: 61 });
    let sent = broker.sent.borrow().clone();
    assert_eq!(sent.len(), 22);
    let pieces: Vec<u8> = sent[..21].iter().flat_map(|chunk| chunk.value.clone()).collect();
    assert_eq!(pieces, zip);
    for (index, chunk) in sent[..21].iter().enumerate() {
        assert_eq!(chunk.header(CHUNK_HEADER), Some(format!("{index}/21").as_str()));
        assert_eq!((chunk.header(KIND_HEADER), chunk.header(UPLOAD_HEADER)), (Some(CHUNK_KIND), Some("a1")));
        assert_eq!(chunk.key, format!("model/{}/a1/{index}", &archive.sha256[..12]));
    }
    let manifest = broker.manifest().expect("a manifest");
    assert_eq!((manifest.first_offset, manifest.last_offset, manifest.partition), (40, 60, 3));
    assert_eq!((manifest.chunks, manifest.size, &manifest.sha256), (21, archive.bytes, &archive.sha256));
    assert_eq!(sent[21].key, RECORD_KEY);
    assert!(told.is_sorted() && told.last() == Some(&archive.bytes), "never more than there is: {told:?}");
}

#[test]
fn only_so_many_chunks_are_on_their_way_and_the_manifest_waits_for_them_all() {
    let (_disk, archive, zip) = model();
    let broker = Broker::goes_away_after(5, Duration::from_hours(1));
    let error = send(&broker, &zip, &archive, |_| {}).unwrap_err();
    assert_eq!((broker.most_open.get(), broker.sent.borrow().len()), (WINDOW, 13));
    assert!(matches!(error, PublishError::Unacknowledged { .. }), "{error}");
    let broker = Broker::goes_away_after(20, Duration::from_hours(1));
    send(&broker, &zip, &archive, |_| {}).unwrap_err();
    assert_eq!(broker.sent.borrow().len(), 21, "no manifest while a chunk is open");
}

#[test]
fn a_broker_that_comes_back_before_ten_minutes_are_over_gets_the_rest() {
    let (_disk, archive, zip) = model();
    let broker = Broker::goes_away_after(9, Duration::from_secs(590));
    send(&broker, &zip, &archive, |_| {}).unwrap();
    assert!(broker.manifest().is_some());
}

#[test]
fn ten_minutes_without_an_acknowledgement_are_the_end_also_when_only_the_manifest_is_open() {
    let (_disk, archive, zip) = model();
    for (after, is_all_there) in [(0, false), (9, false), (21, true)] {
        let broker = Broker::goes_away_after(after, Duration::from_secs(610));
        let started = broker.now();
        let error = send(&broker, &zip, &archive, |_| {}).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("ten minutes") && text.contains("k:9092/1: Disconnected"), "{text}");
        let PublishError::Unacknowledged { sent, bytes, .. } = error else { panic!("{text}") };
        assert!(sent < bytes, "without its manifest a model isn't there: {sent} of {bytes}");
        assert_eq!(broker.manifest().is_some(), is_all_there);
        let waited = broker.now() - started;
        assert!((600..615).contains(&waited.as_secs()), "{waited:?}");
    }
}

#[test]
fn a_record_that_is_refused_is_the_end_at_once() {
    let (_disk, archive, zip) = model();
    let broker = Broker::refuses_the(4);
    let started = broker.now();
    let error = send(&broker, &zip, &archive, |_| {}).unwrap_err();
    assert!(matches!(&error, PublishError::Refused { topic, .. } if topic == "model"), "{error}");
    assert!(error.to_string().contains("Message size too large"), "{error}");
    assert!(broker.now() - started < Duration::from_secs(5) && broker.manifest().is_none());
}

#[test]
fn a_file_that_is_another_now_gets_no_manifest_nor_does_a_shorter_one() {
    let (_disk, archive, mut zip) = model();
    zip[700] ^= 1;
    for zip in [&zip[..], &zip[..1000]] {
        let broker = Broker::new();
        let error = send(&broker, zip, &archive, |_| {}).unwrap_err();
        assert!(matches!(error, PublishError::Changed { .. }), "{error}");
        assert!(broker.manifest().is_none());
    }
}

#[test]
fn a_file_that_cannot_be_read_any_more_is_named() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let (_disk, archive, _) = model();
    let upload = Upload { topic: "model", partition: 0, archive: &archive, chunk_bytes: 100, id: "a1".into() };
    let error = upload.send(&Broker::new(), Broken, |_| {}).unwrap_err();
    assert!(error.to_string().contains("the disk is gone"), "{error}");
}
