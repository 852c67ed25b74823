//! A real Kafka broker on loopback, one for each test that asks.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    consumer::{BaseConsumer, Consumer},
};

const CLUSTER_ID: &str = "MkU3OEVBNTcwNTJENDM2Qk";
const START: Duration = Duration::from_mins(1);

/// A broker that is its own controller; killed with this.
pub struct Broker {
    child: Child,
    port: u16,
    _data: tempfile::TempDir,
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

/// Two neighbouring ports that nobody listens on.
fn free_ports() -> u16 {
    loop {
        let first = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = first.local_addr().expect("its address").port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}

impl Broker {
    /// Starts a broker without topics, and waits until it answers.
    pub fn start() -> Self {
        let libs = env::var_os("MAKINAGE_TEST_KAFKA").map_or_else(|| root().join(".cache/kafka/libs"), PathBuf::from);
        assert!(libs.is_dir(), "no Kafka at {}; run the tests with: cargo xtask test (or --no-kafka)", libs.display());
        let data = tempfile::tempdir().expect("a folder");
        let port = free_ports();
        let settings = data.path().join("server.properties");
        let template = fs::read_to_string(root().join("kafka/server.properties")).expect("the template");
        let text = template
            .replace("${PORT}", &port.to_string())
            .replace("${CONTROLLER_PORT}", &(port + 1).to_string())
            .replace("${DATA}", &data.path().join("log").display().to_string())
            // The tests say which topics there are.
            .replace("auto.create.topics.enable=true", "auto.create.topics.enable=false");
        fs::write(&settings, text).expect("the settings");
        let formatted = java(&libs)
            .args(["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config"])
            .arg(&settings)
            .status();
        assert!(formatted.is_ok_and(|status| status.success()), "the broker's storage can't be formatted");
        let child = java(&libs).arg("kafka.Kafka").arg(&settings).spawn().expect("java starts");
        let broker = Self { child, port, _data: data };
        broker.wait_until_it_answers();
        broker
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

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
