//! Packs the Python worker package into one JSON object, `{module name: source}`, which the binary sends to each
//! worker.

use std::{collections::BTreeMap, env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
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
    fs::write(Path::new(&env::var("OUT_DIR")?).join("worker_package.json"), serde_json::to_vec(&modules)?)?;
    Ok(())
}
