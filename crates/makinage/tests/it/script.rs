//! A producer that writes on a model topic what no publisher would.

use std::time::Duration;

use makinage::{
    archive::sha256,
    model::ModelIdentity,
    record::{
        headers::{CHUNK_HEADER, KIND_HEADER, RECORD_KEY, UPLOAD_HEADER},
        manifest::{Manifest, Uploaded},
    },
};
use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::{scene::Scene, service::DEADLINE};

pub(crate) struct Script {
    producer: BaseProducer,
    topic: String,
}

/// A model that is sent in chunks.
pub(crate) struct Upload<'a> {
    pub id: &'a str,
    pub zip: &'a [u8],
    pub chunk_bytes: usize,
}

impl Upload<'_> {
    fn count(&self) -> usize {
        self.zip.len().div_ceil(self.chunk_bytes)
    }
}

impl Script {
    /// Writes on the scene's model topic.
    pub(crate) fn new(scene: &Scene) -> Self {
        let mut client = scene.broker().client();
        let producer = client.set("acks", "all").set("message.max.bytes", "100000000").create();
        Self { producer: producer.expect("a producer"), topic: scene.topic("model") }
    }

    /// Writes one record, and tells its offset.
    pub(crate) fn record(&self, partition: i32, headers: &[(&str, &str)], value: Option<&[u8]>) -> i64 {
        self.record_at(None, partition, headers, value)
    }

    /// Writes one record with a time of its own, in milliseconds since 1970.
    pub(crate) fn record_at(
        &self,
        time: Option<i64>,
        partition: i32,
        headers: &[(&str, &str)],
        value: Option<&[u8]>,
    ) -> i64 {
        let headers = headers
            .iter()
            .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(*value) }));
        self.record_with(time, partition, headers, value)
    }

    /// Writes one record with any headers.
    pub(crate) fn record_with(
        &self,
        time: Option<i64>,
        partition: i32,
        headers: OwnedHeaders,
        value: Option<&[u8]>,
    ) -> i64 {
        let mut record = BaseRecord::<str, [u8]>::to(&self.topic).partition(partition).key(RECORD_KEY).headers(headers);
        record.payload = value;
        record.timestamp = time;
        self.producer.send(record).expect("the client takes the record");
        self.producer.flush(DEADLINE).expect("the broker takes the record");
        let (_, high) =
            self.producer.client().fetch_watermarks(&self.topic, partition, Duration::from_secs(20)).expect("the end");
        high - 1
    }

    /// Writes a model, and tells how the service names it.
    pub(crate) fn model(&self, partition: i32, zip: &[u8]) -> String {
        self.record(partition, &[], Some(zip));
        label(zip)
    }

    /// Writes a chunk.
    pub(crate) fn chunk(&self, upload: &Upload, index: usize) -> i64 {
        let bytes = upload.zip.chunks(upload.chunk_bytes).nth(index).expect("a chunk");
        let place = format!("{index}/{}", upload.count());
        self.record(0, &[(KIND_HEADER, "chunk"), (UPLOAD_HEADER, upload.id), (CHUNK_HEADER, &place)], Some(bytes))
    }

    /// Writes the manifest of an upload whose chunks are said to be at these offsets.
    pub(crate) fn manifest(&self, upload: &Upload, offsets: (i64, i64)) -> i64 {
        let uploaded = Uploaded {
            upload: upload.id.to_owned(),
            chunks: u32::try_from(upload.count()).expect("few"),
            chunk_bytes: upload.chunk_bytes as u64,
            partition: 0,
            offsets,
        };
        let identity = ModelIdentity::unnamed(sha256(upload.zip));
        let json = Manifest::new(&identity, "sklearn", upload.zip.len() as u64, uploaded).to_json();
        self.record(0, &[(KIND_HEADER, "manifest")], Some(json.as_bytes()))
    }
}

/// How the service names a model that nobody has named.
pub(crate) fn label(zip: &[u8]) -> String {
    sha256(zip)[..12].to_owned()
}
