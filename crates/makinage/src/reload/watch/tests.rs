//! What becomes of changes, without threads, without Python and without waiting.

use std::{
    cell::{Cell, RefCell},
    fs,
};

use crossbeam_channel::bounded;
use tempfile::TempDir;

use super::*;
use crate::config::Problem;

/// What was taken up, by its `load_timeout` in seconds, and what was refused.
#[derive(Debug, Default)]
struct Taken {
    up: RefCell<Vec<u64>>,
    refused: RefCell<Vec<String>>,
    /// Nothing is taken up after so many.
    most: Cell<usize>,
}

impl Taker for &Taken {
    fn take_up(&self, config: Config) {
        self.up.borrow_mut().push(config.operator.tuning.load_timeout.as_secs());
    }

    fn refuse(&self, why: &str) {
        self.refused.borrow_mut().push(why.to_owned());
    }

    fn is_gone(&self) -> bool {
        self.up.borrow().len() == self.most.get()
    }
}

impl Taken {
    /// What was taken up since the last call.
    fn up(&self) -> Vec<u64> {
        self.up.take()
    }

    /// The one refusal since the last call.
    fn refusal(&self) -> String {
        let refused = self.refused.take();
        assert_eq!(refused.len(), 1, "{refused:?}");
        refused.concat()
    }

    fn assert_nothing(&self) {
        assert_eq!((self.up(), self.refused.take()), (vec![], vec![]));
    }
}

/// A folder with a hook, so that there is code to watch.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("hooks.py", "def predict(model, config): ...");
        project
    }

    fn write(&self, name: &str, text: &str) {
        // As editors do, so that no look meets half of it.
        let new = self.0.path().join("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.path(name)).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn origin(&self) -> Origin {
        Origin::file(&self.path("config.yaml"))
    }

    fn config(&self, text: &str) -> Config {
        let reading = read_service(text, &self.origin());
        assert_eq!(reading.problems.to_string(), "");
        reading.config.unwrap()
    }

    /// A watch over texts that are sent, which is how Consul's come.
    fn watch_sent<'t>(&self, taken: &'t Taken) -> Watch<&'t Taken> {
        let texts = Texts::Sent { last: text(1), texts: never() };
        self.watch(texts, taken)
    }

    /// A watch over the file, which has been looked at until nothing moved.
    fn watch_file<'t>(&self, taken: &'t Taken) -> Watch<&'t Taken> {
        self.write("config.yaml", &text(1));
        let mut watch = self.watch(Texts::File(self.path("config.yaml")), taken);
        look_twice(&mut watch);
        taken.assert_nothing();
        watch
    }

    fn watch<'t>(&self, texts: Texts, taken: &'t Taken) -> Watch<&'t Taken> {
        Watch::new(texts, self.origin(), self.config(&text(1)), taken, check)
    }
}

fn text(seconds: u64) -> String {
    format!(
        "application: {{name: a}}\nkafka: {{endpoint: localhost}}\ntopics: [{{name: m}}, {{name: d}}, {{name: p, encoder: makinage.encoding.json}}]\n\
         operators:\n  serve: {{factory: 'makinage.serve:serve', sources: [m, d], sinks: [p], load_timeout: {seconds}s}}\n\
         config: {{serve: {{predict: 'hooks:predict'}}}}\n"
    )
}

/// In place of Python: hooks that hold `broken` can't be imported.
fn check(reading: &mut Reading<Config>, origin: &Origin) {
    let Some(imports) = &reading.imports else { return };
    if imports.code.files.values().any(|text| text.contains("broken")) {
        reading.problems.push(Problem::new(&origin.name, Place::file(), "the hook is broken"));
    }
}

fn send(watch: &mut Watch<&Taken>, new: &str) {
    let Texts::Sent { last, .. } = &mut watch.texts else { panic!("a watch over texts that are sent") };
    *last = new.to_owned();
    watch.consider(false);
}

/// A change counts once it has been still for one look.
fn look_twice(watch: &mut Watch<&Taken>) {
    watch.look();
    watch.look();
}

#[test]
fn what_means_something_else_is_taken_up_once_and_what_means_the_same_is_not() {
    let (project, taken) = (Project::new(), Taken::default());
    let mut watch = project.watch_sent(&taken);
    send(&mut watch, &text(1));
    send(&mut watch, &format!("# a comment\n{}", text(1)));
    taken.assert_nothing();
    send(&mut watch, &text(2));
    assert_eq!(taken.up(), [2]);
    send(&mut watch, &text(2));
    taken.assert_nothing();
    send(&mut watch, &text(1));
    assert_eq!(taken.up(), [1], "going back is a change too");
}

#[test]
fn a_request_to_read_it_again_takes_up_the_same_too() {
    let (project, taken) = (Project::new(), Taken::default());
    let mut watch = project.watch_sent(&taken);
    let what = project.path("config.yaml").display().to_string();
    assert_eq!(watch.consider_anew(), Decision::TakenUp { what, differs: false });
    assert_eq!(taken.up(), [1]);
}

#[test]
fn what_is_taken_up_is_named_by_its_keys_and_its_files() {
    let (project, taken) = (Project::new(), Taken::default());
    let mut watch = project.watch_sent(&taken);
    let mut taken_up = |hook: &str, seconds: u64| {
        project.write("hooks.py", hook);
        let Texts::Sent { last, .. } = &mut watch.texts else { panic!("a watch over texts that are sent") };
        *last = text(seconds);
        let Decision::TakenUp { what, .. } = watch.consider_anew() else { panic!("it is a change") };
        what
    };
    let [config, hooks] = ["config.yaml", "hooks.py"].map(|name| project.path(name).display().to_string());
    assert_eq!(taken_up("def predict(model, config): ...", 2), format!("{config} (operators.serve.load_timeout)"));
    assert_eq!(taken_up("def predict(model, config): pass", 2), hooks);
    assert_eq!(
        taken_up("def predict(config, model): ...", 3),
        format!("{config} (operators.serve.load_timeout), {hooks}")
    );
}

#[test]
fn who_asks_for_it_to_be_read_again_hears_what_becomes_of_it() {
    let (project, taken) = (Project::new(), Taken::default());
    taken.most.set(1);
    let ((ask, requests), (first, second)) = (bounded(2), (Request::new(), Request::new()));
    project.write("config.yaml", &text(2).replace("name: a", "nmae: a"));
    ask.send(first.0).unwrap();
    let mut watch = project.watch(Texts::File(project.path("config.yaml")), &taken);
    let Decision::Refused(why) = watch.consider_anew() else { panic!("it is wrong") };
    assert!(why.contains("nmae") && taken.refusal() == why, "{why}");
    project.write("config.yaml", &text(2));
    watch.run(&never(), &requests);
    assert!(matches!(first.1.try_recv(), Ok(Decision::TakenUp { differs: true, .. })));
    drop(requests);
    assert!(ask.send(second.0).is_err());
    assert!(second.1.recv().is_err(), "nobody answers any more");
}

#[test]
fn what_is_wrong_is_refused_once_with_all_its_problems_and_the_one_before_stays() {
    let (project, taken) = (Project::new(), Taken::default());
    let mut watch = project.watch_sent(&taken);
    let wrong = text(2).replace("name: a", "nmae: a");
    send(&mut watch, &wrong);
    let refusal = taken.refusal();
    assert!(refusal.contains("is not taken up, the one before stays") && refusal.contains("nmae"), "{refusal}");
    send(&mut watch, &wrong);
    send(&mut watch, &text(1));
    taken.assert_nothing();
}

#[test]
fn what_needs_a_restart_is_refused_by_the_name_of_its_key() {
    let (project, taken) = (Project::new(), Taken::default());
    let mut watch = project.watch_sent(&taken);
    send(&mut watch, &text(2).replace("localhost", "elsewhere"));
    let refusal = taken.refusal();
    assert!(refusal.contains("kafka.endpoint can't change while the service runs"), "{refusal}");
    send(&mut watch, &text(2));
    assert_eq!(taken.up(), [2]);
}

#[test]
fn a_changed_file_counts_once_it_is_still_and_a_file_that_is_gone_is_no_configuration() {
    let (project, taken) = (Project::new(), Taken::default());
    let mut watch = project.watch_file(&taken);
    project.write("config.yaml", &text(2));
    watch.look();
    taken.assert_nothing();
    watch.look();
    assert_eq!(taken.up(), [2]);
    fs::remove_file(project.path("config.yaml")).unwrap();
    look_twice(&mut watch);
    taken.assert_nothing();
    project.write("config.yaml", &text(3));
    look_twice(&mut watch);
    assert_eq!(taken.up(), [3]);
}

#[test]
fn a_changed_hook_is_taken_up_a_broken_one_refused_until_it_is_mended() {
    let (project, taken) = (Project::new(), Taken::default());
    let mut watch = project.watch_file(&taken);
    project.write("hooks.py", "def predict(model, config): return 1");
    look_twice(&mut watch);
    assert_eq!(taken.up(), [1]);
    project.write("hooks.py", "broken");
    look_twice(&mut watch);
    let refusal = taken.refusal();
    assert!(refusal.contains("the hook is broken"), "{refusal}");
    look_twice(&mut watch);
    taken.assert_nothing();
    project.write("hooks.py", "def predict(model, config): return 2");
    look_twice(&mut watch);
    assert_eq!(taken.up(), [1]);
}

#[test]
fn a_hook_that_begins_to_import_another_file_has_that_watched_too() {
    let (project, taken) = (Project::new(), Taken::default());
    let mut watch = project.watch_file(&taken);
    project.write("other.py", "VERSION = 1");
    project.write("hooks.py", "import other\ndef predict(model, config): ...");
    look_twice(&mut watch);
    assert_eq!(taken.up(), [1]);
    // What is watched anew is looked at from now on.
    look_twice(&mut watch);
    taken.assert_nothing();
    project.write("other.py", "VERSION = 2");
    look_twice(&mut watch);
    assert_eq!(taken.up(), [1]);
}

#[test]
fn a_file_that_leads_elsewhere_now_needs_a_restart() {
    let (project, taken) = (Project::new(), Taken::default());
    let mut watch = project.watch_file(&taken);
    project.write("config.yaml", "redirect: {connector: consul, endpoint: 'http://localhost:8500', key: k}\n");
    look_twice(&mut watch);
    let refusal = taken.refusal();
    assert!(refusal.contains("lives elsewhere now, which needs a restart"), "{refusal}");
}

#[test]
fn texts_and_requests_are_considered_as_they_come_until_nothing_is_taken_up_any_more() {
    let (project, taken) = (Project::new(), Taken::default());
    taken.most.set(2);
    let ((sender, texts), (ask, hangups)) = (bounded(1), bounded(1));
    sender.send(text(2)).unwrap();
    ask.send(()).unwrap();
    project.watch(Texts::Sent { last: text(1), texts }, &taken).run(&hangups, &never());
    let taken = taken.up();
    assert!(taken == [2, 2] || taken == [1, 2], "{taken:?}: whichever came first");
}
