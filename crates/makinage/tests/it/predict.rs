//! `makinage predict`: what hooks print and every event that fails are shown, on standard error.

use std::process::Output;

use super::{broker::left_out, model::iris, scene::Scene};

const HOOKS: &str = "
import sys
print('imported')
def pre_transform(config):
    print('made', file=sys.stderr)
    def step(event):
        print('saw', event['n'])
        if event['n'] % 2:
            raise ValueError(f'odd: {event[\"n\"]}')
        return [5.1, 3.5, 1.4, 0.2]
    return step
";

fn predict(hooks: &str, events: &str) -> Output {
    let scene = Scene::alone().with_steps(&["pre_transform"], hooks);
    let mut command = scene.command(&["predict"]);
    // As it is for someone who sets nothing.
    command.env_remove("RUST_LOG").arg("--model").arg(iris());
    command.arg(scene.folder.write("events.jsonl", events)).output().expect("it runs")
}

#[test]
fn what_hooks_print_and_every_failed_event_are_shown_beside_the_predictions() {
    if left_out() {
        return;
    }
    let events: Vec<String> = (0..60).map(|n| format!("{{\"n\": {n}}}\n")).collect();
    let output = predict(HOOKS, &events.concat());
    let (printed, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(printed.lines().count(), 30, "{printed}");
    assert!(printed.lines().all(|line| line.starts_with("[{\"n\":")), "{printed}");
    for n in 0..60 {
        assert!(told.lines().any(|line| line.ends_with(&format!(": saw {n}"))), "{n} in {told}");
        let failed = told.lines().filter(|line| line.contains(&format!("skipped line {}: ", n + 1))).count();
        assert_eq!(failed, n % 2, "{n} in {told}");
    }
    for text in ["imported", "made"] {
        assert!(told.lines().any(|line| line.ends_with(&format!(": {text}"))), "{text} in {told}");
    }
    assert!(!told.contains("more events"), "{told}");
}

#[test]
fn what_hooks_print_before_a_model_is_given_up_is_shown_too() {
    if left_out() {
        return;
    }
    let output =
        predict("def pre_transform(config):\n    print('about to fail')\n    raise RuntimeError('no')\n", "[1]\n");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), b"".as_slice()), "{told}");
    assert!(told.contains("about to fail") && told.contains("RuntimeError"), "{told}");
    assert!(told.contains("the hooks can't be set up: step pre_transform") && !told.contains("the model"), "{told}");
}

#[test]
fn what_is_given_instead_of_events_or_a_model_is_named() {
    if left_out() {
        return;
    }
    let output = predict("def pre_transform(config):\n    return len\n", "[\n  [1, 2],\n  [3, 4]\n]\n");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("events.jsonl is JSON over several lines") && told.contains("jq -c '.[]'"), "{told}");

    let scene = Scene::alone();
    let events = scene.folder.write("events.jsonl", "[1]\n");
    let output = scene.command(&["predict", "--model", "/nowhere/model"]).arg(events).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("/nowhere/model: it doesn't exist; give the path"), "{told}");
}
