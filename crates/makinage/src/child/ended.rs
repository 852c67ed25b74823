//! How a program ended.

use std::{fmt, os::unix::process::ExitStatusExt, process::ExitStatus};

/// How a program ended; shown, it says so in words. The system's reason, where it can't be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended(pub(super) Result<ExitStatus, String>);

impl Ended {
    /// Whether it did what it was started for.
    pub fn well(&self) -> bool {
        self.0.as_ref().is_ok_and(ExitStatus::success)
    }

    /// Whether it was killed outright, as the system does where memory runs out.
    pub fn is_kill(&self) -> bool {
        self.0.as_ref().is_ok_and(|status| status.signal() == Some(9))
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match &self.0 {
            Ok(status) => status,
            Err(error) => return f.write_str(error),
        };
        match (status.code(), status.signal()) {
            (Some(code), _) => write!(f, "exit code {code}"),
            (_, Some(9)) => f.write_str("killed by signal 9; where nobody did that, the system was out of memory"),
            (_, Some(11)) => f.write_str("signal 11, a crash in native code"),
            (_, Some(signal)) => write!(f, "signal {signal}"),
            _ => write!(f, "{status}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_by_its_code_or_its_signal() {
        let ended = |raw| Ended(Ok(ExitStatus::from_raw(raw)));
        assert_eq!(ended(3 << 8).to_string(), "exit code 3");
        assert_eq!(ended(15).to_string(), "signal 15");
        assert!(ended(9).to_string().ends_with("out of memory") && ended(11).to_string().contains("native code"));
        assert!(ended(9).is_kill() && !ended(11).is_kill() && !ended(0).is_kill());
        assert!(ended(0).well());
        assert!(!ended(1 << 8).well() && !ended(9).well() && !Ended(Err("no such child".to_owned())).well());
    }
}
