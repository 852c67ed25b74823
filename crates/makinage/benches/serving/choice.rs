//! What is measured: who serves what, how often, at which paces.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{
    contestants::{Contestant, Does, Setting, Talks, What},
    kinds::{self, Kind},
};

/// What was chosen.
pub(crate) struct Choice {
    pub kinds: Vec<Kind>,
    pub contestants: Vec<Contestant>,
    pub turns: usize,
    /// Other paces than the workloads' own.
    paces: Option<Vec<u32>>,
    /// Whether contestants were named.
    named: bool,
}

impl Choice {
    /// As the environment says.
    pub(crate) fn from_environment(makinage: &Path) -> Self {
        let (named, workloads) = (names("MAKINAGE_BENCH_CONTESTANTS"), names("MAKINAGE_BENCH_WORKLOADS"));
        let known = all_contestants(makinage);
        let contestants = chosen(named.as_deref(), known, |one| one.name);
        let mut kinds = chosen(workloads.as_deref(), kinds::ALL.to_vec(), |kind| kind.name);
        let paces = names("MAKINAGE_BENCH_PACES");
        let paces = paces.map(|all| all.iter().map(|pace| pace.parse().expect("events a second")).collect());
        let named = named.is_some();
        if let Ok(most) = env::var("MAKINAGE_BENCH_EVENTS") {
            let most: usize = most.parse().expect("a number of events");
            for kind in &mut kinds {
                (kind.events, kind.some) = (kind.events.min(most), kind.some.min(most));
            }
        }
        if workloads.is_none() {
            kinds.retain(|kind| !kind.by.is_empty());
        }
        let turns = env::var("MAKINAGE_BENCH_TURNS").map_or(3, |turns| turns.parse().expect("a number of turns"));
        let choice = Self { kinds, contestants, turns, paces, named };
        // What nobody serves needn't be made.
        let kinds = choice.kinds.iter().copied().filter(|kind| !choice.by(kind).is_empty()).collect();
        Self { kinds, ..choice }
    }

    /// Who serves this, by their places.
    pub(crate) fn by(&self, kind: &Kind) -> Vec<usize> {
        let serves = |one: &Contestant| {
            // Another build stands beside this one.
            let name = if one.name == "before" { "makinage" } else { one.name };
            // Nobody, in a run that nobody chose from: then the product alone.
            let by = if kind.by.is_empty() { &["makinage"] } else { kind.by };
            one.can_serve(kind) && (self.named || by.contains(&name))
        };
        (0..self.contestants.len()).filter(|place| serves(&self.contestants[*place])).collect()
    }

    /// Where latency is measured, events a second.
    pub(crate) fn paces<'a>(&'a self, kind: &'a Kind) -> &'a [u32] {
        if kind.paces.is_empty() { &[] } else { self.paces.as_deref().unwrap_or(kind.paces) }
    }
}

/// Those that are named, or all.
fn chosen<T>(names: Option<&[String]>, all: Vec<T>, name: impl Fn(&T) -> &'static str) -> Vec<T> {
    let Some(names) = names else { return all };
    let known: Vec<&str> = all.iter().map(&name).collect();
    for asked in names {
        assert!(known.contains(&asked.as_str()), "there is no {asked}: {}", known.join(", "));
    }
    all.into_iter().filter(|one| names.iter().any(|asked| asked == name(one))).collect()
}

fn names(variable: &str) -> Option<Vec<String>> {
    Some(env::var(variable).ok()?.split(',').map(str::to_owned).collect())
}

/// All; the others' figures are told as shares of the first one's.
fn all_contestants(now: &Path) -> Vec<Contestant> {
    let makinage = |name, program: &Path, setting| Contestant {
        name,
        what: What::Makinage { program: program.to_owned(), setting },
        talks: Talks::Plainly,
    };
    let script = |name, file, does| {
        let what = What::Script { file, does, environment: None };
        Contestant { name, what, talks: Talks::Plainly }
    };
    let mut all = vec![makinage("makinage", now, Setting::Default)];
    if let Ok(before) = env::var("MAKINAGE_BENCH_AGAINST") {
        all.push(makinage("before", Path::new(&before), Setting::Default));
    }
    let (endpoint, authority) = (variable("MAKINAGE_BENCH_SECURED"), variable("MAKINAGE_BENCH_AUTHORITY").into());
    all.extend([
        makinage("dead-letters", now, Setting::DeadLetters),
        makinage("tls", now, Setting::Tls { endpoint, authority }),
        makinage("exactly-once", now, Setting::ExactlyOnce { interval: 100 }),
        makinage("exactly-once-20ms", now, Setting::ExactlyOnce { interval: 20 }),
        Contestant { name: "loop", what: What::Loop, talks: Talks::Plainly },
        script("strong", "strong.py", Does::Batches),
        script("naive", "naive.py", Does::OneByOne),
        script("passthrough", "passthrough.py", Does::Pass),
        Contestant { name: "bare", what: What::Bare, talks: Talks::Plainly },
    ]);
    all.extend(others());
    all
}

/// Those of other projects, which need an environment each.
fn others() -> Vec<Contestant> {
    let Ok(environments) = env::var("MAKINAGE_BENCH_ENVIRONMENTS") else { return vec![] };
    let other = |name, file, does, talks| {
        let environment = Some(PathBuf::from(&environments).join(name));
        Contestant { name, what: What::Script { file, does, environment }, talks }
    };
    vec![
        other("maki-nage", "maki_nage.py", Does::OneByOne, Talks::WithoutKeys),
        other("quix", "quix.py", Does::OneByOne, Talks::Plainly),
        other("mlserver", "ml_server.py", Does::Batches, Talks::InV2),
    ]
}

/// A variable that `cargo xtask bench` sets.
pub(crate) fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run: cargo xtask bench"))
}
