use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{Log, LogFormat, format_of, may_have_colours};
use crate::config::{
    reader::surroundings::Surroundings,
    tests::{config, problem},
};

const CONFIG: &str = "config:\n  serve: {}\n";

/// Variables of the environment.
struct Variables(&'static [(&'static str, &'static str)]);

impl Surroundings for Variables {
    fn variable(&self, name: &str) -> Option<OsString> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into())
    }

    fn is_executable(&self, _: &Path) -> bool {
        false
    }

    fn cores(&self) -> usize {
        1
    }

    fn trust_store(&self) -> Option<PathBuf> {
        None
    }
}

#[test]
fn lines_are_what_the_file_says_and_auto_without_it() {
    let format = |text: &str| config(CONFIG, &format!("{text}\n{CONFIG}")).log;
    for (text, format_of_it) in [
        ("", LogFormat::Auto),
        ("log:", LogFormat::Auto),
        ("log: {}", LogFormat::Auto),
        ("log: {format: auto}", LogFormat::Auto),
        ("log: {format: text}", LogFormat::Text),
        ("log: {format: json}", LogFormat::Json),
    ] {
        assert_eq!(format(text), Log { format: format_of_it }, "{text}");
    }
    insta::assert_snapshot!(problem(CONFIG, &format!("log: {{format: xml}}\n{CONFIG}")), @"21: log.format: `xml` is none of the values of this key; use one of `auto`, `text`, `json`");
    insta::assert_snapshot!(problem(CONFIG, &format!("log: json\n{CONFIG}")), @"21: log: this must be a mapping of keys and values, not `json`");
}

#[test]
fn the_environment_says_what_auto_is_and_nothing_else() {
    let of = |variables| format_of(&Variables(variables));
    assert_eq!(of(&[]), Ok(LogFormat::Auto));
    assert_eq!(of(&[("MAKINAGE_LOG_FORMAT", "")]), Ok(LogFormat::Auto));
    assert_eq!(of(&[("MAKINAGE_LOG_FORMAT", "auto")]), Ok(LogFormat::Auto));
    assert_eq!(of(&[("MAKINAGE_LOG_FORMAT", "text")]), Ok(LogFormat::Text));
    assert_eq!(of(&[("MAKINAGE_LOG_FORMAT", "json")]), Ok(LogFormat::Json));
    assert_eq!(
        of(&[("MAKINAGE_LOG_FORMAT", "JSON")]).err().as_deref(),
        Some("the environment variable MAKINAGE_LOG_FORMAT is \"JSON\"; set it to auto, text or json, or unset it")
    );
}

#[test]
fn no_color_forbids_colours_unless_it_is_empty() {
    assert!(may_have_colours(&Variables(&[])) && may_have_colours(&Variables(&[("NO_COLOR", "")])));
    assert!(!may_have_colours(&Variables(&[("NO_COLOR", "1")])));
}
