//! Where the service's configuration is: in its file, or elsewhere.

use std::path::{Path, PathBuf, absolute};

use super::{
    reader::{
        file,
        problem::{Findings, Problems},
        root,
        surroundings::{Process, Surroundings},
    },
    redirect::{self, Redirect},
};

/// Where the service's configuration is.
#[derive(Debug)]
pub enum Located {
    /// In the file itself, whose text this is.
    Here(String),
    /// Elsewhere.
    Elsewhere(Redirect),
}

/// What messages call a configuration, and the folder where its hooks and relative paths begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file as the user named it, or a name for what it redirects to.
    pub name: PathBuf,
    /// The file's folder, absolute.
    pub folder: PathBuf,
}

impl Origin {
    /// A file.
    pub fn file(path: &Path) -> Self {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // It fails only without a working directory, where a relative path is the best there is.
        let folder = absolute(parent).unwrap_or_else(|_| parent.to_owned());
        Self { name: path.to_owned(), folder }
    }

    /// A key in Consul.
    pub fn consul(redirect: &Redirect) -> Self {
        Self { name: format!("consul:{}", redirect.key).into(), folder: redirect.folder.clone() }
    }
}

/// Reads the service's file as far as to know whether it is the configuration itself; else what is wrong with it.
pub fn locate_service(path: &Path) -> Result<Located, Problems> {
    let text = file::text(path, file::SERVICE).map_err(|(place, message)| Problems::one(path, place, message))?;
    locate_text(text, path, &Process)
}

/// As [`locate_service`], from the text of the file at `path`.
pub(super) fn locate_text(text: String, path: &Path, surroundings: &dyn Surroundings) -> Result<Located, Problems> {
    let Some(root) = root::parse(&text).root.filter(|root| root.get("redirect").is_some()) else {
        // What else is wrong with it, its reading says.
        return Ok(Located::Here(text));
    };
    let mut findings = Findings::new(path);
    // Again, for what is wrong with it as YAML.
    root::read(&text, &mut findings);
    let redirect = redirect::read(&root, &Origin::file(path).folder, surroundings, &mut findings);
    let (problems, _, _) = findings.sorted();
    redirect.filter(|_| problems.is_empty()).map(Located::Elsewhere).ok_or(problems)
}
