//! A real Kafka broker on loopback, one for each test that asks.

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication},
    consumer::{BaseConsumer, Consumer},
};

use super::{
    processes::signal,
    random::{self, Random},
};

const CLUSTER_ID: &str = "MkU3OEVBNTcwNTJENDM2Qk";
const START: Duration = Duration::from_mins(1);

/// Where the tests' brokers listen: below the ports that the system gives to outgoing connections, so that a client which tries to
/// reach a broker that is away can't take its port.
const PORTS: std::ops::Range<u16> = 12_000..32_000;

/// A broker that is its own controller; killed with this.
pub struct Broker {
    /// `None` while it is down.
    child: Option<Child>,
    port: u16,
    data: tempfile::TempDir,
}

/// Whether the tests that need Kafka are left out (`cargo xtask test --no-kafka`).
pub fn left_out() -> bool {
    env::var_os("MAKINAGE_TEST_NO_KAFKA").is_some()
}

fn java(libs: &Path) -> Command {
    let java = env::var_os("MAKINAGE_TEST_JAVA").unwrap_or_else(|| "java".into());
    let log = root().join("kafka/log4j2.properties");
    let mut command = Command::new(java);
    command
        .args(["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"])
        .arg(format!("-Dlog4j2.configurationFile={}", log.display()))
        .arg("-cp")
        .arg(libs.join("*"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository's root")
}

fn libs() -> PathBuf {
    let libs = env::var_os("MAKINAGE_TEST_KAFKA").map_or_else(|| root().join(".cache/kafka/libs"), PathBuf::from);
    assert!(libs.is_dir(), "no Kafka at {}; run the tests with: cargo xtask test (or --no-kafka)", libs.display());
    libs
}

/// Two neighbouring ports that nobody listens on.
fn free_ports() -> u16 {
    let mut random = Random::new(random::seed());
    loop {
        let port = PORTS.start + u16::try_from(random.below(u64::from(PORTS.end - PORTS.start))).expect("a port");
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 1) {
            return port;
        }
    }
}

impl Broker {
    /// Starts a broker without topics, and waits until it answers.
    pub fn start() -> Self {
        let mut broker = Self::down();
        broker.restart();
        broker
    }

    /// The broker of all tests that leave it alone and have topics of their own; it ends with the last of those that run.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Broker>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let broker = Arc::new(Self::start());
            *shared = Arc::downgrade(&broker);
            broker
        })
    }

    /// A broker that has an address and an empty disk, and has not been started.
    pub fn down() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let port = free_ports();
        let template = fs::read_to_string(root().join("kafka/server.properties")).expect("the template");
        let text = template
            .replace("${PORT}", &port.to_string())
            .replace("${CONTROLLER_PORT}", &(port + 1).to_string())
            .replace("${DATA}", &data.path().join("log").display().to_string())
            // The tests say which topics there are.
            .replace("auto.create.topics.enable=true", "auto.create.topics.enable=false");
        let broker = Self { child: None, port, data };
        fs::write(broker.settings(), text).expect("the settings");
        let formatted = java(&libs())
            .args(["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config"])
            .arg(broker.settings())
            .status();
        assert!(formatted.is_ok_and(|status| status.success()), "the broker's storage can't be formatted");
        broker
    }

    fn settings(&self) -> PathBuf {
        self.data.path().join("server.properties")
    }

    /// Starts a broker that is down, with the topics and the address that it had, and waits until it answers.
    pub fn restart(&mut self) {
        self.child = Some(java(&libs()).arg("kafka.Kafka").arg(self.settings()).spawn().expect("java starts"));
        self.wait_until_it_answers();
    }

    /// Starts a broker that is down, and waits until it listens: clients may not get further than that.
    pub fn restart_unreached(&mut self) {
        self.child = Some(java(&libs()).arg("kafka.Kafka").arg(self.settings()).spawn().expect("java starts"));
        let deadline = Instant::now() + START;
        while TcpStream::connect(self.endpoint()).is_err() {
            assert!(Instant::now() < deadline, "the broker did not listen within {} s", START.as_secs());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// SIGKILL: connections break, what it had told to have is on its disk.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().and_then(|()| child.wait()).expect("the broker ends");
        }
    }

    /// What a broker that is down calls itself from its next start on, instead of the address that it has.
    pub fn advertise(&self, address: &str) {
        let text = fs::read_to_string(self.settings()).expect("the settings");
        let name = |line: &str| match line.strip_prefix("advertised.listeners=") {
            Some(_) => format!("advertised.listeners=PLAINTEXT://{address}\n"),
            None => format!("{line}\n"),
        };
        fs::write(self.settings(), text.lines().map(name).collect::<String>()).expect("the settings");
    }

    /// Adds a line to the settings of a broker that is down.
    pub fn set(&self, setting: &str) {
        let text = fs::read_to_string(self.settings()).expect("the settings");
        fs::write(self.settings(), format!("{text}\n{setting}\n")).expect("the settings");
    }

    /// SIGSTOP: connections stay, nothing is answered.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// It goes on where it was frozen.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        signal(self.child.as_ref().expect("a broker that is up").id(), name);
    }

    /// What is on its disk of a partition that is small: record batches, byte for byte as they came.
    pub fn log_of(&self, topic: &str, partition: i32) -> Vec<u8> {
        let segment = format!("log/{topic}-{partition}/00000000000000000000.log");
        fs::read(self.data.path().join(segment)).expect("the partition's first segment")
    }

    pub fn endpoint(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", self.endpoint());
        client
    }

    fn wait_until_it_answers(&self) {
        let consumer: BaseConsumer =
            self.client().set_log_level(rdkafka::config::RDKafkaLogLevel::Emerg).create().expect("a client");
        let deadline = Instant::now() + START;
        while consumer.fetch_metadata(None, Duration::from_secs(1)).is_err() {
            assert!(Instant::now() < deadline, "the broker did not answer within {} s", START.as_secs());
        }
    }

    /// Makes topics with so many partitions.
    pub fn create_topics(&self, topics: &[(&str, i32)]) {
        let admin: AdminClient<_> = self.client().create().expect("a client");
        let topics: Vec<_> = topics
            .iter()
            .map(|(name, partitions)| NewTopic::new(name, *partitions, TopicReplication::Fixed(1)))
            .collect();
        let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)));
        let outcome = futures_executor::block_on(admin.create_topics(&topics, &options)).expect("an answer");
        for topic in outcome {
            topic.expect("the topic is made");
        }
    }
}

impl Broker {
    fn admin(&self) -> (AdminClient<rdkafka::client::DefaultClientContext>, AdminOptions) {
        let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)));
        (self.client().create().expect("a client"), options)
    }

    /// Makes a topic of one partition with settings of its own.
    pub fn create_topic_with(&self, name: &str, settings: &[(&str, &str)]) {
        self.create_topic_of(name, 1, settings);
    }

    /// Makes a topic of so many partitions with settings of its own.
    pub fn create_topic_of(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) {
        let (admin, options) = self.admin();
        let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        let topic = settings.iter().fold(topic, |topic, (key, value)| topic.set(key, value));
        let outcome = futures_executor::block_on(admin.create_topics([&topic], &options)).expect("an answer");
        for topic in outcome {
            topic.expect("the topic is made");
        }
    }

    pub fn add_partitions(&self, topic: &str, count: usize) {
        let (admin, options) = self.admin();
        let partitions = NewPartitions::new(topic, count);
        let outcome = futures_executor::block_on(admin.create_partitions([&partitions], &options)).expect("an answer");
        for topic in outcome {
            topic.expect("the partitions are made");
        }
    }

    pub fn delete_topic(&self, topic: &str) {
        let (admin, options) = self.admin();
        let outcome = futures_executor::block_on(admin.delete_topics(&[topic], &options)).expect("an answer");
        for topic in outcome {
            topic.expect("the topic is deleted");
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
