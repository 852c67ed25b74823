use std::path::PathBuf;

use super::Models;
use crate::config::tests::{config, problem, service, without_file};

const CONFIG: &str = "config:\n  serve: {}\n";

fn with(models: &str) -> String {
    format!("{models}\n{CONFIG}")
}

#[test]
fn three_models_are_kept_in_the_users_cache_unless_the_file_says_otherwise() {
    let models = |text: &str| config(CONFIG, &with(text)).models;
    for text in ["", "models:", "models: {}", "models: {store: null, keep: null}"] {
        assert_eq!(models(text), Models { store: None, keep: 3 }, "{text}");
    }
    assert_eq!(
        models("models: {store: /var/lib/m, keep: 100}"),
        Models { store: Some("/var/lib/m".into()), keep: 100 }
    );
}

#[test]
fn a_relative_store_begins_at_the_files_folder() {
    let store = |text: &str| config(CONFIG, &with(&format!("models: {{store: {text}}}"))).models.store;
    assert_eq!(store("./kept/models"), Some(PathBuf::from("/etc/app/kept/models")));
    assert_eq!(store("../kept"), Some(PathBuf::from("/etc/app/../kept")));
}

#[test]
fn what_can_t_be_a_store_is_refused() {
    insta::assert_snapshot!(problem(CONFIG, &with("models: {keep: 0}")), @"21: models.keep: this must be a whole number from 1 to 100, not `0`");
    insta::assert_snapshot!(problem(CONFIG, &with("models: {keep: auto}")), @"21: models.keep: this must be a whole number from 1 to 100, not `auto`");
    insta::assert_snapshot!(problem(CONFIG, &with("models: {stor: a}")), @"21: models.stor: there is no key `stor` here; did you mean `store`?");
    insta::assert_snapshot!(problem(CONFIG, &with("models: {store: ''}")), @"21: models.store: this is no path; name a folder for models: `store: /var/lib/makinage`");
    insta::assert_snapshot!(problem(CONFIG, &with("models: {store: '${env:STORE}'}")), @"21: models.store: this key takes no references as `${env:…}` and `${file:…}`: write the value itself (secrets and the like take them: kafka.security, kafka.properties, kafka.instance, http.token, traces.headers)");
    insta::assert_snapshot!(problem(CONFIG, &with("models: 5")), @"21: models: this must be a mapping of keys and values, not `5`");
}

#[test]
fn a_list_of_models_is_the_publishers() {
    insta::assert_snapshot!(problem(CONFIG, &with("models: [{topic: model, path: m.zip}]")), @"21: models: models to publish belong in the file of `makinage-model-publisher`; move them there");
}

#[test]
fn a_store_alone_makes_no_publishers_file() {
    let problems = service("models: {keep: 2}").problems.to_string();
    assert!(without_file(&problems).contains("operators: this key is missing"), "{problems}");
}
