//! `makinage model`: which models there are, on the topic and in this machine's store, and going back to one of them.

pub(crate) mod list;
pub(crate) mod rollback;
mod time;

use std::path::Path;

use crate::config::Config;
use crate::preflight;

/// The configuration, or `None` after its problems have been written. Hooks and packages aren't looked at: they play no
/// part here.
fn configuration(file: &Path) -> Option<Config> {
    let reading = preflight::inspect_text(file);
    for problem in &reading.problems {
        super::tell(format_args!("error: {problem}"));
    }
    reading.config
}
