//! Passwords and keys of Kafka: nothing that the program writes, starts or hands on has one.

use std::{fs, process::Command};

use serde_json::json;

use super::{
    scene::Scene,
    service::{Service, cache, program},
};

const CANARY: &str = "canary in a cage";

/// Where nobody answers, with all that Kafka's client tells, and a hook that writes down what it is given.
fn scene() -> Scene {
    let hook = "import os, json\nopen(os.path.dirname(os.path.abspath(__file__)) + '/given', 'a').write(json.dumps(dict(os.environ)))\n\
                def predict(config):\n    return lambda model, i: i\n";
    Scene::alone()
        .set("kafka.security.protocol", "sasl_plaintext")
        .set(
            "kafka.security.sasl",
            json!({"mechanism": "PLAIN", "username": "me", "password": "${env:KAFKA_PASSWORD}"}),
        )
        .property("debug", "all")
        .with_predict(hook)
}

fn with_secret(mut command: Command) -> Command {
    command.env("KAFKA_PASSWORD", CANARY).env("RUST_LOG", "trace");
    command
}

fn service(scene: &Scene) -> Service {
    let config = scene.config();
    let mut command = program("makinage");
    command.arg("--config").arg(&config).env("XDG_CACHE_HOME", cache(&config));
    Service::spawn(with_secret(command))
}

#[test]
fn a_secret_is_in_no_line_no_command_and_no_environment_of_a_child() {
    let scene = scene();
    let service = service(&scene);
    service.wait_for_line("no Kafka broker answers");
    let command_line = fs::read_to_string(format!("/proc/{}/cmdline", service.id())).expect("the process runs");
    assert!(!command_line.contains(CANARY), "{command_line}");
    let given = fs::read_to_string(scene.folder.path().join("given")).expect("the hook was imported");
    assert!(given.contains("PATH") && !given.contains(CANARY) && !given.contains("KAFKA_PASSWORD"), "{given}");
    let lines = service.lines().join("\n");
    // All of the client's talk is there.
    assert!(lines.contains("sasl.username") || lines.contains("SASL"), "{lines}");
    assert!(!lines.contains(CANARY), "{lines}");

    let output = with_secret(scene.command(&["check"])).output().expect("it runs");
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("127.0.0.1:1") && !told.contains(CANARY), "{told}");
}

#[test]
fn a_secret_in_a_configuration_that_is_wrong_is_not_shown_either() {
    let scene =
        scene().set("kafka.security.sasl.mechanism", "SCRAM-SHA512").set("kafka.security.sasl.password", CANARY);
    let output = with_secret(scene.command(&["check", "--offline"])).output().expect("it runs");
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("did you mean `SCRAM-SHA-512`?") && !told.contains(CANARY), "{told}");
}
