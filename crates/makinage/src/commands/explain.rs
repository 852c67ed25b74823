//! `makinage explain`: what a warning or an error in the log means, by its code, and what to do about it.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;

use super::{BAD_CONFIG, table::aligned, tell};
use crate::log::catalogue::{self, AREAS, Entry, wrapped};

/// Columns of a paragraph.
const WIDTH: usize = 100;

/// Explains one code, or lists all. Exit code 2 for one that there isn't.
pub(crate) fn run(code: Option<&str>) -> anyhow::Result<ExitCode> {
    let text = match code {
        None => all(),
        Some(code) => match find(code) {
            Ok(entry) => explained(entry),
            Err(message) => {
                tell(format_args!("error: {message}"));
                return Ok(BAD_CONFIG.into());
            }
        },
    };
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).context("can't write to stdout")?;
    Ok(ExitCode::SUCCESS)
}

/// The line of a code, which may be written as in the log, or carelessly, or with its whole line.
fn find(asked: &str) -> Result<&'static Entry, String> {
    let bare = asked.rsplit_once('[').map_or(asked, |(_, code)| code.split(']').next().unwrap_or_default());
    let bare: String = bare.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let wanted = match (bare.get(..1), bare.get(1..).map(str::parse::<u32>)) {
        (Some(letter), Some(Ok(number))) => format!("{letter}{number:03}"),
        _ => bare,
    };
    if let Some(entry) = catalogue::entries().find(|entry| entry.code == wanted) {
        return Ok(entry);
    }
    let distance = |entry: &&Entry| strsim::damerau_levenshtein(entry.code, &wanted);
    let nearest = catalogue::entries().min_by_key(distance).filter(|entry| distance(entry) <= 2);
    let meant = nearest.map(|entry| format!("did you mean {} ({})? ", entry.code, entry.title)).unwrap_or_default();
    Err(format!("no line of the log has the code {asked:?}; {meant}`makinage explain` lists all"))
}

fn explained(entry: &Entry) -> String {
    let Entry { code, title, meaning, remedy, .. } = entry;
    let level = catalogue::word(entry.level);
    format!("{code} ({level}): {title}\n\n{}\n\nWhat to do:\n\n{}\n", wrapped(meaning, WIDTH), wrapped(remedy, WIDTH))
}

fn all() -> String {
    let mut text = String::new();
    for area in AREAS {
        let row = |entry: &Entry| [entry.code, catalogue::word(entry.level), entry.title].map(str::to_owned).to_vec();
        let rows: Vec<_> = area.entries.iter().map(row).collect();
        text.extend([&format!("{}: {}\n", area.letter, area.name), &aligned(&rows), "\n"]);
    }
    text.push_str("makinage explain CODE says what one means and what to do.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, all, catalogue, explained, find};

    #[test]
    fn a_code_is_found_however_it_was_copied() {
        for asked in ["K001", "k1", "[K001]", " K-001 ", "2026-11-29T12:00:00Z  WARN no broker [answers] [K001]"] {
            assert_eq!(find(asked).map(|entry| entry.code), Ok("K001"), "{asked}");
        }
    }

    #[test]
    fn of_a_code_that_there_is_not_the_nearest_is_named() {
        for asked in ["K101", "KO01", "K0001x"] {
            assert!(find(asked).is_err_and(|told| told.contains("did you mean K0")), "{:?}", find(asked));
        }
        assert_eq!(
            find("nonsense").err().as_deref(),
            Some("no line of the log has the code \"nonsense\"; `makinage explain` lists all")
        );
    }

    #[test]
    fn what_is_printed_fits_a_terminal_and_all_are_listed() {
        let list = all();
        for entry in catalogue::entries() {
            assert!(list.contains(entry.code) && list.contains(entry.title), "{}", entry.code);
            let text = explained(entry);
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
            assert!(text.starts_with(&format!("{} (", entry.code)) && text.contains("What to do:"), "{text}");
        }
    }
}
