//! A panic of any thread ends the service in order, and the next start goes on.

use std::{
    collections::BTreeSet,
    io::Write,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use super::{
    broker::left_out,
    model::{any_model, model},
    processes::wait_until_gone,
    scene::Scene,
    service::{DEADLINE, Service},
    stream::value,
};

/// How soon a service has ended whose thread has panicked: its worker may be replaced meanwhile, which takes its time
/// on a busy machine. A stop that waits for the thread lasts until its `stop_timeout`.
const SOON: Duration = Duration::from_secs(40);
const STOP_TIMEOUT: &str = "60s";

const HOOKS: &str = "
def pre_transform(config):
    return lambda event: event
def predict(model, config):
    def step(event):
        print('scored', event, flush=True)
        return event
    return step
def post_transform(config):
    return lambda event, prediction: prediction
";

/// The file whose text is the name of the thread that is to panic.
const PANICS: &str = "panics";

/// A service that has a thread panic.
fn serve(scene: &Scene) -> Service {
    let mut command = scene.command(&[]);
    command.env("MAKINAGE_TEST_PANIC", scene.folder.path().join(PANICS));
    Service::spawn(command)
}

/// Its status, when it has ended by itself.
fn ends_soon(service: &mut Service) -> ExitStatus {
    let began = Instant::now();
    let status = service.wait();
    assert!(began.elapsed() < SOON, "it took {:?}", began.elapsed());
    status
}

fn numbers(outputs: &[rdkafka::message::OwnedMessage]) -> BTreeSet<i64> {
    outputs.iter().map(|output| value(output).parse().expect("a number")).collect()
}

/// Has a thread panic under a flowing load. `provoke` makes it pass the point where it does; `named` is how the line
/// calls it.
fn panics(scene: &Scene, (point, named): (&str, &str), provoke: impl Fn(&Scene, &Service)) {
    let mut service = serve(scene);
    service.wait_for_line("takes over");
    let values: Vec<String> = (0..4000).map(|n| n.to_string()).collect();
    scene.produce(&values[..2000]);
    let reader = scene.reader();
    let mut outputs = numbers(&reader.read_until(|read| read.len() >= 100));
    let workers = service.workers();
    scene.folder.write(PANICS, point);
    scene.produce(&values[2000..]);
    provoke(scene, &service);
    let line = service.wait_for_line("panicked at ");
    assert!(line.contains(&format!("the thread \"{named}")) && line.contains("This is a bug"), "{line}");
    assert_eq!(ends_soon(&mut service).code(), Some(1), "{point}");
    service.wait_for_line("events: ");
    wait_until_gone(&workers, SOON);
    outputs.extend(numbers(&reader.read_to_end()));
    let committed = scene.committed(0).unwrap_or_default();
    assert!((0..committed).all(|n| outputs.contains(&n)), "{point}: {committed} are committed of {}", outputs.len());

    let mut service = scene.serve().assigned();
    let (all, deadline) = ((0..4000).collect(), Instant::now() + DEADLINE);
    while outputs != all {
        assert!(Instant::now() < deadline, "{point}: {} of {} came", outputs.len(), values.len());
        outputs.extend(reader.poll().map(|output| value(&output).parse::<i64>().expect("a number")));
    }
    service.stop();
}

fn scene(name: &str, partitions: i32) -> Scene {
    let scene = Scene::new(name).topics(partitions).published(any_model()).with_hooks(HOOKS);
    scene.reading_from_the_beginning().impatient().attentive().set("application.stop_timeout", STOP_TIMEOUT)
}

macro_rules! each_thread {
    ($($test:ident: $name:literal, $point:literal, $named:literal, $provoke:expr;)*) => {
        $(#[test]
        fn $test() {
            if !left_out() {
                panics(&scene($name, 1), ($point, $named), $provoke);
            }
        })*
    };
}

each_thread! {
    a_panic_of_the_source: "panic-source", "source", "source", |_, _| ();
    a_panic_of_the_pipeline: "panic-pipeline", "pipeline", "pipeline", |_, _| ();
    a_panic_of_the_model_topics_reader: "panic-models", "models", "models", |_, _| ();
    a_panic_of_what_fetches_models: "panic-fetch", "fetch", "fetch", |scene, _| drop(scene.publish(&model("proba")));
    a_panic_of_the_loader: "panic-loader", "loader", "loader", |scene, _| drop(scene.publish(&model("proba")));
    a_panic_of_a_workers_thread: "panic-worker", "worker", "worker 1.0", |_, _| ();
    a_panic_of_a_workers_reader: "panic-reader", "worker reader", "worker 1.0 reader", |_, _| ();
    a_panic_of_what_relays_a_workers_output: "panic-output", "worker output", "worker 1.0 output", |_, _| ();
    a_panic_of_the_producers_thread: "panic-producer", "producer polling thread", "producer polling thread", |_, _| ();
    a_panic_of_what_watches_partitions: "panic-partitions", "partitions", "partitions", |_, _| ();
    a_panic_of_what_watches_the_configuration: "panic-config", "configuration", "configuration", |_, _| ();
    a_panic_of_what_hears_hangups: "panic-hangups", "hangups", "hangups", |_, service| service.signal("HUP");
    a_panic_of_what_hears_signals: "panic-signals", "signals", "signals", |_, service| service.signal("TERM");
}

#[test]
fn a_panic_while_partitions_are_assigned() {
    if left_out() {
        return;
    }
    let scene = scene("panic-assigned", 1);
    scene.produce(&["1", "2", "3"]);
    scene.folder.write(PANICS, "rebalance");
    let mut service = serve(&scene);
    service.wait_for_line("the thread \"source\" panicked");
    assert_eq!(ends_soon(&mut service).code(), Some(1));
    assert_eq!(scene.committed(0), Some(0), "where the group's first start is, and no further");
    let mut service = scene.serve();
    scene.reader().read_until(|read| numbers(read) == [1, 2, 3].into());
    service.stop();
}

#[test]
fn a_panic_while_partitions_are_taken_away_leaves_them_to_the_others() {
    if left_out() {
        return;
    }
    let scene = scene("panic-revoked", 2);
    let mut service = serve(&scene).at_work();
    let values: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
    scene.produce(&values);
    let reader = scene.reader();
    let mut outputs = numbers(&reader.read_until(|read| read.len() >= 100));
    scene.folder.write(PANICS, "rebalance");
    let mut other = scene.serve();
    service.wait_for_line("the thread \"source\" panicked");
    assert_eq!(ends_soon(&mut service).code(), Some(1));
    let (all, deadline) = ((0..1000).collect(), Instant::now() + DEADLINE);
    while outputs != all {
        assert!(Instant::now() < deadline, "{} came", outputs.len());
        outputs.extend(reader.poll().map(|output| value(&output).parse::<i64>().expect("a number")));
    }
    other.stop();
}

#[test]
fn a_panic_ends_predict_though_its_input_goes_on() {
    let scene = Scene::alone().with_predict("def predict(model, config):\n    return lambda event: event\n");
    for (point, named) in [
        ("pipeline", "main"),
        ("worker", "worker 1.0"),
        ("worker reader", "worker 1.0 reader"),
        ("worker output", "check output"),
    ] {
        let panics = scene.folder.write(PANICS, point);
        let mut command = scene.command(&["predict"]);
        command.arg("--model").arg(any_model()).env("MAKINAGE_TEST_PANIC", panics).stdin(Stdio::piped());
        let mut predict = Service::spawn(command);
        let mut input = predict.input();
        input.write_all(b"1\n2\n").expect("it reads");
        predict.wait_for_line(&format!("the thread {named:?} panicked"));
        assert!(!ends_soon(&mut predict).success(), "{point}");
        drop(input);
    }
}
