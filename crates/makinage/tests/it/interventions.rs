//! What people make a running service do: paused, told to read on, reloaded, rolled back.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use rdkafka::{Message, message::OwnedMessage};
use serde_json::{Value, json};

use super::{
    broker::left_out,
    model::{any_model, swapped},
    patience::{wait_for, wait_until},
    port::{Port, TOKEN, operated},
    scene::Scene,
    service::DEADLINE,
    stream::header,
};

/// What a request is answered: its status and what is said.
fn told(port: &Port, act: &str, body: &str) -> (u16, Value) {
    let answer = port.post(&format!("/api/{act}"), body);
    (answer.status, serde_json::from_str(&answer.body).expect("JSON"))
}

/// It is done; what is said of it.
fn done(port: &Port, act: &str) -> String {
    let (status, answer) = told(port, act, "");
    assert_eq!((status, answer["outcome"].as_str()), (200, Some("done")), "{answer}");
    answer["message"].as_str().expect("a sentence").to_owned()
}

/// Numbered events with as many keys, which are spread over the partitions.
fn numbered(range: std::ops::Range<usize>) -> impl Iterator<Item = (String, String)> {
    range.map(|number| (format!("key-{number}"), number.to_string()))
}

/// Which events these are the outputs of.
fn sources(outputs: &[OwnedMessage]) -> Vec<String> {
    outputs.iter().map(|output| header(output, "makinage-source").expect("its source")).collect()
}

fn lag(port: &Port) -> Option<u64> {
    let partitions = port.status()["group"]["partitions"].as_array().expect("partitions").clone();
    partitions.iter().map(|partition| partition["lag"].as_u64()).sum()
}

/// Waits until the service has been at work for so much longer, by its own clock.
fn goes_on_for(port: &Port, time: Duration) {
    let uptime = || port.status()["uptime_seconds"].as_f64().expect("a number");
    let until = uptime() + time.as_secs_f64();
    wait_until(DEADLINE, "its time to pass", || uptime() >= until);
}

#[test]
fn a_paused_service_keeps_its_partitions_answers_nothing_that_comes_and_then_each_of_it_once() {
    if left_out() {
        return;
    }
    // A member that isn't heard of for so long is given up.
    let scene = operated(Scene::new("paused")).topics(2).published(any_model()).property("session.timeout.ms", 6000);
    let mut service = scene.serve().at_work();
    let (port, outputs) = (Port::of(&service), scene.reader());
    scene.produce_keyed(numbered(0..40));
    let mut seen = outputs.read(40);
    let committed = |first: i64| scene.committed(0).unwrap_or(0) + scene.committed(1).unwrap_or(0) == first;
    wait_until(DEADLINE, "all to be committed", || committed(40));
    port.wait_for_metric("makinage_group_member", 1.0);
    let rebalances = port.metric("makinage_group_rebalances_total");

    assert!(done(&port, "pause").contains("POST /api/resume"));
    scene.produce_keyed(numbered(40..100));
    wait_for(DEADLINE, || format!("its lag is {:?}", lag(&port)), || (lag(&port) == Some(60)).then_some(()));
    goes_on_for(&port, Duration::from_secs(8));
    assert_eq!(outputs.read_to_end().len(), 0, "events are answered though it is paused");
    assert!(committed(40));
    assert_eq!(port.metric("makinage_group_rebalances_total"), rebalances);
    assert_eq!(
        (port.metric("makinage_paused"), port.metric("makinage_events_received_total")),
        (Some(1.0), Some(40.0))
    );
    let (ready, holds, reason) = port.latch("reading");
    assert!(!ready && !holds && reason.contains("paused by hand since"), "{reason}");
    assert_eq!(port.get("/livez").status, 200);
    let line = service.wait_for_line("reading is paused by hand, as 127.0.0.1:");
    assert!(line.contains("R023"), "{line}");
    let (status, again) = told(&port, "pause", "{}");
    assert_eq!((status, again["outcome"].as_str()), (200, Some("unchanged")), "{again}");

    done(&port, "resume");
    seen.extend(outputs.read(60));
    assert_eq!(sources(&seen).into_iter().collect::<BTreeSet<_>>().len(), 100);
    wait_until(DEADLINE, "all to be committed", || committed(100));
    assert_eq!(outputs.read_to_end().len(), 0, "nothing is answered twice");
    assert_eq!(port.metric("makinage_paused"), Some(0.0));
    let past = port.status()["interventions"]["past"].clone();
    let acts: Vec<_> = past.as_array().expect("a list").iter().map(|past| past["act"].clone()).collect();
    assert_eq!(acts, ["resume", "pause", "pause"]);
    assert!(past[0]["by"].as_str().is_some_and(|by| by.starts_with("127.0.0.1:")), "{past}");

    done(&port, "pause");
    let began = Instant::now();
    service.stop();
    assert!(began.elapsed() < Duration::from_secs(20), "a stop waits for what is paused");
    let lines = service.lines();
    assert_eq!(lines.iter().filter(|line| line.contains(", which 127.0.0.1:")).count(), 4, "{lines:#?}");
    assert!(lines.iter().all(|line| !line.contains(TOKEN)));
}

#[test]
fn what_the_group_gives_and_takes_meanwhile_is_read_by_others_and_not_by_who_is_paused() {
    if left_out() {
        return;
    }
    let scene = operated(Scene::new("paused-group")).topics(2).published(any_model());
    let (mut first, outputs) = (scene.serve().at_work(), scene.reader());
    let port = Port::of(&first);
    done(&port, "pause");
    let mut second = scene.serve().at_work();
    let of_first = || port.status()["group"]["partitions"].as_array().expect("a list").clone();
    let mine = wait_for(
        DEADLINE,
        || format!("it has {:?}", of_first()),
        || if let [one] = &of_first()[..] { one["partition"].as_i64() } else { None },
    );
    scene.produce_keyed(numbered(0..60));
    let theirs = outputs.read_until(|read| !read.is_empty());
    let logged = first.logged();
    // What it had comes to the first, which is paused.
    second.stop();
    first.wait_for_line_after(logged, "assigned", DEADLINE);
    let read = [theirs, outputs.read_to_end()].concat();
    assert!(read.iter().all(|output| i64::from(output.partition()) != mine), "{:?}", sources(&read));
    scene.produce_keyed(numbered(60..100));
    goes_on_for(&port, Duration::from_secs(3));
    assert_eq!(outputs.read_to_end().len(), 0, "what it was given is read though it is paused");
    done(&port, "resume");
    let rest = outputs.read(100 - read.len());
    let all = [read, rest].concat();
    assert_eq!(sources(&all).into_iter().collect::<BTreeSet<_>>().len(), 100);
    first.stop();
}

#[test]
fn a_reload_says_what_becomes_of_the_configuration() {
    if left_out() {
        return;
    }
    let scene = operated(Scene::new("reloaded")).topics(1).published(any_model());
    let mut service = scene.serve().at_work();
    let (port, path) = (Port::of(&service), scene.config());
    assert!(done(&port, "reload").contains("means what it meant"));
    port.wait_for_metric("makinage_generation", 2.0);
    fs::write(&path, scene.settings().with("elsewhere", 1).text()).expect("it is written");
    let (status, answer) = told(&port, "reload", "");
    let message = answer["message"].as_str().expect("a sentence");
    assert!(status == 409 && message.contains("elsewhere") && message.contains("is not taken up"), "{answer}");
    fs::write(&path, scene.settings().with("operators.serve.load_timeout", "77s").text()).expect("it is written");
    done(&port, "reload");
    wait_until(DEADLINE, "it to be taken up", || {
        port.status()["config"]["operators"]["serve"]["load_timeout"] == "77s"
    });
    service.stop();
}

#[test]
fn a_rollback_goes_to_the_model_that_it_has_named_and_changes_nothing_before() {
    if left_out() {
        return;
    }
    let scene = operated(Scene::new("rolled-back")).topics(1);
    let first = scene.publish(any_model());
    let mut service = scene.serve().at_work();
    let port = Port::of(&service);
    let serves = |label: &str| {
        let serving = || port.status()["generations"]["serving"]["model"].clone();
        wait_for(DEADLINE, || format!("{} serves", serving()), || (serving() == label).then_some(()));
    };
    let (status, none) = told(&port, "rollback", "");
    assert!(status == 409 && none["message"].as_str().is_some_and(|it| it.contains("no earlier model")), "{none}");
    let second = scene.publish(&swapped("Sum1"));
    serves(&second);
    let (status, planned) = told(&port, "rollback", r#"{"dry_run": true}"#);
    assert_eq!((status, &planned["outcome"], &planned["model"]["model"]), (200, &json!("planned"), &json!(first)));
    let (status, unknown) = told(&port, "rollback", r#"{"version": "17"}"#);
    assert!(status == 409 && unknown["message"].as_str().is_some_and(|it| it.contains(&*first)), "{unknown}");
    assert_eq!(port.status()["generations"]["serving"]["model"], second, "nothing has been done");
    let version = json!({"version": planned["model"]["sha256"]}).to_string();
    let (status, answer) = told(&port, "rollback", &version);
    assert_eq!(
        (status, &answer["outcome"], &answer["model"]["model"]),
        (200, &json!("done"), &json!(first)),
        "{answer}"
    );
    serves(&first);
    scene.produce(&["1"]);
    assert_eq!(header(&scene.reader().read(1)[0], "makinage-model"), Some(first));
    let log = service.lines().concat();
    assert!(log.contains("rollback, which 127.0.0.1:") && !log.contains(TOKEN));
    service.stop();
}

#[test]
fn nothing_is_changed_by_looking_or_without_the_token_or_by_who_sends_slowly() {
    if left_out() {
        return;
    }
    let scene = operated(Scene::new("guarded")).topics(1).published(any_model());
    let mut service = scene.serve().at_work();
    let port = Port::of(&service);
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    for act in ["reload", "rollback", "pause", "resume"] {
        let path = format!("/api/{act}");
        for method in ["GET", "HEAD", "DELETE"] {
            let answer = port.ask(method, &path, &bearer, "");
            assert_eq!(answer.status, 405, "{method} {act}");
            assert!(answer.head.contains("allow: post"), "{}", answer.head);
        }
        assert_eq!(port.ask("POST", &path, "", "").status, 401);
        assert_eq!(port.ask("POST", &path, &format!("{bearer}Origin: http://evil.example\r\n"), "").status, 403);
    }
    let slow: Vec<TcpStream> = (0..10)
        .map(|_| {
            let mut stream = TcpStream::connect(port.0).expect("it listens");
            let head = format!("POST /api/pause HTTP/1.1\r\nHost: {}\r\n{bearer}Content-Length: 9\r\n\r\n{{", port.0);
            stream.write_all(head.as_bytes()).expect("it is taken");
            stream
        })
        .collect();
    for mut stream in slow {
        stream.set_read_timeout(Some(DEADLINE)).expect("a setting");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it is answered, and closed");
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
    assert_eq!(
        (port.status()["paused"].clone(), port.status()["interventions"]["past"].clone()),
        (Value::Null, json!([]))
    );
    service.stop();
    let open = super::port::showing(Scene::new("unguarded")).topics(1);
    let mut service = open.serve();
    let answer = Port::of(&service).ask("POST", "/api/pause", "", "");
    assert!(answer.status == 403 && answer.body.contains("set `http.token`"), "{}", answer.body);
    service.stop();
}
