//! Changes of the configuration and of the hooks while the service runs.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::{
    broker::left_out,
    model::any_model,
    processes,
    scene::Scene,
    scores::Scores,
    service::{Folder, Service},
    settings::Settings,
};

/// Outputs say which configuration and which code made them.
pub(crate) const HOOKS: &str = "
from my_model import version
def pre_transform(config):
    return lambda event: event['x']
def predict(model, config):
    return lambda x: config['config']['serve']['threshold']
def post_transform(config):
    return lambda event, prediction: [event['x'], prediction, version.VERSION]
";

/// A scene with these hooks in a package of two files.
pub(crate) fn scene(name: &str) -> Scene {
    let scene = Scene::new(name).topics(1).published(any_model()).with_hooks_of("my_model.serve");
    scene.folder.write_below("my_model", "serve.py", HOOKS);
    scene.folder.write_below("my_model", "version.py", "VERSION = 1\n");
    scene
}

/// The scene's configuration with this threshold.
pub(crate) fn threshold(scene: &Scene, threshold: f64) -> Settings {
    scene.settings().with("config.serve.threshold", threshold)
}

fn replace(path: &Path, text: &str) {
    let other = path.with_extension("new");
    fs::write(&other, text).expect("the new file");
    fs::rename(&other, path).expect("renamed");
}

#[test]
fn an_edited_configuration_is_taken_up_without_a_restart_and_without_a_loss_and_a_wrong_one_changes_nothing() {
    if left_out() {
        return;
    }
    let scene = scene("reload").set("config.serve.threshold", 0.1);
    let (path, scores) = (scene.config(), Scores::new(&scene));
    let text = |value| threshold(&scene, value).text();
    let mut service = scene.serve().assigned();
    scores.until(0.1, 1);

    // In place, and by a file that takes its place.
    fs::write(&path, text(0.2)).unwrap();
    scores.until(0.2, 1);
    replace(&path, &text(0.3));
    scores.until(0.3, 1);

    // Half written, once per content; then a comment only; then whole again.
    let half = text(0.4);
    fs::write(&path, &half[..half.find("operators").unwrap() + 14]).unwrap();
    let refused = service.wait_for_line("is not taken up");
    assert!(refused.contains("the one before stays"), "{refused}");
    scores.until(0.3, 1);
    fs::write(&path, format!("# a comment\n{}", text(0.3))).unwrap();
    scores.until(0.3, 1);

    // What needs a restart is named, and the service goes on.
    let endpoint = format!("localhost:1,{}", scene.broker().endpoint());
    let restart = threshold(&scene, 0.5).with("application.name", "other").with("kafka.endpoint", endpoint);
    fs::write(&path, restart.text()).unwrap();
    let refused = service.wait_for_line("can't change while the service runs");
    assert!(refused.contains("application.name, kafka.endpoint can't"), "{refused}");
    scores.until(0.3, 1);

    // At once, and anew though nothing has changed since.
    fs::write(&path, text(0.6)).unwrap();
    service.signal("HUP");
    service.wait_for_line("SIGHUP: reading");
    scores.until(0.6, 1);
    service.wait_for_line("generation 4: model");
    service.signal("HUP");
    service.wait_for_line("generation 5: model");
    scores.until(0.6, 1);

    // What becomes of failed events goes with the generation.
    fs::write(&path, threshold(&scene, 0.7).with("operators.serve.on_error", "stop").text()).unwrap();
    scores.until(0.7, 1);
    let lines = service.lines();
    assert_eq!(lines.iter().filter(|line| line.contains("is not taken up")).count(), 1);
    assert!(!lines.iter().any(|line| line.contains("generation 7")), "a comment or a refused file made a generation");
    scene.produce(&["{}"]);
    service.wait_for_line("stopping at reload-data/0/");
    assert_eq!(service.wait().code(), Some(1));
    scores.assert_none_lost_or_doubled();
}

#[test]
fn a_swapped_link_as_kubernetes_does_it_changes_configuration_and_hooks_together() {
    if left_out() {
        return;
    }
    let scene = scene("reload-link").with_hooks_of("hooks");
    let (mount, scores) = (Folder::new(), Scores::new(&scene));
    let version = |number: u32, value: f64| {
        let name = format!("..2026_{number}");
        mount.write_below(&name, "config.yaml", &threshold(&scene, value).text());
        mount.write_below(&name, "hooks.py", &HOOKS.replace("from my_model import", "import"));
        mount.write_below(&name, "version.py", &format!("VERSION = {number}\n"));
        symlink(&name, mount.path().join("..data_tmp")).unwrap();
        fs::rename(mount.path().join("..data_tmp"), mount.path().join("..data")).unwrap();
    };
    version(1, 0.1);
    for file in ["config.yaml", "hooks.py", "version.py"] {
        symlink(PathBuf::from("..data").join(file), mount.path().join(file)).unwrap();
    }
    let mut service = Service::start(&mount.path().join("config.yaml")).assigned();
    scores.until(0.1, 1);
    version(2, 0.2);
    fs::remove_dir_all(mount.path().join("..2026_1")).unwrap();
    scores.until(0.2, 2);
    assert!(!service.lines().iter().any(|line| line.contains("generation 3")), "one swap is one change");
    service.stop();
    scores.assert_none_lost_or_doubled();
}

#[test]
fn edited_hooks_make_a_generation_and_half_edited_ones_are_seen_by_nobody_not_even_by_a_replaced_worker() {
    if left_out() {
        return;
    }
    let scene = scene("reload-hooks").set("config.serve.threshold", 0.1);
    let scores = Scores::new(&scene);
    let mut service = scene.serve().assigned();
    scores.until(0.1, 1);
    scene.folder.write_below("my_model", "version.py", "VERSION = 2\n");
    scores.until(0.1, 2);

    // Asked for before the next look, which starts a process of its own that ends by itself.
    let serving = service.only_worker();
    scene.folder.write_below("my_model", "version.py", "VERSION = (3\n");
    let refused = service.wait_for_line("is not taken up");
    service.wait_for_line("SyntaxError");
    assert!(refused.contains("the one before stays"), "{refused}");
    processes::signal(serving, "KILL");
    service.wait_for_line("replaced, its model is loaded again");
    scores.until(0.1, 2);

    scene.folder.write_below("my_model", "version.py", "VERSION = 3\n");
    scores.until(0.1, 3);
    service.stop();
    scores.assert_none_lost_or_doubled();
}
