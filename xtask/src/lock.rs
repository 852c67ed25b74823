//! Resolves the lists of what Python packages are wanted into locked lists of all that they need.

use anyhow::{Result, bail};

use crate::root::root;
use crate::tools;

/// Rewrites `python/*.lock` from the `.in` files beside them, with the newest versions that fit.
pub(crate) fn run() -> Result<()> {
    if !tools::exists("uv") {
        bail!("there is no `uv`, which resolves the lists for all Pythons at once: `pip install uv`");
    }
    compile("requirements-test", &[])?;
    // What is served with is what was tested with.
    compile("requirements-serve", &["--constraint", "requirements-test.lock"])?;
    compile("requirements-demo", &["--constraint", "requirements-test.lock"])
}

fn compile(name: &str, more: &[&str]) -> Result<()> {
    println!("python/{name}.lock");
    tools::run(
        tools::command("uv")
            .current_dir(root().join("python"))
            .args(["pip", "compile", "--quiet", "--upgrade"])
            // One list for every Python and platform, with markers where they differ.
            .args(["--universal", "--python-version", "3.10"])
            .args(["--no-annotate", "--no-header"])
            .args(more)
            .arg(format!("{name}.in"))
            .args(["--output-file", &format!("{name}.lock")]),
    )
}
