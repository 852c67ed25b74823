//! The choice as a table: each row is a situation and what is next.

use std::time::{Duration, Instant};

use super::{
    Circumstances, Next, Older, State,
    State::{Fetching, Later, Passed, Seen},
    choose,
};

/// Seconds from the table's beginning; it is always second 10 now.
fn at(seconds: u64) -> Instant {
    // One beginning for all rows, so that they can be compared.
    static BEGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *BEGIN.get_or_init(Instant::now) + Duration::from_secs(seconds)
}

/// A model that is here, and failed with these configurations.
fn here(failed: &[u64]) -> State<()> {
    State::Here((), failed.to_vec())
}

struct Row {
    situation: &'static str,
    serving: Option<u64>,
    candidates: Vec<State<()>>,
    circumstances: Circumstances,
    next: Next,
}

/// Configuration 1, a topic that was looked through, and the store hasn't been asked.
fn row(situation: &'static str, serving: Option<u64>, candidates: Vec<State<()>>, next: Next) -> Row {
    let circumstances =
        Circumstances { now: at(10), configuration: 1, older: Older::None, going_back: None, store_was_asked: false };
    Row { situation, serving, candidates, circumstances, next }
}

impl Row {
    fn with(mut self, change: impl FnOnce(&mut Circumstances)) -> Self {
        change(&mut self.circumstances);
        self
    }
}

fn unread(circumstances: &mut Circumstances) {
    circumstances.older = Older::Unread;
}

/// What is before the last candidate hasn't been asked for.
fn askable(circumstances: &mut Circumstances) {
    circumstances.older = Older::Ask(at(10));
}

/// Configuration 2 came.
fn changed(circumstances: &mut Circumstances) {
    circumstances.configuration = 2;
}

fn asked(circumstances: &mut Circumstances) {
    circumstances.store_was_asked = true;
}

const WAIT: Next = Next::Wait(None);

fn until(seconds: u64) -> Next {
    Next::Wait(Some(at(seconds)))
}

fn check(rows: Vec<Row>) {
    for Row { situation, serving, candidates, circumstances, next } in rows {
        let candidates: Vec<&State<()>> = candidates.iter().collect();
        assert_eq!(choose(serving, &candidates, &circumstances), next, "{situation}: {serving:?}, {candidates:?}");
    }
}

#[test]
fn at_the_start() {
    check(vec![
        row("the topic isn't there yet", None, vec![], WAIT).with(unread),
        row("it is there: which model is the newest?", None, vec![], Next::LookBack).with(askable),
        row("it couldn't be read a moment ago", None, vec![], until(12)).with(|now| now.older = Older::Ask(at(12))),
        row("there is one", None, vec![Seen(at(10))], Next::Fetch(0)).with(askable),
        row("it is on its way, so that those before it don't matter yet", None, vec![Fetching], WAIT).with(askable),
        row("it is here", None, vec![here(&[])], Next::Build(0)).with(askable),
        row("it is empty, or is read from its end: the store may have one", None, vec![], Next::LastServed),
        row("neither has the store", None, vec![], WAIT).with(asked),
        row("the store has one, which isn't on the topic", None, vec![here(&[])], Next::Build(0)).with(asked),
        row("the store's doesn't load either", None, vec![here(&[1])], WAIT).with(asked),
    ]);
}

#[test]
fn where_the_newest_cannot_be_used() {
    check(vec![
        row("it didn't load: the one before it", None, vec![here(&[1])], Next::LookBack).with(askable),
        row("it is damaged, or was taken back, or its record is gone", None, vec![Passed], Next::LookBack)
            .with(askable),
        row("the one before it", None, vec![here(&[1]), Seen(at(10))], Next::Fetch(1)).with(askable),
        row("no chunk or server is there yet: the one before it", None, vec![Later(at(12))], Next::LookBack)
            .with(askable),
        row("that one is here", None, vec![Later(at(12)), here(&[])], Next::Build(1)).with(askable),
        row("that one isn't there yet either", None, vec![Later(at(12)), Later(at(11))], Next::LastServed),
        row("both are tried again, the sooner first", None, vec![Later(at(12)), Later(at(11))], until(11)).with(asked),
        row("none of the topic's can be used: the store's", None, vec![Passed, here(&[1])], Next::LastServed),
        row("nor the store's", None, vec![Passed, here(&[1])], WAIT).with(asked),
        row("what failed serves nobody: it stays", Some(1), vec![here(&[1])], WAIT),
        row("the same of what can't be had", Some(1), vec![Passed], WAIT),
    ]);
}

#[test]
fn when_a_newer_model_comes_while_one_serves() {
    check(vec![
        row("nothing came", Some(1), vec![], WAIT),
        row("what came may not be the newest", Some(1), vec![], Next::LookBack).with(askable),
        row("it is", Some(1), vec![Seen(at(10))], Next::Fetch(0)),
        row("it is on its way", Some(1), vec![Fetching], WAIT),
        row("it is here", Some(1), vec![here(&[])], Next::Build(0)),
        row("a large one: another may follow at once", Some(1), vec![Seen(at(11))], until(11)),
        row("the one before a large one waits with it", Some(1), vec![Seen(at(11)), Seen(at(10))], until(11)),
        row("a newer one overtakes what is on its way", Some(1), vec![Seen(at(10)), Fetching], Next::Fetch(0)),
        row("an older one does not", Some(1), vec![Fetching, Seen(at(10))], WAIT),
        row("nor does one that is tried again: the other may take long", Some(1), vec![Later(at(9)), Fetching], WAIT),
        row("what is here serves while a newer one is on its way", Some(1), vec![Fetching, here(&[])], Next::Build(1)),
        row(
            "what was overtaken is next where the newer is of no use",
            Some(1),
            vec![Passed, Seen(at(9))],
            Next::Fetch(1),
        ),
        row("what can't be had yet is tried again in time", Some(1), vec![Later(at(10))], Next::Fetch(0)),
        row("and not before", Some(1), vec![Later(at(12))], until(12)),
    ]);
}

#[test]
fn when_the_configuration_changes() {
    check(vec![
        row("what serves takes it up", Some(1), vec![], Next::Reconfigure).with(changed),
        row("the newest that didn't load may load with it", Some(1), vec![here(&[1])], Next::Build(0)).with(changed),
        row("it didn't: what serves takes it up", Some(1), vec![here(&[1, 2])], Next::Reconfigure).with(changed),
        row("neither did: the configuration is dropped, and nothing is left to do", Some(1), vec![here(&[1, 2])], WAIT),
        row("it came with a newer model", Some(1), vec![here(&[])], Next::Build(0)).with(changed),
        row("one of the two is bad: what serves takes it up", Some(1), vec![here(&[2])], Next::Reconfigure)
            .with(changed),
        row("it was the configuration: the model without it", Some(1), vec![here(&[2])], Next::Build(0)),
        row("what is on its way may take long, and isn't waited for", Some(1), vec![Fetching], Next::Reconfigure)
            .with(changed),
        row("nor is what can't be had yet", Some(1), vec![Later(at(12))], Next::Reconfigure).with(changed),
        row("nothing serves: what didn't load may load with it", None, vec![here(&[1]), here(&[1])], Next::Build(0))
            .with(changed),
        row("the newest didn't", None, vec![here(&[2]), here(&[1])], Next::Build(1)).with(changed),
        row("an operator's SIGHUP is a change, too, and an environment may be had by now", None, vec![here(&[1])], {
            Next::Build(0)
        })
        .with(changed)
        .with(asked),
        row("nothing loaded, nothing changed", None, vec![here(&[1])], WAIT).with(asked),
    ]);
}

#[test]
fn when_what_serves_is_taken_back() {
    let back = |due: u64| move |circumstances: &mut Circumstances| circumstances.going_back = Some(at(due));
    check(vec![
        row("the one before comes back", Some(1), vec![], Next::GoBack).with(back(10)),
        row("before anything else", Some(1), vec![here(&[])], Next::GoBack).with(back(10)).with(changed),
        row("it didn't load, and is tried again in time", Some(1), vec![], until(15)).with(back(15)),
        row("a newer model helps, too", Some(1), vec![Seen(at(10))], Next::Fetch(0)).with(back(15)),
        row("and is loaded", Some(1), vec![here(&[])], Next::Build(0)).with(back(15)),
        row("what is bad takes up no configuration meanwhile", Some(1), vec![], until(15)).with(back(15)).with(changed),
        row("it is back: a changed configuration is taken up", Some(1), vec![], Next::Reconfigure).with(changed),
        row("what was taken back isn't loaded again", Some(1), vec![Passed], WAIT),
        row("a rollback by hand is a model like another", Some(1), vec![Seen(at(10)), Passed], Next::Fetch(0)),
    ]);
}
