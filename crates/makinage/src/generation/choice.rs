//! Which model is next, and with which configuration. Pure: all that is known is passed in, and nothing is done here.

use std::time::Instant;

/// How far one model has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State<M> {
    /// Nobody has tried to have it; it is not fetched before this, since a newer one may follow at once.
    Seen(Instant),
    /// It couldn't be had for the time being, and is tried again then.
    Later(Instant),
    /// It is on its way.
    Fetching,
    /// It is here, and is not known to fail with any other configurations than these.
    Here(M, Vec<u64>),
    /// It is of no use: it can't be had, or was taken back.
    Passed,
}

/// What may be known of the models before the last candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Older {
    /// The topic isn't read yet.
    Unread,
    /// They may be asked for, from then on.
    Ask(Instant),
    /// There are none, or none that are of interest.
    None,
}

/// What else bears on the choice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances {
    /// The time.
    pub now: Instant,
    /// The number of the newest configuration that wasn't found wanting.
    pub configuration: u64,
    /// What is before the last candidate.
    pub older: Older,
    /// What serves was taken back: when it is tried again to go to the one before.
    pub going_back: Option<Instant>,
    /// Whether the store was asked for the model that served last, and nothing has come since.
    pub store_was_asked: bool,
}

/// What the loader does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Makes a generation of what served before.
    GoBack,
    /// Makes a generation of this candidate and the newest configuration.
    Build(usize),
    /// Has this candidate fetched; what is being fetched is given up for it.
    Fetch(usize),
    /// Asks for the model before the last candidate, or for the newest.
    LookBack,
    /// Makes a generation of the model that serves and the newest configuration.
    Reconfigure,
    /// Asks the store for the model that served last.
    LastServed,
    /// Nothing, until this time or something comes.
    Wait(Option<Instant>),
}

/// Chooses. `serving` is the number of the configuration that serves; the candidates are the models that may take over,
/// newest first, as far as they are known.
pub(crate) fn choose<M>(serving: Option<u64>, candidates: &[&State<M>], circumstances: &Circumstances) -> Next {
    let Circumstances { now, configuration, older, going_back, store_was_asked } = *circumstances;
    if going_back.is_some_and(|due| due <= now) {
        return Next::GoBack;
    }
    let Walked { next, wake, is_open } = walk(candidates, configuration, now);
    if let Some(next) = next {
        return next;
    }
    let look_back = match older {
        Older::Ask(due) if !is_open => Some(due),
        _ => None,
    };
    if look_back.is_some_and(|due| due <= now) {
        return Next::LookBack;
    }
    if going_back.is_none() && serving.is_some_and(|serving| serving != configuration) {
        return Next::Reconfigure;
    }
    if serving.is_none() && !is_open && older == Older::None && !store_was_asked {
        return Next::LastServed;
    }
    Next::Wait(wake.into_iter().chain(look_back).chain(going_back).min())
}

struct Walked {
    next: Option<Next>,
    /// When a candidate is due.
    wake: Option<Instant>,
    /// One of them is on its way, or about to be: what is before them needn't be known yet.
    is_open: bool,
}

/// From the newest candidate back to the first that there is something to do with.
fn walk<M>(candidates: &[&State<M>], configuration: u64, now: Instant) -> Walked {
    let fetching = candidates.iter().position(|state| matches!(state, State::Fetching));
    let mut walked = Walked { next: None, wake: None, is_open: fetching.is_some() };
    for (index, state) in candidates.iter().enumerate() {
        match state {
            State::Here(_, failed) if !failed.contains(&configuration) => walked.next = Some(Next::Build(index)),
            // A newer one overtakes, but only at its first try: else two that take long would never come.
            State::Seen(due) if *due <= now && fetching.is_none_or(|fetching| index < fetching) => {
                walked.next = Some(Next::Fetch(index));
            }
            State::Later(due) if *due <= now && fetching.is_none() => walked.next = Some(Next::Fetch(index)),
            State::Seen(due) if *due > now => {
                // It is to be had in a moment: those before it wait.
                walked.wake = walked.wake.into_iter().chain([*due]).min();
                walked.is_open = true;
                return walked;
            }
            State::Later(due) if *due > now => walked.wake = walked.wake.into_iter().chain([*due]).min(),
            _ => {}
        }
        if walked.next.is_some() {
            return walked;
        }
    }
    walked
}

#[cfg(test)]
mod tests;
