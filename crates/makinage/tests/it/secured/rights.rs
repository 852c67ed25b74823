//! Rights that are missing: `check` names each with the command that grants it, and the service waits for it and goes
//! on by itself.

use super::stage::Stage;
use crate::{
    broker::left_out,
    model::any_model,
    scene::Scene,
    service::{DEADLINE, Service},
};

fn scene(stage: &Stage, name: &str, user: &str) -> Scene {
    stage.scene_of(user, name).topics(1)
}

fn bad(scene: &Scene, mark: &str) -> Vec<String> {
    let output = scene.command(&["check"]).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stdout);
    told.lines().filter(|line| line.starts_with(mark)).map(str::to_owned).collect()
}

/// The command that a line ends in, without what stands before the operations.
fn command(line: &str) -> String {
    let (_, command) = line.split_once("--allow-principal User:poor ").unwrap_or_else(|| panic!("a command in {line}"));
    command.split(';').next().unwrap_or(command).to_owned()
}

#[test]
fn check_names_each_right_that_is_missing_with_the_command_that_grants_it() {
    if left_out() {
        return;
    }
    let stage = Stage::shared();
    let scene = scene(stage, "poor", "poor");
    let (model, data, predict) = ("poor-model", "poor-data", "poor-predict");
    let missing = |operations: &str, topic: &str| format!("{operations} --topic {topic}");
    let all = "--operation Read --operation Describe";
    let told: Vec<_> = bad(&scene, "✖ ").iter().map(|line| command(line)).collect();
    assert_eq!(
        told,
        [
            missing(all, model),
            missing(all, data),
            missing("--operation Write --operation Describe", predict),
            "--operation Read --group poor".to_owned(),
        ]
    );
    // The commands are what helps, word for word but for the tool's place.
    for command in &told[..3] {
        stage.grant("User:poor", command);
    }
    let told: Vec<_> = bad(&scene, "✖ ").iter().map(|line| command(line)).collect();
    assert_eq!(told, ["--operation Read --group poor"]);
    stage.grant("User:poor", &told[0]);
    assert_eq!(bad(&scene, "✖ "), Vec::<String>::new());
    let notes: Vec<_> = bad(&scene, "! ").into_iter().filter(|line| line.contains("DescribeConfigs")).collect();
    assert_eq!(notes.len(), 2, "{notes:#?}");
    assert!(notes[0].contains(model) && notes[0].contains("newest model"), "{notes:#?}");
    assert!(notes[1].contains(predict) && notes[1].contains("1048588"), "{notes:#?}");
}

fn waits_for(service: &Service, logged: usize, right: &str) {
    let line = service.wait_for_line_after(logged, right, DEADLINE);
    assert!(line.contains("User:patient has no right to ") && line.contains("kafka-acls.sh"), "{line}");
}

#[test]
fn a_service_without_rights_names_them_waits_and_goes_on_as_they_are_granted() {
    if left_out() {
        return;
    }
    let stage = Stage::shared();
    let scene = scene(stage, "patient", "patient");
    scene.publish(any_model());
    let mut service = scene.serve();
    for topic in ["patient-model", "patient-predict"] {
        waits_for(&service, 0, &format!("Describe topic {topic}"));
    }
    let what =
        "--operation Read --operation Write --operation Describe --topic patient- --resource-pattern-type prefixed";
    stage.grant("User:patient", what);
    waits_for(&service, 0, "Read the consumer group patient");
    stage.grant("User:patient", "--operation Read --group patient");
    service = service.assigned();
    let reader = scene.reader();
    scene.produce(&["[1]"]);
    reader.read(1);

    // And while it runs.
    let logged = service.logged();
    stage.withdraw("User:patient", "--operation Write --topic patient- --resource-pattern-type prefixed");
    scene.produce(&["[2]"]);
    waits_for(&service, logged, "Write topic patient-predict");
    assert!(service.is_running());
    stage.grant("User:patient", what);
    reader.read(1);

    let logged = service.logged();
    stage.withdraw("User:patient", what);
    waits_for(&service, logged, "Read topic patient-data");
    stage.grant("User:patient", what);
    scene.produce(&["[3]"]);
    reader.read(1);
    service.stop();
}

#[test]
fn the_right_to_transactions_is_named_and_waited_for_and_so_is_that_to_the_sink_within_them() {
    if left_out() {
        return;
    }
    let stage = Stage::shared();
    let scene = scene(stage, "rights-once", "other").set("operators.serve.delivery", "exactly_once");
    stage.grant_service("User:other", &scene);
    scene.publish(any_model());
    let lacks = "User:other has no right to Write and Describe the transactional id rights-once-";
    let told = |mark: &str| bad(&scene, mark).into_iter().filter(|line| line.contains(lacks)).collect::<Vec<_>>();
    assert!(told("! ")[0].contains("--transactional-id rights-once- --resource-pattern-type prefixed"));
    let mut service = scene.serve();
    let line = service.wait_for_line("can't begin");
    assert!(line.contains(lacks) && line.contains("kafka-acls.sh"), "{line}");
    stage.grant(
        "User:other",
        "--operation Write --operation Describe --transactional-id rights-once- --resource-pattern-type prefixed",
    );
    service = service.assigned();
    let reader = scene.reader();
    scene.produce(&["[1]"]);
    reader.read(1);
    assert!(told("! ").is_empty());

    let (logged, write) = (service.logged(), "--topic rights-once- --resource-pattern-type prefixed --operation Write");
    stage.withdraw("User:other", write);
    scene.produce(&["[2]"]);
    let line =
        service.wait_for_line_after(logged, "User:other has no right to Write topic rights-once-predict", DEADLINE);
    assert!(line.contains("kafka-acls.sh") && service.is_running(), "{line}");
    stage.grant("User:other", write);
    reader.read(1);
    service.stop();
    assert!(reader.read_to_end().is_empty(), "nothing came twice");
}
