//! Runs both images as their users would: a Kafka on localhost:9092, the service, a model published, an event, its
//! prediction.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::buildah::Buildah;
use crate::broker::Broker;
use crate::root::root;
use crate::running::{Running, wait_for};
use crate::tools;

/// The port that the configurations mean with "localhost".
const PORT: u16 = 9092;
const CONFIG: &str = "/opt/makinage/config.yaml";

/// Runs it all and prints the prediction.
pub(super) fn run(buildah: &Buildah) -> Result<()> {
    if TcpStream::connect(("127.0.0.1", PORT)).is_ok() {
        bail!("something listens on localhost:{PORT} already, where this starts a Kafka: stop it first");
    }
    let folder = buildah.folder().join("smoke");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("can't remove {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;

    let service = buildah.container("makinage/makinage")?;
    let publisher = buildah.container("makinage/model-publisher")?;
    let outcome = serve(buildah, &folder, &service, &publisher);
    buildah.remove(&service)?;
    buildah.remove(&publisher)?;
    outcome
}

fn serve(buildah: &Buildah, folder: &Path, service: &str, publisher: &str) -> Result<()> {
    let docker = root().join("docker");
    println!("making a model with the image's Python");
    fs::copy(docker.join("smoke_model.py"), folder.join("smoke_model.py"))
        .context("can't copy docker/smoke_model.py")?;
    // As the user of this folder: the image's own user may not write into it.
    let make = ["/opt/venv/bin/python", "/models/smoke_model.py", "/models"];
    tools::run(buildah.as_root(service, &[(folder, "/models")], &make).stderr(Stdio::null()))?;

    let broker = Broker::prepare(PORT, &folder.join("kafka"))?;
    let _kafka = Running::start("Kafka", &mut broker.command())?;
    wait_for("Kafka", || TcpStream::connect(("127.0.0.1", PORT)).is_ok())?;

    let config = docker.join("config.serve.yaml");
    let mut entry = buildah.entry_point(service, &[(&config, CONFIG)])?;
    let mut makinage = Running::start("buildah run", &mut entry)?;
    makinage.wait_for_program("makinage")?;
    let config = docker.join("config.publish.yaml");
    tools::run(&mut buildah.entry_point(publisher, &[(&config, CONFIG), (folder, "/models")])?)?;

    println!("event:      [5.1, 3.5, 1.4, 0.2]");
    let prediction = ask(&broker, "[5.1, 3.5, 1.4, 0.2]", &mut makinage)?;
    println!("prediction: {prediction}");
    // The event comes back as it was written, spaces and all.
    if prediction.replace(' ', "") != "[[5.1,3.5,1.4,0.2],0]" {
        bail!("that isn't what the model says of this event: [[5.1,3.5,1.4,0.2],0]");
    }
    makinage.stop()
}

/// Produces the event every second, since the service reads from the moment when it joined, until a prediction arrives.
fn ask(broker: &Broker, event: &str, service: &mut Running) -> Result<String> {
    let server = format!("localhost:{PORT}");
    let mut producer = broker.tool("org.apache.kafka.tools.ConsoleProducer");
    producer.args(["--bootstrap-server", &server, "--topic", "data"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut producer = Running::start("the console producer", &mut producer)?;
    let mut lines = producer.child.stdin.take().expect("standard input was piped");
    let mut consumer = broker.tool("org.apache.kafka.tools.consumer.ConsoleConsumer");
    consumer.args(["--bootstrap-server", &server, "--topic", "predict", "--from-beginning", "--max-messages", "1"]);
    let mut consumer = Running::start("the console consumer", consumer.stdout(Stdio::piped()).stderr(Stdio::null()))?;

    wait_for("a prediction", || {
        let sent = writeln!(lines, "{event}").and_then(|()| lines.flush());
        sleep(Duration::from_secs(1));
        let ended = |child: &mut Child| !matches!(child.try_wait(), Ok(None));
        sent.is_err() || ended(&mut consumer.child) || ended(&mut service.child)
    })?;
    let mut prediction = String::new();
    if let Some(mut output) = consumer.child.stdout.take() {
        consumer.child.kill().context("can't end the console consumer")?;
        std::io::Read::read_to_string(&mut output, &mut prediction).context("can't read the prediction")?;
    }
    match prediction.lines().next() {
        Some(line) => Ok(line.to_owned()),
        None => bail!("no prediction: the service or a Kafka tool ended before, see above"),
    }
}
