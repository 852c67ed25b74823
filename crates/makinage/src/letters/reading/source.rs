//! Where a record stands, as a header or a user writes it: `topic/partition/offset`.

use std::{fmt, str::FromStr};

/// A record's coordinates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Source {
    /// Its topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text).ok_or_else(|| {
            format!("{text:?} names no record; write it as messages do: topic/partition/offset, for example data/0/17")
        })
    }
}

fn parse(text: &str) -> Option<Source> {
    let (rest, offset) = text.rsplit_once('/')?;
    let (topic, partition) = rest.rsplit_once('/')?;
    // No topic has a slash in its name.
    let is_topic = !topic.is_empty() && !topic.contains('/');
    is_topic.then_some(())?;
    Some(Source { topic: topic.to_owned(), partition: number(partition)?, offset: number(offset)? })
}

/// Digits alone: no sign.
fn number<N: FromStr>(text: &str) -> Option<N> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_a_topic_and_two_numbers() {
        let source: Source = "my.data-1/3/17".parse().expect("coordinates");
        assert_eq!((source.topic.as_str(), source.partition, source.offset), ("my.data-1", 3, 17));
        assert_eq!(source.to_string(), "my.data-1/3/17");
        for none in [
            "",
            "/",
            "//",
            "data",
            "data/1",
            "data//1",
            "data/1/",
            "/1/2",
            "a/b/1/2",
            "d/-1/2",
            "d/1/-2",
            "d/+1/2",
            "d/1/9223372036854775808",
            "d/2147483648/1",
            "d/1/x",
        ] {
            assert!(none.parse::<Source>().is_err(), "{none}");
        }
    }
}
