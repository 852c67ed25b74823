//! A broker with a listener of each kind and an authorizer, which all tests of secured connections share. The tests'
//! own clients are its super user; everybody else may do what a test grants.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Instant,
};

use super::{
    certificates::{Authority, Identity, Says},
    tokens::{AUDIENCE, ISSUER, Tokens},
};
use crate::{
    broker::{Access, Beyond, Broker},
    scene::Scene,
};

/// The broker's certificate and key, but at the listeners that have one of their own.
const GOOD: &str = "good.pem";
const ADMIN: &str = "admin-secret";
/// Users of PLAIN, each with its name and `-secret` for a password.
const USERS: [&str; 10] =
    ["publisher", "service", "reader", "poor", "other", "patient", "least", "once", "buried", "held"];
const PLAIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule";
const SCRAM: &str = "org.apache.kafka.common.security.scram.ScramLoginModule";
const BEARER: &str = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule";
const VALIDATOR: &str = "org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler";

/// What listens, each at a port of its own behind those of the broker itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listener {
    /// Without anything.
    Open,
    /// TLS, and nobody is asked who they are.
    Tls,
    /// TLS with a client's certificate.
    Mutual,
    /// SASL without TLS: PLAIN, SCRAM, OAUTHBEARER.
    Sasl,
    /// The same with TLS.
    SaslTls,
    /// SASL without TLS, where clients have to log in again each few seconds.
    Again,
    /// TLS with a certificate that has expired.
    Expired,
    /// TLS with a certificate for another host.
    Elsewhere,
}

const LISTENERS: [Listener; 8] = [
    Listener::Open,
    Listener::Tls,
    Listener::Mutual,
    Listener::Sasl,
    Listener::SaslTls,
    Listener::Again,
    Listener::Expired,
    Listener::Elsewhere,
];

impl Listener {
    const fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Tls => "TLS",
            Self::Mutual => "MUTUAL",
            Self::Sasl => "SASL",
            Self::SaslTls => "SASLTLS",
            Self::Again => "AGAIN",
            Self::Expired => "EXPIRED",
            Self::Elsewhere => "ELSEWHERE",
        }
    }

    const fn protocol(self) -> &'static str {
        match self {
            Self::Open => "PLAINTEXT",
            Self::Sasl | Self::Again => "SASL_PLAINTEXT",
            Self::SaslTls => "SASL_SSL",
            Self::Tls | Self::Mutual | Self::Expired | Self::Elsewhere => "SSL",
        }
    }

    fn port(self, first: u16) -> u16 {
        first + 2 + self as u16
    }
}

/// The broker, who issues its certificates and tokens, and who issues others.
pub(crate) struct Stage {
    pub broker: Arc<Broker>,
    pub authority: Authority,
    pub tokens: Tokens,
    folder: tempfile::TempDir,
    first: u16,
}

impl Stage {
    /// The one of all tests.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Stage> = OnceLock::new();
        SHARED.get_or_init(|| {
            let stage = Self::down();
            stage.broker.start_guarded();
            stage
        })
    }

    /// One for a test that ends its broker.
    pub(crate) fn own() -> Self {
        let stage = Self::down();
        stage.broker.restart();
        stage
    }

    fn down() -> Self {
        let (authority, tokens) = (Authority::new("the tests' authority"), Tokens::start());
        let folder = tempfile::tempdir().expect("a folder");
        let mut first = 0;
        let broker = Broker::down_beyond(u16::try_from(LISTENERS.len()).expect("few"), |port, data| {
            first = port;
            Beyond {
                settings: settings(port, data, &authority, &tokens),
                java: vec![format!(
                    "-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://{}",
                    data.join("keys.json").display()
                )],
                access: admin(),
            }
        });
        let stage = Self { broker: Arc::new(broker), authority, tokens, folder, first };
        stage.write("ca.pem", stage.authority.pem());
        stage
    }

    /// Where a service reaches a listener.
    pub(crate) fn endpoint(&self, listener: Listener) -> String {
        format!("127.0.0.1:{}", listener.port(self.first))
    }

    /// A file beside the authority's certificate, for all tests to see.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("the file");
        path
    }

    /// What the broker shows from its next start on.
    pub(crate) fn show(&self, identity: &Identity) {
        fs::write(self.broker.folder().join(GOOD), identity.both_pem()).expect("the certificate");
    }

    /// The authority's certificate.
    pub(crate) fn ca(&self) -> String {
        self.folder.path().join("ca.pem").display().to_string()
    }

    /// A client's certificate and key, in files.
    pub(crate) fn client(&self, name: &str) -> (String, String) {
        self.files(name, &self.authority.issue(&Says::client(name)))
    }

    /// A certificate and its key in files.
    pub(crate) fn files(&self, name: &str, identity: &Identity) -> (String, String) {
        let certificate = self.write(&format!("{name}.pem"), identity.certificate_pem());
        let key = self.write(&format!("{name}.key"), identity.key_pem());
        (certificate.display().to_string(), key.display().to_string())
    }

    /// Topics, and a service that reaches them at a listener as librdkafka's properties say.
    pub(crate) fn scene(&self, name: &str, listener: Listener, properties: &[(&str, &str)]) -> Scene {
        let mut scene = Scene::on(Arc::clone(&self.broker), name).set("kafka.endpoint", self.endpoint(listener));
        for (property, value) in properties {
            scene = scene.property(property, *value);
        }
        scene
    }

    /// A scene of a user who logs in with the password that all of them have by their names.
    pub(crate) fn scene_of(&self, user: &str, name: &str) -> Scene {
        let password = format!("{user}-secret");
        let properties = [
            ("security.protocol", "sasl_plaintext"),
            ("sasl.mechanisms", "PLAIN"),
            ("sasl.username", user),
            ("sasl.password", password.as_str()),
        ];
        self.scene(name, Listener::Sasl, &properties)
    }

    /// Lets somebody do things: `--operation Read --topic data`, in the words of `kafka-acls.sh`. To all resources of
    /// the line all operations of it are granted, so that one start of Java is enough for several.
    pub(crate) fn grant(&self, principal: &str, what: &str) {
        self.acls("--add", principal, what);
    }

    /// Takes back what was granted.
    pub(crate) fn withdraw(&self, principal: &str, what: &str) {
        self.acls("--remove", principal, &format!("--force {what}"));
    }

    fn acls(&self, verb: &str, principal: &str, what: &str) {
        self.change(verb, &format!("--allow-principal {principal} {what}"));
    }

    /// Changes what anybody may do, in the words of `kafka-acls.sh`.
    pub(crate) fn change(&self, verb: &str, what: &str) {
        let arguments: Vec<&str> = verb.split(' ').chain(what.split(' ')).collect();
        self.broker.tool("org.apache.kafka.tools.AclCommand", &arguments);
    }

    /// What a service of a scene needs, but the right to transactions.
    pub(crate) fn grant_service(&self, principal: &str, scene: &Scene) {
        let name = scene.name();
        let what = format!(
            "--operation Read --operation Write --operation Describe --operation DescribeConfigs --topic {name}- \
             --resource-pattern-type prefixed"
        );
        self.grant(principal, &format!("--operation Read --group {name}"));
        self.grant(principal, &what);
    }

    /// What it needs to write transactions.
    pub(crate) fn grant_transactions(&self, principal: &str, scene: &Scene) {
        self.grant(principal, &transactions(scene.name()));
    }

    /// Makes a user of `SCRAM-SHA-256` or `-512`, or gives it another password.
    pub(crate) fn make_user(&self, name: &str, mechanism: &str, password: &str) {
        self.users(name, "--add-config", &format!("{mechanism}=[password={password}]"));
    }

    pub(crate) fn remove_user(&self, name: &str, mechanism: &str) {
        self.users(name, "--delete-config", mechanism);
    }

    /// Brokers hold back whom reads or writes more bytes in a second: `producer_byte_rate=20000`.
    pub(crate) fn limit(&self, name: &str, quota: &str) {
        self.users(name, "--add-config", quota);
    }

    /// They don't any more.
    pub(crate) fn unlimit(&self, name: &str, quota: &str) {
        self.users(name, "--delete-config", quota);
    }

    fn users(&self, name: &str, verb: &str, what: &str) {
        self.broker.configure(&["--alter", "--entity-type", "users", "--entity-name", name, verb, what]);
    }
}

/// How often something may have been said since then that is said at once and again each minute.
pub(crate) fn once_a_minute(since: Instant) -> usize {
    1 + usize::try_from(since.elapsed().as_secs() / 60).expect("few")
}

/// The right to transactions of a scene.
pub(crate) fn transactions(name: &str) -> String {
    format!("--operation Write --operation Describe --transactional-id {name}- --resource-pattern-type prefixed")
}

/// The tests' own clients.
fn admin() -> Access {
    let client = [
        ("security.protocol", "sasl_plaintext"),
        ("sasl.mechanisms", "PLAIN"),
        ("sasl.username", "admin"),
        ("sasl.password", ADMIN),
    ];
    Access {
        client: client.map(|(name, value)| (name, value.to_owned())).to_vec(),
        tools: format!(
            "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n\
             sasl.jaas.config={PLAIN} required username=\"admin\" password=\"{ADMIN}\";\n"
        ),
    }
}

/// What the broker is told beyond what one alone is.
fn settings(first: u16, data: &Path, authority: &Authority, tokens: &Tokens) -> String {
    let file = |name: &str, text: String| {
        let path = data.join(name);
        fs::write(&path, text).expect("the file");
        path.display().to_string()
    };
    let ca = file("ca.pem", authority.pem());
    let certificate = |name: &str, says: &Says| file(name, authority.issue(says).both_pem());
    let good = certificate(GOOD, &Says::BROKER);
    let expired = certificate("expired.pem", &Says { days: (-20, -2), ..Says::BROKER });
    let elsewhere = certificate("elsewhere.pem", &Says { hosts: &["kafka.example.org", "192.0.2.1"], ..Says::BROKER });
    let keys = file("keys.json", tokens.key_set());

    let (mut listeners, mut protocols) = (String::new(), String::new());
    for listener in LISTENERS {
        write!(listeners, ",{}://127.0.0.1:{}", listener.name(), listener.port(first)).expect("a text");
        write!(protocols, ",{}:{}", listener.name(), listener.protocol()).expect("a text");
    }
    let users = USERS.map(|user| format!(" user_{user}=\"{user}-secret\"")).concat();
    let admin = format!("{PLAIN} required username=\"admin\" password=\"{ADMIN}\" user_admin=\"{ADMIN}\";");
    let mut text = format!(
        "listeners=ADMIN://127.0.0.1:{first},CONTROLLER://127.0.0.1:{}{listeners}\n\
         advertised.listeners=ADMIN://127.0.0.1:{first}{listeners}\n\
         listener.security.protocol.map=ADMIN:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT{protocols}\n\
         inter.broker.listener.name=ADMIN\n\
         sasl.mechanism.inter.broker.protocol=PLAIN\n\
         sasl.mechanism.controller.protocol=PLAIN\n\
         authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
         super.users=User:admin\n\
         ssl.truststore.type=PEM\nssl.truststore.location={ca}\n\
         ssl.keystore.type=PEM\nssl.keystore.location={good}\n\
         listener.name.mutual.ssl.client.auth=required\n\
         listener.name.expired.ssl.keystore.type=PEM\nlistener.name.expired.ssl.keystore.location={expired}\n\
         listener.name.elsewhere.ssl.keystore.type=PEM\nlistener.name.elsewhere.ssl.keystore.location={elsewhere}\n",
        first + 1
    );
    for listener in ["admin", "controller"] {
        let name = format!("listener.name.{listener}");
        write!(text, "{name}.sasl.enabled.mechanisms=PLAIN\n{name}.plain.sasl.jaas.config={admin}\n").expect("a text");
    }
    for listener in ["sasl", "sasltls", "again"] {
        let name = format!("listener.name.{listener}");
        write!(
            text,
            "{name}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER\n\
             {name}.plain.sasl.jaas.config={PLAIN} required{users};\n\
             {name}.scram-sha-256.sasl.jaas.config={SCRAM} required;\n\
             {name}.scram-sha-512.sasl.jaas.config={SCRAM} required;\n\
             {name}.oauthbearer.sasl.jaas.config={BEARER} required;\n\
             {name}.oauthbearer.sasl.server.callback.handler.class={VALIDATOR}\n\
             {name}.oauthbearer.sasl.oauthbearer.jwks.endpoint.url=file://{keys}\n\
             {name}.oauthbearer.sasl.oauthbearer.expected.audience={AUDIENCE}\n\
             {name}.oauthbearer.sasl.oauthbearer.expected.issuer={ISSUER}\n"
        )
        .expect("a text");
    }
    for mechanism in ["scram-sha-512", "plain"] {
        writeln!(text, "listener.name.again.{mechanism}.connections.max.reauth.ms=5000").expect("a text");
    }
    text
}
