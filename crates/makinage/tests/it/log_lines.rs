//! The service's log where a program reads it: a JSON object a line, from the first one to the last.

use serde_json::{Value, json};

use super::{broker::left_out, model::any_model, scene::Scene, service::program};

const HOOKS: &str = "
import logging
import warnings

def pre_transform(config):
    logging.getLogger('mine').error('made')
    warnings.warn('odd')
    def step(event):
        print('saw', event['n'])
        if event['n'] == 1:
            raise ValueError('odd')
        return [event['n']] * 4
    return step
";

/// Lines that are objects, each with what every line has.
fn objects<'l>(lines: impl IntoIterator<Item = &'l str>) -> Vec<Value> {
    let objects = lines.into_iter().map(|line| {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(["timestamp", "level", "message"].iter().all(|key| object[*key].is_string()), "{line}");
        let is_coded = !["warn", "error"].iter().any(|level| object["level"] == *level) || object["code"].is_string();
        assert!(is_coded, "{line}");
        object
    });
    objects.collect()
}

#[test]
fn each_line_is_an_object_with_its_code_its_coordinates_and_the_worker_that_prints() {
    if left_out() {
        return;
    }
    let scene = Scene::new("log-lines").topics(1).published(any_model()).set("log.format", "json");
    let scene = scene.with_steps(&["pre_transform"], HOOKS);
    let mut service = scene.serve().at_work();
    scene.produce(&[0, 1, 2].map(|n| json!({"n": n}).to_string()));
    let reader = scene.reader();
    reader.read(2);
    service.wait_for_line("skipped log-lines-data/0/1");
    service.stop();
    let lines = service.lines();
    let objects = objects(lines.iter().map(String::as_str));
    let failed = objects.iter().find(|line| line["code"] == "E003").expect("the event that failed");
    for (key, value) in [
        ("topic", json!("log-lines-data")),
        ("partition", json!(0)),
        ("offset", json!(1)),
        ("step", json!("pre_transform")),
        ("level", json!("warn")),
    ] {
        assert_eq!(failed[key], value, "{failed}");
    }
    assert!(failed["model"].is_string(), "{failed}");
    let printed = objects.iter().find(|line| line["message"] == "saw 0").expect("what the hook prints");
    assert_eq!((&printed["worker"], &printed["level"]), (&json!("worker 1.0"), &json!("info")));
    for (text, code, level) in [("ERROR:mine:made", "W017", "error"), (": UserWarning: odd", "W018", "warn")] {
        let is_it = |line: &&Value| line["message"].as_str().is_some_and(|message| message.ends_with(text));
        let logged = objects.iter().find(is_it).expect("what Python logs");
        assert_eq!((&logged["code"], &logged["level"]), (&json!(code), &json!(level)), "{logged}");
        assert_eq!(logged["worker"], json!("worker 1.0"), "{logged}");
    }
}

#[test]
fn what_is_wrong_with_the_configuration_is_said_in_the_form_that_a_pipe_s_reader_expects() {
    if left_out() {
        return;
    }
    let scene = Scene::alone().set("operators.serve.batch", "many");
    let run = |format: Option<&str>| {
        let mut command = scene.command(&[]);
        command.env_remove("MAKINAGE_LOG_FORMAT");
        if let Some(format) = format {
            command.env("MAKINAGE_LOG_FORMAT", format);
        }
        let output = command.output().expect("it runs");
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let told = run(None);
    let objects = objects(told.lines());
    assert!(objects.iter().any(|line| line["code"] == "C006"), "{told}");
    let told = run(Some("text"));
    assert!(told.lines().any(|line| line.starts_with("error: ") && line.contains("batch")), "{told}");
    let told = run(Some("xml"));
    assert!(told.starts_with("error: the environment variable MAKINAGE_LOG_FORMAT is \"xml\""), "{told}");
}

#[test]
fn the_publisher_tells_a_program_in_objects_where_its_file_says_so() {
    if left_out() {
        return;
    }
    let scene = Scene::alone();
    let told = |log: &str| {
        let models = "models: [{topic: model, path: /not/there.zip}]";
        let text = format!("application: {{name: p}}\nkafka: {{endpoint: '127.0.0.1:1'}}\n{models}\n{log}");
        let mut command = program("makinage-model-publisher");
        let output = command.arg("--config").arg(scene.folder.write("publish.yaml", &text)).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(told("").starts_with("error: "), "{}", told(""));
    let told = told("log: {format: json}");
    assert_eq!(objects(told.lines()).last().map(|line| &line["level"]), Some(&json!("error")), "{told}");
}
