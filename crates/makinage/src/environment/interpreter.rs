//! Which Python a model's environment is made with: the operator's, unless the model was saved with another one that is here.

use std::path::{Path, PathBuf};

use super::{
    EnvironmentError,
    command::{Surroundings, run},
};

/// What identifies an interpreter: the version, on a line of its own, and what its packages depend on.
const ABOUT: &str = "import platform, sys, sysconfig; \
    print(platform.python_version()); print(sys.implementation.cache_tag, sysconfig.get_platform(), sys.base_prefix)";

/// An interpreter.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) path: PathBuf,
    pub(super) version: String,
    /// All that an environment made with it depends on.
    pub(super) about: String,
}

/// The interpreter for a model that was saved with `wanted`.
pub(super) fn choose(
    python: &Path,
    wanted: Option<&str>,
    surroundings: &Surroundings<'_>,
) -> Result<Base, EnvironmentError> {
    let base = ask(python, surroundings)?;
    let Some(wanted) = wanted.filter(|wanted| minor(wanted) != minor(&base.version)) else { return Ok(base) };
    // A version is part of a program's name here: nothing else may be.
    let minor_wanted = minor(wanted).filter(|minor| minor.chars().all(|c| c.is_ascii_digit() || c == '.'));
    if let Some(minor_wanted) = minor_wanted {
        let program = PathBuf::from(format!("python{minor_wanted}"));
        // A program of that name may be a version manager's, which has nothing behind it.
        if let Ok(other) = ask(&program, surroundings)
            && minor(&other.version) == Some(minor_wanted)
        {
            return Ok(other);
        }
    }
    tracing::warn!(
        "the model was saved with Python {wanted}, its environment has {}: if it doesn't load, put python{} on PATH",
        base.version,
        minor_wanted.unwrap_or(wanted)
    );
    Ok(base)
}

fn ask(python: &Path, surroundings: &Surroundings<'_>) -> Result<Base, EnvironmentError> {
    // Its last lines, since a site's own start-up may print.
    let output = run(python, python, &["-c".as_ref(), ABOUT.as_ref()], None, surroundings)?;
    let mut lines = output.lines().rev();
    let about = lines.next().unwrap_or_default().to_owned();
    let version = lines.next().unwrap_or_default().to_owned();
    Ok(Base { path: python.to_owned(), about: format!("{version} {about}"), version })
}

/// `3.11` of `3.11.7`.
fn minor(version: &str) -> Option<&str> {
    let first = version.find('.')?;
    let second = version[first + 1..].find('.').map_or(version.len(), |second| first + 1 + second);
    Some(&version[..second])
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn patches_make_no_difference() {
        assert_eq!(minor("3.11.7"), Some("3.11"));
        assert_eq!(minor("3.11"), Some("3.11"));
        assert_eq!(minor("3"), None);
    }
}
