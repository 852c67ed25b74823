//! What the module as a whole must hold; each part's own tests are beside it.

use std::{ffi::OsString, fs, path::Path, path::PathBuf, time::Duration};

use super::{surroundings::Surroundings, *};

/// A machine with `python3` and four cores.
struct Machine;

impl Surroundings for Machine {
    fn variable(&self, name: &str) -> Option<OsString> {
        (name == "PATH").then(|| "/usr/local/bin:/usr/bin".into())
    }

    fn is_executable(&self, path: &Path) -> bool {
        path == Path::new("/usr/bin/python3")
    }

    fn cores(&self) -> usize {
        4
    }
}

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/examples").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn service(text: &str) -> Reading<Config> {
    super::service::read(text, Path::new("/etc/app/config.serve.yaml"), &Machine)
}

fn publisher(text: &str) -> Reading<PublishConfig> {
    super::publish::read(text, Path::new("config.publish.yaml"))
}

#[test]
fn the_page_s_service_is_read_as_it_stands() {
    let reading = service(&example("serve.yaml"));
    assert_eq!(reading.problems.to_string(), "");
    assert_eq!(reading.warnings.to_string(), "");
    let config = reading.config.unwrap();
    assert_eq!(config.application, "my_model_serving");
    assert_eq!(config.stop_timeout, Duration::from_secs(25));
    assert_eq!(config.kafka.endpoints, ["localhost:9092"]);
    let operator = config.operator;
    assert_eq!(operator.name, "serve");
    assert_eq!(operator.model, ModelTopic { name: "model".into(), start_from: ModelStart::Last });
    assert_eq!(operator.data, [DataTopic { name: "data".into(), encoder: Encoder::Json, start_from: DataStart::End }]);
    assert_eq!(operator.sink, SinkTopic { name: "predict".into(), encoder: Encoder::Json });
    assert_eq!(operator.hooks, Hooks::default());
    assert_eq!((operator.on_error, operator.workers, operator.batch), (OnError::Skip, 1, Batch::Auto));
    assert_eq!((operator.predict_timeout, operator.load_timeout), (Duration::from_secs(30), Duration::from_mins(10)));
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
fn the_page_s_publisher_is_read_as_it_stands() {
    let config = publisher(&example("publish.yaml")).into_result().unwrap();
    assert_eq!(config.application, "my_model_publisher");
    assert_eq!(config.kafka.endpoints, ["localhost:9092"]);
    assert_eq!(config.models, [PublishModel { topic: "model".into(), path: "/.../model/model.zip".into(), line: 7 }]);
}
