//! Certificates that are replaced on the disk while the service runs.

use std::fs;

use super::{
    certificates::Says,
    stage::{Listener, Stage},
};
use crate::{
    broker::left_out,
    flow::{Flow, Oracle},
    model::any_model,
};

/// The second certificate is somebody else's, and the first one's rights are taken back: who goes on has the second.
#[test]
fn a_service_goes_on_with_the_certificate_that_takes_the_place_of_its_own_and_nothing_is_lost() {
    if left_out() {
        return;
    }
    let stage = Stage::shared();
    let (certificate, key) = stage.client("first");
    let ca = stage.ca();
    let properties = [
        ("security.protocol", "ssl"),
        ("ssl.ca.location", ca.as_str()),
        ("ssl.certificate.location", certificate.as_str()),
        ("ssl.key.location", key.as_str()),
    ];
    let scene = stage.scene("rotation", Listener::Mutual, &properties).topics(2).published(any_model());
    for principal in ["User:CN=first", "User:CN=second"] {
        stage.grant_service(principal, &scene);
    }
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut service = scene.serve().assigned();
    let flow = Flow::start(&scene, 2);
    oracle.watch(&reader, 1000);

    let logged = service.logged();
    let second = stage.authority.issue(&Says::client("second"));
    fs::write(&key, second.key_pem()).expect("the key");
    service.wait_for_line("is not the key of the certificate");
    fs::write(&certificate, second.certificate_pem()).expect("the certificate");
    for line in
        ["are made anew with them", "joined anew with the new certificates", "is read with the new certificates"]
    {
        service.wait_for_line(line);
    }
    assert!(service.lines().len() > logged);
    oracle.watch(&reader, 1000);
    stage.withdraw(
        "User:CN=first",
        "--operation Read --operation Write --topic rotation- --resource-pattern-type prefixed",
    );
    oracle.watch(&reader, 3000);

    let each = flow.stop();
    oracle.read_all(&reader, each);
    assert!(service.is_running());
    service.stop();
}
