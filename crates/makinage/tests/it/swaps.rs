//! One model takes the place of another while events flow.

use std::{collections::HashMap, fs};

use rdkafka::{Message, message::OwnedMessage};

use super::{
    broker::left_out,
    flow::{Flow, Oracle},
    latency::{Latencies, STAMPED, now},
    model::{iris, swapped},
    patience::wait_for,
    scene::Scene,
    service::{DEADLINE, Service},
    stream::header,
};

const PARTITIONS: i32 = 3;

/// Resident memory of the service and its workers, in MiB.
fn memory(service: &Service) -> usize {
    let resident = |process: &u32| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok()).unwrap_or(0) / 1024
    };
    service.workers().iter().chain([&service.id()]).map(resident).sum()
}

/// How many processors a process may run on.
fn processors(process: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process is there");
    let mask = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed:")).expect("its processors");
    let words = mask.trim().split(',').map(|word| u32::from_str_radix(word, 16).expect("a mask"));
    words.map(u32::count_ones).sum()
}

/// Each partition's outputs name one model, then the next, and never go back.
fn assert_monotone(outputs: &[OwnedMessage]) {
    let mut seen: HashMap<i32, Vec<String>> = HashMap::new();
    for output in outputs {
        let model = header(output, "makinage-model").expect("its model");
        let models = seen.entry(output.partition()).or_default();
        if models.last() != Some(&model) {
            assert!(!models.contains(&model), "partition {} goes back to {model} after {models:?}", output.partition());
            models.push(model);
        }
    }
    assert!(seen.values().all(|models| models.len() == 2), "each partition has outputs of both models: {seen:?}");
}

#[test]
fn a_model_that_takes_ten_seconds_to_load_comes_in_without_a_stall_a_loss_or_a_double() {
    if left_out() {
        return;
    }
    let scene = Scene::new("swap").topics(PARTITIONS).published(iris());
    scene.set_topic("predict", STAMPED);
    let mut service = scene.serve().at_work();
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let flow = Flow::start(&scene, PARTITIONS);
    oracle.watch(&reader, 1000);
    let (begin, before) = (now(), memory(&service));
    oracle.watch(&reader, 6000);
    let (published, logged) = (now(), service.logged());
    let serving = service.only_worker();
    scene.publish(&swapped("Slow"));
    service.wait_for_line_after(logged, "loading model", DEADLINE);
    let confined = |worker: &u32| *worker != serving && processors(*worker) == 1;
    let what_loads = || service.workers().into_iter().find(confined);
    let loading = wait_for(DEADLINE, || "nothing loads on one processor".to_owned(), what_loads);
    oracle.watch(&reader, 3000);
    let during = memory(&service);
    service.wait_for_line_after(logged, "takes over", DEADLINE);
    let taken_over = now();
    assert_eq!(processors(loading), processors(service.id()), "what serves has all of them");
    oracle.watch(&reader, 6000);
    let (ended, after) = (now(), memory(&service));
    let each = flow.stop();
    oracle.read_all(&reader, each);
    service.stop();
    oracle.assert_nothing_twice(&reader);

    let outputs = scene.reader().read_to_end();
    assert_monotone(&outputs);
    let within = |times| Latencies::within(&scene, &outputs, times);
    let (calm, swap, new) = (within((begin, published)), within((published, taken_over)), within((taken_over, ended)));
    // For `cargo xtask bench`.
    println!("before: {calm}; {before} MiB\nduring: {swap}; {during} MiB\nafter:  {new}; {after} MiB");
    let load = taken_over - published;
    assert!(load >= 10_000, "the model loads for ten seconds");
    assert!(swap.max() < load / 2, "an event waited for {} ms while a model loaded for {load} ms", swap.max());
}

#[test]
fn of_a_burst_of_models_the_newest_is_loaded_and_not_all() {
    if left_out() {
        return;
    }
    let scene = Scene::new("burst").topics(1).published(iris());
    let mut service = scene.serve().at_work();
    let logged = service.logged();
    let models: Vec<_> = (1..=8).map(|number| swapped(&format!("Sum{number}"))).collect();
    let labels = scene.publish_all(&models);
    service.wait_for_line_after(logged, &format!("model {} takes over", labels[7]), DEADLINE);
    let loads = service.count_lines_after(logged, "loading model");
    assert!(loads <= 4, "{loads} of 8 models were loaded");
    service.stop();
}

#[test]
fn a_model_whose_workers_die_on_three_batches_is_taken_back_and_nothing_else_is_lost() {
    if left_out() {
        return;
    }
    let scene = Scene::new("probation").topics(1);
    let label = scene.publish(iris());
    let mut service = scene.serve().at_work();
    let logged = service.logged();
    scene.publish(&swapped("DiesOnEveryTenth"));
    service.wait_for_line_after(logged, "takes over", DEADLINE);
    let flow = Flow::start(&scene, 1);
    service.wait_for_line_after(logged, "is taken back", DEADLINE);
    service.wait_for_line_after(logged, &format!("model {label} takes over"), DEADLINE);
    let each = flow.stop();
    let reader = scene.reader();
    let last = |outputs: &[OwnedMessage]| outputs.last().and_then(|output| header(output, "makinage-model"));
    reader.read_until(|outputs| {
        last(outputs).as_deref() == Some(&label)
            && outputs.last().is_some_and(|output| super::stream::value(output).contains(&format!(", {}, ", each - 1)))
    });
    service.stop();
}

/// What it makes of a configuration that is bad for every model.
const EDITED: &str = "
def predict(model, config):
    if config['config']['serve'].get('bad'):
        raise ValueError('this configuration is bad')
    return model.predict
";

#[test]
fn a_good_model_that_comes_together_with_a_bad_configuration_is_taken_up_without_it() {
    if left_out() {
        return;
    }
    let scene = Scene::new("both").topics(1).published(iris()).with_predict(EDITED);
    let mut service = scene.serve().at_work();
    let logged = service.logged();
    let slow = scene.publish(&swapped("Slow"));
    service.wait_for_line_after(logged, &format!("loading model {slow}"), DEADLINE);
    // Both wait until that has loaded.
    let good = scene.publish(&swapped("Sum1"));
    let scene = scene.set("config.serve.bad", true);
    scene.config();
    service.wait_for_line_after(logged, &format!("model {slow} takes over"), DEADLINE);
    service.wait_for_line_after(logged, "this configuration is bad", DEADLINE);
    service.wait_for_line_after(logged, &format!("model {good} takes over"), DEADLINE);
    service.stop();
}
