//! Rights that are withdrawn while a service is at work: it says which one, once in a while and in no other words,
//! waits, and goes on once it is granted again; no event is lost or skipped, and in transactions none comes twice.

use std::time::Instant;

use super::stage::{Stage, once_a_minute, transactions};
use crate::{
    broker::left_out,
    flow::{Flow, Oracle},
    model::any_model,
    patience::wait_until,
    scene::Scene,
    service::{DEADLINE, Service},
    stream::Reader,
};

/// A service under load, which comes to Kafka as a user of its own.
struct Play {
    scene: Scene,
    user: &'static str,
    service: Service,
    reader: Reader,
    oracle: Oracle,
    flow: Flow,
}

impl Play {
    /// The user may do what a service must, and write transactions of the scene's name.
    fn begin(user: &'static str, delivery: &str) -> Self {
        let stage = Stage::shared();
        let scene = stage.scene_of(user, user).topics(2).set("operators.serve.delivery", delivery);
        stage.grant_service(&format!("User:{user}"), &scene);
        stage.grant_transactions(&format!("User:{user}"), &scene);
        scene.publish(any_model());
        let (reader, mut oracle) = (scene.reader(), Oracle::default());
        let service = scene.serve().assigned();
        let flow = Flow::start(&scene, 2);
        oracle.watch_each(&reader, 20);
        Self { scene, user, service, reader, oracle, flow }
    }

    /// Withdraws a right, sees that this is said, once by each whom it hinders (who reads, and who writes
    /// transactions), and nobody ends for it; and that it goes on when it is granted again.
    fn without(&mut self, right: &str, told: &str) {
        let (stage, principal) = (Stage::shared(), format!("User:{}", self.user));
        let (logged, since) = (self.service.logged(), Instant::now());
        stage.withdraw(&principal, right);
        let line = self.service.wait_for_line_after(logged, told, DEADLINE);
        assert!(line.contains(&format!("{principal} has no right to ")) && line.contains("kafka-acls.sh"), "{line}");
        stage.grant(&principal, right);
        self.oracle.watch_each(&self.reader, 100);
        assert!(self.service.is_running());
        let lines = self.service.lines();
        let said = |by_transactions: bool| {
            let of = |line: &&String| line.contains("a transaction for topic") == by_transactions;
            lines[logged..].iter().filter(|line| line.contains(told)).filter(of).count()
        };
        assert!(said(false) <= once_a_minute(since) && said(true) <= once_a_minute(since), "{lines:#?}");
    }

    /// All that was produced has come out and is committed.
    fn end(mut self, is_once: bool) {
        let each = self.flow.stop();
        self.oracle.read_all(&self.reader, each);
        let ends = [0, 1].map(|partition| Reader::new(self.scene.broker(), &self.scene.topic("data")).end(partition));
        let is_committed = || (0..).zip(ends).all(|(partition, end)| self.scene.committed(partition) == Some(end));
        wait_until(DEADLINE, "all is committed", is_committed);
        self.service.stop();
        if is_once {
            self.oracle.assert_nothing_twice(&self.reader);
        }
        let lines = self.service.lines();
        for other in ["Kafka client:", "ERROR"] {
            assert!(lines.iter().all(|line| !line.contains(other)), "it is said in other words too: {lines:#?}");
        }
    }
}

/// The right to topics of the user's scene.
fn topics(user: &str, operation: &str) -> String {
    format!("--operation {operation} --topic {user}- --resource-pattern-type prefixed")
}

#[test]
fn rights_that_are_withdrawn_from_a_service_at_work_are_named_and_waited_for() {
    if left_out() {
        return;
    }
    let mut play = Play::begin("least", "at_least_once");
    play.without(&topics("least", "Write"), "Write topic least-predict");
    play.without(&topics("least", "Read"), "Read topic least-data");
    play.without("--operation Read --group least", "Read the consumer group least");
    play.end(false);
}

#[test]
fn rights_that_are_withdrawn_in_the_middle_of_transactions_are_named_and_waited_for() {
    if left_out() {
        return;
    }
    let mut play = Play::begin("once", "exactly_once");
    play.without("--operation Read --group once", "Read the consumer group once");
    play.without(&topics("once", "Write"), "Write topic once-predict");
    play.without(&transactions("once"), "Write and Describe the transactional id once-");
    play.without(&topics("once", "Read"), "Read topic once-data");
    play.end(true);
}

#[test]
fn while_letters_may_not_be_written_their_partition_waits_and_nothing_is_skipped() {
    if left_out() {
        return;
    }
    let stage = Stage::shared();
    for delivery in ["at_least_once", "exactly_once"] {
        let name = format!("buried-{}", delivery.replace('_', "-"));
        let scene = stage.scene_of("buried", &name).topics(2).with_dead_letters();
        let scene = scene.set("operators.serve.delivery", delivery).published(any_model());
        scene.create_topics(&[("dead", 1)]);
        let (principal, dead) = ("User:buried", scene.topic("dead"));
        stage.grant_service(principal, &scene);
        stage.grant_transactions(principal, &scene);
        // Not by the right to all of the scene's.
        let denied = format!("--deny-principal {principal} --operation Write --topic {dead}");
        let mut service = scene.serve().assigned();
        let (letters, reader) = (scene.dead_letters(), scene.reader());
        scene.produce(&["bad"]);
        letters.read(1);

        stage.change("--add", &denied);
        let logged = service.logged();
        scene.produce(&["bad too", "[1]"]);
        let line = service.wait_for_line_after(logged, &format!("no right to Write topic {dead}"), DEADLINE);
        assert!(line.contains(principal) && line.contains("kafka-acls.sh"), "{line}");
        assert_eq!(scene.committed(0), Some(1), "it is not skipped");
        stage.change("--remove --force", &denied);
        assert_eq!(letters.values(1), ["bad too"]);
        reader.read(1);
        wait_until(DEADLINE, "all is committed", || scene.committed(0) == Some(3));
        assert!(service.is_running());
        service.stop();
        let lines = service.lines();
        assert!(lines.iter().all(|line| !line.contains("Kafka client:") && !line.contains("ERROR")), "{lines:#?}");
        assert!(letters.read_to_end().is_empty() && reader.read_to_end().is_empty(), "nothing came twice");
    }
}
