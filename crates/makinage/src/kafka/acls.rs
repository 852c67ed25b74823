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
mod tests {
    use super::*;

    const SINK: Need<'_> = Need {
        resource: Resource::Topic("predict"),
        must: &[Operation::Write, Operation::Describe],
        assumed: "1048588 bytes are assumed",
    };

    fn judged(granted: &Granted) -> Verdict {
        let rights = Rights { endpoint: "k:9".into(), principal: Some("User:service".into()) };
        judge(&rights, &SINK, granted)
    }

    #[test]
    fn what_is_missing_is_named_with_its_command_and_nothing_else_is() {
        let Verdict::Missing(line) = judged(&Ok(Some(vec![Operation::Describe]))) else { panic!("it is missing") };
        assert!(line.contains("User:service has no right to Write topic predict"), "{line}");
        assert!(line.ends_with("--allow-principal User:service --operation Write --topic predict"), "{line}");
        let Verdict::Missing(line) = judged(&Err(RDKafkaErrorCode::TopicAuthorizationFailed)) else {
            panic!("all is missing")
        };
        assert!(line.ends_with("--operation Write --operation Describe --topic predict"), "{line}");
    }

    #[test]
    fn what_only_helps_is_a_note_with_what_is_assumed() {
        let Verdict::Lesser(line) = judged(&Ok(Some(vec![Operation::Write, Operation::Describe]))) else {
            panic!("it is missing")
        };
        assert!(line.contains("--operation DescribeConfigs") && line.ends_with("1048588 bytes are assumed"), "{line}");
    }

    #[test]
    fn what_is_granted_is_met_and_what_is_not_known_is_not_called_missing() {
        let all = vec![Operation::Write, Operation::Describe, Operation::DescribeConfigs];
        assert_eq!(judged(&Ok(Some(all))), Verdict::Met);
        assert!(matches!(judged(&Ok(None)), Verdict::Unknown(_)));
        assert!(matches!(judged(&Err(RDKafkaErrorCode::OperationTimedOut)), Verdict::Unknown(_)));
        assert_eq!(judged(&Err(RDKafkaErrorCode::UnknownTopicOrPartition)), Verdict::Met);
    }
}
