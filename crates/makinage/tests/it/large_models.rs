//! Models that are larger than what the topic takes as one record, and models that aren't on the topic.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::PathBuf,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use makinage::{archive::sha256, record::headers::KIND_HEADER};
use rdkafka::consumer::{BaseConsumer, Consumer};

use serde_json::json;

use super::{
    broker::{Broker, left_out},
    model::{iris_zip, iris_zip_with},
    scene::Scene,
    script::{Script, Upload, label},
    service::{DEADLINE, Service, program},
};

/// Kafka's own default of `max.message.bytes`.
const DEFAULT_LIMIT: (&str, &str) = ("max.message.bytes", "1048588");

/// For what takes several steps on a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(3);

fn wait_until_served(service: &Service, label: &str) {
    service.wait_for_line_after(0, &format!("model {label} takes over"), PATIENCE);
}

/// A scene whose model topic takes no more than Kafka's default.
fn limited(scene: Scene) -> Scene {
    scene.broker().create_topic_with(&scene.topic("model"), 1, DEFAULT_LIMIT);
    scene.topics_of(&[("data", 1), ("predict", 1)])
}

/// The publisher's file for a zip of so many bytes.
fn publisher(scene: &Scene, megabytes: usize) -> (PathBuf, String) {
    let zip = iris_zip_with("ballast", megabytes << 20);
    let path = scene.folder.write_bytes("model.zip", &zip);
    (scene.publisher(&[json!({"path": path})]), label(&zip))
}

#[test]
fn a_model_above_the_topic_s_limit_arrives_in_chunks_and_neither_side_holds_it_in_memory() {
    if left_out() {
        return;
    }
    let scene = limited(Scene::new("chunked"));
    let mut service = scene.serve();
    service.wait_for_line("waiting for a model");
    let (config, label) = publisher(&scene, 200);
    let output = program("makinage-model-publisher").arg("--config").arg(config).output().expect("it runs");
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{errors}");
    assert!(told.contains("topic=chunked-model partition=0 offset="), "{told}");
    assert!(errors.contains("kafka-configs.sh") && errors.contains("retention.ms=-1"), "{errors}");
    wait_until_served(&service, &label);
    let peak = service.peak_memory();
    assert!(peak < 150 << 20, "the service took {} MB", peak >> 20);
    service.stop();

    let mut service = scene.serve();
    wait_until_served(&service, &label);
    service.wait_for_line("it is in the store already");
    assert!(!service.lines().iter().any(|line| line.contains("putting")), "its chunks were read again");
    service.stop();
}

#[test]
fn an_upload_goes_on_where_it_was_when_the_broker_comes_back() {
    if left_out() {
        return;
    }
    let scene = limited(Scene::on(Broker::start(), "resumed"));
    let broker = scene.broker();
    let (config, _) = publisher(&scene, 300);
    let mut child = program("makinage-model-publisher")
        .arg("--config")
        .arg(config)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let consumer: BaseConsumer = broker.client().create().expect("a client");
    let end = |consumer: &BaseConsumer| consumer.fetch_watermarks("resumed-model", 0, DEADLINE).expect("the end").1;
    let deadline = Instant::now() + DEADLINE;
    while end(&consumer) < 5 {
        assert!(Instant::now() < deadline, "no chunk came");
    }
    broker.kill();
    assert!(child.try_wait().expect("its status").is_none(), "the publisher had ended before the broker was killed");
    broker.restart();
    let mut told = String::new();
    child.stdout.take().expect("its output").read_to_string(&mut told).expect("it is read");
    assert!(child.wait().expect("its status").success());
    let fresh: BaseConsumer = broker.client().create().expect("a client");
    // 300 MiB and the model in chunks of a million bytes, and the manifest: none was written twice.
    assert_eq!(end(&fresh), 316, "{told}");
}

#[test]
fn interleaved_duplicate_reordered_and_missing_chunks_never_make_a_partial_model() {
    if left_out() {
        return;
    }
    let scene = limited(Scene::new("scripted"));
    let script = Script::new(&scene);
    let mut service = scene.serve();
    service.wait_for_line("waiting for a model");

    let (whole, partial) = (iris_zip("whole"), iris_zip("partial"));
    let whole = Upload { id: "whole", zip: &whole, chunk_bytes: whole.len().div_ceil(5) };
    let partial = Upload { id: "partial", zip: &partial, chunk_bytes: partial.len().div_ceil(5) };
    let mut offsets = Vec::new();
    for index in [4, 0, 3, 3, 2, 0, 1] {
        offsets.push(script.chunk(&whole, index));
        if index != 2 {
            script.chunk(&partial, index);
        }
    }
    script.manifest(&partial, (0, offsets[6]));
    let error = service.wait_for_line("upload partial");
    assert!(error.contains("ERROR") && error.contains("missing: 2;"), "{error}");

    // Its bytes aren't what its digest says.
    let mut changed = whole.zip.to_vec();
    changed[1000] ^= 1;
    script.manifest(&Upload { zip: &changed, ..whole }, (0, offsets[6]));
    service.wait_for_line("have the SHA-256");

    // The stretch that it names is not the whole of it: its last record comes later.
    script.manifest(&whole, (offsets[0], offsets[0] + 4));
    wait_until_served(&service, &label(whole.zip));
    service.stop();
}

#[test]
fn a_reference_is_fetched_and_what_cannot_be_had_yet_is_waited_for() {
    if left_out() {
        return;
    }
    let scene = limited(Scene::new("referred"));
    let script = Script::new(&scene);
    let refer = |uri: &str, zip: &[u8]| {
        let json = format!(r#"{{"uri":"{uri}","sha256":"{}"}}"#, sha256(zip));
        script.record(0, &[(KIND_HEADER, "reference")], Some(json.as_bytes()));
    };
    let zip = iris_zip("file");
    let path = scene.folder.write_bytes("model.zip", &zip);
    refer(&path.display().to_string(), &zip);
    let mut service = scene.serve();
    wait_until_served(&service, &label(&zip));

    refer(&path.display().to_string(), b"other bytes");
    service.wait_for_line("have the SHA-256");

    // A server that isn't up to it the first time.
    let zip = iris_zip("http");
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let uri = format!("http://{}/model.zip?key=secret", server.local_addr().expect("its address"));
    let (refused, given) = ("503 Service Unavailable", "200 OK");
    let body = zip.clone();
    let serving = thread::spawn(move || {
        for (status, body) in [(refused, &[][..]), (given, &body)] {
            let (mut stream, _) = server.accept().expect("a client");
            let mut lines = BufReader::new(stream.try_clone().expect("the stream")).lines();
            while lines.next().is_some_and(|line| !line.expect("a request").is_empty()) {}
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).expect("the answer");
        }
    });
    refer(&uri, &zip);
    let waiting = service.wait_for_line("is waited for");
    assert!(waiting.contains("503") && !waiting.contains("secret"), "{waiting}");
    wait_until_served(&service, &label(&zip));
    serving.join().expect("both answers were given");
    service.stop();
}
