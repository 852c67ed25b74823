//! Real models, packaged by MLflow itself, made once for all tests of a run.

use std::{
    env, fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use super::broker::root;

pub(crate) fn python() -> PathBuf {
    env::var_os("MAKINAGE_TEST_PYTHON").map_or_else(|| root().join(".venv/bin/python"), PathBuf::from)
}

/// The folder of an iris logistic regression.
pub(crate) fn iris() -> &'static Path {
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

/// The folder of a model for tests in which any will do: it predicts 0, and loads in half the time of a library's.
pub(crate) fn any_model() -> &'static Path {
    static ANY: OnceLock<PathBuf> = OnceLock::new();
    ANY.get_or_init(|| {
        save(
            "any",
            "import sys, numpy, mlflow.pyfunc\n\
             class Zero(mlflow.pyfunc.PythonModel):\n\
             \x20   def predict(self, context, model_input, params=None):\n\
             \x20       return numpy.zeros(len(model_input), int)\n\
             mlflow.pyfunc.save_model(sys.argv[1], python_model=Zero(), pip_requirements=['mlflow'])\n",
        )
    })
}

/// The folder of one of the models of `models/swapped.py`.
pub(crate) fn swapped(name: &str) -> PathBuf {
    static ALL: OnceLock<PathBuf> = OnceLock::new();
    ALL.get_or_init(|| save("swapped", include_str!("models/swapped.py"))).join(name)
}

/// The folder of one of the models of `models.py`: `proba`, `text`, `sorting`, `columns`, `shifted`.
pub(crate) fn model(name: &str) -> PathBuf {
    static MODELS: OnceLock<PathBuf> = OnceLock::new();
    MODELS.get_or_init(|| save("behaviours", include_str!("models.py"))).join(name)
}

/// The folder of a model whose process ends at once on a row that begins with more than 100.
pub(crate) fn fragile() -> &'static Path {
    static FRAGILE: OnceLock<PathBuf> = OnceLock::new();
    FRAGILE.get_or_init(|| {
        save(
            "fragile",
            "import os, sys, mlflow.pyfunc\n\
             class Fragile(mlflow.pyfunc.PythonModel):\n\
             \x20   def predict(self, context, model_input, params=None):\n\
             \x20       if (model_input[:, 0] > 100).any(): os._exit(3)\n\
             \x20       return model_input[:, 0]\n\
             mlflow.pyfunc.save_model(sys.argv[1], python_model=Fragile(), pip_requirements=['mlflow'])\n",
        )
    })
}

/// The folder of a model that does to its worker what an event says.
pub(crate) fn faulty() -> &'static Path {
    static FAULTY: OnceLock<PathBuf> = OnceLock::new();
    FAULTY.get_or_init(|| save("faulty", include_str!("models/faulty.py")))
}

/// The folder of a model that keeps processes of its own.
pub(crate) fn with_children() -> &'static Path {
    static WITH_CHILDREN: OnceLock<PathBuf> = OnceLock::new();
    WITH_CHILDREN.get_or_init(|| save("with-children", include_str!("models/with_children.py")))
}

/// A zip of the iris model with one more file in it, so that each `mark` is another model.
pub(crate) fn iris_zip(mark: &str) -> Vec<u8> {
    zipped(iris(), mark, 0)
}

/// The same with so many bytes that don't compress.
pub(crate) fn iris_zip_with(mark: &str, ballast: usize) -> Vec<u8> {
    zipped(iris(), mark, ballast)
}

/// The same of any model.
pub(crate) fn zipped(model: &Path, mark: &str, ballast: usize) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut add = |name: &str, content: &[u8]| {
        zip.start_file(name, stored).expect("a member");
        zip.write_all(content).expect("its bytes");
    };
    for entry in fs::read_dir(model).expect("the model") {
        let entry = entry.expect("an entry");
        add(&entry.file_name().to_string_lossy(), &fs::read(entry.path()).expect("a file"));
    }
    add("mark.txt", mark.as_bytes());
    add("ballast.bin", &noise(ballast));
    zip.finish().expect("a zip").into_inner()
}

/// So many bytes that don't compress.
fn noise(length: usize) -> Vec<u8> {
    let (mut noise, mut state) = (vec![0; length], 1_u64);
    for word in noise.chunks_exact_mut(8) {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        word.copy_from_slice(&state.to_le_bytes());
    }
    noise
}

/// The folder of one of the models of `models/lacking.py`, which name packages that the tests' environment lacks.
pub(crate) fn lacking(name: &str) -> PathBuf {
    static LACKING: OnceLock<PathBuf> = OnceLock::new();
    LACKING.get_or_init(|| save("lacking", include_str!("models/lacking.py"))).join(name)
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
