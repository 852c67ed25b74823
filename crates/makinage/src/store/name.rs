//! Names of applications and operators as names of folders: whatever they are, they lead nowhere else, and unequal ones
//! never meet.

use crate::archive::sha256;

/// Characters of a name that stay readable where it can't be a folder's name as it is.
const READABLE: usize = 40;
/// Below the 255 bytes that file systems take.
const LONGEST: usize = 100;

/// A name that is plain stays as it is. Any other becomes what is readable of it, and `~` and its SHA-256, which no
/// plain name has.
///
/// Upper-case letters are not plain: there are file systems for which `A` and `a` are one file.
pub(super) fn folder_name(name: &str) -> String {
    let is_plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-' | '.');
    if !name.is_empty() && name.len() <= LONGEST && !name.starts_with('.') && name.chars().all(is_plain) {
        return name.to_owned();
    }
    let lower = name.to_lowercase();
    let readable: String = lower.chars().filter(|c| is_plain(*c)).skip_while(|c| *c == '.').take(READABLE).collect();
    format!("{readable}~{}", sha256(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        path::{Component, Path},
    };

    use super::folder_name;

    #[test]
    fn a_plain_name_is_its_folders() {
        assert_eq!(folder_name("my_model_serving"), "my_model_serving");
        assert_eq!(folder_name("fraud-2.1"), "fraud-2.1");
    }

    #[test]
    fn whatever_a_name_is_its_folder_is_one_step_down_and_no_other_names() {
        let long = "x".repeat(249);
        let longer = "x".repeat(250);
        let names = [
            "", ".", "..", "../..", "/etc", "a/b", "a", "A", "a ", "ä", "~", "a~", "a\0", "a\n", ".hidden", "C:\\x",
            &long, &longer,
        ];
        let folders: BTreeSet<String> = names.iter().map(|name| folder_name(name)).collect();
        assert_eq!(folders.len(), names.len());
        for folder in &folders {
            let mut parts = Path::new(folder).components();
            assert!(matches!(parts.next(), Some(Component::Normal(_))) && parts.next().is_none(), "{folder:?}");
            assert!(folder.len() < 128 && folder.is_ascii() && *folder == folder.to_lowercase(), "{folder:?}");
        }
    }

    #[test]
    fn a_hashed_name_is_never_another_names_plain_one() {
        assert_ne!(folder_name(&folder_name("A")), folder_name("A"));
    }
}
