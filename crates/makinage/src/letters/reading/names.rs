//! The headers of dead letters, as protocol/dead-letters.md has them.

use std::ffi::CStr;

/// Begins what is added to the original's headers; its value is the layout's number.
pub(crate) const BEGIN: &CStr = c"makinage-dead-letter";
/// The layout that is known here.
pub(crate) const LAYOUT: &str = "1";
pub(crate) const STEP: &CStr = c"makinage-error-step";
pub(crate) const CLASS: &CStr = c"makinage-error-class";
pub(crate) const MESSAGE: &CStr = c"makinage-error-message";
pub(crate) const WHERE: &CStr = c"makinage-error-where";
pub(crate) const SOURCE: &CStr = c"makinage-source";
pub(crate) const SOURCE_TIMESTAMP: &CStr = c"makinage-source-timestamp";
pub(crate) const MODEL: &CStr = c"makinage-model";
pub(crate) const OPERATOR: &CStr = c"makinage-operator";
pub(crate) const APPLICATION: &CStr = c"makinage-application";
pub(crate) const ATTEMPT: &CStr = c"makinage-attempt";
pub(crate) const FAILED_AT: &CStr = c"makinage-failed-at";
pub(crate) const ORIGINAL_BYTES: &CStr = c"makinage-original-bytes";
pub(crate) const ORIGINAL_MISSING: &CStr = c"makinage-original-missing";
