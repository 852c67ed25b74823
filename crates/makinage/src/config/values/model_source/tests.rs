use super::*;

fn registered(text: &str) -> (String, Which, String) {
    match ModelSource::parse(text) {
        Ok(ModelSource::Registered(RegisteredModel { uri, name, which, below })) if uri == text => (name, which, below),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_registered_model_is_a_name_and_which_of_its_versions() {
    let model = |name: &str, which, below: &str| (name.to_owned(), which, below.to_owned());
    assert_eq!(registered("models:/iris@champion"), model("iris", Which::Alias("champion".into()), ""));
    assert_eq!(registered("models:/iris/3"), model("iris", Which::Version("3".into()), ""));
    assert_eq!(registered("models:/iris/latest"), model("iris", Which::Newest, ""));
    assert_eq!(registered("models:/iris/Production"), model("iris", Which::Stage("Production".into()), ""));
    assert_eq!(registered("models:/my iris@a/sub/model"), model("my iris", Which::Alias("a".into()), "sub/model"));
    assert_eq!(registered("models:/a@b@c"), model("a@b", Which::Alias("c".into()), ""));
}

#[test]
fn what_mlflow_knows_under_other_addresses_is_left_to_it() {
    for uri in [
        "runs:/0123/model",
        "s3://bucket/model",
        "models:/m-0123456789abcdef0123456789abcdef",
        "models://p@databricks/a/1",
    ] {
        assert_eq!(ModelSource::parse(uri), Ok(ModelSource::Uri(uri.into())));
    }
}

#[test]
fn what_has_no_scheme_is_a_path() {
    for path in ["model.zip", "/a/b:/c", "a/models:/b", "c:/model"] {
        assert_eq!(ModelSource::parse(path), Ok(ModelSource::Path(path.into())));
    }
}

#[test]
fn addresses_that_name_no_model_are_refused_with_what_to_write() {
    let refused = |text: &str| ModelSource::parse(text).unwrap_err();
    insta::assert_snapshot!(refused("models:/iris"), @"`models:/iris` doesn't say which version; write `models:/iris@<alias>`, `models:/iris/3` or `models:/iris/latest`");
    insta::assert_snapshot!(refused("models:/iris@"), @"`models:/iris@` is no model of a registry; write `models:/<name>@<alias>`, `models:/<name>/3` or `models:/<name>/latest`");
    insta::assert_snapshot!(refused("models:/@champion"), @"`models:/@champion` is no model of a registry; write `models:/<name>@<alias>`, `models:/<name>/3` or `models:/<name>/latest`");
    insta::assert_snapshot!(refused("runs:/0123"), @"`runs:/0123` names a run only; add the model's path in it: `runs:/<run id>/model`");
}
