//! What it means that an output was not taken: whose fault it is, and what helps. Pure.
//!
//! Kafka's errors fall into four classes, of which the last is all that isn't named here: a failure of the
//! infrastructure (no rights, no leader, not enough replicas, a broken disk, a format that the topic doesn't take) is
//! nobody's own and may pass, so the output is produced until it is taken.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::event::Failure;

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The record's own, once it was refused alone, with what to do: producing it again can't mend it. A time that the
    /// broker doesn't take is none of these: the record gets another one each time, and a clock that is wrong is wrong
    /// for all.
    Own(&'static str),
    /// The batch's, which is too large; of a record that was alone in it, its own, with what to do.
    TooLarge(&'static str),
    /// Another output's, or the producer's, which has ended.
    Others,
    /// The infrastructure's.
    Infrastructure,
}

impl Refusal {
    /// What this error says.
    pub(crate) fn of(error: &KafkaError) -> Self {
        use RDKafkaErrorCode as Code;
        match error.rdkafka_error_code() {
            Some(Code::MessageSizeTooLarge) => {
                Self::TooLarge("the broker takes no record of this size; raise max.message.bytes of the topic")
            }
            Some(Code::MessageBatchTooLarge) => {
                Self::TooLarge("the record doesn't fit one segment; raise segment.bytes of the topic, or return less")
            }
            Some(Code::InvalidMessage | Code::InvalidRecord) => {
                Self::Own("the broker calls the record invalid; a compacted topic takes none without a key")
            }
            Some(Code::PolicyViolation) => Self::Own("a policy of the broker refuses the record"),
            Some(
                Code::PurgeQueue
                | Code::PurgeInflight
                | Code::Fatal
                | Code::GaplessGuarantee
                | Code::InvalidDifferentRecord,
            ) => Self::Others,
            _ => Self::Infrastructure,
        }
    }

    /// What to do about a record that was refused alone, where it is its own fault.
    pub(crate) fn advice(self) -> Option<&'static str> {
        match self {
            Self::Own(advice) | Self::TooLarge(advice) => Some(advice),
            Self::Others | Self::Infrastructure => None,
        }
    }
}

/// Whether the client takes no record of this size.
pub(crate) fn is_too_large(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge)
}

/// The failure of the event whose output is too large for the client: the sink's own look at sizes sees no more of a
/// header's name than its first NUL byte.
pub(crate) fn too_large(error: &KafkaError) -> Failure {
    let message = format!(
        "the Kafka client takes no record of this size ({error}); return less, or send the event with shorter headers"
    );
    Failure::new("produce", "OutputTooLarge", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_records_own_where_producing_it_again_cannot_mend_it() {
        use RDKafkaErrorCode as Code;
        let advice = |code| Refusal::of(&KafkaError::MessageProduction(code)).advice();
        for (code, names) in [
            (Code::MessageSizeTooLarge, "max.message.bytes"),
            (Code::MessageBatchTooLarge, "segment.bytes"),
            (Code::InvalidMessage, "compacted"),
            (Code::InvalidRecord, "compacted"),
            (Code::PolicyViolation, "policy"),
        ] {
            assert!(advice(code).is_some_and(|advice| advice.contains(names)), "{code:?}");
        }
        for code in [Code::PurgeQueue, Code::Fatal, Code::InvalidDifferentRecord] {
            assert_eq!(Refusal::of(&KafkaError::MessageProduction(code)), Refusal::Others, "{code:?}");
        }
        for code in [
            Code::MessageTimedOut,
            Code::InvalidTimestamp,
            Code::NotEnoughReplicas,
            Code::TopicAuthorizationFailed,
            Code::ClusterAuthorizationFailed,
            Code::UnsupportedForMessageFormat,
            Code::InvalidRequiredAcks,
            Code::OutOfOrderSequenceNumber,
        ] {
            assert_eq!(Refusal::of(&KafkaError::MessageProduction(code)), Refusal::Infrastructure, "{code:?}");
        }
        assert_eq!(Refusal::of(&KafkaError::ClientCreation("no thread".into())), Refusal::Infrastructure);
    }
}
