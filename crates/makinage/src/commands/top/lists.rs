//! Where each list begins on the screen, and which of them keys move. Pure.

use ratatui::crossterm::event::KeyCode;

use super::look::Look;

/// Rows of a page.
const PAGE: usize = 10;

/// A list that may be longer than its place on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Workers,
    Partitions,
    Failures,
}

impl List {
    const ALL: [Self; 3] = [Self::Workers, Self::Partitions, Self::Failures];

    /// Where the status has it, as a JSON pointer.
    pub(super) fn pointer(self) -> &'static str {
        match self {
            Self::Workers => "/stream/workers",
            Self::Partitions => "/group/partitions",
            Self::Failures => "/failures",
        }
    }
}

/// Where lists begin.
#[derive(Debug)]
pub(super) struct Lists {
    focus: List,
    first: [usize; List::ALL.len()],
}

impl Default for Lists {
    /// At their beginnings; keys move the failures, which is the longest where there are any.
    fn default() -> Self {
        Self { focus: List::Failures, first: [0; List::ALL.len()] }
    }
}

impl Lists {
    /// The list that keys move.
    pub(super) fn focus(&self) -> List {
        self.focus
    }

    /// The first row of a list that is shown, where it has that many.
    pub(super) fn first(&self, list: List, look: &Look) -> usize {
        self.first[list as usize].min(last(list, look))
    }

    /// Takes a key: another list, or another place in this one.
    pub(super) fn press(&mut self, key: KeyCode, look: &Look) {
        let (first, last) = (self.first(self.focus, look), last(self.focus, look));
        let first = match key {
            KeyCode::Tab => return self.turn(1),
            KeyCode::BackTab => return self.turn(List::ALL.len() - 1),
            KeyCode::Up | KeyCode::Char('k') => first.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => first + 1,
            KeyCode::PageUp => first.saturating_sub(PAGE),
            KeyCode::PageDown => first + PAGE,
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => return,
        };
        self.first[self.focus as usize] = first.min(last);
    }

    fn turn(&mut self, by: usize) {
        self.focus = List::ALL[(self.focus as usize + by) % List::ALL.len()];
    }
}

/// A list's last row.
fn last(list: List, look: &Look) -> usize {
    look.list(list.pointer()).len().saturating_sub(1)
}

#[cfg(test)]
mod tests;
