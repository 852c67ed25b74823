//! `makinage predict`: what hooks print and every event that fails are shown, on standard error.

use std::process::Output;

use super::{
    broker::left_out,
    model::iris,
    service::{Folder, program},
};

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
    let folder = Folder::new();
    folder.write("hooks.py", hooks);
    let text = include_str!("../../../../config/examples/serve.yaml");
    let text = text.replace("serve: {}", "serve: {pre_transform: 'hooks:pre_transform'}");
    assert!(text.contains("hooks:pre_transform"), "{text}");
    let config = folder.write("config.yaml", &text);
    let mut command = program("makinage");
    // As it is for someone who sets nothing.
    command.env_remove("RUST_LOG").arg("predict").arg("--config").arg(config).arg("--model").arg(iris());
    command.arg(folder.write("events.jsonl", events)).output().expect("it runs")
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
        let failed = told.lines().filter(|line| line.contains(&format!("skipped data/0/{n}: "))).count();
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

    let folder = Folder::new();
    let config = folder.write("config.yaml", include_str!("../../../../config/examples/serve.yaml"));
    let events = folder.write("events.jsonl", "[1]\n");
    let mut command = program("makinage");
    command.arg("predict").arg("--config").arg(config).arg("--model").arg("/nowhere/model").arg(events);
    let output = command.output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("/nowhere/model: it doesn't exist; give the path"), "{told}");
}
