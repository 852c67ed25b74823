use std::fmt::Write;

use super::{MlModel, MlModelError};

fn parse(text: &str) -> Result<MlModel, MlModelError> {
    MlModel::parse(text.as_bytes())
}

fn escaping(text: &str) -> (String, String) {
    match parse(text) {
        Err(MlModelError::EscapingPath { key, value }) => (key, value),
        other => panic!("not refused for a path: {other:?}"),
    }
}

#[test]
fn the_most_specific_flavor_counts() {
    let both = parse("flavors:\n  python_function: {}\n  sklearn: {}\nsignature: {inputs: '[]'}\n").unwrap();
    assert_eq!(both.flavor(), "sklearn");
    assert!(both.has_signature);
    let generic = parse("flavors: {python_function: {loader_module: mlflow.pyfunc.model}}\nsignature: null\n").unwrap();
    assert_eq!(generic.flavor(), "python_function");
    assert!(!generic.has_signature);
}

#[test]
fn a_file_without_flavors_is_refused() {
    for text in ["{}", "flavors: {}", "flavors: sklearn", "just text", "[1, 2]"] {
        assert_eq!(parse(text), Err(MlModelError::NoFlavors), "{text}");
    }
}

#[test]
fn what_is_not_yaml_is_refused_with_its_line() {
    let error = parse("flavors:\n  sklearn: [\n").unwrap_err();
    assert!(matches!(&error, MlModelError::NotYaml(reason) if reason.starts_with("line ")), "{error}");
    assert!(matches!(parse(""), Err(MlModelError::NotYaml(_))));
    assert_eq!(MlModel::parse(&[0xff, 0xfe]), Err(MlModelError::NotText));
}

#[test]
fn paths_that_lead_out_are_refused() {
    let found = escaping("flavors: {sklearn: {pickled_model: ../model.pkl}}");
    assert_eq!(found, ("pickled_model".to_owned(), "../model.pkl".to_owned()));
    for value in ["/etc/passwd", "a/../../b", "C:/x", "..\\x", "\\x"] {
        let text = format!("flavors: {{onnx: {{data: '{value}'}}}}");
        assert_eq!(escaping(&text).1, value);
    }
    escaping("flavors: {python_function: {env: {conda: ../conda.yaml}}}");
    escaping("flavors: {python_function: {artifacts: {a: {path: /etc/passwd}}}}");
    escaping("flavors: {pytorch: {extra_files: [{path: ../x}]}}");
    escaping("flavors: {a: {code: [ok, ../x]}}");
    escaping("flavors: {tensorflow: {saved_model_dir: ../x}}");
    escaping("flavors: {shap: {serialized_explainer: ../x}}");
    escaping("flavors: {a: {}}\nsaved_input_example_info: {artifact_path: /proc/self/environ}");
}

#[test]
fn an_alias_hides_no_path() {
    escaping("metadata: &m {data: ../x}\nflavors: {a: {<<: *m}}");
    escaping("metadata: &p ../x\nflavors: {a: {data: *p}}");
}

#[test]
fn where_something_came_from_may_be_anywhere() {
    parse("flavors: {python_function: {artifacts: {a: {path: artifacts/a, uri: /home/x/a}}, model_code_path: /home/x/m.py, code: null}}")
        .unwrap();
}

#[test]
fn a_yaml_bomb_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    assert!(matches!(parse(&text), Err(MlModelError::NotYaml(_))));
    let deep = format!("flavors: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(parse(&deep), Err(MlModelError::NotYaml(_))));
}
