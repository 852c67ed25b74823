//! Real models, packaged by MLflow itself, made once for all tests of a run.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use super::broker::root;

pub fn python() -> PathBuf {
    env::var_os("MAKINAGE_TEST_PYTHON").map_or_else(|| root().join(".venv/bin/python"), PathBuf::from)
}

/// The folder of an iris logistic regression.
pub fn iris() -> &'static Path {
    static IRIS: OnceLock<PathBuf> = OnceLock::new();
    IRIS.get_or_init(|| {
        save(
            "iris",
            "import sys, mlflow.sklearn\n\
             from sklearn.datasets import load_iris\n\
             from sklearn.linear_model import LogisticRegression\n\
             x, y = load_iris(return_X_y=True)\n\
             model = LogisticRegression(max_iter=500).fit(x, y)\n\
             mlflow.sklearn.save_model(model, sys.argv[1], serialization_format='cloudpickle', pip_requirements=['scikit-learn'])\n",
        )
    })
}

/// The folder of one of the models of `models/swapped.py`.
pub fn swapped(name: &str) -> PathBuf {
    static ALL: OnceLock<PathBuf> = OnceLock::new();
    ALL.get_or_init(|| save("swapped", include_str!("models/swapped.py"))).join(name)
}

/// The folder of one of the models of `models.py`: `proba`, `text`, `columns`, `shifted`.
pub fn model(name: &str) -> PathBuf {
    static MODELS: OnceLock<PathBuf> = OnceLock::new();
    MODELS.get_or_init(|| save("behaviours", include_str!("models.py"))).join(name)
}

/// Runs a script that saves a model into the folder that is its argument.
fn save(name: &str, script: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("models").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.parent().expect("a parent")).expect("a folder");
    let output = Command::new(python()).arg("-c").arg(script).arg(&folder).output().expect("Python runs");
    assert!(output.status.success(), "the model can't be made: {}", String::from_utf8_lossy(&output.stderr));
    folder
}
