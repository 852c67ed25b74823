//! What the tests of this folder share: a topic in memory, and the end of one as a script. Whoever else speaks of the
//! newest model asks here what a service makes of a topic.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap, VecDeque},
    ops::{ControlFlow, Range},
    sync::{Arc, Mutex},
};

use rdkafka::{
    consumer::Consumer,
    error::{KafkaError, KafkaResult},
    types::RDKafkaErrorCode,
};

use super::{
    client::TopicClient,
    history::History,
    log::{Log, TIMEOUT},
    model_fetcher::ModelFetcher,
    shelf::Shelf,
    stretches::{Each, Stretches},
};
use crate::{
    archive::{Limits, sha256},
    generation::models::{Models, NotHad},
    kafka::{
        client::Cluster,
        topics::{self, Topic},
    },
    model::{ModelIdentity, RecordPlace},
    record::{
        Record,
        headers::{CHUNK_HEADER, KIND_HEADER, UPLOAD_HEADER},
        manifest::{Manifest, Uploaded},
    },
    store::{Store, workspace::Workspace},
};

/// A zip as far as a record tells.
pub(super) fn zip(mark: &str) -> Vec<u8> {
    format!("PK\u{3}\u{4}{mark}").into_bytes()
}

/// A place whose time is its offset's, in a later partition a little later.
pub(super) fn place(partition: i32, offset: i64) -> RecordPlace {
    RecordPlace { topic: "model".into(), partition, offset, timestamp: 1000 + 10 * offset + i64::from(partition) }
}

/// A record in memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Written {
    headers: HashMap<&'static str, String>,
    value: Vec<u8>,
}

impl Written {
    pub(super) fn model(mark: &str) -> Self {
        Self::of(zip(mark))
    }

    pub(super) fn of(value: impl Into<Vec<u8>>) -> Self {
        Self { headers: HashMap::new(), value: value.into() }
    }

    pub(super) fn kind(kind: &str, value: impl Into<Vec<u8>>) -> Self {
        Self { headers: [(KIND_HEADER, kind.to_owned())].into(), value: value.into() }
    }

    /// A chunk of an upload that has three.
    pub(super) fn chunk(index: usize, bytes: &[u8]) -> Self {
        let mut chunk = Self::kind("chunk", bytes);
        chunk.headers.insert(UPLOAD_HEADER, "mine".to_owned());
        chunk.headers.insert(CHUNK_HEADER, format!("{index}/3"));
        chunk
    }

    /// The manifest of that upload, of a zip in pieces of so many bytes that lie in these offsets of partition 0.
    pub(super) fn manifest(zip: &[u8], chunk_bytes: usize, offsets: (i64, i64)) -> Self {
        let uploaded =
            Uploaded { upload: "mine".into(), chunks: 3, chunk_bytes: chunk_bytes as u64, partition: 0, offsets };
        let identity = ModelIdentity::unnamed(sha256(zip));
        Self::kind("manifest", Manifest::new(&identity, "sklearn", zip.len() as u64, uploaded).to_json())
    }

    /// A reference to a zip.
    pub(super) fn reference(uri: &str, zip: &[u8]) -> Self {
        Self::kind("reference", format!(r#"{{"uri":"{uri}","sha256":"{}"}}"#, sha256(zip)))
    }

    pub(super) fn record(&self) -> Record<'_> {
        Record::read(|name| self.headers.get(name).map(String::as_bytes), Some(&self.value))
    }
}

/// The partitions of a topic in memory.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    pub records: Mutex<BTreeMap<(i32, i64), Written>>,
    /// What was read, in order.
    pub read: Mutex<Vec<(i32, Range<i64>)>>,
    pub failure: Mutex<Option<RDKafkaErrorCode>>,
    pub told: Mutex<u32>,
}

impl Partitions {
    pub(super) fn write(&self, partition: i32, offset: i64, record: Written) {
        self.records.lock().unwrap().insert((partition, offset), record);
    }
}

impl Stretches for Arc<Partitions> {
    fn read(
        &self,
        partition: i32,
        offsets: Range<i64>,
        given_up: &dyn Fn() -> bool,
        each: Each<'_>,
    ) -> KafkaResult<()> {
        self.read.lock().unwrap().push((partition, offsets.clone()));
        if let Some(code) = *self.failure.lock().unwrap() {
            return Err(KafkaError::MessageConsumption(code));
        }
        if given_up() {
            return Err(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut));
        }
        let records = self.records.lock().unwrap();
        for ((_, offset), written) in records.range((partition, offsets.start)..(partition, offsets.end)) {
            if each(&place(partition, *offset), written.record()) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    fn tell(&self, _error: &KafkaError) {
        *self.told.lock().unwrap() += 1;
    }
}

/// What takes models into a store of the test's own.
pub(super) fn fetcher(folder: &std::path::Path) -> ModelFetcher {
    let store = Store::open(&folder.join("store"), 3).unwrap();
    let workspace = Workspace::open(folder).unwrap();
    ModelFetcher { store, workspace, python: "python3".into(), limits: Limits::default() }
}

/// The newest model on a topic that a service can take: it fetches the newest, as long as that is of no use.
pub(crate) fn served(cluster: &Cluster, topic: &str) -> Option<(ModelIdentity, RecordPlace)> {
    let folder = tempfile::tempdir().unwrap();
    let client = TopicClient::new(cluster, topic);
    let consumer = client.consumer().unwrap();
    let Topic::Partitions(count) = topics::look_up(consumer.client(), topic) else { panic!("no topic {topic}") };
    let offsets = |partition| consumer.fetch_watermarks(topic, partition, TIMEOUT).unwrap();
    let history = History::new((0..count).map(offsets).map(|(low, high)| low..high));
    let shelf = Shelf::new(client, topic, fetcher(folder.path()), Arc::default());
    shelf.begin(history);
    while let Some(place) = shelf.newest_before(None).unwrap() {
        match shelf.fetch(&place, &|| false) {
            Ok(arrived) => return Some((arrived.model.identity.clone(), place)),
            Err(NotHad::Unusable(_)) => {}
            Err(other) => panic!("{place}: {other:?}"),
        }
    }
    None
}

/// The end of a topic: what comes is a script, what the broker says is set.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub comes: RefCell<VecDeque<Result<(RecordPlace, Written), RDKafkaErrorCode>>>,
    /// The offsets after the last record; no partitions are no topic.
    pub ends: RefCell<Vec<i64>>,
    pub is_away: Cell<bool>,
    /// The first record that is later than the one that is asked about.
    pub first_after: Cell<Option<i64>>,
    pub is_there: Cell<bool>,
    /// How often a record was read again.
    pub looks: Cell<u32>,
    pub added: RefCell<Vec<i32>>,
    pub told: Cell<u32>,
}

impl Log for &Script {
    fn poll(&self, each: &mut dyn FnMut(RecordPlace, &Record<'_>)) -> KafkaResult<()> {
        match self.comes.borrow_mut().pop_front() {
            Some(Ok((place, written))) => {
                each(place, &written.record());
                Ok(())
            }
            Some(Err(code)) => Err(KafkaError::MessageConsumption(code)),
            None => Ok(()),
        }
    }

    fn look_up(&self) -> Topic {
        if self.is_away.get() {
            return Topic::Unknown(KafkaError::MetadataFetch(RDKafkaErrorCode::AllBrokersDown));
        }
        match self.ends.borrow().len() {
            0 => Topic::Missing,
            count => Topic::Partitions(i32::try_from(count).unwrap()),
        }
    }

    fn end(&self, partition: i32) -> KafkaResult<i64> {
        Ok(self.ends.borrow()[usize::try_from(partition).unwrap()])
    }

    fn first_after(&self, _partition: i32, _time: i64) -> KafkaResult<Option<i64>> {
        Ok(self.first_after.get())
    }

    fn is_there(&self, _place: &RecordPlace) -> KafkaResult<bool> {
        self.looks.set(self.looks.get() + 1);
        Ok(self.is_there.get())
    }

    fn add(&self, partition: i32) -> KafkaResult<()> {
        self.added.borrow_mut().push(partition);
        Ok(())
    }

    fn tell(&self, _error: &KafkaError) {
        self.told.set(self.told.get() + 1);
    }
}
