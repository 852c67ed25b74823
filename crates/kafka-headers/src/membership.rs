//! Whether a consumer is a member of its group, as it would say so beside offsets in a transaction. `rdkafka` passes
//! that on unread, and brokers take offsets from a producer that says it is nobody in particular.

use std::ffi::CStr;

use rdkafka::{
    bindings::{
        rd_kafka_consumer_group_metadata, rd_kafka_consumer_group_metadata_destroy,
        rd_kafka_consumer_group_metadata_generation_id, rd_kafka_consumer_group_metadata_member_id,
    },
    client::{Client, ClientContext},
};

/// Whether a consumer has an id and a generation in its group.
pub fn is_member<C: ClientContext>(client: &Client<C>) -> bool {
    // SAFETY: the client lives for the call. What it returns is ours until it is destroyed, once; it is null where the
    // client is no consumer of a group. The id is its own, a C string, and isn't looked at after that.
    unsafe {
        let metadata = rd_kafka_consumer_group_metadata(client.native_ptr());
        if metadata.is_null() {
            return false;
        }
        let id = rd_kafka_consumer_group_metadata_member_id(metadata);
        let has_id = !id.is_null() && !CStr::from_ptr(id).is_empty();
        let is_member = has_id && rd_kafka_consumer_group_metadata_generation_id(metadata) >= 0;
        rd_kafka_consumer_group_metadata_destroy(metadata);
        is_member
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::{
        ClientConfig,
        consumer::{BaseConsumer, Consumer},
        producer::{BaseProducer, Producer},
    };

    use super::*;

    #[test]
    fn who_has_not_joined_is_no_member() {
        let mut client = ClientConfig::new();
        let consumer: BaseConsumer = client.set("group.id", "some").create().expect("a consumer");
        assert!(!is_member(consumer.client()));
        let producer: BaseProducer = ClientConfig::new().create().expect("a producer");
        assert!(!is_member(producer.client()));
    }
}
