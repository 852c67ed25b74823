//! Finds a JDK that runs Kafka's broker.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::tools;

/// Kafka 4's broker runs on this version or a newer one.
const OLDEST: u32 = 17;

/// `$JAVA_HOME/bin/java`, else `java`; refuses one that is too old.
pub(crate) fn find() -> Result<PathBuf> {
    let java = match std::env::var_os("JAVA_HOME").filter(|home| !home.is_empty()) {
        Some(home) => PathBuf::from(home).join("bin/java"),
        None => PathBuf::from("java"),
    };
    let Some(printed) = tools::output(tools::command(&java).arg("-version"))? else {
        bail!(
            "there is no `{}`, and Kafka needs a JDK {OLDEST} or newer: install one (on Debian and Ubuntu, `apt-get \
             install openjdk-17-jdk-headless`) or set JAVA_HOME",
            java.display()
        );
    };
    match major(&printed) {
        Some(version) if version >= OLDEST => Ok(java),
        Some(version) => bail!(
            "`{}` is Java {version}, and Kafka needs {OLDEST} or newer: install one, or set JAVA_HOME to it",
            java.display()
        ),
        None => bail!("`{} -version` doesn't tell a version, it printed: {}", java.display(), printed.trim()),
    }
}

/// The major version in what `java -version` prints: `openjdk version "17.0.15" 2025-04-15`.
fn major(printed: &str) -> Option<u32> {
    let version = printed.split('"').nth(1)?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn reads_the_version_that_java_prints() {
        assert_eq!(major("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime"), Some(17));
        assert_eq!(major("openjdk version \"21\" 2023-09-19"), Some(21));
        // Java 8 called itself 1.8, which is too old whichever way it is read.
        assert_eq!(major("java version \"1.8.0_292\""), Some(1));
        assert_eq!(major("java: command not found"), None);
    }
}
