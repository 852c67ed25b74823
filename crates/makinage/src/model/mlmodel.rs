//! The `MLmodel` file: which flavours a model has, and whether its paths stay inside of it.

use crate::yaml::{Limits, Node, Value, outline};

/// Bounds on the YAML files of a model, which are hostile input: about the memory that their trees may take.
pub(super) const LIMITS: Limits = Limits { levels: 64, weight: 128 << 20, node: size_of::<Node>() };

/// The flavour that all others can be loaded through.
const PYTHON_FUNCTION: &str = "python_function";

/// Keys of a flavour whose values `MLflow` joins to the model's folder, at any depth. (`uri` and `model_code_path` are
/// where something came from, and may be absolute.)
const PATH_KEYS: [&str; 12] = [
    "code",
    "data",
    "env",
    "model_binary",
    "model_data",
    "model_path",
    "parameters_path",
    "path",
    "pickled_model",
    "python_model",
    "saved_model_dir",
    "serialized_explainer",
];

/// Keys of `saved_input_example_info` whose values are joined likewise.
const EXAMPLE_PATH_KEYS: [&str; 2] = ["artifact_path", "serving_input_path"];

/// Why an `MLmodel` file can't be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MlModelError {
    /// It isn't text.
    #[error("its MLmodel file isn't UTF-8 text; save the model again with mlflow.<flavor>.save_model")]
    NotText,
    /// More bytes than are read.
    #[error("its MLmodel file is larger than {0} bytes; save the model again with mlflow.<flavor>.save_model")]
    TooLarge(u64),
    /// It isn't YAML, or a hostile one.
    #[error("its MLmodel file isn't readable YAML ({0}); save the model again with mlflow.<flavor>.save_model")]
    NotYaml(String),
    /// There is no flavour to load it with.
    #[error("its MLmodel file names no flavors; save the model again with mlflow.<flavor>.save_model")]
    NoFlavors,
    /// A path that leads out of the model's folder.
    #[error(
        "its MLmodel file has {key}: {value:?}, which leads out of the model's folder; save the model again with mlflow.<flavor>.save_model"
    )]
    EscapingPath {
        /// The key.
        key: String,
        /// The path.
        value: String,
    },
}

/// What an `MLmodel` file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MlModel {
    flavors: Vec<String>,
    /// Whether it names the types of its inputs.
    pub has_signature: bool,
}

impl MlModel {
    /// Reads the bytes of an `MLmodel` file.
    pub fn parse(bytes: &[u8]) -> Result<Self, MlModelError> {
        let text = std::str::from_utf8(bytes).map_err(|_| MlModelError::NotText)?;
        let root = outline(text, &LIMITS).map_err(MlModelError::NotYaml)?;
        let Some(Value::Map(flavors)) = root.at("flavors").map(|flavors| &flavors.value) else {
            return Err(MlModelError::NoFlavors);
        };
        for flavor in flavors {
            refuse_escapes(&flavor.value, &PATH_KEYS)?;
        }
        if let Some(example) = root.at("saved_input_example_info") {
            refuse_escapes(example, &EXAMPLE_PATH_KEYS)?;
        }
        let flavors: Vec<String> = flavors.iter().filter_map(|entry| entry.key.source().map(str::to_owned)).collect();
        if flavors.is_empty() {
            return Err(MlModelError::NoFlavors);
        }
        let has_signature = root.at("signature").is_some_and(|signature| matches!(signature.value, Value::Map(_)));
        Ok(Self { flavors, has_signature })
    }

    /// The most specific flavour: the first that isn't `python_function`, where there is another.
    pub fn flavor(&self) -> &str {
        self.flavors.iter().find(|name| *name != PYTHON_FUNCTION).unwrap_or(&self.flavors[0])
    }
}

/// Refuses paths that lead out, wherever below `node` one of `keys` stands.
fn refuse_escapes(node: &Node, keys: &[&str]) -> Result<(), MlModelError> {
    match &node.value {
        Value::List(items) => items.iter().try_for_each(|item| refuse_escapes(item, keys)),
        Value::Map(entries) => entries.iter().try_for_each(|entry| match entry.key.source() {
            Some(key) if keys.contains(&key) => refuse_escaping_values(key, &entry.value, keys),
            _ => refuse_escapes(&entry.value, keys),
        }),
        _ => Ok(()),
    }
}

/// `value` is a path, or a list of paths, or has paths as its values.
fn refuse_escaping_values(key: &str, value: &Node, keys: &[&str]) -> Result<(), MlModelError> {
    match &value.value {
        Value::Scalar(path, _) if escapes(path) => {
            Err(MlModelError::EscapingPath { key: key.to_owned(), value: path.clone() })
        }
        Value::List(items) => items.iter().try_for_each(|item| refuse_escaping_values(key, item, keys)),
        // `env: {conda: conda.yaml}`, but `artifacts: {…: {path: …, uri: …}}`.
        Value::Map(entries) if key == "env" => {
            entries.iter().try_for_each(|entry| refuse_escaping_values(key, &entry.value, keys))
        }
        Value::Map(_) => refuse_escapes(value, keys),
        _ => Ok(()),
    }
}

fn escapes(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':');
    drive || path.starts_with(['/', '\\']) || path.split(['/', '\\']).any(|part| part == "..")
}

#[cfg(test)]
mod tests;
