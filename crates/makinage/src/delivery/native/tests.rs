use std::{
    io::Read,
    net::TcpListener,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rdkafka::producer::Producer;

use super::*;
use crate::kafka::{clients::Settings, context::Connection, settings};

/// Time enough for a few connections on a slow machine, and less than librdkafka keeps to itself what comes again.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn each_connection_that_breaks_is_noticed_however_alike_they_are() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = listener.local_addr().expect("it has one").to_string();
    // Each ends in the same way: in order, once something has been asked.
    thread::spawn(move || {
        let mut asked = [0; 1024];
        for mut connection in listener.incoming().flatten() {
            let _ = connection.read(&mut asked);
        }
    });
    let mut client = Settings::new(None, Arc::default());
    client.set("bootstrap.servers", &endpoint).set("reconnect.backoff.ms", "10").set("reconnect.backoff.max.ms", "10");
    let client = settings::transactional(&client, "app-host-0");
    let connection = Arc::new(Connection::new(&[endpoint], PATIENCE));
    let own = Undelivered::new(&Bell::new().0);
    let native: Native = client.create_with_context(Context::new(connection, own)).expect("a producer");
    let begin = Instant::now();
    while native.client().context().own.breaks() < 10 {
        assert!(begin.elapsed() < PATIENCE, "{} were noticed", native.client().context().own.breaks());
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_was_asked_for_to_see_them_break_is_for_nobody_else() {
    let own = Undelivered::new(&Bell::new().0);
    assert!(own.notes(RDKafkaLogLevel::Debug, "FAIL", "Disconnected"));
    assert!(!own.notes(RDKafkaLogLevel::Info, "FAIL", "Disconnected"));
    assert!(!own.notes(RDKafkaLogLevel::Warning, "CONFWARN", "deprecated"));
    let refused = "one:9092/1: Connect to ipv4#10.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)";
    assert!(own.notes(RDKafkaLogLevel::Debug, "FAIL", refused));
    assert_eq!(own.breaks(), 2, "nothing is asked before there is a connection");
}
