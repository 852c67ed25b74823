//! Dates and times, as PyYAML makes them (`constructor.py`).

use super::resolve::Cursor;
use crate::yaml::node::Scalar;

const NO_DAY: &str = "there is no such day";
const NO_CLOCK: &str = "no clock shows that time";
const NO_ZONE: &str = "zones are less than 24 hours from UTC";

/// A date, or a date and time, whose form `resolve` has checked.
pub(super) fn timestamp(text: &str) -> Result<Scalar, &'static str> {
    let mut cursor = Cursor(text);
    cursor.date();
    let mut parts = text[..text.len() - cursor.0.len()].split('-');
    let date = date([number(parts.next()), number(parts.next()), number(parts.next())])?;
    if cursor.ends() {
        return Ok(Scalar::Date(date));
    }
    let _separator = cursor.take(|character| matches!(character, 'T' | 't' | ' ' | '\t'));
    let clock = cursor.take(|character| character.is_ascii_digit() || character == ':');
    let mut parts = clock.split(':').map(|part| number(Some(part)));
    let clock = [parts.next(), parts.next(), parts.next()].map(Option::unwrap_or_default);
    let [hour, minute, second] = clock;
    if hour > 23 || minute > 59 || second > 59 {
        return Err(NO_CLOCK);
    }
    let fraction = if cursor.is('.') { cursor.take(|digit| digit.is_ascii_digit()) } else { "" };
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let _blanks = cursor.take(|character| matches!(character, ' ' | '\t'));
    Ok(Scalar::Moment(format!("{date}T{hour:02}:{minute:02}:{second:02}.{fraction}{}", zone(cursor.0)?)))
}

fn date([year, month, day]: [u32; 3]) -> Result<String, &'static str> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    if year == 0 || day == 0 || day > days {
        return Err(NO_DAY);
    }
    Ok(format!("{year:04}-{month:02}-{day:02}"))
}

/// The distance from UTC, `±HH:MM`; nothing for a time without a zone.
fn zone(text: &str) -> Result<String, &'static str> {
    let Some(distance) = text.strip_prefix(['-', '+']) else {
        return Ok(if text.is_empty() { String::new() } else { "+00:00".to_owned() });
    };
    let (hours, minutes) = distance.split_once(':').unwrap_or((distance, "0"));
    // Minutes may be more than 59 there.
    let minutes = number(Some(hours)) * 60 + number(Some(minutes));
    if minutes >= 24 * 60 {
        return Err(NO_ZONE);
    }
    let sign = if text.starts_with('-') && minutes > 0 { '-' } else { '+' };
    Ok(format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60))
}

/// Few digits, whose form `resolve` has checked.
fn number(digits: Option<&str>) -> u32 {
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_default()
}
