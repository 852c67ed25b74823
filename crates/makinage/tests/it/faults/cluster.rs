//! A Kafka of several processes on loopback: a controller, and brokers that keep everything twice.
//!
//! Services reach each broker through a proxy of its own. The brokers among themselves, and the tests, don't: a link's
//! fault is the service's alone.

use std::{fs, sync::Arc, time::Duration};

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::{
    super::{
        broker::{Broker, Member, free_ports},
        patience::wait_for,
        scene::Scene,
        secured::certificates::{Authority, Says},
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
    /// Where services reach it.
    endpoint: String,
    secured: Option<Secured>,
}

/// What services come with, and brokers show, where both must.
struct Secured {
    folder: tempfile::TempDir,
}

impl Secured {
    fn new() -> Self {
        let (folder, authority) = (tempfile::tempdir().expect("a folder"), Authority::new("the cluster's authority"));
        let write = |name: &str, text: String| fs::write(folder.path().join(name), text).expect("the file");
        write("ca.pem", authority.pem());
        write("broker.pem", authority.issue(&Says::BROKER).both_pem());
        Self { folder }
    }

    fn settings(&self) -> String {
        format!(
            "ssl.keystore.type=PEM\nssl.keystore.location={}\n\
             listener.name.services.sasl.enabled.mechanisms=PLAIN\n\
             listener.name.services.plain.sasl.jaas.config={PLAIN} required user_service=\"service-secret\";\n",
            self.folder.path().join("broker.pem").display()
        )
    }

    fn of(&self, scene: Scene) -> Scene {
        let ca = self.folder.path().join("ca.pem").display().to_string();
        scene
            .property("security.protocol", "sasl_ssl")
            .property("ssl.ca.location", ca)
            .property("sasl.mechanisms", "PLAIN")
            .property("sasl.username", "service")
            .property("sasl.password", "service-secret")
    }
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
        Self::of(2, seed, None)
    }

    /// Starts two brokers that services reach with TLS and a password; the tests come without.
    pub(crate) fn start_secured(seed: u64) -> Self {
        Self::of(2, seed, Some(Secured::new()))
    }

    fn of(size: u16, seed: u64, secured: Option<Secured>) -> Self {
        let ports: Vec<_> = (0..size).map(|_| Ports::free()).collect();
        let all = |port: fn(&Ports) -> u16| {
            ports.iter().map(|ports| format!("127.0.0.1:{}", port(ports))).collect::<Vec<_>>().join(",")
        };
        let (endpoint, tests) = (all(|ports| ports.proxy), all(|ports| ports.internal));
        let at = free_ports(1);
        let (protocol, settings) = match &secured {
            Some(secured) => ("SASL_SSL", secured.settings()),
            None => ("PLAINTEXT", String::new()),
        };
        let common = common(protocol);
        let member = |node, port, settings: &str| {
            Broker::member(&Member { node, port, endpoint: &tests, tests: &tests, settings })
        };
        let controller = member(CONTROLLER, at, &format!("{common}{}", controller(at)));
        controller.restart_unreached();
        let links = ports.iter().map(|ports| Proxy::start(ports.proxy, ports.behind, seed)).collect();
        let brokers: Vec<_> = (1..).zip(&ports).map(|(node, ports)| (node, *ports)).collect();
        let brokers = brokers.into_iter().map(|(node, ports)| {
            member(node, ports.internal, &format!("{common}{}{settings}", broker(node, ports, at)))
        });
        let brokers: Vec<_> = brokers.map(Arc::new).collect();
        std::thread::scope(|scope| {
            for broker in &brokers {
                scope.spawn(|| broker.restart());
            }
        });
        let cluster = Self { brokers, links, _controller: controller, endpoint, secured };
        cluster.wait_until_whole();
        cluster
    }

    /// A scene whose services reach the brokers by their links.
    pub(crate) fn scene(&self, name: &str) -> Scene {
        let scene = Scene::on(self.any(), name).set("kafka.endpoint", self.endpoint.as_str());
        match &self.secured {
            Some(secured) => secured.of(scene),
            None => scene,
        }
    }

    /// One of the brokers, which has the tests' address of all.
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

    /// Lets a frozen broker go on, until it knows who leads this topic's partitions now. Before that it answers as if
    /// it led them still, and says that they end where they did when it froze.
    pub(crate) fn thaw(&self, broker: usize, topic: &str) {
        self.brokers[broker].thaw();
        let agreed = || {
            let mut views = self.brokers.iter().map(|broker| leaders(broker, topic));
            let first = views.next()??;
            views.all(|view| view.as_ref() == Some(&first)).then_some(())
        };
        wait_for(DEADLINE, || format!("the brokers don't agree on who leads {topic}"), agreed);
        self.wait_until_whole();
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

/// Who leads a topic's partitions, as this broker sees it.
fn leaders(broker: &Broker, topic: &str) -> Option<Vec<(i32, i32)>> {
    let consumer: BaseConsumer = broker.own_client().create().expect("a client");
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(5)).ok()?;
    let partitions = metadata.topics().first()?.partitions().iter();
    let mut leaders: Vec<_> = partitions.map(|partition| (partition.id(), partition.leader())).collect();
    leaders.sort_unstable();
    leaders.iter().all(|(_, leader)| *leader >= 0).then_some(leaders)
}

const PLAIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule";

/// What all are told, where services come by this protocol.
fn common(protocol: &str) -> String {
    format!("listener.security.protocol.map=SERVICES:{protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT\n{COMMON}")
}

const COMMON: &str = "\
default.replication.factor=2
offsets.topic.replication.factor=2
transaction.state.log.replication.factor=2
min.insync.replicas=1
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
";

fn controller(port: u16) -> String {
    format!(
        "process.roles=controller\nnode.id={CONTROLLER}\n\
         controller.quorum.voters={CONTROLLER}@127.0.0.1:{port}\n\
         listeners=CONTROLLER://127.0.0.1:{port}\nadvertised.listeners=CONTROLLER://127.0.0.1:{port}\n"
    )
}

fn broker(node: u16, ports: Ports, controller: u16) -> String {
    let Ports { behind, internal, proxy } = ports;
    format!(
        "process.roles=broker\nnode.id={node}\n\
         controller.quorum.voters={CONTROLLER}@127.0.0.1:{controller}\n\
         listeners=SERVICES://127.0.0.1:{behind},INTERNAL://127.0.0.1:{internal}\n\
         advertised.listeners=SERVICES://127.0.0.1:{proxy},INTERNAL://127.0.0.1:{internal}\n\
         inter.broker.listener.name=INTERNAL\n"
    )
}
