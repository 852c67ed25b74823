//! What an instance's transactions are called: the same after a restart, so that the brokers end at once what it had
//! left open, and no other instance's.
//!
//! Who is given no name is called after its host, and after a number on it: the lowest that no living instance of this
//! cache folder has.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
};

/// Where Linux says what the host is called.
const HOST: &str = "/proc/sys/kernel/hostname";

/// A name for transactions.
#[derive(Debug)]
pub struct Name {
    text: String,
    /// Nobody else has the number as long as this is there.
    _lock: Option<File>,
}

/// What the name begins with: the application, and what the user calls this instance, or the host.
pub fn stem(application: &str, instance: Option<&str>) -> String {
    if let Some(instance) = instance {
        return format!("{application}-{instance}");
    }
    let host = fs::read_to_string(HOST).unwrap_or_default();
    let host = if host.trim().is_empty() { "host" } else { host.trim() };
    format!("{application}-{host}")
}

impl Name {
    /// Of the instance of an application that the user has named so, or that keeps its number in a folder.
    pub fn new(application: &str, instance: Option<&str>, folder: &Path) -> io::Result<Self> {
        let stem = stem(application, instance);
        if instance.is_some() {
            return Ok(Self { text: stem, _lock: None });
        }
        fs::create_dir_all(folder)?;
        let file: String = application.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        for number in 0_u32.. {
            let lock = File::create(folder.join(format!("{file}-{number}.lock")))?;
            match lock.try_lock() {
                Ok(()) => return Ok(Self { text: format!("{stem}-{number}"), _lock: Some(lock) }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::other("all numbers are taken"))
    }

    /// The transactional id.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_that_live_at_once_have_names_of_their_own_and_keep_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let name = || Name::new("app/ö", None, folder.path()).expect("a name");
        let (first, second) = (name(), name());
        assert!(first.as_str().ends_with("-0") && second.as_str().ends_with("-1"), "{first:?} {second:?}");
        drop(first);
        let again = name();
        assert!(again.as_str().starts_with("app/ö-") && again.as_str().ends_with("-0"), "{again:?}");
        assert_eq!(Name::new("app", Some("pod-3"), folder.path()).expect("a name").as_str(), "app-pod-3");
    }
}
