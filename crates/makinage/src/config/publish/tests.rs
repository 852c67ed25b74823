use super::PublishModel;
use crate::config::{tests::publisher, values::model_source::ModelSource};

fn problems(models: &str) -> String {
    let text = format!("application: {{name: p}}\nkafka: {{endpoint: a}}\n{models}");
    publisher(&text).problems.to_string().replace("config.publish.yaml:", "")
}

#[test]
fn models_come_in_the_file_s_order_with_the_line_of_their_path() {
    let text =
        "application: {name: p}\nkafka: {endpoint: a}\nmodels:\n- path: b.zip\n  topic: m\n- {topic: n, path: c/}\n";
    let models = publisher(text).config.unwrap().models;
    let model = |topic: &str, path: &str, line| PublishModel {
        topic: topic.into(),
        source: ModelSource::Path(path.into()),
        name: None,
        version: None,
        line,
    };
    assert_eq!(models, [model("m", "b.zip", 4), model("n", "c/", 6)]);
}

#[test]
fn what_can_t_be_published_is_refused() {
    insta::assert_snapshot!(problems(""), @"1: models: this key is missing; say what to publish: `- topic: model` and below it `path: /path/of/model.zip`");
    insta::assert_snapshot!(problems("models: []"), @"3: models: this list is empty; say what to publish: `- topic: model` and below it `path: /path/of/model.zip`");
    insta::assert_snapshot!(problems("models: {topic: m, path: p}"), @"3: models: this must be a list, not a mapping; write each item on a line of its own that begins with `- `");
    insta::assert_snapshot!(problems("models: [{topik: m}, {topic: 'a b', path: ''}]"), @r#"
    3: models[0].topik: there is no key `topik` here; did you mean `topic`?
    3: models[0].path: this key is missing; name a zip or a folder that MLflow wrote: `path: /path/of/model.zip`
    3: models[1].topic: `a b` can't be a topic's name; Kafka takes 1 to 249 letters, digits, `.`, `_` and `-`
    3: models[1].path: this is no path; name a zip or a folder that MLflow wrote: `path: /path/of/model.zip`
    "#);
}

#[test]
fn what_isn_t_there_yet_and_what_belongs_elsewhere_is_refused_as_such() {
    insta::assert_snapshot!(problems("models: [{topic: m, path: p}]\ntopics: []\noperators: {}\nconfig: {}\nredirect: {}"), @r#"
    4: topics: a publisher needs no list of topics; remove it, and name the topic beside each model
    5: operators: operators belong in the file of `makinage`; move them there
    6: config: hooks and their settings belong in the file of `makinage`; move them there
    7: redirect: a configuration that lives elsewhere isn't there yet; write it into this file
    "#);
    insta::assert_snapshot!(problems("models: [{topic: m, path: '${file:/x}'}]"), @"3: models[0].path: this key takes no references as `${env:…}` and `${file:…}`: write the value itself (secrets and the like take them: kafka.security, kafka.properties, kafka.instance, http.token, traces.headers)");
}

#[test]
fn a_path_may_have_a_name_and_a_version_that_is_text_or_a_whole_number() {
    let named = |models: &str| {
        let text = format!("application: {{name: p}}\nkafka: {{endpoint: a}}\nmodels: [{models}]");
        let config = publisher(&text).config.unwrap();
        (config.models[0].name.clone(), config.models[0].version.clone(), config.python)
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(named("{topic: m, path: p, name: iris, version: 3}"), (text("iris"), text("3"), None));
    assert_eq!(named("{topic: m, path: p, name: iris, version: '1.10'}"), (text("iris"), text("1.10"), None));
    let python = Some("/usr/bin/python3".into());
    assert_eq!(named("{topic: m, path: 'runs:/0/model', name: iris}"), (text("iris"), None, python));
}

#[test]
fn names_and_versions_that_can_t_be_are_refused() {
    insta::assert_snapshot!(problems("models: [{topic: m, path: p, name: \"a\\nb\", version: 1.10}]"), @r#"
    3: models[0].name: `a\nb` is no name; use up to 200 bytes of visible characters, as `iris` or `3`
    3: models[0].version: `1.10` isn't text in YAML; put it in quotes
    "#);
    insta::assert_snapshot!(problems("models: [{topic: m, path: p, version: 3}]"), @"3: models[0].version: a version is one of a name; add the name above it, as `name: iris`");
    insta::assert_snapshot!(problems("models: [{topic: m, path: 'models:/iris@a', name: b, version: 3}]"), @r#"
    3: models[0].name: the name comes from `models:/iris@a`; remove this key
    3: models[0].version: the version comes from `models:/iris@a`; remove this key
    "#);
}

#[test]
fn a_reference_has_an_address_and_a_digest() {
    let digest = "0123456789ABCDEF".repeat(4);
    let text = format!(
        "application: {{name: p}}\nkafka: {{endpoint: a}}\nmodels: [{{topic: m, reference: 's3://b/m.zip', sha256: {digest}, name: iris}}]"
    );
    let config = publisher(&text).config.unwrap();
    let reference = &config.references[0].reference;
    assert_eq!(
        (reference.uri.reveal(), reference.sha256.as_str()),
        ("s3://b/m.zip", digest.to_ascii_lowercase().as_str())
    );
    assert_eq!((reference.name.as_deref(), config.models.len()), (Some("iris"), 0));
    insta::assert_snapshot!(problems("models: [{topic: m, reference: 's3://b/m.zip'}]"), @"3: models[0].sha256: this key is missing; give the digest of the zip, which `sha256sum model.zip` prints: `sha256: …`");
    let wrong = problems("models: [{topic: m, reference: m.zip, sha256: '0a', path: p}]");
    for problem in [
        "3: models[0].path: a model has a `path` or a `reference`; remove one of the two",
        "3: models[0].reference: this reference names \"m.zip\", which is neither a URI nor an absolute path",
        "3: models[0].sha256: this is no SHA-256 in 64 hexadecimal digits; give the digest of the zip",
    ] {
        assert!(wrong.contains(problem), "{wrong}");
    }
    insta::assert_snapshot!(problems("models: [{topic: m, path: p, sha256: '0a'}]"), @"3: models[0].sha256: the digest of a `path` is made by the publisher; remove this key");
}
