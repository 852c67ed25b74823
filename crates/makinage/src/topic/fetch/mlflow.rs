//! Through the operator's own MLflow, which knows object stores and has their credentials.

use std::{
    ffi::OsStr,
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::tools::{Tools, given_up, open};
use crate::{child::supervised::Supervised, generation::models::NotHad, record::reference::shown};

/// Writes the path of what was downloaded into a file.
const SCRIPT: &str = "import sys, mlflow.artifacts\n\
                      path = mlflow.artifacts.download_artifacts(artifact_uri=sys.argv[1], dst_path=sys.argv[2])\n\
                      open(sys.argv[3], 'w').write(path)\n";
const LONGEST: Duration = Duration::from_hours(3);
/// So much of what Python says is shown.
const SHOWN: usize = 400;

/// What was downloaded, gone with this.
pub struct Downloaded {
    _folder: TempDir,
    path: PathBuf,
    uri: String,
}

impl Downloaded {
    /// The file.
    pub fn open(&self) -> Result<File, NotHad> {
        open(&self.path).map_err(|error| {
            let uri = shown(&self.uri);
            NotHad::Unusable(format!("{uri} can't be used ({error}); a reference names the zip of a model"))
        })
    }
}

/// Downloads an artifact, with a limit of time and bytes.
pub fn download(uri: &str, tools: &Tools<'_>) -> Result<Downloaded, NotHad> {
    let (python, most_bytes) = (tools.python, tools.limits.archive_bytes);
    let disk = |error: std::io::Error| NotHad::Later(format!("the store can't be written ({error})"));
    let folder = tools.workspace.scratch().map_err(disk)?;
    let (target, answer) = (folder.path().join("artifact"), folder.path().join("path"));
    fs::create_dir(&target).map_err(disk)?;
    let arguments = ["-c".as_ref(), SCRIPT.as_ref(), OsStr::new(uri), target.as_os_str(), answer.as_os_str()];
    let child = Supervised::start(python, (python, &arguments), |_| {}).map_err(|error| {
        NotHad::Later(format!("{} can't be started ({error}); see operators.serve.python", python.display()))
    })?;
    let shown = shown(uri);
    let deadline = Instant::now() + LONGEST;
    let (status, printed) = child.wait(|| {
        if (tools.given_up)() {
            return Some(given_up(&shown));
        }
        if bytes_below(&target) > most_bytes {
            let what = format!("{shown} has more than the {most_bytes} bytes that a model may have");
            return Some(NotHad::Unusable(what));
        }
        let too_long = || NotHad::Later(format!("{shown} took more than {} s to download", LONGEST.as_secs()));
        (Instant::now() > deadline).then(too_long)
    })?;
    if !status.is_ok_and(|status| status.success()) {
        let (python, why) = (python.display(), last_line(&printed));
        return Err(NotHad::Later(format!("{shown} can't be downloaded by MLflow of {python} ({why})")));
    }
    let path = PathBuf::from(fs::read_to_string(&answer).map_err(disk)?);
    Ok(Downloaded { _folder: folder, path, uri: uri.to_owned() })
}

/// What is being written there; what can't be looked at now is looked at the next time.
fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

/// The end of what Python said: the exception.
fn last_line(printed: &str) -> String {
    let line = printed.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    line.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Read, os::unix::fs::PermissionsExt, path::PathBuf};

    use super::{NotHad, Tools, download};
    use crate::{archive::Limits, store::workspace::Workspace};

    /// What is downloaded by a stand-in for Python, the supervisor's too, with this shell script; `$2` is the script,
    /// `$3` the URI, `$4` the folder, `$5` the answer's file.
    fn downloaded(script: &str, most_bytes: u64) -> Result<String, NotHad> {
        let folder = tempfile::tempdir().unwrap();
        let python: PathBuf = folder.path().join("python");
        let supervisor = "[ \"$3\" = \"$0\" ] && shift 2 && exec \"$@\"";
        fs::write(&python, format!("#!/bin/sh\n{supervisor}\n{script}")).unwrap();
        fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let limits = Limits { archive_bytes: most_bytes, ..Limits::default() };
        let tools = Tools { python: &python, workspace: &workspace, limits: &limits, given_up: &|| false };
        let downloaded = download("s3://bucket/m.zip", &tools)?;
        let mut text = String::new();
        downloaded.open()?.read_to_string(&mut text).unwrap();
        Ok(text)
    }

    #[test]
    fn what_was_downloaded_is_read_from_where_python_says_that_it_is() {
        let script = "echo \"noise\"; echo \"$3\" > \"$4/m.zip\"; printf %s \"$4/m.zip\" > \"$5\"";
        assert_eq!(downloaded(script, 1000).unwrap(), "s3://bucket/m.zip\n");
    }

    #[test]
    fn a_failure_is_told_by_python_s_last_line_and_tried_again() {
        let failure = downloaded("echo Traceback >&2; echo 'ModuleNotFoundError: no boto3' >&2; exit 1", 1000);
        assert!(
            matches!(&failure, Err(NotHad::Later(why)) if why.contains("ModuleNotFoundError: no boto3")),
            "{failure:?}"
        );
    }

    #[test]
    fn what_is_too_large_is_stopped_while_it_comes_and_folders_are_refused() {
        let endless = "while :; do echo more-and-more-and-more >> \"$4/m.zip\"; done";
        assert!(
            matches!(downloaded(endless, 10_000), Err(NotHad::Unusable(why)) if why.contains("more than the 10000"))
        );
        let folder = "mkdir \"$4/m\"; printf %s \"$4/m\" > \"$5\"";
        assert!(matches!(downloaded(folder, 1000), Err(NotHad::Unusable(why)) if why.contains("no file")));
    }
}
