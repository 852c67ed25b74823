//! The files of AWS's tools, `~/.aws/credentials` and `~/.aws/config`, as far as keys and roles are in them. Pure.

use std::collections::BTreeMap;

/// What a profile says.
pub(super) type Profile = BTreeMap<String, String>;

/// The profile of this name; in `config` all but the default one are called `profile NAME`.
pub(super) fn read(text: &str, name: &str) -> Profile {
    let mut profile = Profile::new();
    let mut inside = false;
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) =
            bare.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(header, _)| header.trim())
        {
            inside = header == name || header.strip_prefix("profile").is_some_and(|rest| rest.trim() == name);
        } else if let Some((key, value)) = bare.split_once('=').filter(|_| inside && !line.starts_with([' ', '\t'])) {
            profile.insert(key.trim().to_lowercase(), value.trim().to_owned());
        }
    }
    profile
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_profile_is_the_section_of_its_name_in_either_file() {
        let text = "# x\n[default]\naws_access_key_id = A\n[ other ]\nAWS_ACCESS_KEY_ID=B==\ns3 =\n  aws_access_key_id = no\n[profile third]\nrole_arn=r\n";
        let key = |name: &str| read(text, name).get("aws_access_key_id").cloned();
        assert_eq!((key("default").as_deref(), key("other").as_deref(), key("none")), (Some("A"), Some("B=="), None));
        assert_eq!(read(text, "third")["role_arn"], "r");
    }
}
