//! `makinage check`: everything that can be known before the service starts, a line each.

use std::{path::Path, process::ExitCode, time::Duration};

use kafka_headers::tokens::Supplied;
use rdkafka::{
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
};

use super::{BAD_CONFIG, checklist::Checklist, log_to_stderr};
use crate::preflight;
use crate::{
    config::{Config, Encoder, Environment, Guarantee, Located, locate_service},
    consul::Consul,
    delivery::instance::stem,
    kafka::{
        acls::{self, Need, Verdict},
        client::Cluster,
        clients::Settings,
        denied::{Operation, Resource},
        described, limits,
        reach::{self, Remembered, Silent, unreachable},
        topics::{self, Topic},
        trial,
    },
};

const TIMEOUT: Duration = Duration::from_secs(5);

/// Checks the file, then Kafka and what the file redirects to unless `offline`. Exit code 2 if anything is wrong.
pub(crate) fn run(file: &Path, offline: bool) -> ExitCode {
    log_to_stderr(tracing::Level::ERROR);
    let mut list = Checklist::default();
    if offline && let Ok(Located::Elsewhere(redirect)) = locate_service(file) {
        Checklist::good(format_args!("{}: all keys", file.display()));
        let consul = Consul::new(&redirect);
        Checklist::note(format_args!("{} is not looked at; check without --offline", consul.name()));
        return ExitCode::SUCCESS;
    }
    let reading = preflight::inspect(file);
    reading.warnings.iter().chain(&reading.readings).for_each(Checklist::note);
    reading.problems.iter().for_each(|problem| list.bad(problem));
    if let Some(config) = reading.config.filter(|_| reading.problems.is_empty()) {
        Checklist::good(format_args!("{}: all keys", config.file.display()));
        describe(&config);
        if !offline {
            check_kafka(&config, &mut list);
        }
    }
    if list.failed() { BAD_CONFIG.into() } else { ExitCode::SUCCESS }
}

fn describe(config: &Config) {
    let operator = &config.operator;
    let python = operator.python.display();
    if operator.tuning.environment == Environment::Model {
        Checklist::note(format_args!(
            "Python: {python}, with the packages that the model names; hooks are imported when there is a model"
        ));
    } else {
        Checklist::good(format_args!("Python: {python} with numpy and mlflow"));
    }
    let steps = [
        ("pre_transform", &operator.hooks.pre_transform),
        ("predict", &operator.hooks.predict),
        ("post_transform", &operator.hooks.post_transform),
    ];
    for (step, hook) in steps {
        Checklist::good(format_args!("{step}: {}", hook.as_deref().unwrap_or("the default step")));
    }
    for topic in operator.data.iter().filter(|topic| topic.encoder == Encoder::String) {
        let name = &topic.name;
        Checklist::good(format_args!(
            "data topic {name}: an event is a text (makinage.encoding.string, the default); JSON needs makinage.encoding.json"
        ));
    }
    for encoder in operator.data.iter().map(|topic| &topic.encoder).chain([&operator.sink.encoder]) {
        if let Encoder::Module(module) = encoder {
            Checklist::good(format_args!("encoder: {module}"));
        }
    }
}

fn check_kafka(config: &Config, list: &mut Checklist) {
    let cluster = Cluster::new(&config.kafka, &config.application.name);
    let endpoint = cluster.endpoint();
    let settings = cluster.asker();
    let consumer: Supplied<BaseConsumer<Remembered>> = match settings.create_with_context(Remembered::default()) {
        Ok(consumer) => consumer,
        Err(error) => return list.bad(format_args!("kafka.properties: {error}")),
    };
    let named = match reach::named(consumer.client(), TIMEOUT) {
        Ok(named) => named.join(", "),
        Err(error) => {
            let failures = Remembered::of(&consumer);
            if let Some(line) = failures.explained(&cluster.terms(), &endpoint) {
                return list.bad(line);
            }
            return match failures.named(&endpoint) {
                Some((broker, reason)) => list.bad(unreachable(&endpoint, broker, None, Some(reason))),
                None => list.bad(format_args!(
                    "Kafka at {endpoint}: no broker answers ({}); check that Kafka runs there, and kafka.endpoint",
                    failures.last().map_or_else(|| silence(&error), |(reason, _)| reason.to_owned())
                )),
            };
        }
    };
    Checklist::good(format_args!("Kafka at {endpoint}"));
    let operator = &config.operator;
    let rights = cluster.rights();
    let mut makes_topics = None;
    for Role { name: role, topic, must, assumed } in roles(config) {
        match topics::look_up(consumer.client(), topic) {
            Topic::Partitions(count) => {
                if let Some(Silent { broker, reason }) = reach::silent_leader(&consumer, &endpoint, topic, TIMEOUT) {
                    // The others would be asked in vain as well, each for as long.
                    return list.bad(unreachable(&endpoint, &broker, Some(topic), reason.as_deref()));
                }
                let limit = limits::max_message_bytes(&settings, topic, TIMEOUT).ok().flatten();
                let limit = limit.map(|bytes| format!(", records up to {bytes} bytes")).unwrap_or_default();
                Checklist::good(format_args!("{role} {topic}: {count} partitions{limit}"));
                let need = Need { resource: Resource::Topic(topic), must, assumed };
                tell(acls::look(consumer.client(), &rights, &need, TIMEOUT), list);
            }
            Topic::Missing => {
                let command = topics::create_command(&endpoint, topic);
                if *makes_topics.get_or_insert_with(|| makes_topics_by_itself(&consumer, &settings)) {
                    Checklist::note(format_args!(
                        "{role} {topic} is not on Kafka at {endpoint}, which makes it once it is asked for \
                         (auto.create.topics.enable); to choose its partitions, create it with: {command}"
                    ));
                } else {
                    list.bad(format_args!("{role} {topic} is not on Kafka at {endpoint}; create it with: {command}"));
                }
            }
            Topic::Unknown(error) if reach::is_silence(&error) => {
                let silent = reach::tried_in_vain(&consumer, &endpoint);
                let Silent { broker, reason } = silent.unwrap_or(Silent { broker: named, reason: None });
                return list.bad(unreachable(&endpoint, &broker, Some(topic), reason.as_deref()));
            }
            Topic::Unknown(error) => match rights.line(&error, Resource::Topic(topic), must) {
                Some(line) => list.bad(line),
                None => list.bad(format_args!("{role} {topic}: {error}")),
            },
        }
    }
    let group = Resource::Group(cluster.application());
    let need = Need { resource: group, must: &[Operation::Read], assumed: "" };
    tell(acls::look(consumer.client(), &rights, &need, TIMEOUT), list);
    if operator.tuning.delivery == Guarantee::ExactlyOnce {
        let stem = stem(cluster.application(), cluster.instance());
        tell(trial::transactions(&cluster, &stem, TIMEOUT), list);
    }
    check_model(&consumer, &operator.model.name);
}

/// What a topic is for, and which rights that takes.
struct Role<'a> {
    name: &'static str,
    topic: &'a str,
    must: &'static [Operation],
    /// What is assumed where its configuration can't be read.
    assumed: &'static str,
}

/// The topics of a configuration.
fn roles(config: &Config) -> impl Iterator<Item = Role<'_>> {
    let operator = &config.operator;
    let (read, write) = (&[Operation::Read, Operation::Describe], &[Operation::Write, Operation::Describe]);
    let model = Role {
        name: "model topic",
        topic: &operator.model.name,
        must: read,
        assumed: "nobody is warned where the topic deletes its newest model",
    };
    let data =
        operator.data.iter().map(|topic| Role { name: "data topic", topic: &topic.name, must: read, assumed: "" });
    let sink = Role {
        name: "sink topic",
        topic: &operator.sink.name,
        must: write,
        assumed: "max.message.bytes of the topic is assumed to be Kafka's default, 1048588",
    };
    let letters = operator.dead_letter.iter().map(|topic| Role {
        name: "dead-letter topic",
        topic,
        must: write,
        assumed: "max.message.bytes of the topic is assumed to be Kafka's default, 1048588",
    });
    [model].into_iter().chain(data).chain([sink]).chain(letters)
}

/// Tells what rights are missing.
fn tell(verdict: Verdict, list: &mut Checklist) {
    match verdict {
        Verdict::Met => {}
        Verdict::Missing(line) => list.bad(line),
        Verdict::Lesser(line) => Checklist::note(line),
        // Of a cluster that doesn't tell, nothing is missing that anybody could name.
        Verdict::Unknown(why) => tracing::debug!("rights can't be asked: {why}"),
    }
}

fn makes_topics_by_itself(consumer: &BaseConsumer<Remembered>, settings: &Settings) -> bool {
    let metadata = consumer.client().fetch_metadata(None, TIMEOUT);
    metadata.is_ok_and(|metadata| described::makes_topics(settings, metadata.orig_broker_id(), TIMEOUT))
}

/// What an error says where no connection has failed.
fn silence(error: &KafkaError) -> String {
    match error.rdkafka_error_code() {
        // All brokers tell of their topics; a controller's listener doesn't.
        Some(RDKafkaErrorCode::UnsupportedFeature) => {
            "what listens there is no broker, but maybe a controller".to_owned()
        }
        _ if reach::is_silence(error) => format!("what listens there says nothing for {} s", TIMEOUT.as_secs()),
        _ => error.to_string(),
    }
}

/// Whether a model is there; the service waits for one, so that this is only a note.
fn check_model(consumer: &BaseConsumer<Remembered>, topic: &str) {
    let Topic::Partitions(count) = topics::look_up(consumer.client(), topic) else { return };
    let records: i64 = (0..count)
        .filter_map(|partition| consumer.fetch_watermarks(topic, partition, TIMEOUT).ok())
        .map(|(low, high)| high - low)
        .sum();
    if records > 0 {
        Checklist::good(format_args!("model topic {topic} holds {records} records"));
    } else {
        Checklist::note(format_args!(
            "model topic {topic} holds no model yet: publish one with makinage-model-publisher"
        ));
    }
}
