//! A real Kafka broker on loopback: one that the tests share, and one of its own for a test that ends or freezes it.
//! Its topics are the business of `topics`.

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer},
};
use serde_json::{Map, Value};

use super::{
    patience::wait_until,
    processes::signal,
    random::{self, Random},
    service::ended,
};

const CLUSTER_ID: &str = "MkU3OEVBNTcwNTJENDM2Qk";
const START: Duration = Duration::from_mins(1);

/// Where the tests' brokers listen: below the ports that the system gives to outgoing connections, so that a client
/// which tries to reach a broker that is away can't take its port.
const PORTS: std::ops::Range<u16> = 12_000..32_000;

/// Ends the broker, and takes its files away, when its standard input closes: whatever ends the tests.
const GUARD: &str = r#"data=$1; shift; "$@" & cat; kill -9 $!; rm -rf "$data""#;

/// A broker that is its own controller, or a member of a cluster; killed with this.
pub(crate) struct Broker {
    /// `None` while it is down.
    child: Mutex<Option<Child>>,
    port: u16,
    /// Where services reach it, or the cluster that it is of.
    endpoint: String,
    /// Where the tests reach it, or the cluster that it is of, and as whom.
    tests: String,
    access: Access,
    /// Java's options.
    java: Vec<String>,
    data: tempfile::TempDir,
}

/// As whom the tests' own clients, and Kafka's tools, come to a broker; a broker without secured listeners asks nobody.
#[derive(Clone, Default)]
pub(crate) struct Access {
    /// For librdkafka.
    pub client: Vec<(&'static str, String)>,
    /// For Java's tools: the lines of a file.
    pub tools: String,
}

/// What a broker has beyond one alone: so many ports behind its own two, and what it is told when they are known.
pub(crate) struct Beyond {
    /// Lines of settings, which win over those of a broker alone.
    pub settings: String,
    /// Options of Java.
    pub java: Vec<String>,
    pub access: Access,
}

/// What a member of a cluster is told beyond what a broker alone is.
pub(crate) struct Member<'a> {
    pub node: u16,
    /// Its first port; it may listen at those behind it too.
    pub port: u16,
    /// All members, as services reach them, and as the tests do.
    pub endpoint: &'a str,
    pub tests: &'a str,
    /// Lines of settings, which win over those of a broker alone.
    pub settings: &'a str,
}

/// Whether the tests that need Kafka are left out (`cargo xtask test --no-kafka`).
pub(crate) fn left_out() -> bool {
    env::var_os("MAKINAGE_TEST_NO_KAFKA").is_some()
}

fn java() -> Command {
    let java = env::var_os("MAKINAGE_TEST_JAVA").unwrap_or_else(|| "java".into());
    let log = root().join("kafka/log4j2.properties");
    let mut command = Command::new(java);
    command
        .args(["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"])
        .arg(format!("-Dlog4j2.configurationFile={}", log.display()))
        .arg("-cp")
        .arg(libs().join("*"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository's root")
}

fn libs() -> PathBuf {
    let libs = env::var_os("MAKINAGE_TEST_KAFKA").map_or_else(|| root().join(".cache/kafka/libs"), PathBuf::from);
    assert!(libs.is_dir(), "no Kafka at {}; run the tests with: cargo xtask test (or --no-kafka)", libs.display());
    libs
}

/// The class behind `kafka-configs.sh`, which has had two names. A jar has the names of what is in it as they are.
fn configuring() -> &'static str {
    let files = fs::read_dir(libs()).expect("the jars").flatten().map(|entry| entry.path());
    let mut tools =
        files.filter(|path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"kafka-tools-4")));
    let class = b"org/apache/kafka/tools/ConfigCommand.class";
    let has = |path: PathBuf| fs::read(path).expect("a jar").windows(class.len()).any(|bytes| bytes == class);
    if tools.any(has) { "org.apache.kafka.tools.ConfigCommand" } else { "kafka.admin.ConfigCommand" }
}

/// The settings of a broker at a port, and at the one behind it as its own controller.
fn settings(port: u16, log: &Path) -> String {
    let template = fs::read_to_string(root().join("kafka/server.properties")).expect("the template");
    template
        .replace("${PORT}", &port.to_string())
        .replace("${CONTROLLER_PORT}", &(port + 1).to_string())
        .replace("${DATA}", &log.display().to_string())
        // The tests say which topics there are.
        .replace("auto.create.topics.enable=true", "auto.create.topics.enable=false")
}

/// An empty disk as a broker wants it, of which each has a copy: to make it takes a Java program as long as a start.
fn formatted() -> &'static Path {
    static FORMATTED: OnceLock<PathBuf> = OnceLock::new();
    FORMATTED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("formatted");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let (file, log) = (folder.join("server.properties"), folder.join("log"));
        fs::write(&file, settings(PORTS.start, &log)).expect("the settings");
        let mut program = java();
        program.args(["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config"]).arg(file);
        assert!(program.status().is_ok_and(|status| status.success()), "the broker's storage can't be formatted");
        log
    })
}

/// Copies a folder with all in it.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the folder").flatten() {
        let copy = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &copy);
        } else {
            fs::copy(entry.path(), copy).expect("a copy");
        }
    }
}

/// So many neighbouring ports that nobody listens on: the first of them.
pub(crate) fn free_ports(neighbours: u16) -> u16 {
    let mut random = Random::new(random::seed());
    loop {
        let port = PORTS.start + u16::try_from(random.below(u64::from(PORTS.end - PORTS.start))).expect("a port");
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if (port..port + neighbours).all(free) {
            return port;
        }
    }
}

/// Names a disk as Kafka does: 128 bits in base64.
fn disk_id() -> String {
    let mut random = Random::new(random::seed());
    let mut letter =
        |letters: &[u8]| char::from(letters[usize::try_from(random.below(letters.len() as u64)).expect("a place")]);
    let id: String =
        (0..21).map(|_| letter(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")).collect();
    // The last letter has two bits.
    format!("{id}{}", letter(b"AQgw"))
}

fn client(endpoint: &str, access: &Access) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", endpoint);
    for (name, value) in &access.client {
        client.set(*name, value);
    }
    client
}

impl Broker {
    /// Starts a broker without topics, and waits until it answers.
    pub(crate) fn start() -> Self {
        let broker = Self::down();
        broker.restart();
        broker
    }

    /// The broker of all tests that leave it alone and have topics of their own; it ends with the last of them.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Arc<Broker>> = OnceLock::new();
        let start = || {
            let broker = Self::down();
            broker.start_guarded();
            Arc::new(broker)
        };
        Arc::clone(SHARED.get_or_init(start))
    }

    /// A broker that has an address and an empty disk, and has not been started.
    pub(crate) fn down() -> Self {
        let port = free_ports(2);
        let address = format!("127.0.0.1:{port}");
        let broker = Self::on_an_empty_disk(port, (&address, &address));
        fs::write(broker.settings(), settings(port, &broker.log())).expect("the settings");
        broker
    }

    /// Starts a broker that ends with the tests, whatever ends them.
    pub(crate) fn start_guarded(&self) {
        let mut guarded = Command::new("sh");
        guarded.args(["-c", GUARD, "sh"]).arg(self.data.path());
        let program = self.program();
        guarded.arg(program.get_program()).args(program.get_args());
        self.spawn(guarded.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()));
        self.wait_until_it_answers();
    }

    /// A broker that has so many more ports behind its two, is told what `beyond` says of the first of them and of its
    /// folder, and has not been started.
    pub(crate) fn down_beyond(ports: u16, beyond: impl FnOnce(u16, &Path) -> Beyond) -> Self {
        let port = free_ports(2 + ports);
        let address = format!("127.0.0.1:{port}");
        let mut broker = Self::on_an_empty_disk(port, (&address, &address));
        let Beyond { settings: lines, java, access } = beyond(port, broker.data.path());
        let text = settings(port, &broker.log());
        fs::write(broker.settings(), format!("{text}\n{lines}\n")).expect("the settings");
        fs::write(broker.data.path().join("tools.properties"), &access.tools).expect("the tools' settings");
        (broker.access, broker.java) = (access, java);
        broker
    }

    /// A member of a cluster that has not been started.
    pub(crate) fn member(member: &Member) -> Self {
        let broker = Self::on_an_empty_disk(member.port, (member.endpoint, member.tests));
        let text = settings(member.port, &broker.log());
        fs::write(broker.settings(), format!("{text}\n{}\n", member.settings)).expect("the settings");
        let disk = format!("version=1\ncluster.id={CLUSTER_ID}\nnode.id={}\ndirectory.id={}\n", member.node, disk_id());
        fs::write(broker.log().join("meta.properties"), disk).expect("the disk's name");
        broker
    }

    fn on_an_empty_disk(port: u16, (endpoint, tests): (&str, &str)) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let (endpoint, tests) = (endpoint.to_owned(), tests.to_owned());
        let broker =
            Self { child: Mutex::default(), port, endpoint, tests, access: Access::default(), java: vec![], data };
        copy_folder(formatted(), &broker.log());
        broker
    }

    fn log(&self) -> PathBuf {
        self.data.path().join("log")
    }

    fn settings(&self) -> PathBuf {
        self.data.path().join("server.properties")
    }

    /// The folder that is its own.
    pub(crate) fn folder(&self) -> &Path {
        self.data.path()
    }

    /// Starts a broker that is down, with the topics and the address that it had, and waits until it answers.
    pub(crate) fn restart(&self) {
        self.spawn(&mut self.program());
        self.wait_until_it_answers();
    }

    /// Starts a broker that is down, and waits until it listens: clients may not get further than that.
    pub(crate) fn restart_unreached(&self) {
        self.spawn(&mut self.program());
        wait_until(START, "the broker does not listen", || TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }

    fn program(&self) -> Command {
        let mut program = java();
        program.args(&self.java).arg("kafka.Kafka").arg(self.settings());
        program
    }

    fn spawn(&self, program: &mut Command) {
        *self.child() = Some(program.spawn().expect("the broker starts"));
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// SIGKILL: connections break, what it had told to have is on its disk.
    pub(crate) fn kill(&self) {
        if let Some(mut child) = self.child().take() {
            child.kill().and_then(|()| child.wait()).expect("the broker ends");
        }
    }

    /// What a broker that is down calls itself from its next start on, instead of the address that it has.
    pub(crate) fn advertise(&self, address: &str) {
        let text = fs::read_to_string(self.settings()).expect("the settings");
        let name = |line: &str| match line.strip_prefix("advertised.listeners=") {
            Some(_) => format!("advertised.listeners=PLAINTEXT://{address}\n"),
            None => format!("{line}\n"),
        };
        fs::write(self.settings(), text.lines().map(name).collect::<String>()).expect("the settings");
    }

    /// Adds a line to the settings of a broker that is down.
    pub(crate) fn set(&self, setting: &str) {
        let text = fs::read_to_string(self.settings()).expect("the settings");
        fs::write(self.settings(), format!("{text}\n{setting}\n")).expect("the settings");
    }

    /// SIGSTOP: connections stay, nothing is answered.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    /// It goes on where it was frozen.
    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    /// SIGTERM, and its end: what it leads goes to the others before.
    pub(crate) fn stop(&self) {
        self.signal("TERM");
        if let Some(mut child) = self.child().take() {
            ended(&mut child, START);
        }
    }

    fn signal(&self, name: &str) {
        signal(self.child().as_ref().expect("a broker that is up").id(), name);
    }

    /// What is on its disk of a partition that is small: record batches, byte for byte as they came.
    pub(crate) fn log_of(&self, topic: &str, partition: i32) -> Vec<u8> {
        let segment = format!("log/{topic}-{partition}/00000000000000000000.log");
        fs::read(self.data.path().join(segment)).expect("the partition's first segment")
    }

    /// Runs one of Kafka's own tools, by the name of its class, on this broker.
    pub(crate) fn tool(&self, class: &str, arguments: &[&str]) {
        let mut program = java();
        program.arg(class).args(["--bootstrap-server", &self.tests]).args(arguments);
        if !self.access.tools.is_empty() {
            program.arg("--command-config").arg(self.data.path().join("tools.properties"));
        }
        let output = program.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("the tool runs");
        let told = || [&output.stdout[..], &output.stderr[..]].map(|text| String::from_utf8_lossy(text).into_owned());
        assert!(output.status.success(), "{class} {arguments:?}: {:#?}", told());
    }

    /// Changes settings of brokers, users and clients, as `kafka-configs.sh` does.
    pub(crate) fn configure(&self, arguments: &[&str]) {
        static CLASS: OnceLock<&str> = OnceLock::new();
        self.tool(CLASS.get_or_init(configuring), arguments);
    }

    /// As whom the tests come, as properties of a configuration.
    pub(crate) fn access(&self) -> Option<Value> {
        let properties = self.access.client.iter();
        let properties: Map<_, _> =
            properties.map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
        (!properties.is_empty()).then_some(Value::Object(properties))
    }

    pub(crate) fn endpoint(&self) -> String {
        self.endpoint.clone()
    }

    pub(crate) fn client(&self) -> ClientConfig {
        client(&self.tests, &self.access)
    }

    /// A client that begins with this broker, of several.
    pub(crate) fn own_client(&self) -> ClientConfig {
        client(&format!("127.0.0.1:{}", self.port), &self.access)
    }

    fn wait_until_it_answers(&self) {
        let consumer: BaseConsumer =
            self.own_client().set_log_level(rdkafka::config::RDKafkaLogLevel::Emerg).create().expect("a client");
        let answers = || consumer.fetch_metadata(None, Duration::from_secs(1)).is_ok();
        wait_until(START, "the broker does not answer", answers);
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(mut child) = self.child().take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
