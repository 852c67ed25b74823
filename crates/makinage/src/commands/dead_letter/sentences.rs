//! What these commands say beside their results.

use std::collections::BTreeMap;

use crate::{
    letters::reading::{
        shown,
        summary::{Group, Kind, Summary},
        time,
    },
    replay::letters::Others,
};

/// Characters of a cell of the table.
const CELL: usize = 48;

/// `1 letter`, `2 letters`.
pub(super) fn count(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// How many go to which topic.
pub(super) fn by_topic(topics: &BTreeMap<String, u64>) -> String {
    let each: Vec<String> = topics.iter().map(|(topic, count)| format!("{count} to {topic}")).collect();
    each.join(", ")
}

/// The table of a summary, its head first.
pub(super) fn rows(topic: &str, summary: &Summary) -> Vec<Vec<String>> {
    let head = ["STEP", "ERROR", "MODEL", "LETTERS", "REPLAYED", "FIRST", "LAST", "EXAMPLE", "ITS EVENT"];
    let head = head.map(str::to_owned).to_vec();
    let row = |(kind, group)| row(topic, kind, group);
    [head].into_iter().chain(summary.groups().into_iter().map(row)).collect()
}

fn row(topic: &str, kind: &Kind, group: &Group) -> Vec<String> {
    let cell = |text: &str| shown::short(text, CELL);
    let when = |time: Option<i64>| time.map_or_else(|| "-".to_owned(), time::shown);
    let (letter, event) = &group.example;
    vec![
        cell(&kind.step),
        cell(&kind.error),
        cell(kind.model.as_deref().unwrap_or("-")),
        group.count.to_string(),
        group.replayed.to_string(),
        when(group.first),
        when(group.last),
        format!("{topic}/{letter}"),
        shown::line(&event.to_string()),
    ]
}

/// What else is on the topic.
pub(super) fn others(topic: &str, others: &Others) -> Vec<String> {
    let mut lines = Vec::new();
    if others.foreign > 0 {
        lines.push(format!("{} on {topic} are no dead letters of makinage's", count(others.foreign, "record")));
    }
    if let Some((place, why)) = &others.first {
        let (unreadable, why) = (count(others.unreadable, "dead letter"), shown::line(why));
        lines.push(format!("{unreadable} can't be read, the first at {topic}/{place}: {why}"));
    }
    lines
}

/// Nothing is what was asked for.
pub(super) fn nothing(topic: &str, others: u64) -> String {
    match others {
        0 => format!("there are no dead letters on {topic}"),
        _ => format!("no dead letter on {topic} is what is asked for; it has {}", count(others, "other")),
    }
}
