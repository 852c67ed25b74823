//! Publishing where a model is, instead of its bytes.

use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::BaseRecord,
};

use super::{
    client::Publisher,
    error::PublishError,
    send::{OnItsWay, Published, refused},
};
use crate::record::{
    headers::{KIND_HEADER, NAME_HEADER, RECORD_KEY, REFERENCE_KIND, SHA256_HEADER, VERSION_HEADER},
    reference::Reference,
};

impl Publisher {
    /// Sends a reference, and waits for the acknowledgement. That there is such a model, and that it can be had, only the services find out.
    pub fn send_reference(&self, topic: &str, reference: &Reference) -> Result<Published, PublishError> {
        let json = reference.to_json();
        let mut headers = OwnedHeaders::new()
            .insert(Header { key: KIND_HEADER, value: Some(REFERENCE_KIND) })
            .insert(Header { key: SHA256_HEADER, value: Some(&reference.sha256) });
        for (key, value) in [(NAME_HEADER, &reference.name), (VERSION_HEADER, &reference.version)] {
            if let Some(value) = value {
                headers = headers.insert(Header { key, value: Some(value) });
            }
        }
        let sent = OnItsWay { topic, bytes: json.len() as u64 };
        let record = BaseRecord::to(topic).key(RECORD_KEY).payload(&json).headers(headers);
        self.producer.send(record).map_err(|(error, _)| refused(sent, &error))?;
        self.wait(sent, |_| {})
    }
}
