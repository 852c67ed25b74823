//! Quotas that a service uses up: which they may be, and how long brokers hold it back, is told, and that it is over.

use super::stage::Stage;
use crate::{
    broker::left_out,
    flow::{Flow, Oracle},
    model::any_model,
    service::DEADLINE,
};

#[test]
fn a_quota_that_is_used_up_is_told_once_in_a_while_and_nothing_is_lost() {
    if left_out() {
        return;
    }
    let stage = Stage::shared();
    let scene = stage.scene_of("held", "held").topics(2);
    stage.grant_service("User:held", &scene);
    scene.publish(any_model());
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut service = scene.serve().assigned();
    let flow = Flow::start(&scene, 2);
    oracle.watch_each(&reader, 20);
    for (way, quota) in [("writes", "producer_byte_rate"), ("reads", "consumer_byte_rate")] {
        let (logged, held) = (service.logged(), format!("holds back what this instance {way}"));
        stage.limit("held", &format!("{quota}=10000"));
        let line = service.wait_for_line_after(logged, &held, DEADLINE);
        for part in ["User:held", "client id held", quota, "request_percentage", "kafka-configs.sh"] {
            assert!(line.contains(part), "{part} in {line}");
        }
        stage.unlimit("held", quota);
        service.wait_for_line_after(logged, &format!("doesn't hold back what this instance {way} any more"), DEADLINE);
        assert!(service.count_lines_after(logged, &held) <= 3, "{:#?}", service.lines());
    }
    let each = flow.stop();
    oracle.read_all(&reader, each);
    assert!(service.is_running());
    service.stop();
    oracle.assert_nothing_twice(&reader);
    assert!(service.lines().iter().all(|line| !line.contains("Kafka client:")), "{:#?}", service.lines());
}
