//! The names of a dead letter's headers, and how long their values may be.

use std::ffi::CStr;

/// Begins what is added; its value is the layout's number.
pub(crate) const BEGIN: &CStr = c"makinage-dead-letter";
/// The layout's number.
pub(crate) const LAYOUT: &str = "1";
/// Which step failed.
pub(crate) const STEP: &CStr = c"makinage-error-step";
/// The error's class.
pub(crate) const CLASS: &CStr = c"makinage-error-class";
/// The error's message.
pub(crate) const MESSAGE: &CStr = c"makinage-error-message";
/// File and line in the user's code.
pub(crate) const WHERE: &CStr = c"makinage-error-where";
/// The event's coordinates.
pub(crate) const SOURCE: &CStr = c"makinage-source";
/// The event's time.
pub(crate) const SOURCE_TIMESTAMP: &CStr = c"makinage-source-timestamp";
/// The model that scored it.
pub(crate) const MODEL: &CStr = c"makinage-model";
/// The operator's name.
pub(crate) const OPERATOR: &CStr = c"makinage-operator";
/// The application's name.
pub(crate) const APPLICATION: &CStr = c"makinage-application";
/// How often the event has failed; a replayed event has it too.
pub(crate) const ATTEMPT: &CStr = c"makinage-attempt";
/// When it failed.
pub(crate) const FAILED_AT: &CStr = c"makinage-failed-at";
/// What of the original is missing.
pub(crate) const ORIGINAL_MISSING: &CStr = c"makinage-original-missing";
/// The event's own span, where it was traced.
pub(crate) const TRACE: &CStr = c"traceparent";
/// How many bytes a value had that was cut. The last of all.
pub(crate) const ORIGINAL_BYTES: &CStr = c"makinage-original-bytes";

/// As Kafka names those of its share groups' dead letters (KIP-1191).
pub(crate) const DLQ_TOPIC: &CStr = c"__dlq.errors.topic";
/// Likewise.
pub(crate) const DLQ_PARTITION: &CStr = c"__dlq.errors.partition";
/// Likewise.
pub(crate) const DLQ_OFFSET: &CStr = c"__dlq.errors.offset";
/// Likewise.
pub(crate) const DLQ_GROUP: &CStr = c"__dlq.errors.group";
/// Likewise.
pub(crate) const DLQ_DELIVERY_COUNT: &CStr = c"__dlq.errors.delivery.count";
/// Likewise.
pub(crate) const DLQ_MESSAGE: &CStr = c"__dlq.errors.message";

/// Headers that are added, at most.
pub(crate) const MOST: usize = 21;

/// Bytes of a step's name, at most.
pub(super) const STEP_BYTES: usize = 64;
/// Bytes of a class, or of a name in the configuration.
pub(super) const NAME_BYTES: usize = 256;
/// Bytes of a message.
pub(super) const MESSAGE_BYTES: usize = 4096;
/// Bytes of a place in the user's code, or of a model's name.
pub(super) const LABEL_BYTES: usize = 1024;
