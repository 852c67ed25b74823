//! Builds both container images where there is no Docker, and runs them against a real Kafka.
//!
//! By hand, not in CI: it takes ten minutes the first time, and it needs root. `buildah` builds the same
//! `docker/Dockerfile` that Docker would, on a Debian base that `debootstrap` makes; everything stays below
//! `.cache/images`.

mod buildah;
mod smoke;

use anyhow::{Context, Result, bail};

use crate::report::Report;
use crate::root::root;
use crate::tools;
use buildah::Buildah;

/// The Debian release that docker/Dockerfile's own bases have.
const RELEASE: &str = "bookworm";
const BASE: &str = "localhost/makinage-base";
const BUILDER: &str = "localhost/makinage-builder";
const TARGETS: [&str; 2] = ["makinage", "model-publisher"];

/// Builds the images, runs them, and prints the time of each step.
pub(crate) fn run() -> Result<()> {
    let mut report = Report::new();
    let outcome = steps(&mut report);
    report.print();
    outcome
}

fn steps(report: &mut Report) -> Result<()> {
    report.step("buildah and debootstrap", install_tools)?;
    let buildah = Buildah::new(root().join(".cache/images"))?;
    report.step("base image", || make_base(&buildah))?;
    report.step("builder image", || make_builder(&buildah))?;
    for target in TARGETS {
        report.step(target, || {
            buildah.build(
                &format!("makinage/{target}"),
                "docker/Dockerfile",
                &[
                    "--target",
                    target,
                    "--build-arg",
                    &format!("BUILDER={BUILDER}"),
                    "--build-arg",
                    &format!("PYTHON_BASE={BASE}"),
                    "--build-arg",
                    &format!("BASE={BASE}"),
                ],
            )
        })?;
    }
    report.step("event to prediction", || smoke::run(&buildah))
}

/// Both are Debian packages; without root, the one who is root is asked.
fn install_tools() -> Result<()> {
    let missing: Vec<&str> = ["buildah", "debootstrap"].into_iter().filter(|name| !tools::exists(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !rustix::process::geteuid().is_root() || !tools::exists("apt-get") {
        bail!("missing: {names}: install them (on Debian and Ubuntu, `apt-get install {names}`) and run this as root");
    }
    tools::run(tools::command("apt-get").args(["update", "--quiet"]))?;
    tools::run(tools::command("apt-get").args(["install", "--yes", "--no-install-recommends"]).args(missing))
}

/// A small Debian with Python, in the place of Docker's official images.
fn make_base(buildah: &Buildah) -> Result<()> {
    if buildah.has(BASE)? {
        return Ok(());
    }
    let folder = buildah.folder().join("base");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("can't remove {}", folder.display()))?;
    }
    tools::run(
        tools::command("debootstrap")
            .args(["--variant=minbase", "--include=ca-certificates,python3,python3-venv", RELEASE])
            .arg(&folder),
    )?;
    buildah.import(&folder, BASE)?;
    std::fs::remove_dir_all(&folder).with_context(|| format!("can't remove {}", folder.display()))
}

fn make_builder(buildah: &Buildah) -> Result<()> {
    if buildah.has(BUILDER)? {
        return Ok(());
    }
    buildah.build(BUILDER, "docker/builder.Dockerfile", &["--build-arg", &format!("BASE={BASE}")])
}
