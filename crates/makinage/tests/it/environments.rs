//! `environment`: the operator's packages, or those that the model names. One environment is really built, from the
//! package index.

use std::{fs, process::Output, time::Duration};

use super::{
    broker::left_out,
    model::{lacking, python},
    scene::Scene,
};

/// A build downloads tens of megabytes and installs them.
const BUILD: Duration = Duration::from_mins(10);

/// What `makinage predict` says to one event with the operator's own packages.
fn predict(model: &str) -> Output {
    let scene = Scene::alone();
    let events = scene.folder.write("events", "\"status\"\n");
    scene.command(&["predict"]).arg("--model").arg(lacking(model)).arg(events).output().expect("it runs")
}

#[test]
fn a_package_that_a_model_names_and_does_without_is_one_warning() {
    let output = predict("upper");
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "[\"status\",\"STATUS\"]\n", "{log}");
    let warnings: Vec<&str> = log.lines().filter(|line| line.contains("inflection")).collect();
    assert_eq!(warnings.len(), 1, "{log}");
    assert!(warnings[0].contains("the model was saved with inflection==0.5.1 (not installed)"), "{log}");
}

#[test]
fn a_package_that_a_model_misses_is_named_with_the_command() {
    let output = predict("plural");
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{log}");
    let command = format!("{} -m pip install 'inflection==0.5.1'", python().display());
    assert!(log.contains("No module named 'inflection'") && log.contains(&command), "{log}");
}

#[test]
fn a_model_is_served_in_its_own_environment_which_is_built_once_and_a_failed_build_changes_nothing() {
    if left_out() {
        return;
    }
    let scene =
        Scene::new("environments").topics(1).reading_from_the_beginning().set("operators.serve.environment", "model");
    scene.publish(&lacking("plural"));
    let mut service = scene.serve();
    service.wait_for_line_after(0, "its environment is built, in", BUILD);
    service.wait_for_line("takes over");
    scene.produce(&["\"status\""]);
    let reader = scene.reader();
    assert_eq!(reader.values(1), ["[\"status\",\"statuses\"]"]);

    scene.publish(&lacking("impossible"));
    let line = service.wait_for_line_after(0, "step environment: `", BUILD);
    assert!(line.contains("is not taken up, and generation 1") && line.contains("goes on serving"), "{line}");
    service.wait_for_line("inflection==99.0");
    scene.produce(&["\"knife\""]);
    assert_eq!(reader.values(1), ["[\"knife\",\"knives\"]"]);
    scene.publish(&lacking("plural"));
    service.wait_for_line("is built already");
    service.stop();

    let mut service = scene.serve();
    service.wait_for_line("is built already");
    service.wait_for_line("takes over");
    assert!(!service.lines().iter().any(|line| line.contains("building its environment")));
    service.stop();
    // Nothing is left of the failed build.
    let left = fs::read_dir(scene.folder.path().join("cache/makinage/environments")).expect("the folder").flatten();
    assert_eq!(left.filter(|entry| entry.path().is_dir()).count(), 1);
}
