use std::{fs, path::Path};

use super::{
    super::testing::{Partitions, Written, fetcher, place, zip},
    *,
};

struct Scene {
    partitions: Arc<Partitions>,
    fetcher: ModelFetcher,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new(records: &[Written]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let partitions = Arc::<Partitions>::default();
        (0..).zip(records).for_each(|(offset, record)| partitions.write(0, offset, record.clone()));
        Self { partitions, fetcher: fetcher(folder.path()), folder }
    }

    /// The bytes of the model in this place.
    fn take(&self, offset: i64) -> Result<Vec<u8>, NotHad> {
        let taken = self.fetcher.fetch_at(&self.partitions, &place(0, offset), 1, &|| false)?;
        assert_eq!(taken.place, place(0, offset));
        Ok(fs::read(taken.model.zip()).unwrap())
    }
}

fn unusable<T>(outcome: Result<T, NotHad>) -> String {
    match outcome {
        Err(NotHad::Unusable(why)) => why,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was taken"),
    }
}

#[test]
fn a_zip_is_taken_as_it_is() {
    assert_eq!(Scene::new(&[Written::model("a")]).take(0).unwrap(), zip("a"));
}

#[test]
fn chunks_are_put_together_whatever_lies_between_them_and_read_once() {
    let whole = b"PK\x03\x04abcdef";
    let chunks = [1, 0, 1, 2].map(|index| Written::chunk(index, whole.chunks(4).nth(index).unwrap()));
    let [one, two, three, four] = chunks;
    let others = Written::of("no model");
    let scene = Scene::new(&[one, others, two, three, four, Written::manifest(whole, 4, (0, 4))]);
    assert_eq!(scene.take(5).unwrap(), whole);
    let reads = scene.partitions.read.lock().unwrap().len();
    // Its bytes are in the store by now.
    scene.partitions.records.lock().unwrap().retain(|(_, offset), _| *offset == 5);
    assert_eq!(scene.take(5).unwrap(), whole);
    assert_eq!(scene.partitions.read.lock().unwrap().len(), reads + 1, "the manifest alone");
}

#[test]
fn chunks_are_found_where_the_manifest_is_wrong_about_them_and_missed_where_they_are_nowhere() {
    let whole = b"PK\x03\x04abcdef";
    let chunk = |index: usize| Written::chunk(index, whole.chunks(4).nth(index).unwrap());
    let others = || Written::of("no model");
    let scene = Scene::new(&[chunk(0), chunk(1), chunk(2), others(), others(), Written::manifest(whole, 4, (2, 4))]);
    assert_eq!(scene.take(5).unwrap(), whole);
    let scene = Scene::new(&[chunk(0), others(), chunk(2), Written::manifest(whole, 4, (0, 2))]);
    let why = unusable(scene.take(3));
    assert!(why.contains("of the 3 chunks of upload mine in partition 0, these are missing: 1;"), "{why}");
}

#[test]
fn what_has_other_bytes_than_were_announced_is_of_no_use() {
    let scene = Scene::new(&[]);
    let path = scene.folder.path().join("m.zip");
    fs::write(&path, "other").unwrap();
    scene.partitions.write(0, 0, Written::reference(&path.display().to_string(), b"announced"));
    let why = unusable(scene.take(0));
    assert!(why.contains("have the SHA-256"), "{why}");
}

#[test]
fn a_reference_is_fetched_or_waited_for_where_it_is_not_there_yet() {
    let scene = Scene::new(&[]);
    let path = scene.folder.path().join("m.zip");
    scene.partitions.write(0, 0, Written::reference(&path.display().to_string(), b"bytes"));
    assert!(matches!(scene.take(0), Err(NotHad::Later(why)) if why.contains("m.zip")));
    fs::write(&path, "bytes").unwrap();
    assert_eq!(scene.take(0).unwrap(), b"bytes");
}

#[test]
fn records_that_say_nothing_are_of_no_use_and_others_in_their_place_are_none() {
    let scene = Scene::new(&[
        Written::kind("manifest", "damaged"),
        Written::kind("reference", "damaged"),
        Written::chunk(0, b"bytes"),
        Written::model("a"),
    ]);
    unusable(scene.take(0));
    assert!(unusable(scene.take(1)).ends_with("publish it again with makinage-model-publisher"));
    assert!(matches!(scene.take(2), Err(NotHad::Gone)));
    assert!(matches!(scene.take(4), Err(NotHad::Gone)));
    let mut earlier = place(0, 3);
    earlier.timestamp -= 1;
    let taken = scene.fetcher.fetch_at(&scene.partitions, &earlier, 1, &|| false);
    assert!(matches!(taken, Err(NotHad::Gone)), "the topic was made anew");
}

#[test]
fn what_is_given_up_ends_and_leaves_nothing_in_the_store() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let bytes = fs::read(&path).unwrap();
    let scene = Scene::new(&[Written::reference(&path.display().to_string(), &bytes)]);
    // Asked before the record is read, and then again.
    let asked = std::cell::Cell::new(0);
    let given_up = || asked.replace(asked.get() + 1) > 0;
    let taken = scene.fetcher.fetch_at(&scene.partitions, &place(0, 0), 1, &given_up);
    assert!(matches!(taken, Err(NotHad::Later(why)) if why.contains("is given up")));
    let left = fs::read_dir(scene.folder.path().join("store")).unwrap().count();
    assert_eq!(left, 1, "the lock");
}
