//! What an interpreter says of itself.

use std::path::{Path, PathBuf};

use super::{CommandLine, RunError, Runner};

/// The version, on a line of its own, and what an interpreter's packages depend on.
const ABOUT: &str = "import platform, sys, sysconfig; \
    print(platform.python_version()); print(sys.implementation.cache_tag, sysconfig.get_platform(), sys.base_prefix)";

/// An interpreter that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// Where it is, or its name on PATH.
    pub path: PathBuf,
    /// `3.11.7`
    pub version: String,
    /// All that an environment made with it depends on.
    pub about: String,
}

impl Interpreter {
    /// Asks it.
    pub(crate) fn ask(python: &Path, runner: &Runner<'_>) -> Result<Self, RunError> {
        let printed = runner.run(python, &CommandLine::new(python).args(["-c", ABOUT]))?;
        // Its last lines, since a site's own start-up may print.
        let mut lines = printed.iter().rev().map(String::as_str);
        let about = lines.next().unwrap_or_default();
        let version = lines.next().unwrap_or_default().to_owned();
        Ok(Self { path: python.to_owned(), about: format!("{version} {about}"), version })
    }

    /// Whether it is this version, as `(3, 10)`, or a later one.
    pub(crate) fn is_at_least(&self, oldest: (u32, u32)) -> bool {
        let mut parts = self.version.split('.').map(str::parse::<u32>);
        matches!((parts.next(), parts.next()), (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= oldest)
    }
}

/// `3.11` of `3.11.7`.
pub(crate) fn minor(version: &str) -> Option<&str> {
    let first = version.find('.')?;
    let second = version[first + 1..].find('.').map_or(version.len(), |second| first + 1 + second);
    Some(&version[..second])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_make_no_difference() {
        assert_eq!(minor("3.11.7"), Some("3.11"));
        assert_eq!(minor("3.11"), Some("3.11"));
        assert_eq!(minor("3"), None);
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        let says = |version: &str| Interpreter { path: "".into(), version: version.to_owned(), about: String::new() };
        assert!(!says("3.9.18").is_at_least((3, 10)));
        assert!(says("3.10.0").is_at_least((3, 10)) && says("4.0").is_at_least((3, 10)));
        assert!(!says("Traceback").is_at_least((3, 10)));
    }
}
