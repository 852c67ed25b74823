//! Packs the Python worker package into one JSON object, `{module name: source}`, which the binary sends to each
//! worker. One of the modules is made here: the library that walks down trees, compiled from `crates/trees`.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let package = Path::new("../../python/makinage_worker");
    println!("cargo::rerun-if-changed={}", package.display());
    println!("cargo::rerun-if-changed=../../python/bootstrap.py");
    let mut modules = BTreeMap::new();
    for entry in fs::read_dir(package)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "py") {
            continue;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str()).ok_or("a module's name is not UTF-8")?;
        let module = if stem == "__init__" { "makinage_worker".into() } else { format!("makinage_worker.{stem}") };
        modules.insert(module, fs::read_to_string(&path)?);
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    if let Some(library) = trees_library(&out.join("trees.so"))? {
        modules.insert("makinage_worker.trees_binary".into(), as_module(&library)?);
    }
    fs::write(out.join("worker_package.json"), serde_json::to_vec(&modules)?)?;
    Ok(())
}

/// The library's bytes; `None` for systems on which workers have no way to load it.
///
/// Cargo can't build one crate for the sake of another one's bytes (its artifact dependencies are unstable). This one
/// has no dependencies, so that the compiler alone is enough, and takes a second.
fn trees_library(file: &Path) -> Result<Option<Vec<u8>>> {
    let home = Path::new("../trees");
    println!("cargo::rerun-if-changed={}", home.display());
    if env::var("CARGO_CFG_TARGET_OS")? != "linux" {
        return Ok(None);
    }
    let mut rustc = Command::new(env::var_os("RUSTC").ok_or("Cargo names no compiler")?);
    rustc.arg(format!("@{}", home.join("library.args").display())).arg(home.join("src/lib.rs"));
    rustc.arg("--target").arg(env::var("TARGET")?).arg("-o").arg(file);
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        rustc.arg("-C").arg(format!("linker={}", Path::new(&linker).display()));
    }
    if env::var("CARGO_CFG_TARGET_ENV")? == "musl" {
        // It needs no C library of its own, and would otherwise be none that can be loaded.
        rustc.args(["-C", "target-feature=-crt-static"]);
    }
    let status = rustc.status()?;
    if !status.success() {
        return Err(format!("the library of crates/trees can't be compiled ({status}): {rustc:?}").into());
    }
    Ok(Some(fs::read(file)?))
}

fn as_module(library: &[u8]) -> Result<String> {
    let mut hexadecimal = String::with_capacity(2 * library.len());
    for byte in library {
        write!(hexadecimal, "{byte:02x}")?;
    }
    Ok(format!("\"\"\"The compiled `crates/trees`.\"\"\"\n\nLIBRARY = \"{hexadecimal}\"\n"))
}
