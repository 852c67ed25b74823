//! The Python that an environment is made with.

use std::{
    io,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, bail};

/// The oldest Python that workers run on.
const OLDEST: (u32, u32) = (3, 10);
/// What else the user can do when an environment can't be made.
pub const INSTEAD: &str =
    "or activate an environment of your own that has mlflow and scikit-learn (`pip install mlflow scikit-learn`)";

/// The version of the Python to make it with.
pub fn base() -> anyhow::Result<String> {
    match version(Path::new("python3"))? {
        None => bail!(
            "there is no `python3` in the folders of PATH: install Python 3.10 or newer (on Debian and Ubuntu `apt-get install python3 python3-venv`), {INSTEAD}"
        ),
        Some(found) if major_minor(&found).is_some_and(|found| found >= OLDEST) => Ok(found),
        Some(found) => bail!(
            "`python3` is Python {found}, and {}.{} or newer is needed: put a newer one first in PATH, {INSTEAD}",
            OLDEST.0,
            OLDEST.1
        ),
    }
}

/// What an interpreter says of itself; `None` where there is none.
pub fn version(python: &Path) -> anyhow::Result<Option<String>> {
    let print = "import sys; print('%d.%d.%d' % sys.version_info[:3])";
    match Command::new(python).args(["-c", print]).stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())),
        Ok(output) => bail!(
            "`{}` doesn't tell its version ({}): {}",
            python.display(),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("can't run `{}`", python.display())),
    }
}

fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::{OLDEST, major_minor};

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(major_minor("3.9.18").unwrap() < OLDEST);
        assert!(major_minor("3.10.0").unwrap() >= OLDEST);
        assert_eq!(major_minor("Traceback"), None);
    }
}
