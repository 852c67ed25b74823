//! Which rights a configuration needs and a client lacks, as brokers say it when they are asked: nothing is tried for
//! that. Brokers without an authorizer grant everything.

use std::time::Duration;

use kafka_headers::rights::{self, Granted};
use rdkafka::{
    client::{Client, ClientContext},
    error::RDKafkaErrorCode,
};

use super::denied::{Operation, Resource, Rights, is_denial_code};

/// What is needed of one resource.
#[derive(Debug, Clone, Copy)]
pub struct Need<'a> {
    /// The topic, group or all of Kafka.
    pub resource: Resource<'a>,
    /// What can't be done without.
    pub must: &'a [Operation],
    /// What is assumed where its configuration can't be read; empty where nobody reads it.
    pub assumed: &'a str,
}

/// What is known of a need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All of it is granted.
    Met,
    /// Some of it isn't: which, and the command that grants it.
    Missing(String),
    /// It works without, less well: what is assumed, and the command.
    Lesser(String),
    /// Brokers don't say.
    Unknown(String),
}

/// Asks whether a need is met.
pub fn look<C: ClientContext>(client: &Client<C>, rights: &Rights, need: &Need<'_>, timeout: Duration) -> Verdict {
    let granted = match need.resource {
        Resource::Topic(name) => rights::of_topic(client, name, timeout),
        Resource::Group(name) => rights::of_group(client, name, timeout),
        Resource::Cluster => rights::of_cluster(client, timeout),
        // No request tells of it.
        Resource::TransactionalId(_) => Ok(None),
    };
    judge(rights, need, &granted)
}

fn judge(rights: &Rights, need: &Need<'_>, granted: &Granted) -> Verdict {
    let granted = match granted {
        Ok(Some(granted)) => granted.as_slice(),
        Ok(None) => return Verdict::Unknown("the brokers don't say which rights it has".to_owned()),
        Err(code) if is_denial_code(*code) => &[],
        // Which is told where topics are looked for.
        Err(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => return Verdict::Met,
        Err(code) => return Verdict::Unknown(code.to_string()),
    };
    let missing: Vec<Operation> = need.must.iter().copied().filter(|must| !granted.contains(must)).collect();
    if !missing.is_empty() {
        return Verdict::Missing(rights.missing("as its authorizer says", need.resource, &missing));
    }
    let configs = [Operation::DescribeConfigs];
    if !need.assumed.is_empty() && !granted.contains(&Operation::DescribeConfigs) {
        let line = rights.missing("as its authorizer says", need.resource, &configs);
        return Verdict::Lesser(format!("{line}; without it, {}", need.assumed));
    }
    Verdict::Met
}

#[cfg(test)]
mod tests;
