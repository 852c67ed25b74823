use std::collections::BTreeSet;

use super::{AREAS, Entry, entries, word, wrapped};
use crate::generated::{self, WIDTH};

const HEADER: &str = r#"# Warnings and errors in the log

Each warning and error that the service logs ends in a code, `[K001]`, or has it as the field `code` where the log is
JSON; what a command says before it logs anything (C002, C003, C006, S006) has its code in JSON alone.
`makinage explain K001` prints what stands here. An *error* means that somebody must act, a *warning* that
somebody will have to, or may. A code's meaning doesn't change from version to version.

A JSON line (`log: {format: json}`; `auto` is JSON where standard error is no terminal) has `timestamp` (RFC 3339, UTC),
`level` (`error`, `warn`, `info`, `debug`), `code` where it is a warning or an error, `message`, and what is known of
`topic`, `partition`, `offset`, `step`, `model`, `generation` and `worker`, which is also what a worker prints under.

```json
{"timestamp":"2026-11-29T12:00:00.000000Z","level":"warn","code":"E003","message":"skipped data/0/7: step predict: …","topic":"data","partition":0,"offset":7,"step":"predict","model":"iris@3"}
```

<!-- generated: cargo xtask docs -->
"#;

fn document() -> String {
    let mut text = HEADER.to_owned();
    for area in AREAS {
        text.extend(["\n## ", &area.letter.to_string(), ": ", area.name, "\n"]);
        for Entry { code, level, title, meaning, remedy, .. } in area.entries {
            let (meaning, remedy) = (wrapped(meaning, WIDTH), wrapped(&format!("What to do: {remedy}"), WIDTH));
            text.extend(["\n### ", code, ": ", title, "\n\n*", word(*level), "*\n\n", &meaning, "\n\n", &remedy, "\n"]);
        }
    }
    text
}

#[test]
fn the_document_has_every_line_as_the_program_has_it() {
    generated::hold("docs/log-lines.md", |_| document());
}

#[test]
fn each_code_is_declared_once_below_its_letter_in_order() {
    let mut titles = BTreeSet::new();
    for area in AREAS {
        assert!(area.entries.is_sorted_by(|one, next| one.code < next.code), "{}", area.name);
        for entry in area.entries {
            let number = entry.code.strip_prefix(area.letter).expect("its area's letter");
            assert!(number.len() == 3 && number.parse::<u16>().is_ok(), "{}", entry.code);
            assert!(titles.insert(entry.title), "{}: another line has that title", entry.code);
        }
    }
    assert!(AREAS.is_sorted_by_key(|area| area.letter));
}

#[test]
fn each_is_told_in_whole_sentences() {
    for entry in entries() {
        for text in [entry.meaning, entry.remedy] {
            assert!(
                text.ends_with('.') && text.starts_with(|first: char| first.is_uppercase() || first == '`'),
                "{text}"
            );
            assert!(!text.contains("  "), "{text}");
        }
        assert!(!entry.title.ends_with('.') && entry.title.len() <= 80, "{}", entry.title);
    }
}
