//! What the module as a whole must hold; each part's own tests are beside it.

mod reference;

use std::{ffi::OsString, fs, path::Path, path::PathBuf, time::Duration};

use proptest::prelude::*;

use super::{reader::surroundings::Surroundings, *};

/// A machine with `python3` and four cores.
pub(super) struct Machine;

impl Surroundings for Machine {
    fn variable(&self, name: &str) -> Option<OsString> {
        let value = match name {
            "PATH" => "/usr/local/bin:/usr/bin",
            "KAFKA_PASSWORD" => "canary in env",
            "HOSTNAME" => "pod-7",
            "MAKINAGE_TOKEN" => "canary-in-env",
            _ => return None,
        };
        Some(value.into())
    }

    fn is_executable(&self, path: &Path) -> bool {
        path == Path::new("/usr/bin/python3")
    }

    fn cores(&self) -> usize {
        4
    }

    fn trust_store(&self) -> Option<PathBuf> {
        Some("/etc/ssl/certs/ca-certificates.crt".into())
    }
}

/// An example, less its first line, which is for editors.
pub(super) fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/examples").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.split_once('\n').unwrap().1.to_owned()
}

pub(super) fn service(text: &str) -> Reading<Config> {
    super::service::read(text, &Origin::file(Path::new("/etc/app/config.serve.yaml")), &Machine)
}

pub(super) fn publisher(text: &str) -> Reading<PublishConfig> {
    super::publish::read(text, Path::new("config.publish.yaml"), &Machine)
}

/// The documented service with `from` replaced by `to`.
pub(super) fn changed(from: &str, to: &str) -> Reading<Config> {
    let page = example("serve.yaml");
    assert!(page.contains(from), "the documentation's file has no {from:?}");
    service(&page.replacen(from, to, 1))
}

/// The one problem of the documented service with `from` replaced by `to`, without the file's name.
pub(super) fn problem(from: &str, to: &str) -> String {
    let problems = changed(from, to).problems.to_string();
    assert_eq!(problems.lines().count(), 1, "not one problem but:\n{problems}");
    without_file(&problems)
}

/// The warnings of the documented service with `from` replaced by `to`, where nothing is wrong.
pub(super) fn warnings(from: &str, to: &str) -> String {
    let reading = changed(from, to);
    assert_eq!(reading.problems.to_string(), "");
    without_file(&reading.warnings.to_string())
}

/// The configuration of the documented service with `from` replaced by `to`.
pub(super) fn config(from: &str, to: &str) -> Config {
    let reading = changed(from, to);
    reading.config.unwrap_or_else(|| panic!("{}", reading.problems))
}

pub(super) fn without_file(lines: &str) -> String {
    lines.replace("/etc/app/config.serve.yaml:", "")
}

#[test]
fn the_page_s_service_is_read_as_it_stands() {
    let reading = service(&example("serve.yaml"));
    assert_eq!(reading.problems.to_string(), "");
    assert_eq!(reading.warnings.to_string(), "");
    let config = reading.config.unwrap();
    assert_eq!(config.application.name, "my_model_serving");
    assert_eq!(config.application.stop_timeout, Duration::from_secs(25));
    assert_eq!(config.kafka.endpoints, ["localhost:9092"]);
    let operator = config.operator;
    assert_eq!(operator.name, "serve");
    assert_eq!(operator.model, ModelTopic { name: "model".into(), start_from: ModelStart::Last });
    assert_eq!(operator.data, [DataTopic { name: "data".into(), encoder: Encoder::Json, start_from: DataStart::End }]);
    assert_eq!(operator.sink, SinkTopic { name: "predict".into(), encoder: Encoder::Json });
    assert_eq!(operator.hooks, Hooks::default());
    assert_eq!(
        (operator.tuning.on_error, operator.tuning.workers, operator.tuning.batching()),
        (OnError::Skip, 1, Batch::Auto)
    );
    assert_eq!(
        (operator.tuning.predict_timeout, operator.tuning.load_timeout),
        (Duration::from_secs(30), Duration::from_mins(10))
    );
    assert_eq!(operator.python, PathBuf::from("/usr/bin/python3"));
}

#[test]
fn the_page_s_hooks_are_read_with_their_lines() {
    let reading = service(&example("serve-with-hooks.yaml"));
    assert_eq!((reading.problems.to_string(), reading.warnings.to_string()), (String::new(), String::new()));
    let imports = reading.imports.unwrap();
    assert_eq!(imports.folder, Path::new("/etc/app"));
    let hook = imports.hooks.predict.unwrap();
    assert_eq!(hook.name, "my_model.serve:predict");
    assert_eq!(hook.place, Place::key(24, "config.serve.predict"));
    assert_eq!(reading.config.unwrap().operator.hooks.post_transform.as_deref(), Some("my_model.serve:post_transform"));
}

#[test]
fn a_publisher_that_asks_mlflow_is_read() {
    let config = publisher(&example("publish-registry.yaml")).config.unwrap();
    let sources: Vec<String> = config.models.iter().map(|model| model.source.to_string()).collect();
    assert_eq!(sources, ["models:/iris@champion", "/path/of/model.zip"]);
    assert_eq!(config.python, Some(PathBuf::from("/usr/bin/python3")));
}

#[test]
fn the_page_s_publisher_is_read_as_it_stands() {
    let config = publisher(&example("publish.yaml")).config.unwrap();
    assert_eq!(config.application, "my_model_publisher");
    assert_eq!(config.kafka.endpoints, ["localhost:9092"]);
    let source = ModelSource::Path("/.../model/model.zip".into());
    let model = PublishModel { topic: "model".into(), source, name: None, version: None, line: 7 };
    assert_eq!((config.models, config.python), (vec![model], None));
}

#[test]
fn all_that_is_wrong_is_said_at_once_with_line_key_and_remedy() {
    let reading = service(include_str!("tests/broken.yaml"));
    assert!(reading.config.is_none());
    insta::assert_snapshot!(format!("{}\n\nWarnings:\n{}", reading.problems, reading.warnings));
}

#[test]
fn a_file_with_every_key_that_tunes_is_read() {
    let reading = service(&example("serve-tuned.yaml"));
    assert_eq!((reading.problems.to_string(), reading.warnings.to_string()), (String::new(), String::new()));
    let config = reading.config.unwrap();
    assert_eq!(config.kafka.endpoints, ["kafka-1:9092", "kafka-2:9093", "[::1]:9092"]);
    assert_eq!(config.kafka.properties["linger.ms"], "1");
    assert_eq!(config.models, Models { store: Some("/var/lib/makinage/models".into()), keep: 5 });
    let operator = config.operator;
    assert_eq!(operator.tuning.batching(), Batch::Fixed { rows: 32, max_delay: Duration::from_millis(10) });
    assert_eq!((operator.tuning.workers, operator.tuning.on_error), (3, OnError::Skip));
    assert_eq!(
        (operator.tuning.predict_timeout, operator.tuning.load_timeout),
        (Duration::from_mins(1), Duration::from_mins(5))
    );
    assert_eq!(operator.tuning.environment, Environment::Model);
    assert_eq!(operator.data[0].start_from, DataStart::Beginning);
    assert_eq!(operator.data[1].encoder, Encoder::Pickle);
}

#[test]
fn an_empty_or_missing_config_section_means_the_default_steps() {
    for text in ["", "config:\n", "config: {}\n", "config:\n  serve:\n", "config:\n  serve: {predict: null}\n"] {
        assert_eq!(config("config:\n  serve: {}\n", text).operator.hooks, Hooks::default(), "{text}");
    }
}

#[test]
fn what_python_imports_is_known_even_where_other_parts_are_wrong() {
    let text = "topics: [{name: x, encoder: my_codec}, {name: y, encoder: my_codec}]\noperators: 5\nconfig: {serve: {predict: 'a.b:c'}}";
    let reading = service(text);
    assert!(reading.config.is_none());
    let imports = reading.imports.unwrap();
    assert_eq!(imports.python, Path::new("/usr/bin/python3"));
    assert_eq!(imports.hooks.names().predict.as_deref(), Some("a.b:c"));
    assert_eq!(imports.encoders.len(), 1);
    assert_eq!(imports.place("hooks.predict"), Place::key(3, "config.serve.predict"));
    assert_eq!(imports.place("encoder:my_codec"), Place::key(1, "topics[0].encoder"));
    assert_eq!(imports.place("package:mlflow"), Place::file());
}

#[test]
fn the_other_program_s_file_is_one_clear_line() {
    insta::assert_snapshot!(service(&example("publish.yaml")).problems, @"/etc/app/config.serve.yaml:5: models: this file says what to publish: it is for `makinage-model-publisher --config FILE`; give `makinage` a file with `operators`");
    insta::assert_snapshot!(publisher(&example("serve.yaml")).problems, @"config.publish.yaml:13: operators: this file describes a service: it is for `makinage --config FILE`; give `makinage-model-publisher` a file with `models`");
}

#[test]
fn a_file_without_content_says_so() {
    for text in ["", "\n\n", "# only a comment\n", "---\n", "null"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(publisher(text).problems, @"config.publish.yaml: this file is empty; write a configuration into it, as those in config/examples");
        }
    }
    insta::assert_snapshot!(publisher("- a").problems, @"config.publish.yaml:1: the file must be a mapping that begins with `application:`, not a list");
}

#[test]
fn a_user_s_text_can_t_forge_lines_or_move_the_cursor() {
    let shown = problem("name: data", r#"name: "\e[2Jdata\nerror: forged""#);
    assert!(!shown.contains(char::is_control), "{shown:?}");
}

/// Text of the kind that YAML gives a meaning to.
fn yaml_like() -> impl Strategy<Value = String> {
    proptest::string::string_regex("([ \t\n:,&*!|>'\"%@`#?\\[\\]{}~<.$éa-c0-9\u{0}\u{85}\u{feff}-]|- |: |\n  |\n    |&a |\\*a|!!int |<<: |---\n|\\$\\{env:){0,60}").unwrap()
}

fn hold_for_any(text: &str) -> Result<(), TestCaseError> {
    let reading = service(text);
    prop_assert_eq!(reading.config.is_some(), reading.problems.is_empty());
    let publisher = publisher(text);
    prop_assert_eq!(publisher.config.is_some(), publisher.problems.is_empty());
    for problem in reading.problems.iter().chain(&reading.warnings).chain(&publisher.problems) {
        prop_assert!(!problem.to_string().contains(char::is_control));
        prop_assert!(problem.place.line.is_none_or(|line| line <= text.lines().count() + 1), "{}", problem);
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_text_panics_and_there_is_a_config_or_a_problem(text in yaml_like()) {
        hold_for_any(&text)?;
    }

    #[test]
    fn no_change_of_a_file_panics(
        name in prop::sample::select(vec!["serve-tuned.yaml", "serve-with-hooks.yaml", "publish.yaml"]),
        from in any::<prop::sample::Index>(),
        length in 0_usize..12,
        insert in yaml_like(),
    ) {
        let text: Vec<char> = example(name).chars().collect();
        let from = from.index(text.len());
        let to = (from + length).min(text.len());
        let changed: String = text[..from].iter().copied().chain(insert.chars()).chain(text[to..].iter().copied()).collect();
        hold_for_any(&changed)?;
    }
}

#[test]
fn a_value_that_is_read_otherwise_than_before_is_told_and_the_others_arent_told_again() {
    let read =
        |below: &str| read_service(&format!("config:\n  serve:\n{below}"), &Origin::file(Path::new("x.yaml"))).readings;
    let before = read("    a: off\n    b: 010\n");
    assert_eq!(before.0.len(), 2);
    let after = read("    # moved by a line\n    a: off\n    b: 011\n    c: on\n").without(&before);
    let keys: Vec<_> = after.iter().map(|reading| reading.place.key.as_str()).collect();
    assert_eq!(keys, ["config.serve.b", "config.serve.c"]);
}
