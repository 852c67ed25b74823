//! A value as one line of what `makinage predict` reads.

use std::borrow::Cow;

/// Why a value can't be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// It is null.
    #[error("its value is null")]
    Null,
    /// An empty line is no event.
    #[error("its value is empty")]
    Empty,
    /// It would be several events.
    #[error("its value has line breaks")]
    Breaks,
    /// A line's end would take it.
    #[error("its value ends with a carriage return, which a line loses")]
    Return,
    /// It would be taken for JSON over several lines.
    #[error("its value is a lone bracket, which is taken for the beginning of JSON over several lines")]
    Bracket,
}

/// A value that is a line as it is.
pub(crate) fn of(value: Option<&[u8]>) -> Result<&[u8], Unfit> {
    let value = value.ok_or(Unfit::Null)?;
    match value {
        [] => Err(Unfit::Empty),
        _ if value.contains(&b'\n') => Err(Unfit::Breaks),
        [.., b'\r'] => Err(Unfit::Return),
        _ if matches!(value.trim_ascii(), b"[" | b"{" | b"[{" | b"[[") => Err(Unfit::Bracket),
        _ => Ok(value),
    }
}

/// The same of JSON, where line breaks between the parts mean nothing: they become spaces.
pub(crate) fn of_json(value: Option<&[u8]>) -> Result<Cow<'_, [u8]>, Unfit> {
    let unfit = match of(value) {
        Ok(line) => return Ok(Cow::Borrowed(line)),
        Err(unfit @ (Unfit::Breaks | Unfit::Return)) => unfit,
        Err(unfit) => return Err(unfit),
    };
    let value = value.unwrap_or_default();
    if serde_json::from_slice::<serde::de::IgnoredAny>(value).is_err() {
        return Err(unfit);
    }
    let space = |byte: &u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte };
    Ok(Cow::Owned(value.iter().map(space).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_one_line_stays_byte_for_byte_and_json_over_several_becomes_one() {
        let same: &[&[u8]] = &[b"[1, 2]", b"no json", b"\xff\x00", b"a\rb", b" ", b"{\"a\": \"\\n\"}", b"[1"];
        for value in same {
            assert_eq!(of(Some(value)), Ok(*value));
            assert_eq!(of_json(Some(value)).as_deref(), Ok(*value));
        }
        assert_eq!(of_json(Some(b"{\r\n \"a\": [1,\n2]}\n")).as_deref(), Ok(b"{   \"a\": [1, 2]} ".as_slice()));
        assert_eq!(of_json(Some(b"1\r")).as_deref(), Ok(b"1 ".as_slice()));
    }

    #[test]
    fn what_can_not_be_a_line_says_why() {
        let cases: &[(Option<&[u8]>, Unfit)] = &[
            (None, Unfit::Null),
            (Some(b""), Unfit::Empty),
            (Some(b"a\nb"), Unfit::Breaks),
            (Some(b"[1,\n2"), Unfit::Breaks),
            (Some(b"a\r"), Unfit::Return),
            (Some(b" [{"), Unfit::Bracket),
        ];
        for (value, unfit) in cases {
            assert_eq!(of(*value), Err(*unfit), "{value:?}");
            assert_eq!(of_json(*value).as_deref(), Err(unfit), "{value:?}");
        }
        assert_eq!((of(Some(b"1\r")), of(Some(b"[1]\n"))), (Err(Unfit::Return), Err(Unfit::Breaks)));
    }
}
