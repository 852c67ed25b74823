//! The service's file: its top level.

use std::path::PathBuf;

use serde_json::{Value as Json, json, value::RawValue};

use super::{
    code::Imports,
    locate::Origin,
    reader::{
        described,
        field::Field,
        problem::{Findings, Place},
        root,
        section::Section,
        shape::{Ground, Shaped, section},
        surroundings::Surroundings,
    },
    reading::Reading,
    sections::{
        application::{self, Application},
        document, hooks,
        http::{self, Http},
        kafka::{self, Kafka},
        log::{self, Log},
        models::{self, Models},
        operator::{self, Operator},
        topics::{TopicKeys, Topics},
        traces::{self, Traces},
        tuning::Tuning,
    },
};
use crate::yaml::{Entry, Node, Value};

section! {
    /// The keys of the top level.
    pub struct ServiceKeys
    by hand {
        /// The service itself.
        application: "", "", schema described::section(&Application::described()), example "", restart;
        /// As `kafka`.
        Kafka: "", "none beside `kafka`", schema kafka::schema(), example "", restart;
        /// How Kafka is reached; `Kafka` is the same.
        kafka: "", "none beside `Kafka`", schema kafka::schema(), example "", restart;
        /// The topics that an operator reads or writes.
        topics: "", "", schema described::list(&described::section(&TopicKeys::described()), 1), example "", restart;
        /// What is run: one operator that serves models.
        operators: "", "", schema one_operator(), example "", restart;
        /// Where models are kept on this machine.
        models: "", "none", schema described::section(&Models::described()), example "", restart;
        /// Where the service shows itself.
        http: "", "none", schema described::section(&Http::described()), example "", restart;
        /// What the log looks like.
        log: "", "none", schema described::section(&Log::described()), example "", restart;
        /// Which events are traced, and where their spans go.
        traces: "", "none", schema described::section(&Traces::described()), example "", restart;
        /// Yours: the hooks get all of it. Only pre_transform, predict and post_transform mean something to the
        /// program.
        config: "", "none", schema hooks::schema(), example "";
    }
    keys {}
    refused {
        redirect: "this is the configuration that a `redirect` leads to already; remove it";
    }
}

/// A mapping of one operator, of any name.
fn one_operator() -> Json {
    let mut operators = described::named(&described::section(&Tuning::described()), &json!(true));
    operators["minProperties"] = json!(1);
    operators["maxProperties"] = json!(1);
    operators
}

/// The service's configuration: one application, one Kafka, one serve operator.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that it was read from, or another name for where it came from; messages name it.
    pub file: PathBuf,
    /// The folder, absolute, where hooks and encoder modules are found first.
    pub folder: PathBuf,
    /// The `application` section.
    pub application: Application,
    /// The `kafka` section.
    pub kafka: Kafka,
    /// The serve operator.
    pub operator: Operator,
    /// The `models` section.
    pub models: Models,
    /// The `http` section.
    pub http: Http,
    /// The `log` section.
    pub log: Log,
    /// The `traces` section.
    pub traces: Traces,
    /// The whole file for the hooks, as written, less `security`, `properties`, `http.token` and `traces.headers`, in
    /// the worker protocol's tagged form. JSON text, so that integers of any size survive.
    pub document: Box<RawValue>,
}

/// Reads the service's configuration from `text`, which came from `origin`.
pub(super) fn read(text: &str, origin: &Origin, surroundings: &dyn Surroundings) -> Reading<Config> {
    let mut findings = Findings::new(&origin.name);
    let Some(root) = root::read(text, &mut findings) else {
        return Reading::new(findings, None, None);
    };
    let publishes = |models: &&Entry| matches!(models.value.value, Value::List(_)) && root.get("operators").is_none();
    if let Some(models) = root.get("models").filter(publishes) {
        let message = "this file says what to publish: it is for `makinage-model-publisher --config FILE`; give `makinage` a file with `operators`";
        return Reading::failed(&origin.name, &Place::key(models.key.line, "models"), message.to_owned());
    }
    let (config, imports) = sections(&root, origin, surroundings, &mut findings);
    Reading::new(findings, config, imports)
}

/// Reads where the service shows itself, and nothing else of its configuration: who looks at a service has neither its
/// secrets nor its Python.
pub(super) fn read_http(text: &str, origin: &Origin, surroundings: &dyn Surroundings) -> Reading<Http> {
    let mut findings = Findings::new(&origin.name);
    let http = root::read(text, &mut findings).and_then(|root| {
        let top = Section::read(&Field::root(&root), &ServiceKeys::KEYS, &mut findings)?;
        http::read(&top, &Ground { folder: &origin.folder, surroundings }, &mut findings)
    });
    Reading::new(findings, http, None)
}

fn sections(
    root: &Node,
    origin: &Origin,
    surroundings: &dyn Surroundings,
    findings: &mut Findings,
) -> (Option<Config>, Option<Imports>) {
    let Some(top) = Section::read(&Field::root(root), &ServiceKeys::KEYS, findings) else {
        return (None, None);
    };
    let ground = Ground { folder: &origin.folder, surroundings };
    let application = application::read(&top, &ground, findings);
    let kafka = kafka::read(&top, &ground, findings);
    let topics = Topics::read(&top, findings);
    let reader = operator::Reader { root: &top, topics: topics.as_ref(), ground };
    let (operator, imports) = reader.read(findings);
    let models = models::read(&top, &ground, findings);
    let http = http::read(&top, &ground, findings);
    let log = log::read(&top, &ground, findings);
    let traces = traces::read(&top, &ground, findings);
    let config = || {
        Some(Config {
            file: origin.name.clone(),
            folder: origin.folder.clone(),
            application: application?,
            kafka: kafka?,
            operator: operator?,
            models: models?,
            http: http?,
            log: log?,
            traces: traces?,
            document: document::write(root),
        })
    };
    (config(), imports)
}
