//! The demo's configuration files: ordinary ones, that any other use of the programs could have.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;

const SERVE: &str = include_str!("serve.yaml");
const PUBLISH: &str = include_str!("publish.yaml");

/// Where they are.
#[derive(Debug)]
pub(super) struct Files {
    /// The service's.
    pub serve: PathBuf,
    /// The publisher's.
    pub publish: PathBuf,
}

impl Files {
    /// Writes both into `folder`; the service shows itself at `status`.
    pub(super) fn write(
        folder: &Path,
        endpoint: &str,
        status: SocketAddr,
        python: &Path,
        model: &Path,
    ) -> anyhow::Result<Self> {
        let write = |name: &str, text: String| -> anyhow::Result<PathBuf> {
            let path = folder.join(name);
            fs::write(&path, text).with_context(|| format!("can't write {}", path.display()))?;
            Ok(path)
        };
        let serve = SERVE.replace("{endpoint}", &quoted(endpoint)?).replace("{python}", &quoted(text(python)?)?);
        let serve = serve.replace("{status}", &quoted(&status.to_string())?);
        let serve = serve.replace("{store}", &quoted(text(&folder.join("store"))?)?);
        let publish = PUBLISH.replace("{endpoint}", &quoted(endpoint)?).replace("{model}", &quoted(text(model)?)?);
        Ok(Self { serve: write("config.serve.yaml", serve)?, publish: write("config.publish.yaml", publish)? })
    }
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("the path {} isn't UTF-8, as YAML must be", path.display()))
}

/// A JSON string is a YAML string too.
fn quoted(text: &str) -> anyhow::Result<String> {
    Ok(serde_json::to_string(text)?)
}
