//! Which model it is: the digest of its bytes, and the name and version that its publisher gave it.

use super::ModelLabel;

/// Digits of a model's SHA-256 that name it in messages where it has no name.
const LABEL_DIGITS: usize = 12;
/// The longest name or version that is taken from a record; what is longer was not meant as one.
const LONGEST: usize = 200;

/// Which model it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelIdentity {
    /// SHA-256 of the zip, in 64 hexadecimal digits.
    pub sha256: String,
    /// The name that it was published under.
    pub name: Option<String>,
    /// The version that it was published as.
    pub version: Option<String>,
}

impl ModelIdentity {
    /// A model that nobody has named.
    pub fn unnamed(sha256: impl Into<String>) -> Self {
        Self { sha256: sha256.into(), name: None, version: None }
    }

    /// A model as its record names it. Names come from outside: what isn't a name is left out.
    pub fn named(sha256: impl Into<String>, name: Option<&[u8]>, version: Option<&[u8]>) -> Self {
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().filter(|text| is_name(text)).map(str::to_owned);
        Self { sha256: sha256.into(), name: name.and_then(text), version: version.and_then(text) }
    }

    /// Its name in messages and in the `makinage-model` header: `name@version`, `name@` and the digest's first digits,
    /// or those digits.
    pub fn label(&self) -> ModelLabel {
        let digits = self.sha256.get(..LABEL_DIGITS).unwrap_or(&self.sha256);
        match (&self.name, &self.version) {
            (Some(name), Some(version)) => format!("{name}@{version}").into(),
            (Some(name), None) => format!("{name}@{digits}").into(),
            (None, _) => digits.into(),
        }
    }
}

/// Whether a text can be a model's name or version: some characters, none of which moves a terminal's cursor or ends a
/// log line.
pub fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::ModelIdentity;

    const SHA256: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn label(name: Option<&[u8]>, version: Option<&[u8]>) -> String {
        ModelIdentity::named(SHA256, name, version).label().to_string()
    }

    #[test]
    fn a_label_has_the_name_and_version_or_else_the_digests_first_digits() {
        assert_eq!(label(Some(b"iris"), Some(b"3")), "iris@3");
        assert_eq!(label(Some(b"iris"), None), "iris@0123456789ab");
        assert_eq!(label(None, Some(b"3")), "0123456789ab");
    }

    #[test]
    fn what_a_record_calls_a_name_is_not_taken_when_it_could_forge_a_log_line() {
        for hostile in [&b"a\nERROR b"[..], b"\x1b[2J", b"", b"  ", b"\xff", &[b'x'; 300]] {
            assert_eq!(label(Some(hostile), None), "0123456789ab");
        }
    }
}
