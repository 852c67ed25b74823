//! Modules that the hooks and the model's own code have under one name, through the real program and its workers.

use std::{fs, path::Path, process::Output};

use super::{model::iris, scene::Scene};

const HOOKS: &str = "
import my_model.helper
def pre_transform(config):
    return lambda event: event['x']
def predict(model, config):
    def step(x):
        import my_model.net
        return [my_model.helper.NAME, my_model.net.NAME]
    return step
def post_transform(config):
    return lambda event, prediction: prediction
";

fn scene() -> Scene {
    Scene::alone().with_hooks_of("my_model.serve")
}

/// What the program makes of one event, with these files beside its configuration and in the model's code.
fn predict(scene: &Scene, beside: &[(&str, &str)], code: &[(&str, &str)]) -> Output {
    let folder = scene.folder.path();
    let model = folder.join("model");
    fs::create_dir_all(&model).expect("the model's folder");
    for entry in fs::read_dir(iris()).expect("the model") {
        let entry = entry.expect("its file");
        fs::copy(entry.path(), model.join(entry.file_name())).expect("its copy");
    }
    let text = fs::read_to_string(model.join("MLmodel")).expect("MLmodel");
    fs::write(model.join("MLmodel"), text.replace("  python_function:\n", "  python_function:\n    code: code\n"))
        .expect("MLmodel");
    write(folder, &[("my_model/serve.py", HOOKS)]);
    write(folder, beside);
    write(&model.join("code"), code);
    let events = scene.folder.write("events.jsonl", "{\"x\": [5.1, 3.5, 1.4, 0.2]}\n");
    scene.command(&["predict"]).arg("--model").arg(model).arg(events).output().expect("it runs")
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("its folder")).expect("its folder");
        fs::write(path, text).expect("the file");
    }
}

#[test]
fn packages_of_one_name_are_shared_between_hooks_and_model() {
    for init in [&[][..], &[("my_model/__init__.py", "")]] {
        let scene = scene();
        let beside = [&[("my_model/helper.py", "NAME = 'helper'\n")][..], init].concat();
        let output = predict(&scene, &beside, &[&[("my_model/net.py", "NAME = 'net'\n")][..], init].concat());
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "[\"helper\",\"net\"]\n", "{log}");
    }
}

#[test]
fn two_modules_of_one_name_are_refused_with_both_files_and_what_to_rename() {
    let scene = scene();
    let code = [("my_model/helper.py", "NAME = 'another'\n"), ("my_model/net.py", "NAME = 'net'\n")];
    let output = predict(&scene, &[("my_model/helper.py", "NAME = 'helper'\n")], &code);
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{log}");
    let beside = scene.folder.path().join("my_model/helper.py").display().to_string();
    for part in [&beside, "code/my_model/helper.py", "rename the one of the hooks"] {
        assert!(log.contains(part), "{part} in {log}");
    }
    assert!(!log.contains("pip install"), "{log}");
}

#[test]
fn what_hides_a_standard_module_is_named_by_check_before_a_model_fails_on_it() {
    let scene = scene();
    scene.folder.write_below(
        "my_model",
        "serve.py",
        "def pre_transform(config): pass\npredict = post_transform = pre_transform\n",
    );
    scene.folder.write("colorsys.py", "");
    let output = scene.command(&["check", "--offline"]).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("colorsys.py hides the standard module colorsys"), "{told}");
    assert_eq!(output.status.code(), Some(0), "{told}");
}
