use super::{Wanted, choose};
use crate::{
    archive::sha256,
    model::{ModelIdentity, RecordPlace},
    rollback::known::{Known, Models},
    store::{Refused, Served},
    topic::list::{Form, Listed},
};

fn place(offset: i64) -> RecordPlace {
    RecordPlace { topic: "model".into(), partition: 0, offset, timestamp: offset }
}

/// A model `name@version` of the topic.
fn published(name: &str, version: &str, offset: i64) -> Known {
    let sha256 = sha256(format!("{name}@{version}").as_bytes());
    let identity = ModelIdentity { sha256: sha256.clone(), name: Some(name.into()), version: Some(version.into()) };
    let record = Listed { identity, place: place(offset), flavor: None, bytes: Some(1), form: Form::Zip };
    Known { records: vec![record], sha256, ..Known::default() }
}

fn served(known: Known, at: i64) -> Known {
    let ModelIdentity { sha256, name, version } = known.identity();
    Known { served: Some(Served { sha256, name, version, place: place(0), at }), kept: Some(1), ..known }
}

fn refused(known: Known) -> Known {
    let refused = Refused { sha256: known.sha256.clone(), place: place(9), reason: "it failed".into(), at: 9 };
    Known { refused: Some(refused), ..known }
}

/// The models, the newest first.
fn models(all: Vec<Known>) -> Models {
    let whole = all.iter().filter(|known| known.whole_record().is_some());
    let on_topic = whole.map(|known| known.sha256.clone()).collect();
    Models { all, on_topic, ..Models::default() }
}

fn chosen(models: &Models, wanted: Option<&str>) -> Result<String, String> {
    choose(models, wanted.map_or(Wanted::BeforeTheNewest, Wanted::Named))
        .map(|(_, identity)| identity.label().to_string())
}

#[test]
fn without_a_version_it_is_the_one_that_was_served_before_the_newest() {
    let v = |version: i64| published("iris", &version.to_string(), version);
    let three = || vec![served(v(3), 30), served(v(2), 20), served(v(1), 10)];
    assert_eq!(chosen(&models(three()), None).unwrap(), "iris@2");
    let mut failed_to_load = three();
    failed_to_load.insert(0, v(4));
    assert_eq!(chosen(&models(failed_to_load), None).unwrap(), "iris@3", "the newest never served");
    let taken_back = vec![refused(served(v(3), 30)), served(v(2), 20), served(v(1), 40)];
    assert_eq!(chosen(&models(taken_back), None).unwrap(), "iris@1", "this instance is back at it already");
    let before_it_refused = vec![served(v(3), 30), refused(served(v(2), 20)), served(v(1), 10)];
    assert_eq!(chosen(&models(before_it_refused), None).unwrap(), "iris@1");
    assert_eq!(chosen(&models(vec![v(3), v(2), v(1)]), None).unwrap(), "iris@2", "no store");
}

#[test]
fn a_service_leaves_the_one_that_it_serves_though_a_newer_one_is_there() {
    let v = |version: i64| published("iris", &version.to_string(), version);
    let all = models(vec![v(4), served(v(3), 30), served(v(2), 20), served(v(1), 10)]);
    let before = |version: &str| {
        let left = published("iris", version, 0).sha256;
        choose(&all, Wanted::Before(&left)).expect("a model").1.label().to_string()
    };
    assert_eq!([before("3"), before("4")], ["iris@2", "iris@3"], "the newest could not be taken up, or is on its way");
}

#[test]
fn without_a_store_the_order_of_the_topic_decides_and_not_that_of_the_clocks() {
    // Versions 1 and 3 are in one partition, in this order, and the clock was ahead for the first.
    let all = ["1", "3", "2"].map(|version| published("iris", version, 0));
    let on_topic = [&all[1], &all[2], &all[0]].map(|known| known.sha256.clone()).to_vec();
    let models = Models { all: all.to_vec(), on_topic, ..Models::default() };
    assert_eq!(chosen(&models, None).unwrap(), "iris@2");
}

#[test]
fn without_an_earlier_model_the_answer_lists_what_there_is() {
    let one = models(vec![published("iris", "1", 1)]);
    let digits = &one.all[0].sha256[..12];
    assert_eq!(
        chosen(&one, None).unwrap_err(),
        format!("there is no earlier model to go back to; there is iris@1 ({digits})")
    );
    let error = chosen(&Models::default(), None).unwrap_err();
    assert!(error.contains("publish one with makinage-model-publisher"), "{error}");
}

#[test]
fn a_model_is_named_by_version_by_name_and_version_or_by_digits() {
    let models = models(vec![published("iris", "2", 2), published("iris", "1", 1)]);
    let sha256 = models.all[1].sha256.clone();
    for wanted in ["1", "iris@1", &sha256, &sha256[..12], &sha256[..4].to_uppercase()] {
        assert_eq!(chosen(&models, Some(wanted)).unwrap(), "iris@1", "{wanted}");
    }
    for unknown in ["3", "iris", "rose@1", "", &sha256[..3]] {
        let error = chosen(&models, Some(unknown)).unwrap_err();
        assert!(error.contains("there is iris@2") && error.contains("iris@1 ("), "{error}");
    }
}

#[test]
fn a_version_of_two_models_is_ambiguous_and_both_are_named() {
    let models = models(vec![published("iris", "1", 2), published("rose", "1", 1)]);
    let error = chosen(&models, Some("1")).unwrap_err();
    assert!(error.contains("iris@1") && error.contains("rose@1") && error.contains("SHA-256"), "{error}");
    assert_eq!(chosen(&models, Some("rose@1")).unwrap(), "rose@1");
}

#[test]
fn a_model_that_was_published_under_two_names_is_found_and_published_under_the_one_that_was_asked_for() {
    let mut known = published("iris", "2", 2);
    let mut older = known.records[0].clone();
    older.identity.version = Some("1".into());
    known.records.push(older);
    let models = models(vec![published("iris", "3", 3), known]);
    assert_eq!(chosen(&models, Some("1")).unwrap(), "iris@1");
    assert_eq!(chosen(&models, None).unwrap(), "iris@2");
}
