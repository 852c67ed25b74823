//! Calls `buildah`, without an engine and with its storage in a folder of ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::root::root;
use crate::tools;

/// Files of this machine that a build step sees: whoever needs certificates or a package client's settings to reach the
/// registries needs them in there too.
const OF_THE_MACHINE: [&str; 2] = ["/etc/ssl/certs", "/etc/pip.conf"];

/// A store of images and containers.
pub(super) struct Buildah {
    folder: PathBuf,
}

impl Buildah {
    /// The store in `folder`, which is made.
    pub(super) fn new(folder: PathBuf) -> Result<Self> {
        let temporary = folder.join("tmp");
        fs::create_dir_all(&temporary).with_context(|| format!("can't make {}", temporary.display()))?;
        Ok(Self { folder })
    }

    /// Where it keeps all that it has.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether there is an image `name`.
    pub(super) fn has(&self, name: &str) -> Result<bool> {
        let output =
            self.command("inspect").args(["--type", "image", name]).output().context("can't start `buildah`")?;
        Ok(output.status.success())
    }

    /// Builds the image `name`. Caches (compiled crates) are kept in the folder for the next time.
    pub(super) fn build(&self, name: &str, file: &str, arguments: &[&str]) -> Result<()> {
        let mut command = self.command("bud");
        command.args(["--isolation", "chroot", "--tag", name, "--file", file]).args(arguments);
        command.arg("--volume").arg(format!("{}:/opt/rust:ro", toolchain()?));
        for path in OF_THE_MACHINE.into_iter().filter(|path| Path::new(path).exists()) {
            command.arg("--volume").arg(format!("{path}:{path}:ro"));
        }
        tools::run(command.arg("."))
    }

    /// Makes the image `name` of a folder that is a whole file system.
    pub(super) fn import(&self, tree: &Path, name: &str) -> Result<()> {
        let container = self.container("scratch")?;
        let mount = self.answer(self.command("mount").arg(&container))?;
        tools::run(tools::command("cp").args(["--archive", "."]).arg(&mount).current_dir(tree))?;
        self.answer(self.command("umount").arg(&container))?;
        tools::run(self.command("commit").args(["--quiet", "--rm", &container, name]))
    }

    /// A new container of `image`; returns its name.
    pub(super) fn container(&self, image: &str) -> Result<String> {
        self.answer(self.command("from").arg(image))
    }

    /// The command that runs the entry point of `image` in `container`, with `mounts` of (path here, path there).
    pub(super) fn entry_point(&self, container: &str, mounts: &[(&Path, &str)]) -> Result<Command> {
        let format = "{{range .OCIv1.Config.Entrypoint}}{{.}}{{end}}";
        let program = self.answer(self.command("inspect").args(["--format", format, container]))?;
        Ok(self.in_container(container, mounts, &[&program]))
    }

    /// The command that runs `program` in `container`. It has the network of this machine: `localhost` is the same.
    fn in_container(&self, container: &str, mounts: &[(&Path, &str)], program: &[&str]) -> Command {
        let mut command = self.command("run");
        Self::finish(&mut command, container, mounts, program);
        command
    }

    fn finish(command: &mut Command, container: &str, mounts: &[(&Path, &str)], program: &[&str]) {
        command.args(["--isolation", "chroot"]);
        for (here, there) in mounts {
            command.arg("--volume").arg(format!("{}:{there}", here.display()));
        }
        command.arg(container).arg("--").args(program);
    }

    /// As `in_container`, with the rights of root.
    pub(super) fn as_root(&self, container: &str, mounts: &[(&Path, &str)], program: &[&str]) -> Command {
        let mut command = self.command("run");
        command.args(["--user", "root"]);
        Self::finish(&mut command, container, mounts, program);
        command
    }

    /// Removes a container.
    pub(super) fn remove(&self, container: &str) -> Result<()> {
        self.answer(self.command("rm").arg(container)).map(drop)
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = tools::command("buildah");
        // Copies of whole folders, which take disk, but no kernel module or mount that a sandbox may lack.
        command.args(["--storage-driver", "vfs", "--root"]).arg(self.folder.join("storage"));
        command.arg("--runroot").arg(self.folder.join("run"));
        command.env("TMPDIR", self.folder.join("tmp"));
        command.arg(verb);
        command
    }

    /// What `command` prints on standard output, without the line's end.
    fn answer(&self, command: &mut Command) -> Result<String> {
        let output = command.output().context("can't start `buildah`")?;
        if !output.status.success() {
            bail!("buildah, in {}: {}", self.folder.display(), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

/// The folder of the Rust that the repository asks for.
fn toolchain() -> Result<String> {
    let printed = tools::output(tools::command("rustc").args(["--print", "sysroot"]).current_dir(root()))?;
    printed.map(|path| path.trim().to_owned()).context("there is no `rustc`: install Rust with rustup")
}
