//! Starts one Kafka broker from the jars, for people and for `cargo xtask images`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::certificates::Certificates;
use crate::root::root;
use crate::{jars, java, tools};

/// Any valid id will do: brokers of different tests never meet.
const CLUSTER_ID: &str = "MkU3OEVBNTcwNTJENDM2Qk";

/// A broker that is ready to be started: its storage is formatted, its settings are written.
pub(crate) struct Broker {
    java: PathBuf,
    libs: PathBuf,
    settings: PathBuf,
}

impl Broker {
    /// Writes the settings and formats the storage in `data`, if it isn't yet.
    pub(crate) fn prepare(port: u16, data: &Path) -> Result<Self> {
        let java = java::find()?;
        let libs = jars::ensure(&java)?;
        fs::create_dir_all(data).with_context(|| format!("can't make {}", data.display()))?;
        let data = fs::canonicalize(data).with_context(|| format!("can't find {}", data.display()))?;
        let settings = data.join("server.properties");
        let text = tools::read(&root().join("kafka/server.properties"))?
            .replace("${PORT}", &port.to_string())
            .replace("${CONTROLLER_PORT}", &(port + 1).to_string())
            .replace("${DATA}", &data.join("log").to_string_lossy());
        fs::write(&settings, text).with_context(|| format!("can't write {}", settings.display()))?;

        let broker = Self { java, libs, settings };
        tools::run(
            broker
                .java()
                .args(["kafka.tools.StorageTool", "format", "--ignore-formatted", "--cluster-id", CLUSTER_ID])
                .arg("--config")
                .arg(&broker.settings),
        )?;
        Ok(broker)
    }

    /// Opens a listener with TLS on this port beside the other; its certificate's issuer is in the file returned.
    pub(crate) fn secure(&self, port: u16) -> Result<PathBuf> {
        let folder = self.settings.parent().context("settings are in a folder")?;
        let certificates = Certificates::ensure(&self.java, folder)?;
        let text: String = tools::read(&self.settings)?
            .lines()
            .map(|line| match line.split_once('=') {
                Some(("listeners" | "advertised.listeners", _)) => format!("{line},SSL://127.0.0.1:{port}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let text = format!("{text}{}", certificates.settings());
        fs::write(&self.settings, text).with_context(|| format!("can't write {}", self.settings.display()))?;
        Ok(certificates.authority)
    }

    /// Which Kafka it is, by the name of its jar.
    pub(crate) fn version(&self) -> Result<String> {
        let jars = fs::read_dir(&self.libs).with_context(|| format!("can't read {}", self.libs.display()))?;
        let names = jars.flatten().map(|jar| jar.file_name().to_string_lossy().into_owned());
        let mut versions =
            names.filter_map(|name| Some(name.strip_prefix("kafka_2.13-")?.strip_suffix(".jar")?.to_owned()));
        versions.next().context("there is no jar of the broker's")
    }

    /// The command that is the broker, until it gets SIGTERM.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.java();
        command.arg("kafka.Kafka").arg(&self.settings);
        command
    }

    /// One of Kafka's own command-line tools, by the name of its class.
    pub(crate) fn tool(&self, class: &str) -> Command {
        let mut command = self.java();
        command.arg(class);
        command
    }

    /// Java with flags that suit a broker for a minute of work on a small machine.
    fn java(&self) -> Command {
        let mut command = tools::command(&self.java);
        command
            // Holds 100 MB records; serial collection and the quick compiler alone halve the processor time of a start.
            .args(["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"])
            .arg(format!("-Dlog4j2.configurationFile={}", root().join("kafka/log4j2.properties").display()))
            .arg("-cp")
            .arg(self.libs.join("*"));
        command
    }
}

/// Runs a broker until Ctrl-C, which the terminal gives to the broker too: it ends cleanly, and this command with it.
pub(crate) fn run_in_foreground(port: u16, data: &Path) -> Result<()> {
    let broker = Broker::prepare(port, &root().join(data))?;
    println!("Kafka starts on localhost:{port}; Ctrl-C ends it; topics are kept in {}", data.display());
    tools::run(&mut broker.command())
}
