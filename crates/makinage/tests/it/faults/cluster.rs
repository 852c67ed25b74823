//! A Kafka of several processes on loopback: a controller, and brokers that keep everything twice.
//!
//! Services reach each broker through a proxy of its own. The brokers among themselves, and the tests, don't: a link's
//! fault is the service's alone.

use std::{sync::Arc, time::Duration};

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::{
    super::{
        broker::{Broker, Member, free_ports},
        patience::wait_for,
        service::DEADLINE,
    },
    proxy::Proxy,
};

const CONTROLLER: u16 = 100;

pub(crate) struct Cluster {
    /// The brokers 1, 2, …; before the controller, so that they end first.
    pub brokers: Vec<Arc<Broker>>,
    pub links: Vec<Proxy>,
    _controller: Broker,
}

/// Where a broker listens: for its proxy, for the other brokers and the tests, and where the proxy does.
#[derive(Clone, Copy)]
struct Ports {
    behind: u16,
    internal: u16,
    proxy: u16,
}

impl Ports {
    fn free() -> Self {
        let first = free_ports(3);
        Self { behind: first, internal: first + 1, proxy: first + 2 }
    }
}

impl Cluster {
    /// Starts two brokers.
    pub(crate) fn start(seed: u64) -> Self {
        Self::of(2, seed)
    }

    fn of(size: u16, seed: u64) -> Self {
        let ports: Vec<_> = (0..size).map(|_| Ports::free()).collect();
        let all = |port: fn(&Ports) -> u16| {
            ports.iter().map(|ports| format!("127.0.0.1:{}", port(ports))).collect::<Vec<_>>().join(",")
        };
        let (endpoint, tests) = (all(|ports| ports.proxy), all(|ports| ports.internal));
        let at = free_ports(1);
        let member = |node, port, settings: &str| {
            Broker::member(&Member { node, port, endpoint: &endpoint, tests: &tests, settings })
        };
        let controller = member(CONTROLLER, at, &controller(at));
        controller.restart_unreached();
        let links = ports.iter().map(|ports| Proxy::start(ports.proxy, ports.behind, seed)).collect();
        let brokers: Vec<_> = (1..).zip(&ports).map(|(node, ports)| (node, *ports)).collect();
        let brokers = brokers.into_iter().map(|(node, ports)| member(node, ports.behind, &broker(node, ports, at)));
        let brokers: Vec<_> = brokers.map(Arc::new).collect();
        std::thread::scope(|scope| {
            for broker in &brokers {
                scope.spawn(|| broker.restart());
            }
        });
        let cluster = Self { brokers, links, _controller: controller };
        cluster.wait_until_whole();
        cluster
    }

    /// The broker that a scene is given: its address is that of all.
    pub(crate) fn any(&self) -> Arc<Broker> {
        Arc::clone(&self.brokers[0])
    }

    /// Waits until the controller counts all brokers among the living.
    pub(crate) fn wait_until_whole(&self) {
        let consumer: BaseConsumer = self.brokers[0].client().create().expect("a client");
        let whole = || {
            let metadata = consumer.fetch_metadata(None, Duration::from_secs(5)).ok()?;
            (metadata.brokers().len() == self.brokers.len()).then_some(())
        };
        wait_for(DEADLINE, || "the cluster is not whole".to_owned(), whole);
    }

    /// The place in `brokers` of the one that leads a partition.
    pub(crate) fn leader(&self, topic: &str, partition: i32) -> usize {
        let consumer: BaseConsumer = self.brokers[0].client().create().expect("a client");
        let leader = || {
            let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(5)).ok()?;
            let partitions = metadata.topics().first()?.partitions();
            let leader = partitions.iter().find(|known| known.id() == partition)?.leader();
            usize::try_from(leader).ok()?.checked_sub(1)
        };
        wait_for(DEADLINE, || format!("nobody leads {topic}/{partition}"), leader)
    }

    /// The place of the one that the group's members speak to.
    pub(crate) fn coordinator(&self) -> usize {
        self.leader("__consumer_offsets", 0)
    }
}

const COMMON: &str = "\
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
default.replication.factor=2
offsets.topic.replication.factor=2
transaction.state.log.replication.factor=2
min.insync.replicas=1
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
";

fn controller(port: u16) -> String {
    format!(
        "{COMMON}process.roles=controller\nnode.id={CONTROLLER}\n\
         controller.quorum.voters={CONTROLLER}@127.0.0.1:{port}\n\
         listeners=CONTROLLER://127.0.0.1:{port}\nadvertised.listeners=CONTROLLER://127.0.0.1:{port}\n"
    )
}

fn broker(node: u16, ports: Ports, controller: u16) -> String {
    let Ports { behind, internal, proxy } = ports;
    format!(
        "{COMMON}process.roles=broker\nnode.id={node}\n\
         controller.quorum.voters={CONTROLLER}@127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{behind},INTERNAL://127.0.0.1:{internal}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{proxy},INTERNAL://127.0.0.1:{internal}\n\
         inter.broker.listener.name=INTERNAL\n"
    )
}
