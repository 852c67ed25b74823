//! What the user's file says, checked and typed.
//!
//! `file → tree (with positions) → Config`, with every problem of the file reported at once. Only this module reads the
//! file and the environment; everything else receives these plain structs.
//!
//! Three files can be read: the service's (`service`), the publisher's (`publish`), and one that says where the
//! service's is (`redirect`). They are put together from `sections`, these from `values` and `code`, and all are read
//! by `reader`.

mod cache;
mod change;
pub mod code;
mod locate;
mod publish;
mod reader;
mod reading;
mod redirect;
mod schema;
mod sections;
mod service;
#[cfg(test)]
mod tests;
mod values;

use std::path::{Path, PathBuf};

pub use cache::cache_folder;
pub use code::{HookImports, Hooks, Import, Imports};
pub use locate::{Located, Origin, locate_service};
pub use publish::{PublishConfig, PublishModel, PublishReference};
pub use reader::problem::{Place, Problem, Problems};
use reader::{file, surroundings::Process};
pub use reading::Reading;
pub use redirect::Redirect;
pub use schema::{SchemaOf, schema};
pub use sections::{
    application::Application,
    http::{Http, Listen},
    kafka::Kafka,
    log::LogFormat,
    models::Models,
    operator::Operator,
    probation::Probation,
    retry::Retry,
    roles::{DataStart, DataTopic, ModelStart, ModelTopic, SinkTopic},
    security::{
        AwsContainer, AwsKeys, AwsPlaces, AwsToken, Extensions, Security, TokenEndpoint, TokenSource, WebIdentity,
    },
    traces::{RequestHeaders, Traces},
    tuning::{Batch, Environment, Guarantee, OnError, RowWise, Tuning},
};
pub use service::Config;
pub use values::{
    duration::{Limits as DurationLimits, from_text as duration_from_text},
    encoder::Encoder,
    model_source::{ModelSource, RegisteredModel, Which},
    secret::Secret,
};

/// Reads the service's configuration from its text, with all that is wrong with it, what to warn of, and what to try to
/// import in any case.
pub fn read_service(text: &str, origin: &Origin) -> Reading<Config> {
    service::read(text, origin, &Process)
}

/// Reads where the service shows itself, from its configuration.
pub fn read_http(text: &str, origin: &Origin) -> Reading<Http> {
    service::read_http(text, origin, &Process)
}

/// The interpreters that stand for "Python" where nothing names one, the first choice first.
pub fn interpreters() -> Vec<PathBuf> {
    values::interpreter::usual(&Process)
}

/// The program of this name in the folders of PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    values::interpreter::on_path(program, &Process)
}

/// What the environment says of the log's lines; an error names what it may say.
pub fn log_format() -> Result<LogFormat, String> {
    sections::log::format_of(&Process)
}

/// Whether the environment has nothing against colours.
pub fn may_have_colours() -> bool {
    sections::log::may_have_colours(&Process)
}

/// Reads the publisher's file, with all that is wrong with it and what to warn of.
pub fn inspect_publish(path: &Path) -> Reading<PublishConfig> {
    match file::text(path, file::PUBLISHER) {
        Ok(text) => publish::read(&text, path, &Process),
        Err((place, message)) => Reading::failed(path, &place, message),
    }
}
