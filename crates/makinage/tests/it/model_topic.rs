//! The model topic, with all that can be on it: which model is served, and what is passed over.

use std::time::Duration;

use makinage::{
    archive::sha256,
    record::headers::{CHUNK_HEADER, KIND_HEADER, UPLOAD_HEADER},
};

use super::{
    broker::left_out,
    model::iris_zip,
    scene::Scene,
    script::{Script, Upload, label},
    service::Service,
};

/// For what takes several steps on a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(3);

/// A scene whose model topic has so many partitions and is empty.
fn scene(name: &str, partitions: i32) -> (Scene, Script) {
    let scene = Scene::new(name).topics_of(&[("model", partitions), ("data", 1), ("predict", 1)]);
    let script = Script::new(&scene);
    (scene, script)
}

fn wait_until_served(service: &Service, label: &str) {
    service.wait_for_line_after(0, &format!("model {label} takes over"), PATIENCE);
}

#[test]
fn the_newest_model_of_all_partitions_is_served_whatever_else_is_there_and_after_a_restart_too() {
    if left_out() {
        return;
    }
    let (scene, script) = scene("several", 3);
    script.model(1, &iris_zip("older"));
    let newest = script.model(2, &iris_zip("newest"));
    script.record(0, &[], None);
    script.record(0, &[], Some(b"{\"not\": \"a zip\"}"));
    script.record(2, &[(KIND_HEADER, "chunk"), (UPLOAD_HEADER, "a1"), (CHUNK_HEADER, "9/3")], Some(b"bytes"));
    script.record(2, &[(KIND_HEADER, "chunk"), (UPLOAD_HEADER, "a1"), (CHUNK_HEADER, "0/3")], Some(b"bytes"));
    script.record(2, &[(KIND_HEADER, "novelty")], Some(b"bytes"));

    let mut service = scene.serve();
    wait_until_served(&service, &newest);
    for line in [
        "-model/0/0: this record has no value",
        "-model/0/1: this record is JSON",
        "-model/2/1: this record is a chunk that doesn't say",
        "-model/2/3: this record is of the kind \"novelty\"",
        "1 chunks of large models, the first in several-model/2/2, have no manifest",
    ] {
        service.wait_for_line(line);
    }
    // Kafka's default: seven days.
    let warning = service.wait_for_line("deletes its records after 7 days");
    assert!(warning.contains("kafka-configs.sh") && warning.contains("retention.ms=-1"), "{warning}");

    script.record(1, &[], None);
    service.wait_for_line("-model/1/1: this record has no value");
    let live = script.model(0, &iris_zip("live"));
    wait_until_served(&service, &live);
    service.stop();
    let mut service = scene.serve();
    wait_until_served(&service, &live);
    service.stop();
}

#[test]
fn a_model_of_another_partition_that_is_older_by_its_records_time_does_not_replace_a_newer_one() {
    if left_out() {
        return;
    }
    let (scene, script) = scene("late", 2);
    let mut service = scene.serve();
    service.wait_for_line("waiting for a model");
    let newer = script.model(0, &iris_zip("newer"));
    wait_until_served(&service, &newer);
    let long_ago = 1_000_000_000_000;
    script.record_at(Some(long_ago), 1, &[], Some(&iris_zip("late")));
    let line = service.wait_for_line("late-model/1/0");
    assert!(line.contains("is older than the one in late-model/0/0"), "{line}");
    // In one partition the order is certain, whatever the clocks say.
    let zip = iris_zip("behind");
    script.record_at(Some(long_ago), 0, &[], Some(&zip));
    wait_until_served(&service, &label(&zip));
    service.stop();
}

#[test]
fn where_the_newest_cannot_be_used_the_model_before_it_is_served() {
    if left_out() {
        return;
    }
    let (scene, script) = scene("unusable", 1);
    let good = script.model(0, &iris_zip("good"));
    let mut cut = iris_zip("cut");
    cut.truncate(cut.len() / 2);
    script.model(0, &cut);
    let zip = iris_zip("partial");
    let upload = Upload { id: "partial", zip: &zip, chunk_bytes: zip.len().div_ceil(4) };
    let offsets = [0, 1, 3].map(|index| script.chunk(&upload, index));
    script.manifest(&upload, (offsets[0], offsets[2] + 1));

    let mut service = scene.serve();
    wait_until_served(&service, &good);
    let partial = service.wait_for_line("upload partial");
    assert!(partial.contains("ERROR") && partial.contains("missing: 2;"), "{partial}");
    let cut = service.wait_for_line(&format!("unusable-model/0/1 (sha256 {}) is not taken up", sha256(&cut)));
    assert!(cut.contains("ERROR") && cut.contains("step unpack"), "{cut}");
    service.stop();
}

#[test]
fn partitions_that_are_added_and_a_topic_that_is_made_anew_are_noticed() {
    if left_out() {
        return;
    }
    let (scene, script) = scene("changing", 1);
    let mut service = scene.serve();
    service.wait_for_line("waiting for a model");
    scene.broker().grow(&scene.topic("model"), 2);
    let added = Script::new(&scene).model(1, &iris_zip("added"));
    wait_until_served(&service, &added);

    script.model(0, &iris_zip("before"));
    scene.broker().delete_topic(&scene.topic("model"));
    service.wait_for_line_after(0, "deleted or made anew", PATIENCE);
    let logged = service.logged();
    scene.create_topics(&[("model", 1)]);
    let anew = Script::new(&scene).model(0, &iris_zip("anew"));
    service.wait_for_line_after(logged, &format!("model {anew} takes over"), PATIENCE);
    service.stop();
}

#[test]
fn a_topic_that_is_made_anew_with_as_many_records_before_anybody_looks_is_read_from_its_beginning() {
    if left_out() {
        return;
    }
    let (scene, script) = scene("quickly", 1);
    let before = script.model(0, &iris_zip("before"));
    let mut service = scene.serve();
    wait_until_served(&service, &before);
    scene.broker().delete_topic(&scene.topic("model"));
    scene.create_topics(&[("model", 1)]);
    let anew = Script::new(&scene).model(0, &iris_zip("anew"));
    wait_until_served(&service, &anew);
    service.stop();
}

#[test]
fn when_hooks_that_failed_with_every_model_are_mended_the_newest_model_is_served() {
    if left_out() {
        return;
    }
    let (scene, script) = scene("mended", 1);
    let scene = scene.with_predict("def predict(model, config):\n    raise KeyError('no such setting')\n");
    for mark in ["oldest", "older"] {
        script.model(0, &iris_zip(mark));
    }
    let newest = script.model(0, &iris_zip("newest"));
    let mut service = scene.serve();
    let failed = service.wait_for_line("generation 3: model ");
    service.wait_for_line("waiting for a model");

    let logged = service.logged();
    scene.folder.write("steps.py", "def predict(model, config):\n    return model.predict\n");
    let taken = service.wait_for_line_after(logged, "takes over", PATIENCE);
    assert!(taken.contains(&newest), "not the newest: {taken}");
    assert!(failed.contains("no such setting") && failed.contains("or mend the configuration"), "{failed}");

    // The same where one serves: the message tells what is at fault.
    let logged = service.logged();
    scene.folder.write("steps.py", "def predict(model, config):\n    raise KeyError('nor this one')\n");
    let failed = service.wait_for_line_after(logged, "is not taken up", PATIENCE);
    assert!(failed.contains("the changed configuration") && failed.contains("SIGHUP"), "{failed}");
    assert!(!failed.contains("publish it again"), "{failed}");
    service.stop();
}
