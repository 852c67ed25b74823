//! What every reading of a syntax tree goes along with: what aliases stand for, what it weighs, what is to be said of
//! it.

use std::collections::{HashMap, HashSet};

use super::{
    fault::{Cause, Fault, Unreadable},
    limits::Limits,
    syntax::{Content, Raw, Syntax},
};

/// One walk through a document.
pub(super) struct Walk<'s> {
    anchored: &'s HashMap<usize, Raw>,
    limits: Limits,
    /// The keys that lead to what is being read.
    pub path: String,
    weight: usize,
    /// What is wrong, and doesn't keep the rest from being read.
    pub faults: Vec<Fault>,
    /// What is read otherwise than YAML 1.2 would.
    pub readings: Vec<Fault>,
    /// Places that something was said of: an alias reads its value again.
    told: HashSet<(usize, String)>,
}

impl<'s> Walk<'s> {
    /// At the top of a document.
    pub(super) fn new(syntax: &'s Syntax, limits: Limits) -> Self {
        Self {
            anchored: &syntax.anchored,
            limits,
            path: String::new(),
            weight: 0,
            faults: Vec::new(),
            readings: Vec::new(),
            told: HashSet::new(),
        }
    }

    /// What an alias stands for; anything else is itself.
    pub(super) fn named(&self, raw: &'s Raw) -> &'s Raw {
        match &raw.content {
            Content::Anchored(anchor) => self.anchored.get(anchor).unwrap_or(raw),
            _ => raw,
        }
    }

    /// Steps onto a value at `depth`; the answer is what stands there.
    pub(super) fn step(&mut self, raw: &'s Raw, depth: usize) -> Result<&'s Raw, Unreadable> {
        self.descend(raw, depth)?;
        let named = self.named(raw);
        let text = if let Content::Scalar(text, _) = &named.content { text.len() } else { 0 };
        self.weigh(self.limits.node + text, raw)?;
        Ok(named)
    }

    /// What `read` makes of each item of a list, with its path.
    pub(super) fn items<T>(
        &mut self,
        items: &'s [Raw],
        mut read: impl FnMut(&mut Self, &'s Raw) -> Result<T, Unreadable>,
    ) -> Result<Vec<T>, Unreadable> {
        let outer = self.path.clone();
        let mut made = Vec::new();
        for item in items {
            self.path = format!("{outer}[{}]", made.len());
            made.push(read(self, item)?);
        }
        self.path = outer;
        Ok(made)
    }

    /// Refuses what is too deep.
    pub(super) fn descend(&self, raw: &Raw, depth: usize) -> Result<(), Unreadable> {
        if depth > self.limits.levels {
            return Err(self.unreadable(raw, Cause::TooDeep(self.limits.levels)));
        }
        Ok(())
    }

    /// Counts what the tree grows by.
    pub(super) fn weigh(&mut self, weight: usize, raw: &Raw) -> Result<(), Unreadable> {
        self.weight += weight;
        if self.weight > self.limits.weight {
            return Err(self.unreadable(raw, Cause::TooHeavy(self.limits.weight)));
        }
        Ok(())
    }

    /// Why nothing behind `raw` can be read.
    pub(super) fn unreadable(&self, raw: &Raw, cause: Cause) -> Unreadable {
        Unreadable { line: raw.line, column: None, key: self.path.clone(), cause }
    }

    /// Notes what doesn't keep the rest from being read.
    pub(super) fn note(&mut self, raw: &Raw, message: impl Into<String>) {
        let fault = self.fault(raw, message.into());
        if self.told.insert((raw.index, fault.message.clone())) {
            self.faults.push(fault);
        }
    }

    /// Notes what is read otherwise than YAML 1.2 would; `kind` says of what kind that is, which is told once a place.
    pub(super) fn reading(&mut self, raw: &Raw, kind: &str, message: String) {
        let reading = self.fault(raw, message);
        if self.told.insert((raw.index, kind.to_owned())) {
            self.readings.push(reading);
        }
    }

    fn fault(&self, raw: &Raw, message: String) -> Fault {
        Fault { line: raw.line, column: None, key: self.path.clone(), message }
    }
}
