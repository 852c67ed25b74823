//! Kafka's jars, from Maven Central, by way of `kafka/pom.xml`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::root::root;
use crate::stamp::Stamp;
use crate::tools;

/// Brings the jars unless they are there and up to date; returns their folder.
pub(crate) fn ensure(java: &Path) -> Result<PathBuf> {
    let pom = root().join("kafka/pom.xml");
    let libs = root().join(".cache/kafka/libs");
    let stamp = Stamp::new(&root().join(".cache/kafka/libs.stamp"), tools::read(&pom)?);
    if stamp.is_current() && libs.is_dir() {
        return Ok(libs);
    }
    if !tools::exists("mvn") {
        bail!(
            "there is no `mvn`, which brings Kafka's jars: install Maven (on Debian and Ubuntu, `apt-get install maven`)"
        );
    }

    println!("bringing Kafka's jars into .cache/kafka/libs");
    if libs.exists() {
        // Jars of another version beside the new ones would be on the class path too.
        fs::remove_dir_all(&libs).with_context(|| format!("can't remove {}", libs.display()))?;
    }
    fs::create_dir_all(&libs).with_context(|| format!("can't make {}", libs.display()))?;
    let mut maven = tools::command("mvn");
    maven
        .args(["--batch-mode", "--quiet", "--file"])
        .arg(&pom)
        .arg("dependency:copy-dependencies")
        .arg(format!("-DoutputDirectory={}", libs.display()));
    // The Java that was checked is the one that Maven runs on.
    if let Some(home) = java.parent().and_then(Path::parent).filter(|home| home.is_absolute()) {
        maven.env("JAVA_HOME", home);
    }
    tools::run(&mut maven)?;
    stamp.write()?;
    Ok(libs)
}
