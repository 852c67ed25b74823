//! What the service shows of itself over HTTP is what happens.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::Duration,
};

use serde_json::Value;

use super::{
    broker::{Broker, left_out},
    model::{any_model, swapped},
    patience::{wait_for, wait_until},
    port::{Port, showing},
    scene::Scene,
    service::{DEADLINE, Service, program},
};

/// `makinage tap` at a service's own port.
fn tap(port: &Port, arguments: &[&str]) -> Service {
    let mut command = program("makinage");
    command.args(["tap", "--url", &port.0.to_string()]).args(arguments);
    Service::spawn(command)
}

#[test]
fn what_becomes_of_events_is_counted_and_the_failed_ones_are_shown_with_their_place() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("shown-events")).topics(1).published(any_model());
    let mut service = scene.serve().assigned();
    let port = Port::of(&service);
    scene.produce(&["1", "2", "not json", "3"]);
    scene.reader().values(3);
    port.wait_for_metric("makinage_events_total{outcome=\"output\",step=\"\"}", 3.0);
    port.wait_for_metric("makinage_events_total{outcome=\"failed\",step=\"decode\"}", 1.0);
    port.wait_for_metric("makinage_event_latency_seconds_count", 3.0);
    for step in ["pre_transform", "predict", "encode"] {
        let batches = port.metric(&format!("makinage_step_duration_seconds_count{{step=\"{step}\"}}"));
        assert!(batches.is_some_and(|batches| batches > 0.0), "{step}: {batches:?}");
    }
    let lag = "makinage_partition_lag_events{topic=\"shown-events-data\",partition=\"0\"}";
    port.wait_for_metric(lag, 0.0);
    port.wait_for_metric("makinage_workers{state=\"serving\"}", 1.0);
    let status = port.status();
    let failure = &status["failures"][0];
    assert_eq!(
        (failure["place"].as_str(), failure["step"].as_str(), failure["became"].as_str()),
        (Some("shown-events-data/0/2"), Some("decode"), Some("skipped")),
        "{failure}"
    );
    assert_eq!(status["config"]["application"]["name"], "shown-events");
    assert_eq!(status["stream"]["workers"][0]["pid"], service.only_worker());
    assert_eq!((port.get("/livez").status, port.get("/startupz").status), (200, 200));
    let open = port.get_with("/metrics", "Accept: application/openmetrics-text\r\n").body;
    assert!(open.ends_with("# EOF\n"), "{open}");
    service.stop();
}

#[test]
fn it_is_ready_once_a_model_serves_and_shows_what_came_before_and_after() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("shown-models")).topics(1);
    let mut service = scene.serve();
    let port = Port::of(&service);
    wait_until(DEADLINE, "a word of what is waited for", || port.latch("model").2.contains("no model has come yet"));
    assert_eq!((port.get("/readyz").status, port.get("/startupz").status, port.get("/livez").status), (503, 503, 200));
    let model = scene.publish(any_model());
    wait_for(DEADLINE, || port.get("/readyz").body, || (port.get("/readyz").status == 200).then_some(()));
    assert_eq!(port.status()["generations"]["serving"]["model"], model);

    scene.publish(&swapped("RaisesOnLoad"));
    port.wait_for_metric("makinage_generations_total{outcome=\"failed\"}", 1.0);
    assert_eq!(port.status()["generations"]["serving"]["model"], model, "a failure changes nothing");
    let next = scene.publish(&swapped("Sum1"));
    port.wait_for_metric("makinage_generation", 3.0);
    let generations = port.status()["generations"].clone();
    assert_eq!(generations["serving"]["model"], next);
    let past = generations["past"].as_array().expect("a list");
    let outcomes: Vec<_> = past.iter().filter_map(|past| past["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["took_over", "failed", "took_over"]);
    assert!(past[1]["why"].as_str().is_some_and(|why| why.contains("these weights are no weights")), "{past:?}");
    service.stop();
}

#[test]
fn while_its_broker_is_away_it_is_live_and_not_ready() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::on(Broker::start(), "shown-away")).topics(1).published(any_model());
    let mut service = scene.serve().assigned();
    let port = Port::of(&service);
    wait_until(DEADLINE, "it to be ready", || port.get("/readyz").status == 200);
    scene.broker().kill();
    let said = || format!("{:?}", port.latch("kafka"));
    wait_for(DEADLINE, said, || (!port.latch("kafka").1).then_some(()));
    assert_eq!((port.get("/readyz").status, port.get("/livez").status), (503, 200));
    scene.broker().restart();
    wait_for(DEADLINE, || port.get("/readyz").body, || (port.get("/readyz").status == 200).then_some(()));
    service.stop();
}

#[test]
fn a_port_that_is_taken_is_one_warning_and_events_are_served_all_the_same() {
    if left_out() {
        return;
    }
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let scene = Scene::new("shown-taken").topics(1).published(any_model()).set("http.listen", address.as_str());
    let mut service = scene.serve().assigned();
    scene.produce(&["1"]);
    assert_eq!(scene.reader().values(1).len(), 1);
    let lines = service.lines();
    let warnings: Vec<_> = lines.iter().filter(|line| line.contains("metrics and status")).collect();
    assert!(warnings.len() == 1 && warnings[0].contains(&address), "{warnings:?}");
    service.stop();
}

#[test]
fn only_who_has_the_token_sees_more_than_whether_it_is_well() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("shown-token")).topics(1).published(any_model()).set("http.token", "a-long-word");
    let mut service = scene.serve().assigned();
    let port = Port::of(&service);
    let bearer = "Authorization: Bearer a-long-word\r\n";
    for path in ["/metrics", "/api/status"] {
        assert_eq!((port.get(path).status, port.get_with(path, bearer).status), (401, 200), "{path}");
    }
    assert_eq!((port.get("/elsewhere").status, port.get_with("/elsewhere", bearer).status), (401, 404));
    assert!(!port.get_with("/api/status", bearer).body.contains("a-long-word"), "the token is shown");
    wait_until(DEADLINE, "it to be ready", || port.get("/readyz").status == 200);
    assert!(!port.get("/readyz").body.contains("reason"));
    service.stop();
}

#[test]
fn clients_that_send_nothing_or_read_nothing_do_not_silence_the_probes() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("shown-idle")).topics(1).published(any_model());
    let mut service = scene.serve().assigned();
    let port = Port::of(&service);
    let idle: Vec<_> = (0..200).map(|_| TcpStream::connect(port.0).expect("it listens")).collect();
    let mut stream = TcpStream::connect(port.0).expect("it listens");
    // Sooner than those that send nothing are given up.
    stream.set_read_timeout(Some(Duration::from_secs(8))).expect("a setting");
    stream.write_all(format!("GET /livez HTTP/1.1\r\nHost: {}\r\n\r\n", port.0).as_bytes()).expect("it is taken");
    let mut head = [0; 12];
    stream.read_exact(&mut head).expect("an answer though others are idle");
    assert_eq!(&head, b"HTTP/1.1 200");
    drop(idle);
    service.stop();
}

#[test]
fn events_are_shown_as_they_pass_to_whoever_asks_for_them() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("shown-tap")).topics(1).published(any_model());
    let mut service = scene.serve().assigned();
    let port = Port::of(&service);
    let tap = |arguments: &[&str]| tap(&port, arguments);
    let (mut all, mut failed) = (tap(&["--json", "--events", "3"]), tap(&["--failed", "--filter", "json"]));
    // Whoever doesn't listen yet when an event passes doesn't see it.
    let json = |line: String| serde_json::from_str::<Value>(&line).expect("JSON");
    let reader = scene.reader();
    while all.lines().is_empty() {
        scene.produce(&["1"]);
        reader.read(1);
    }
    assert_eq!(json(all.wait_for_line("\"outcome\":\"output\""))["output"], "[1,0]");
    wait_until(DEADLINE, "three events", || {
        scene.produce(&["not json"]);
        all.lines().len() == 3 && !failed.lines().is_empty()
    });
    assert!(all.wait().success());
    let line = failed.wait_for_line("✖ decode: ");
    assert!(line.contains("shown-tap-data/0/") && line.contains("not json"), "{line}");
    failed.signal("TERM");
    failed.wait();
    service.stop();
}

/// Hooks of which one keeps something between events, and one fails for an event.
const STEPS: &str = "
def pre_transform(config):
    seen = []
    def transform(event):
        seen.append(event)
        return [event['price'], len(seen)]
    return transform
def predict(model, config):
    return lambda row: {'score': float(model.predict([row[0], 1.0])), 'seen': row[1]}
def post_transform(config):
    def checked(event, prediction):
        if event['price'] < 0:
            raise ValueError('price < 0')
        return [event['price'], prediction['seen']]
    return checked
";

#[test]
fn what_events_had_after_each_step_of_the_user_s_is_shown_to_who_looks_on() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("shown-steps")).topics(1).published(any_model());
    let scene = scene.with_steps(&["pre_transform", "predict", "post_transform"], STEPS);
    let mut service = scene.serve().assigned();
    let port = Port::of(&service);
    let tap = |arguments: &[&str]| tap(&port, arguments);
    let (mut all, mut failed) = (tap(&["--json", "--events", "1"]), tap(&["--failed"]));
    wait_until(DEADLINE, "an event of each", || {
        scene.produce(&[r#"{"price": 7}"#, r#"{"price": -1}"#]);
        !all.lines().is_empty() && !failed.lines().is_empty()
    });
    assert!(all.wait().success());
    let event: Value = serde_json::from_str(&all.lines()[0]).expect("JSON");
    let steps = event["steps"].as_array().expect("steps");
    let named: Vec<&str> = steps.iter().filter_map(|step| step["step"].as_str()).collect();
    assert_eq!(named[..3], ["decode", "pre_transform", "predict"], "{event}");
    assert!(steps[1]["value"].as_str().is_some_and(|value| value.starts_with('[')), "{event}");
    assert!(steps[2]["value"].as_str().is_some_and(|value| value.starts_with(r#"{"score": "#)), "{event}");
    assert!(steps[1]["microseconds"].as_f64().is_some_and(|took| took > 0.0), "{event}");
    let line = failed.wait_for_line("✖ post_transform: ValueError: price < 0");
    assert!(line.contains("shown-steps-data/0/"), "{line}");
    let line = failed.wait_for_line("         predict ");
    assert!(line.contains(r#"{"score": "#), "{line}");
    failed.signal("TERM");
    failed.wait();
    let taken = "makinage_step_duration_seconds_count{step=\"post_transform\"}";
    wait_until(DEADLINE, "what the step took", || port.metric(taken).is_some_and(|batches| batches > 0.0));
    service.stop();
}
