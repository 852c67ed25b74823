use tempfile::TempDir;

use super::*;
use std::fs;

fn read(files: &[(&str, &str)]) -> Result<Requirements, RequirementsError> {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    Requirements::read(folder.path())
}

const CONDA_TEXT: &str = "dependencies:\n- python=3.10.4\n- pip<=23\n- pip:\n  - mlflow==3.1\n  - numpy\nname: env\n";

#[test]
fn the_list_and_pythons_version_are_those_that_mlflow_wrote() {
    let environment =
        "python: 3.11.7\nbuild_dependencies: [pip==23.2.1]\ndependencies:\n- -r requirements.txt\n- six\n";
    let found = read(&[(PYTHON_ENV, environment), (REQUIREMENTS, "mlflow==3.1\n"), (CONDA, CONDA_TEXT)]).unwrap();
    let expected =
        Requirements { python: Some("3.11.7".into()), list: Some("mlflow==3.1\n".into()), others: vec!["six".into()] };
    assert_eq!(found, expected);
}

#[test]
fn condas_pip_part_counts_only_where_nothing_else_is_there() {
    let found = read(&[(CONDA, CONDA_TEXT)]).unwrap();
    let others = vec!["mlflow==3.1".into(), "numpy".into()];
    assert_eq!(found, Requirements { python: Some("3.10.4".into()), list: None, others });
    assert_eq!(read(&[(CONDA, CONDA_TEXT), (REQUIREMENTS, "six")]).unwrap().others, Vec::<String>::new());
}

#[test]
fn a_model_without_any_of_them_and_one_that_is_not_yaml_say_so() {
    assert!(matches!(read(&[]), Err(RequirementsError::None)));
    assert!(matches!(read(&[(PYTHON_ENV, "[")]), Err(RequirementsError::NotYaml { .. })));
}

#[test]
fn packages_are_known_by_their_normal_names() {
    let found = read(&[(REQUIREMENTS, "# six\nMLflow_Skinny[db]==3.1 ; python_version > '3'\nnumpy\n")]).unwrap();
    assert!(found.name("mlflow-skinny") && found.name("numpy") && !found.name("mlflow") && !found.name("six"));
    assert!(!found.have_files());
    for file in ["code/a.whl", "a-1-py3-none-any.whl", "--requirement more", "-c constraints"] {
        assert!(read(&[(REQUIREMENTS, file)]).unwrap().have_files(), "{file}");
    }
    assert!(!read(&[(REQUIREMENTS, "a @ https://h/a.whl\n--index-url https://h/simple")]).unwrap().have_files());
}

#[test]
fn one_that_would_fill_the_memory_is_refused() {
    let long = "#".repeat(1 << 20);
    assert!(read(&[(REQUIREMENTS, &long)]).is_ok());
    for file in [REQUIREMENTS, PYTHON_ENV, CONDA] {
        assert!(matches!(read(&[(file, &format!("{long}#"))]), Err(RequirementsError::TooLong { .. })), "{file}");
    }
}
