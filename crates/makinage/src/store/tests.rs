//! The store on real files; two stores on one folder are two instances, since their locks are those of open files.

use std::{fs, path::Path, sync::Arc, thread};

use super::*;
use crate::archive::{sha256, testing::listing};

fn place(offset: i64) -> RecordPlace {
    RecordPlace { topic: "model".into(), partition: 0, offset, timestamp: 1000 + offset }
}

fn open(folder: &Path, keep: usize) -> Arc<Store> {
    Store::open(folder, keep).unwrap()
}

fn keep(store: &Store, content: &str) -> StoredModel {
    let mut spool = store.spool().unwrap();
    spool.write(content.as_bytes()).unwrap();
    store.keep(spool, ModelIdentity::unnamed(sha256(content.as_bytes()))).unwrap()
}

fn zips(folder: &Path) -> Vec<String> {
    let (_, kept) = look(folder).unwrap().unwrap();
    let mut names: Vec<String> = kept.into_iter().map(|kept| format!("{}.zip", kept.sha256)).collect();
    names.sort();
    names
}

fn zip_of(content: &str) -> String {
    format!("{}.zip", sha256(content.as_bytes()))
}

#[test]
fn a_model_that_comes_twice_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), 3);
    let (one, other) = (keep(&store, "a"), keep(&open(folder.path(), 3), "a"));
    assert_eq!(one.zip(), other.zip());
    assert_eq!(listing(folder.path()), [zip_of("a"), "lock".to_owned()]);
    assert_eq!(fs::read_to_string(one.zip()).unwrap(), "a");
}

#[test]
fn a_kept_zip_that_was_damaged_is_replaced_by_the_one_that_comes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), 3);
    let model = keep(&store, "abc");
    fs::write(model.zip(), "abX").unwrap();
    assert_eq!(fs::read_to_string(keep(&store, "abc").zip()).unwrap(), "abc");
}

#[test]
fn bytes_that_come_in_any_order_are_checked_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), 3);
    let written = |parts: &[(u64, &str)]| {
        let mut spool = store.spool().unwrap();
        for (offset, bytes) in parts {
            spool.write_at(*offset, bytes.as_bytes()).unwrap();
        }
        store.keep(spool, ModelIdentity::unnamed(sha256(b"abcdef")))
    };
    for parts in [
        &[(0, "abc"), (3, "def")][..],
        &[(3, "def"), (0, "abc")],
        &[(0, "abc"), (3, "def"), (0, "abc")],
        &[(0, "xbc"), (3, "def"), (0, "a")],
    ] {
        let model = written(parts).unwrap();
        assert_eq!(fs::read_to_string(model.zip()).unwrap(), "abcdef");
        drop(model);
        fs::remove_file(folder.path().join(zip_of("abcdef"))).unwrap();
    }
    for parts in [&[(0, "abc")][..], &[(3, "def")], &[(0, "abcdefg")], &[(0, "abcdef"), (0, "x")]] {
        let error = written(parts).unwrap_err().to_string();
        assert!(error.contains(&format!("not {}", sha256(b"abcdef"))), "{error}");
        assert_eq!(zips(folder.path()), [""; 0], "nothing is left of {parts:?}");
    }
}

#[test]
fn the_most_recently_served_are_kept_and_what_never_served_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), 2);
    for (offset, content) in (0..).zip(["a", "b", "c", "b"]) {
        store.served(&keep(&store, content), &place(offset));
        drop(keep(&store, "failed to load"));
    }
    store.served(&keep(&store, "b"), &place(9));
    let mut kept = [zip_of("c"), zip_of("b")];
    kept.sort();
    assert_eq!(zips(folder.path()), kept);
    let (history, _) = look(folder.path()).unwrap().unwrap();
    let served: Vec<_> = history.served.iter().map(|served| (served.sha256.clone(), served.place.offset)).collect();
    assert_eq!(served, [(sha256(b"b"), 9), (sha256(b"c"), 2), (sha256(b"a"), 0)]);
}

#[test]
fn what_any_instance_holds_is_not_deleted_until_it_lets_go() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (open(folder.path(), 1), open(folder.path(), 1));
    let (held, held_there) = (keep(&here, "a"), keep(&there, "b"));
    here.served(&held, &place(0));
    there.served(&held_there, &place(1));
    for n in 2..20 {
        here.served(&keep(&here, &n.to_string()), &place(n));
        assert!(held.zip().exists() && held_there.zip().exists());
        assert!(zips(folder.path()).len() <= 3);
    }
    drop((held, held_there));
    here.served(&keep(&here, "last"), &place(20));
    assert_eq!(zips(folder.path()), [zip_of("last")]);
}

#[test]
fn instances_that_serve_at_the_same_time_lose_no_entry_and_no_zip_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let instance = |instance: i64| {
        let store = open(folder.path(), 1);
        for n in 0..25 {
            // Some models are the instance's own, others come to all instances at once.
            let content = if n % 2 == 0 { format!("{instance}-{n}") } else { format!("common-{n}") };
            let model = keep(&store, &content);
            store.served(&model, &place(n));
            store.refuse(&ModelIdentity::unnamed(sha256(format!("{instance}-{n}").as_bytes())), &place(n), "it failed");
            assert_eq!(fs::read_to_string(model.zip()).expect("a zip in use is there"), content);
        }
    };
    thread::scope(|scope| (0..4).for_each(|number| drop(scope.spawn(move || instance(number)))));
    let (history, kept) = look(folder.path()).unwrap().unwrap();
    assert_eq!((history.served.len(), history.refused.len()), (4 * 13 + 12, 100));
    assert!(!kept.is_empty());
    assert_eq!(listing(folder.path()).len(), kept.len() + 2, "zips, the index, the lock: {:?}", listing(folder.path()));
}

#[test]
fn a_damaged_index_is_set_aside_and_the_store_goes_on() {
    for damage in ["", "{", "{\"served\": 5}", "{\"served\": [], \"refused\": [", "\0\0\0\0"] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path(), 3);
        store.served(&keep(&store, "a"), &place(0));
        fs::write(folder.path().join("index.json"), damage).unwrap();
        assert!(look(folder.path()).is_err());
        assert!(open(folder.path(), 3).last_served().is_none());
        assert_eq!(fs::read_to_string(folder.path().join("index.damaged.json")).unwrap(), damage);
        store.served(&keep(&store, "b"), &place(1));
        assert_eq!(store.last_served().unwrap().0.identity.sha256, sha256(b"b"));
    }
}

#[test]
fn an_index_that_names_a_file_elsewhere_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), 3);
    store.served(&keep(&store, "a"), &place(0));
    let index = folder.path().join("index.json");
    let text = fs::read_to_string(&index).unwrap().replace(&sha256(b"a"), "../../etc/passwd");
    fs::write(&index, text).unwrap();
    assert!(store.last_served().is_none());
}

#[test]
fn the_last_served_is_the_newest_that_is_whole_and_was_not_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), 5);
    for (offset, content) in (0..).zip(["oldest", "old", "damaged", "gone", "taken back"]) {
        store.served(&keep(&store, content), &place(offset));
    }
    fs::write(folder.path().join(zip_of("damaged")), "damagex").unwrap();
    fs::remove_file(folder.path().join(zip_of("gone"))).unwrap();
    store.refuse(&ModelIdentity::unnamed(sha256(b"taken back")), &place(4), "its workers died");
    let (model, found) = store.last_served().unwrap();
    assert_eq!((model.identity.sha256, found), (sha256(b"old"), place(1)));
}

#[test]
fn what_was_taken_back_is_refused_after_a_restart_too_until_it_is_published_anew() {
    let folder = tempfile::tempdir().unwrap();
    let identity = ModelIdentity::unnamed(sha256(b"a"));
    let at = |partition, offset, timestamp| RecordPlace { topic: "model".into(), partition, offset, timestamp };
    for anew in [at(0, 6, 100), at(0, 0, 101), at(1, 0, 101)] {
        open(folder.path(), 3).refuse(&identity, &at(0, 5, 100), "its workers died");
        let store = open(folder.path(), 3);
        for same_or_older in [at(0, 5, 100), at(0, 4, 99), at(1, 7, 100)] {
            assert_eq!(store.refusal(&identity, &same_or_older).as_deref(), Some("its workers died"));
        }
        assert_eq!(store.refusal(&ModelIdentity::unnamed(sha256(b"b")), &at(0, 5, 100)), None, "another model");
        assert_eq!(store.refusal(&identity, &anew), None);
        assert_eq!(store.refusal(&identity, &at(0, 5, 100)), None, "it is forgotten");
    }
}

#[test]
fn a_model_that_is_taken_back_twice_stays_refused_from_its_newest_record() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), 3);
    let identity = ModelIdentity::unnamed(sha256(b"a"));
    store.refuse(&identity, &place(8), "first");
    store.refuse(&identity, &place(3), "second");
    assert_eq!(store.refusal(&identity, &place(8)).as_deref(), Some("second"));
}

#[test]
fn a_model_that_was_just_taken_back_is_refused_whatever_the_publishers_clocks_said() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), 3);
    let identity = ModelIdentity::unnamed(sha256(b"a"));
    let at = |offset, timestamp| RecordPlace { topic: "model".into(), partition: 0, offset, timestamp };
    for (first, second) in [(at(3, 99), at(5, 50)), (at(5, 50), at(3, 99))] {
        store.refuse(&identity, &first, "first");
        store.refuse(&identity, &second, "second");
        assert_eq!(store.refusal(&identity, &second).as_deref(), Some("second"));
    }
}

#[test]
fn what_is_remembered_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::default();
    for n in 0..1000 {
        let identity = ModelIdentity::unnamed(sha256(n.to_string().as_bytes()));
        history.note_served(&identity, &place(n));
        history.note_refused(&identity.sha256, &place(n), "it failed");
    }
    assert_eq!((history.served.len(), history.refused.len()), (200, 100));
    assert_eq!((history.served[0].place.offset, history.refused[0].place.offset), (999, 999));
    history.write(folder.path()).unwrap();
    assert_eq!(History::read(folder.path()).unwrap(), history);
}

#[test]
fn what_a_killed_instance_was_writing_is_cleared_and_what_a_live_one_writes_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), 3);
    let mut live = store.spool().unwrap();
    live.write(b"a").unwrap();
    fs::write(folder.path().join("spool-killed"), "half a model").unwrap();
    fs::write(folder.path().join("index-killed"), "half an index").unwrap();
    drop(open(folder.path(), 3));
    live.write(b"b").unwrap();
    let model = store.keep(live, ModelIdentity::unnamed(sha256(b"ab"))).unwrap();
    assert_eq!(fs::read_to_string(model.zip()).unwrap(), "ab");
    assert_eq!(listing(folder.path()), [zip_of("ab"), "lock".to_owned()]);
}

#[test]
fn a_store_that_cannot_be_written_says_where_it_is_and_what_to_set() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Store::open(&file.join("store"), 3).unwrap_err().to_string();
    assert!(error.contains("file/store") && error.contains("models.store"), "{error}");
    let store = open(&folder.path().join("store"), 3);
    fs::remove_dir_all(folder.path().join("store")).unwrap();
    let error = store.spool().unwrap_err().to_string();
    assert!(error.contains("No such file") && error.contains("models.store"), "{error}");
}

#[test]
fn whoever_only_looks_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(look(&folder.path().join("store")).unwrap(), None);
    assert_eq!(listing(folder.path()), [""; 0]);
}
