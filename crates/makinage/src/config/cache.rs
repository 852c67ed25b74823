//! Where the program keeps what it can make again.

use std::{env, path::PathBuf};

/// `$XDG_CACHE_HOME/makinage`, else `~/.cache/makinage`, else a folder below the system's temporary one (a container's
/// user may have no home).
pub fn cache_folder() -> PathBuf {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").filter(|home| home.is_dir()).map(|home| home.join(".cache")))
        .unwrap_or_else(env::temp_dir)
        .join("makinage")
}
