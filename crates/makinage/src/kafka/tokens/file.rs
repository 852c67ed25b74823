//! A token from a file that something else keeps up to date, such as Kubernetes.

use std::{fs, path::Path, time::Duration};

use super::{fresh::Fresh, jwt::Claims};

/// How often the file is looked at.
pub(super) const LOOK: Duration = Duration::from_secs(5);
/// How long a token holds that doesn't say so.
const UNKNOWN: Duration = Duration::from_mins(5);

/// The token that is in the file.
pub(super) fn read(path: &Path) -> Result<Fresh, String> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| format!("the file {shown} can't be read ({error}); mount it, or correct `token_file`"))?;
    let value = text.trim().to_owned();
    if value.is_empty() {
        return Err(format!("the file {shown} is empty; see to what writes it"));
    }
    let claims = Claims::of(&value);
    let lifetime = claims.left().unwrap_or(UNKNOWN);
    if lifetime.is_zero() {
        return Err(format!("the token in the file {shown} has expired; see to what writes it"));
    }
    Ok(Fresh { value, principal: claims.sub, lifetime })
}
