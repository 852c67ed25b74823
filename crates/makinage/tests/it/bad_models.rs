//! What arrives on the model topic and can't be served changes nothing.

use super::{
    broker::left_out,
    flow::{Flow, Oracle},
    model::{iris, swapped},
    scene::Scene,
    service::DEADLINE,
    stream::produce,
};

#[test]
fn no_bad_model_disturbs_the_one_that_serves_and_each_is_named_with_its_step() {
    if left_out() {
        return;
    }
    let scene = Scene::new("bad-models")
        .topics(2)
        .set("operators.serve.load_timeout", "30s")
        .set("operators.serve.memory_limit", "3GB");
    let first = scene.publish(iris());
    let mut service = scene.serve().at_work();
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let flow = Flow::start(&scene, 2);
    oracle.watch(&reader, 100);

    let fails = |name: &str, publish: &dyn Fn(), wanted: &[&str]| {
        let logged = service.logged();
        publish();
        let line = service.wait_for_line_after(logged, "is not taken up", DEADLINE);
        for text in wanted.iter().chain(&["bad-models-model/0/", "sha256 ", "goes on serving"]) {
            assert!(line.contains(text), "{name}: no {text:?} in {line:?}");
        }
    };
    let record = |value: &'static str| {
        produce(scene.broker(), &scene.topic("model"), [("model".to_owned(), value.to_owned())]);
    };
    fails("no zip", &|| record("PK\u{3}\u{4} this is no zip"), &["step unpack"]);
    for (model, step, error) in [
        ("RaisesOnLoad", "step load: RuntimeError", "these weights are no weights"),
        ("NeedsMissingPackage", "step load: ModuleNotFoundError", "no_such_package"),
        ("DiesOnLoad", "step load: WorkerDied", "exit code 5"),
        ("HangsOnLoad", "step load: Timeout", "30 s"),
        ("TakesTooMuchMemory", "step load: MemoryError", ""),
        ("RaisesOnItsExample", "step warm_up: ValueError", "not even this one"),
        // It has no example: by now three different events have passed to try it on.
        ("DiesOnScoring", "step warm_up: WorkerDied", "exit code 7"),
    ] {
        let publish = || {
            scene.publish(&swapped(model));
        };
        fails(model, &publish, &[step, error]);
    }
    oracle.watch(&reader, 100);
    let logged = service.logged();
    let last = scene.publish(&swapped("Sum1"));
    service.wait_for_line_after(logged, "takes over", DEADLINE);
    oracle.watch_for(&reader, &last);
    let each = flow.stop();
    oracle.read_all(&reader, each);
    service.stop();
    oracle.assert_nothing_twice(&reader);
    assert_eq!(oracle.models, [first, last].into(), "only the first and the last model scored events");
}

#[test]
fn an_exception_on_a_recent_event_is_no_verdict_on_a_model_without_an_example() {
    if left_out() {
        return;
    }
    let scene = Scene::new("no-verdict").topics(1).published(iris());
    let mut service = scene.serve().at_work();
    scene.produce_keyed([("key".to_owned(), "[1, 2, 3, 4]".to_owned())]);
    scene.reader().read(1);
    let logged = service.logged();
    let label = scene.publish(&swapped("RaisesOnScoring"));
    service.wait_for_line_after(logged, &format!("model {label} takes over"), DEADLINE);
    service.stop();
}
