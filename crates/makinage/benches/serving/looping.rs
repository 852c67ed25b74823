//! The loop that contestants are held against: the same client with the same guarantees, a thread, and no model. Events
//! are passed on in order with a service's two headers; an offset is stored once the output before it is acknowledged.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use rdkafka::{
    ClientConfig, ClientContext, Message, Offset,
    consumer::{BaseConsumer, Consumer},
    message::{DeliveryResult, Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, ProducerContext},
};

/// Acknowledged up to here: reports of one partition come in order.
#[derive(Clone, Default)]
struct Reports(Arc<AtomicI64>);

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<i64>;

    fn delivery(&self, report: &DeliveryResult<'_>, offset: Box<i64>) {
        assert!(report.is_ok(), "an output is not delivered");
        self.0.store(*offset, Ordering::Release);
    }
}

/// Loops until it is killed. One partition.
pub(crate) fn run(endpoint: &str, events: &str, outputs: &str) -> ! {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", endpoint);
    let consumer: BaseConsumer = client
        .clone()
        .set("group.id", outputs)
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.offset.store", "false")
        .set("fetch.queue.backoff.ms", "5")
        .create()
        .expect("a consumer");
    consumer.subscribe(&[events]).expect("a topic");
    let reports = Reports::default();
    let producer: BaseProducer<Reports> = client
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("linger.ms", "0")
        .create_with_context(reports.clone())
        .expect("a producer");
    let mut stored = 0;
    loop {
        let message = consumer.poll(Duration::from_millis(1));
        if let Some(Ok(message)) = message {
            let source = format!("{events}/{}/{}", message.partition(), message.offset());
            let header = |key, value| Header { key, value };
            let headers = OwnedHeaders::new()
                .insert(header("makinage-source", Some(source.as_bytes())))
                .insert(header("makinage-model", Some("model@1".as_bytes())));
            let mut record = BaseRecord::with_opaque_to(outputs, Box::new(message.offset() + 1)).headers(headers);
            record.key = message.key();
            record.payload = message.payload();
            while let Err((_, back)) = producer.send(record) {
                producer.poll(Duration::from_millis(1));
                record = back;
            }
        }
        producer.poll(Duration::ZERO);
        let acknowledged = reports.0.load(Ordering::Acquire);
        if acknowledged > stored + 1000 {
            stored = acknowledged;
            let mut offsets = rdkafka::TopicPartitionList::new();
            offsets.add_partition_offset(events, 0, Offset::Offset(stored)).expect("an offset");
            // An assignment may just be over.
            drop(consumer.store_offsets(&offsets));
        }
    }
}
