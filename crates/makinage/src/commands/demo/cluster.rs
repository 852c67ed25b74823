//! Kafka without a broker: librdkafka's mock cluster, which lives in this process and answers any client on this
//! machine.

use std::mem;

use anyhow::Context;
use rdkafka::mocking::MockCluster;

/// Starts one broker with the topics of the demo, and returns its `host:port`. It lives as long as the process: the
/// service's clients would complain that it has gone.
///
/// The topics have one partition each, so that predictions come in the order of events.
pub(super) fn start() -> anyhow::Result<String> {
    let mock = MockCluster::new(1).context("the mock cluster does not start")?;
    for topic in ["model", "data", "predict"] {
        mock.create_topic(topic, 1, 1).with_context(|| format!("the mock cluster does not make topic {topic}"))?;
    }
    let address = mock.bootstrap_servers();
    mem::forget(mock);
    Ok(address)
}
