//! Resolves the lists of what Python packages are wanted into locked lists of all that they need.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::bench::OTHERS;
use crate::root::root;
use crate::tools;

/// The oldest Python that the worker runs on, and that all of what the benchmark compares with run on.
const OLDEST: &str = "3.10";
const OLDEST_OF_OTHERS: &str = "3.11";

/// What models are loaded with.
const MODELS: [&str; 9] =
    ["cloudpickle", "joblib", "mlflow", "mlflow-skinny", "mlflow-tracing", "numpy", "pandas", "scikit-learn", "scipy"];

/// Rewrites `python/*.lock` from the `.in` files beside them, with the newest versions that fit.
pub(crate) fn run() -> Result<()> {
    if !tools::exists("uv") {
        bail!("there is no `uv`, which resolves the lists for all Pythons at once: `pip install uv`");
    }
    compile("requirements-test", OLDEST, &[])?;
    // What is served with is what was tested with.
    compile("requirements-serve", OLDEST, &["--constraint", "requirements-test.lock"])?;
    compile("requirements-demo", OLDEST, &["--constraint", "requirements-test.lock"])?;
    compile("requirements-bench", OLDEST, &["--constraint", "requirements-test.lock"])?;
    lock_others()
}

/// What the benchmark compares with has needs of its own, but loads the same models with the same packages.
fn lock_others() -> Result<()> {
    let all = tools::read(&root().join("python/requirements-test.lock"))?;
    let models = all.lines().filter(|line| MODELS.iter().any(|name| line.starts_with(&format!("{name}=="))));
    let constraint = root().join("target/models.txt");
    let text: String = models.flat_map(|line| [line, "\n"]).collect();
    fs::write(&constraint, text).with_context(|| format!("can't write {}", constraint.display()))?;
    let constraint = constraint.to_string_lossy();
    for other in OTHERS {
        compile(&format!("requirements-bench-{other}"), OLDEST_OF_OTHERS, &["--constraint", &constraint])?;
    }
    Ok(())
}

fn compile(name: &str, oldest: &str, more: &[&str]) -> Result<()> {
    println!("python/{name}.lock");
    tools::run(
        tools::command("uv")
            .current_dir(root().join("python"))
            .args(["pip", "compile", "--quiet", "--upgrade"])
            // One list for every Python and platform, with markers where they differ.
            .args(["--universal", "--python-version", oldest])
            .args(["--no-annotate", "--no-header"])
            .args(more)
            .arg(format!("{name}.in"))
            .args(["--output-file", &format!("{name}.lock")]),
    )
}
