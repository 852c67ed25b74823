//! Remembers what something was made from, so that it is made again only when that changed.
//!
//! A stamp is a file that holds its inputs as they are: they are a few kilobytes of text, so a hash would only add a
//! way to be wrong.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A stamp: the file, and the inputs that it should hold.
pub(crate) struct Stamp {
    file: PathBuf,
    inputs: String,
}

impl Stamp {
    /// The stamp `file` of something made from `inputs`.
    pub(crate) fn new(file: &Path, inputs: String) -> Self {
        Self { file: file.to_path_buf(), inputs }
    }

    /// Whether the thing was made, wholly, from the same inputs.
    pub(crate) fn is_current(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|found| found == self.inputs)
    }

    /// To be called when the thing is complete, and only then: a making that was interrupted leaves no stamp.
    pub(crate) fn write(&self) -> Result<()> {
        fs::write(&self.file, &self.inputs).with_context(|| format!("can't write {}", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::Stamp;

    #[test]
    fn is_current_only_when_written_from_the_same_inputs() {
        let folder = std::env::temp_dir().join(format!("makinage-stamp-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let stamp = |inputs: &str| Stamp::new(&folder.join("stamp"), inputs.to_owned());

        assert!(!stamp("numpy==1").is_current());
        stamp("numpy==1").write().unwrap();
        assert!(stamp("numpy==1").is_current());
        assert!(!stamp("numpy==2").is_current());

        std::fs::remove_dir_all(&folder).unwrap();
    }
}
