//! Things under numbers that are not used again for a long time, found by an index and a compare. Pure.
//!
//! The lower bits of a number are its place in a table; a number whose place is taken is passed over. The table grows
//! before it is half full, and no two of its numbers come to share a place by that.

use crate::event::ASSIGNMENTS;

/// The numbers: so many a ticket has room for.
const NUMBERS: u32 = ASSIGNMENTS;
/// Places of a table that isn't empty, at least.
const PLACES: usize = 16;

/// A table of what has a number.
#[derive(Debug)]
pub(super) struct Numbered<T> {
    /// Empty, or a power of two long.
    table: Vec<Option<(u32, T)>>,
    count: usize,
    next: u32,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { table: vec![], count: 0, next: 0 }
    }
}

impl<T> Numbered<T> {
    /// Takes this in, under a number of its own.
    pub(super) fn insert(&mut self, thing: T) -> u32 {
        if 2 * (self.count + 1) > self.table.len() {
            self.grow();
        }
        loop {
            let number = self.next;
            self.next = (self.next + 1) % NUMBERS;
            let place = self.place(number);
            if let Some(free) = self.table.get_mut(place).filter(|place| place.is_none()) {
                *free = Some((number, thing));
                self.count += 1;
                return number;
            }
        }
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        let place = self.place(number);
        let taken = self.table.get_mut(place)?.take_if(|(is, _)| *is == number)?;
        self.count -= 1;
        Some(taken.1)
    }

    pub(super) fn get(&self, number: u32) -> Option<&T> {
        match self.table.get(self.place(number)) {
            Some(Some((is, thing))) if *is == number => Some(thing),
            _ => None,
        }
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let place = self.place(number);
        match self.table.get_mut(place) {
            Some(Some((is, thing))) if *is == number => Some(thing),
            _ => None,
        }
    }

    /// All of them, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.table.iter().flatten().map(|(number, thing)| (*number, thing))
    }

    /// Behind the end of a table without places.
    fn place(&self, number: u32) -> usize {
        number as usize & self.table.len().wrapping_sub(1)
    }

    fn grow(&mut self) {
        let places = PLACES.max(2 * self.table.len());
        let mut before = std::mem::take(&mut self.table);
        self.table.resize_with(places, || None);
        for entry in before.drain(..).flatten() {
            let place = self.place(entry.0);
            self.table[place] = Some(entry);
        }
    }
}

#[cfg(test)]
mod tests;
