//! Holds the code against the table of rooms, and the table against the code.
//!
//! Code uses what the table says and nothing else. Unit tests may use more: whatever their room may use directly or
//! through others, since they build such things to hand them over; and what is there for tests only may use all rooms.

use std::collections::BTreeSet;

use super::circles::{self, Circle};
use super::complaint::Complaint;
use super::graph::{Arrow, Graph};
use super::rooms::Room;

const ROOMS: &str = "rooms";
const CIRCLES: &str = "circles";
/// Where the table is.
const TABLE: &str = "xtask/src/tidy/rooms.rs";

/// All that differs; `src` is the crate's folder, from the repository's root on.
pub(super) fn check(graph: &Graph, table: &[Room], src: &str) -> Vec<Complaint> {
    let plan = Plan { graph, table, src };
    let mut complaints = plan.rooms();
    complaints.extend(plan.code());
    complaints.extend(plan.unused());
    complaints.extend(plan.upwards());
    complaints.extend(plan.tests());
    complaints.extend(circles::all(graph).iter().map(|circle| plan.circle(circle)));
    complaints
}

struct Plan<'a> {
    graph: &'a Graph<'a>,
    table: &'a [Room],
    src: &'a str,
}

impl Plan<'_> {
    /// Rooms that only the code has, and rooms that only the table has.
    fn rooms(&self) -> Vec<Complaint> {
        let files = self.graph.tree.files.iter().enumerate().filter(|(_, file)| !file.test);
        let there: BTreeSet<String> = files.map(|(file, _)| self.graph.room(file)).filter(|room| room != ".").collect();
        let named: BTreeSet<String> = self.table.iter().map(|room| room.name.to_owned()).collect();
        let missing = there.difference(&named).map(|room| {
            Complaint::about(format!("{}/{room}", self.src), ROOMS, format!("give this room a line in {TABLE}"))
        });
        let gone = named.difference(&there).map(|room| {
            Complaint::about(TABLE, ROOMS, format!("there is no room `{room}` in {}: remove its line", self.src))
        });
        missing.chain(gone).collect()
    }

    /// Arrows of the code that the table lacks.
    fn code(&self) -> Vec<Complaint> {
        let refused = self.graph.rooms(false).into_iter().filter(|((from, to), _)| !self.may_use(from, to));
        let text = |from: &str, to: &str, path: &str| {
            format!(
                "`{from}` may not use `{to}` (`{path}`): hand it over as an argument, move what both need below both, \
                 or decide that `{from}` stands on `{to}` and write that into {TABLE}"
            )
        };
        refused.map(|((from, to), arrow)| self.at(arrow, ROOMS, text(&from, &to, &arrow.path))).collect()
    }

    /// Entries of the table that no code needs.
    fn unused(&self) -> Vec<Complaint> {
        let arrows = self.graph.rooms(false);
        let entries =
            self.table.iter().flat_map(|room| room.uses.iter().map(|to| (room.name.to_owned(), (*to).to_owned())));
        let unused = entries.filter(|pair| !arrows.contains_key(pair));
        unused
            .map(|(from, to)| {
                Complaint::about(
                    TABLE,
                    ROOMS,
                    format!("nothing in `{from}` uses `{to}`: remove it from `{from}`'s line"),
                )
            })
            .collect()
    }

    /// Entries that point up the table.
    fn upwards(&self) -> Vec<Complaint> {
        let pairs =
            self.table.iter().enumerate().flat_map(|(line, room)| room.uses.iter().map(move |to| (line, room, to)));
        let above = |line: usize, to: &str| self.table.iter().take(line).any(|room| room.name == to);
        pairs
            .filter(|(line, _, to)| above(*line, to))
            .map(|(_, room, to)| {
                let text = format!(
                    "`{}` uses `{to}`, which stands above it: move its line below `{}`'s",
                    room.name, room.name
                );
                Complaint::about(TABLE, ROOMS, text)
            })
            .collect()
    }

    /// Arrows of unit tests to rooms that theirs doesn't stand on.
    fn tests(&self) -> Vec<Complaint> {
        let named = |room: &str| self.table.iter().any(|line| line.name == room);
        let arrows = self.graph.rooms(true).into_iter();
        let refused = arrows.filter(|((from, to), _)| named(from) && named(to) && !self.stands_on(from, to));
        let text = |from: &str, to: &str, path: &str| {
            format!(
                "a unit test of `{from}` uses `{to}` (`{path}`), on which `{from}` doesn't stand: test them together \
                 where both are used, or make what the test needs by hand"
            )
        };
        refused.map(|((from, to), arrow)| self.at(arrow, ROOMS, text(&from, &to, &arrow.path))).collect()
    }

    fn circle(&self, circle: &Circle) -> Complaint {
        let lightest = circle.arrows.iter().min_by_key(|arrow| arrow.count).expect("a circle has arrows");
        let parts: Vec<&str> = circle.parts.iter().map(String::as_str).collect();
        let folder =
            if circle.folder.is_empty() { self.src.to_owned() } else { format!("{}/{}", self.src, circle.folder) };
        let text = format!(
            "{} use each other{}. The thinnest arrow is `{}` → `{}` ({}, `{}`): move what both need into a file \
             below both, or hand it over; `cargo xtask tidy --graph` prints all arrows",
            parts.join(", "),
            if circle.parts.contains(".") { " (`.` is the folder's own file)" } else { "" },
            lightest.from,
            lightest.to,
            lightest.place,
            lightest.path
        );
        Complaint::about(folder, CIRCLES, text)
    }

    fn at(&self, arrow: &Arrow, rule: &'static str, text: String) -> Complaint {
        let file = self.graph.tree.files[arrow.from].path.display();
        Complaint::at(format!("{}/{file}", self.src), arrow.line, rule, text)
    }

    fn uses(&self, room: &str) -> &[&str] {
        self.table.iter().find(|line| line.name == room).map_or(&[], |line| line.uses)
    }

    fn may_use(&self, from: &str, to: &str) -> bool {
        self.uses(from).contains(&to)
    }

    /// Whether `from` uses `to`, directly or through others.
    fn stands_on(&self, from: &str, to: &str) -> bool {
        let mut found = BTreeSet::new();
        let mut next = vec![from];
        while let Some(room) = next.pop() {
            next.extend(self.uses(room).iter().filter(|other| found.insert(**other)));
        }
        found.contains(to)
    }
}

#[cfg(test)]
mod tests;
