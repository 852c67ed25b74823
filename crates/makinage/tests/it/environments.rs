//! `environment`: the operator's packages, or those that the model names. One environment is really built, from the package index.

use std::{fs, process::Output, time::Duration};

use super::{
    broker::left_out,
    model::{lacking, python},
    service::{Folder, Service, program},
    stage::Stage,
    stream::{Reader, value},
};

/// A build downloads tens of megabytes and installs them.
const BUILD: Duration = Duration::from_mins(10);

/// What `makinage predict` says to one event with the operator's own packages.
fn predict(model: &str) -> Output {
    let folder = Folder::new();
    let config = folder.write("config.yaml", include_str!("../../../../config/examples/serve.yaml"));
    let mut command = program("makinage");
    command.arg("predict").arg("--config").arg(config).arg("--model").arg(lacking(model));
    command.arg(folder.write("events", "\"status\"\n")).output().expect("it runs")
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
    let stage = Stage::new("environments", 1, 1).edit("    sinks:", "    environment: model\n    sinks:");
    let cache = stage.folder.write_below("cache", "x", "").parent().expect("its folder").to_owned();
    let serve = || {
        let mut command = program("makinage");
        command.arg("--config").arg(stage.config()).env("XDG_CACHE_HOME", &cache);
        Service::spawn(command)
    };
    stage.publish(&lacking("plural"));
    let mut service = serve();
    service.wait_for_line_after(0, "its environment is built, in", BUILD);
    service.wait_for_line("takes over");
    stage.produce(&["\"status\""]);
    let reader = Reader::new(&stage.broker, &stage.topic("predict"));
    let outputs = reader.read_until(|read| read.len() == 1);
    assert_eq!(value(&outputs[0]), "[\"status\",\"statuses\"]");

    stage.publish(&lacking("impossible"));
    let line = service.wait_for_line_after(0, "step environment: `", BUILD);
    assert!(line.contains("is not taken up, and generation 1") && line.contains("goes on serving"), "{line}");
    service.wait_for_line("inflection==99.0");
    stage.produce(&["\"knife\""]);
    assert_eq!(value(&reader.read_until(|read| read.len() == 1)[0]), "[\"knife\",\"knives\"]");
    stage.publish(&lacking("plural"));
    service.wait_for_line("is built already");
    service.stop();

    let mut service = serve();
    service.wait_for_line("is built already");
    service.wait_for_line("takes over");
    assert!(!service.lines().iter().any(|line| line.contains("building its environment")));
    service.stop();
    // Nothing is left of the failed build.
    let left = fs::read_dir(cache.join("makinage/environments")).expect("the folder").flatten();
    assert_eq!(left.filter(|entry| entry.path().is_dir()).count(), 1);
}
