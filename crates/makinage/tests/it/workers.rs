//! `makinage predict`: the pipeline with real workers and a real model, and no broker.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    process::{Child, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use makinage::{
    wire::protocol::Kind,
    worker::process::{Process, ProcessError},
};

use super::{
    broker::left_out,
    model::any_model,
    patience::wait_until,
    processes::{children, processor_time, signal},
    scene::Scene,
    service::{DEADLINE, Folder, Service, ended},
};

/// A scene whose three steps are in `my_model/serve.py`.
fn scene(hooks: &str) -> Scene {
    let scene = Scene::alone().with_hooks_of("my_model.serve");
    scene.folder.write_below("my_model", "serve.py", hooks);
    scene
}

/// `makinage predict` with the iris model, whose events come from its standard input.
pub(crate) fn start(scene: &Scene) -> Child {
    scene
        .command(&["predict"])
        .arg("--model")
        .arg(any_model())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

fn predict(scene: &Scene, events: &str) -> Output {
    let mut child = start(scene);
    child.stdin.take().expect("its input").write_all(events.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

fn lines(output: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(output).lines().map(str::to_owned).collect()
}

const THROUGH: &str = "
import os, sys, time
def pre_transform(config):
    return lambda event: event['x']
def predict(model, config):
    return lambda i: step(i)
def post_transform(config):
    return lambda event, prediction: prediction
";

#[test]
fn an_event_that_kills_the_worker_is_skipped_alone_and_its_neighbours_are_scored_in_order() {
    let hooks = format!("{THROUGH}def step(i):\n    if i == 5: os._exit(3)\n    return i\n");
    let events: Vec<String> = (0..16).map(|n| format!("{{\"x\": {n}}}\n")).collect();
    let output = predict(&scene(&hooks), &events.concat());
    let expected: Vec<String> = (0..16).filter(|n| *n != 5).map(|n| n.to_string()).collect();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(lines(&output.stdout), expected, "{log}");
    assert!(log.contains("skipped line 6: step predict: WorkerDied"), "{log}");
    assert!(log.contains(") at line 6; it is replaced"), "{log}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn an_event_that_kills_the_worker_in_a_hook_before_or_behind_the_model_failed_there() {
    let hooks = "
import os
def pre_transform(config):
    return lambda event: os._exit(3) if event == 5 else event
def predict(model, config):
    return lambda i: i
def post_transform(config):
    return lambda event, prediction: os._exit(4) if event == 9 else prediction
";
    let events: Vec<String> = (0..16).map(|n| format!("{n}\n")).collect();
    let output = predict(&scene(hooks), &events.concat());
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(lines(&output.stdout).len(), 14, "{log}");
    for skipped in
        ["skipped line 6: step pre_transform: WorkerDied", "skipped line 10: step post_transform: WorkerDied"]
    {
        assert!(log.contains(skipped), "{log}");
    }
    assert_eq!(log.matches(", after 2 attempts").count(), 2, "{log}");
}

#[test]
fn an_event_that_hangs_the_worker_is_skipped_alone() {
    let hooks = format!("{THROUGH}def step(i):\n    while i == 1: pass\n    return i\n");
    let output =
        predict(&scene(&hooks).set("operators.serve.predict_timeout", "1s"), "{\"x\": 0}\n{\"x\": 1}\n{\"x\": 2}\n");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(lines(&output.stdout), ["0", "2"], "{log}");
    assert!(log.contains("skipped line 2: step predict: WorkerDied"), "{log}");
}

/// As libraries do, it tells of the memory that it did not get in words of its own.
const LEAKS: &str = "
kept = []
def step(i):
    try:
        kept.append(bytearray(10_000_000))
    except MemoryError as error:
        raise ValueError('no features') from error
    return i
";

#[test]
fn a_model_that_leaks_costs_no_event_since_each_that_finds_no_memory_left_is_tried_in_a_fresh_process() {
    let events: Vec<String> = (0..150).map(|n| format!("{{\"x\": {n}}}\n")).collect();
    let scene = scene(&format!("{THROUGH}{LEAKS}")).set("operators.serve.memory_limit", "1GB");
    let output = predict(&scene, &events.concat());
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(lines(&output.stdout), (0..150).map(|n| n.to_string()).collect::<Vec<_>>(), "{log}");
    assert!(log.contains("died (out of memory: ValueError: no features ("), "{log}");
    assert!(output.status.success(), "{log}");
}

#[test]
fn what_hooks_print_and_system_exit_disturb_nothing() {
    let hooks = format!(
        "{THROUGH}def step(i):\n    print('printed', i)\n    os.write(1, b'\\xff\\xfe\\x00')\n    if i == 1: sys.exit(7)\n    return None if i == 2 else i\n"
    );
    let output = predict(&scene(&hooks), "{\"x\": 0}\n{\"x\": 1}\n{\"x\": 2}\n{\"x\": 3}\n");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(lines(&output.stdout), ["0", "3"], "{log}");
    assert!(log.contains("skipped line 2: step predict: SystemExit"), "{log}");
}

#[test]
fn a_key_that_a_factory_misses_is_named_with_its_hook() {
    let hooks = format!("{THROUGH}\ndef predict(model, config):\n    config['config']['serve']['limit']\n");
    let output = predict(&scene(&hooks), "{\"x\": 0}\n");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(log.contains("step predict: KeyError: 'limit'"), "{log}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_hook_that_raises_on_import_ends_the_program_with_one_line_that_names_its_place() {
    let output = predict(&scene("x = 1\nraise ValueError('no luck')\n"), "");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{log}");
    assert!(log.contains("ValueError: no luck") && log.contains("serve.py:2") && !log.contains("Traceback"), "{log}");
}

#[test]
fn with_on_error_stop_it_ends_at_the_bad_event_though_its_input_goes_on() {
    let hooks = format!("{THROUGH}def step(i):\n    return i\n");
    let scene = scene(&hooks).set("operators.serve.on_error", "stop");
    let mut child = start(&scene);
    let mut input = child.stdin.take().expect("its input");
    input.write_all(b"{\"x\": 0}\nnot json\n").expect("it reads");
    ended(&mut child, DEADLINE);
    drop(input);
    let output = child.wait_with_output().expect("its outputs");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(log.contains("stopping at line 2: step decode"), "{log}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn an_event_is_scored_though_the_next_one_lets_itself_be_waited_for() {
    let hooks = format!("{THROUGH}def step(i):\n    return i\n");
    let scene = scene(&hooks);
    let mut child = start(&scene);
    let mut input = child.stdin.take().expect("its input");
    let outputs = BufReader::new(child.stdout.take().expect("its output")).lines();
    let (read, come) = mpsc::channel();
    thread::spawn(move || outputs.map_while(Result::ok).try_for_each(|output| read.send(output)));
    for n in 0..20 {
        input.write_all(format!("{{\"x\": {n}}}\n{{\"x\": {n}}}\n").as_bytes()).expect("it reads");
        for _ in 0..2 {
            let output = come.recv_timeout(Duration::from_mins(1));
            if output.is_err() {
                let _ = child.kill();
            }
            assert_eq!(output, Ok(n.to_string()));
        }
    }
    drop(input);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn an_interpreter_that_reads_no_more_is_given_up_when_its_time_is_over() {
    let folder = Folder::new();
    // It takes the package, whose length comes first, and nothing more.
    let script = "#!/bin/sh\nlength=$(dd bs=1 count=4 2>/dev/null | od -An -tu4)\nhead -c $length > /dev/null\nexec sleep 1000\n";
    let python = folder.write("python", script);
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).expect("it may be run");
    let mut process = Process::start(&python, "deaf").expect("it starts");
    let (given_up, outcome) = mpsc::channel();
    thread::spawn(move || {
        // More than a socket holds.
        let outcome = process.ask(Kind::Setup, &vec![b' '; 4 << 20], Duration::from_secs(1));
        let _ = given_up.send(outcome.map(|frame| frame.kind));
    });
    let outcome = outcome.recv_timeout(Duration::from_secs(30)).expect("an outcome in time");
    assert!(matches!(outcome, Err(ProcessError::Silent(_))), "{outcome:?}");
}

/// Its model takes a while to load, and says when that has begun.
const LOADS: &str = "
import os, time
def predict(model, config):
    open(os.path.join(os.path.dirname(__file__), 'loading'), 'w').close()
    time.sleep(2)
    return lambda event: event
";

#[test]
fn a_worker_that_stood_still_with_the_service_while_it_loaded_goes_on() {
    let scene = Scene::alone().set("operators.serve.load_timeout", "20s").with_predict(LOADS);
    let mut child = start(&scene);
    child.stdin.take().expect("its input").write_all(b"7\n").expect("it reads");
    wait_until(DEADLINE, "the model isn't loaded", || scene.folder.path().join("loading").exists());
    let frozen: Vec<u32> = [child.id()].into_iter().chain(children(child.id())).collect();
    for process in &frozen {
        signal(*process, "STOP");
    }
    // Longer than a load may take: what is tested is that this time doesn't count.
    thread::sleep(Duration::from_secs(22));
    for process in &frozen {
        signal(*process, "CONT");
    }
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(lines(&output.stdout), ["[7,7]"], "{}", String::from_utf8_lossy(&output.stderr));
}

/// The first worker loads at once and ends a second later, the second takes five, and those after them are well.
const EARLY_DEATH: &str = "
import os, threading, time
def is_first_of(name):
    try:
        os.close(os.open(os.path.join(os.path.dirname(__file__), name), os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False
def predict(model, config):
    if is_first_of('dies'):
        threading.Timer(1, os._exit, [3]).start()
    elif is_first_of('slow'):
        time.sleep(5)
    return lambda event: 0
";

#[test]
fn a_worker_that_died_while_the_others_of_its_generation_still_loaded_holds_up_nothing() {
    if left_out() {
        return;
    }
    let scene = Scene::new("early-death")
        .topics(1)
        .published(any_model())
        .reading_from_the_beginning()
        .set("operators.serve.workers", 2)
        .set("operators.serve.predict_timeout", "2s")
        .with_predict(EARLY_DEATH);
    scene.produce_keyed((0..10).map(|n| (n.to_string(), n.to_string())));
    let mut service = scene.serve();
    scene.reader().read(10);
    service.wait_for_line("died (exit code 3");
    service.stop();
}

/// The first event is held for as long as someone has locked the file `wedge` beside the module. It waits in one call:
/// a worker that looked again and again would never be idle.
const HELD: &str = "
import fcntl, os
wedge = os.path.join(os.path.dirname(__file__), 'wedge')
def predict(model, config):
    def step(event):
        if event == 0:
            with open(wedge) as file:
                fcntl.flock(file, fcntl.LOCK_SH)
        return event
    return step
";

#[test]
fn a_fixed_batch_that_waits_behind_a_slow_one_costs_the_service_no_processor() {
    if left_out() {
        return;
    }
    let scene = Scene::new("fixed-batch")
        .topics(1)
        .published(any_model())
        .reading_from_the_beginning()
        .set("operators.serve.workers", 2)
        .fixed_batch(1, "1ms")
        .with_predict(HELD);
    let wedge = File::open(scene.folder.write("wedge", "")).expect("the file");
    wedge.lock().expect("nobody else has it");
    scene.produce_keyed((0..100).map(|n| (n.to_string(), n.to_string())));
    let mut service = scene.serve();
    service.wait_for_line("takes over");
    wait_until_the_other_worker_is_idle(&service);
    let time = || processor_time(service.id()).expect("the service runs");
    let before = time();
    // What is measured: three seconds in which nothing could be done.
    thread::sleep(Duration::from_secs(3));
    let used = time().saturating_sub(before);
    assert!(used < Duration::from_secs(1), "{used:?} of three seconds in which nothing could be done");
    wedge.unlock().expect("the lock");
    scene.reader().read(100);
    service.stop();
}

/// It has been given all that may be open behind the event that is held.
fn wait_until_the_other_worker_is_idle(service: &Service) {
    let used = || service.workers().into_iter().filter_map(processor_time).collect::<Vec<_>>();
    let mut before = vec![];
    wait_until(DEADLINE, "a second in which no worker does anything", || {
        let unchanged = before == used();
        before = used();
        thread::sleep(Duration::from_secs(1));
        unchanged
    });
}
