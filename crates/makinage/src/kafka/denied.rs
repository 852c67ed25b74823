//! Rights that Kafka denies a client: to do what, with which resource, as whom, and the command that grants it. Pure.

pub use kafka_headers::rights::Operation;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::described::reason;

/// What rights are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource<'a> {
    /// A topic, by its name.
    Topic(&'a str),
    /// A consumer group.
    Group(&'a str),
    /// The name of a transactional producer.
    TransactionalId(&'a str),
    /// All of Kafka.
    Cluster,
}

/// What an operation is called in commands.
const fn name(operation: Operation) -> &'static str {
    match operation {
        Operation::Read => "Read",
        Operation::Write => "Write",
        Operation::Describe => "Describe",
        Operation::DescribeConfigs => "DescribeConfigs",
        Operation::IdempotentWrite => "IdempotentWrite",
    }
}

impl Resource<'_> {
    fn words(&self) -> String {
        match self {
            Self::Topic(name) => format!("topic {name}"),
            Self::Group(name) => format!("the consumer group {name}"),
            Self::TransactionalId(name) => format!("the transactional id {name}"),
            Self::Cluster => "the cluster".to_owned(),
        }
    }

    fn option(&self) -> String {
        match self {
            Self::Topic(name) => format!("--topic {}", shell(name)),
            Self::Group(name) => format!("--group {}", shell(name)),
            Self::TransactionalId(name) => format!("--transactional-id {}", shell(name)),
            Self::Cluster => "--cluster".to_owned(),
        }
    }
}

/// What an error about rights is about, by its code or by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Topic,
    Group,
    TransactionalId,
    Cluster,
}

impl About {
    fn of(code: RDKafkaErrorCode) -> Option<Self> {
        Some(match code {
            RDKafkaErrorCode::TopicAuthorizationFailed => Self::Topic,
            RDKafkaErrorCode::GroupAuthorizationFailed => Self::Group,
            RDKafkaErrorCode::TransactionalIdAuthorizationFailed => Self::TransactionalId,
            RDKafkaErrorCode::ClusterAuthorizationFailed => Self::Cluster,
            _ => return None,
        })
    }

    /// Of what Kafka's client says, which has Kafka's own words in it.
    pub(super) fn in_words(text: &str) -> Option<Self> {
        let all = [
            ("Topic authorization failed", Self::Topic),
            ("Group authorization failed", Self::Group),
            ("Transactional Id authorization failed", Self::TransactionalId),
            ("Cluster authorization failed", Self::Cluster),
        ];
        all.into_iter().find(|(words, _)| text.contains(words)).map(|(_, about)| about)
    }

    /// Whether a line about a resource says all that there is to be said of this.
    pub(super) fn is_said_by(self, resource: Resource<'_>) -> bool {
        match resource {
            // Whoever may write to any topic may number its records: what is refused as the cluster's is a topic's.
            Resource::Topic(_) => matches!(self, Self::Topic | Self::Cluster),
            Resource::Group(_) => self == Self::Group,
            Resource::TransactionalId(_) => self == Self::TransactionalId,
            Resource::Cluster => self == Self::Cluster,
        }
    }
}

/// A topic that is asked for, and what for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Its name.
    pub topic: &'a str,
    /// What for.
    pub operation: Operation,
}

/// As whom a client comes to Kafka, and where that is: what words about rights need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// How the user named the brokers.
    pub endpoint: String,
    /// What the authorizer calls the client, where that is known.
    pub principal: Option<String>,
}

impl Rights {
    /// The line about an error that says that a right to such a resource is missing; `None` about any other.
    pub fn line(&self, error: &KafkaError, resource: Resource<'_>, operations: &[Operation]) -> Option<String> {
        let about = code(error).and_then(About::of)?;
        about.is_said_by(resource).then(|| self.missing(&reason(error), resource, operations))
    }

    /// The line about rights that are missing, for this reason.
    pub fn missing(&self, reason: &str, resource: Resource<'_>, operations: &[Operation]) -> String {
        let who = self.principal.as_deref().unwrap_or("this client");
        format!(
            "{who} has no right to {} {} on Kafka at {} ({reason}); grant it with: {}",
            names(operations).join(" and "),
            resource.words(),
            self.endpoint,
            self.command(resource, operations)
        )
    }

    /// The command that grants it.
    pub fn command(&self, resource: Resource<'_>, operations: &[Operation]) -> String {
        let principal = self.principal.as_deref().map_or_else(|| "'User:<its principal>'".to_owned(), shell);
        let operations = names(operations).join(" --operation ");
        format!(
            "kafka-acls.sh --bootstrap-server {} --add --allow-principal {principal} --operation {operations} {}",
            self.endpoint,
            resource.option()
        )
    }
}

fn names(operations: &[Operation]) -> Vec<&'static str> {
    operations.iter().map(|operation| name(*operation)).collect()
}

/// Whether an error says that a right is missing.
pub fn is_denial(error: &KafkaError) -> bool {
    code(error).is_some_and(is_denial_code)
}

/// The same of its code alone.
pub fn is_denial_code(code: RDKafkaErrorCode) -> bool {
    About::of(code).is_some()
}

fn code(error: &KafkaError) -> Option<RDKafkaErrorCode> {
    match error {
        KafkaError::AdminOp(code) => Some(*code),
        other => other.rdkafka_error_code(),
    }
}

/// As a shell takes it.
fn shell(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.:".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
