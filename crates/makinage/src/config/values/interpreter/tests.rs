use std::{collections::BTreeMap, ffi::OsString};

use super::*;
use crate::config::reader::root;

/// A machine with these variables, and these programs.
struct Machine {
    variables: BTreeMap<&'static str, &'static str>,
    programs: &'static [&'static str],
}

impl Surroundings for Machine {
    fn variable(&self, name: &str) -> Option<OsString> {
        self.variables.get(name).map(OsString::from)
    }

    fn is_executable(&self, path: &Path) -> bool {
        self.programs.iter().any(|program| Path::new(program) == path)
    }

    fn cores(&self) -> usize {
        1
    }

    fn trust_store(&self) -> Option<std::path::PathBuf> {
        None
    }
}

fn machine(virtual_environment: Option<&'static str>, programs: &'static [&'static str]) -> Machine {
    let mut variables = BTreeMap::from([("PATH", "/a:/b")]);
    variables.extend(virtual_environment.map(|path| ("VIRTUAL_ENV", path)));
    Machine { variables, programs }
}

/// The interpreter, or else the problem.
fn find(machine: &Machine, given: Option<&str>) -> String {
    let node = given.map(|given| root::parse(given).root.unwrap());
    let field = node.as_ref().map(|node| Field { place: Place::key(9, "operators.serve.python"), node });
    let finder = Finder { folder: Path::new("/etc/app"), surroundings: machine };
    let mut findings = Findings::new(Path::new("f"));
    match finder.find(field.as_ref(), &Place::key(7, "operators.serve"), &mut findings) {
        Some(path) => path.display().to_string(),
        None => findings.sorted().0.to_string(),
    }
}

#[test]
fn a_path_begins_at_the_file_s_folder_and_a_name_is_looked_up() {
    let machine = machine(Some("/venv"), &["/etc/app/venv/bin/python", "/b/python3.11", "/opt/python"]);
    assert_eq!(find(&machine, Some("venv/bin/python")), "/etc/app/venv/bin/python");
    assert_eq!(find(&machine, Some("./venv/bin/python")), "/etc/app/venv/bin/python");
    assert_eq!(find(&machine, Some("/opt/python")), "/opt/python");
    assert_eq!(find(&machine, Some("python3.11")), "/b/python3.11");
}

#[test]
fn without_a_path_it_is_the_virtual_environment_s_then_python3() {
    let programs = &["/venv/bin/python", "/b/python3"];
    assert_eq!(find(&machine(Some("/venv"), programs), None), "/venv/bin/python");
    assert_eq!(find(&machine(Some(""), programs), None), "/b/python3");
    assert_eq!(find(&machine(None, programs), None), "/b/python3");
}

#[test]
fn what_isn_t_there_is_named_with_what_to_do() {
    insta::assert_snapshot!(find(&machine(None, &[]), None), @"f:7: operators.serve.python: there is no `python3` in the folders of PATH; install Python 3.10 or newer, or name one with `python: /opt/venv/bin/python`");
    insta::assert_snapshot!(find(&machine(Some("/gone"), &["/b/python3"]), None), @"f:7: operators.serve.python: VIRTUAL_ENV is set, but there is no `/gone/bin/python`; activate an environment that exists, or unset VIRTUAL_ENV");
    insta::assert_snapshot!(find(&machine(None, &[]), Some("venv/bin/python")), @"f:9: operators.serve.python: `/etc/app/venv/bin/python` isn't a program that can be run; name the interpreter itself, as `/opt/venv/bin/python`");
    insta::assert_snapshot!(find(&machine(None, &[]), Some("python3.99")), @"f:9: operators.serve.python: there is no program `python3.99` in the folders of PATH; give its whole path, as `/opt/venv/bin/python`");
    insta::assert_snapshot!(find(&machine(None, &[]), Some("3.11")), @"f:9: operators.serve.python: `3.11` isn't text in YAML; put it in quotes");
}

#[test]
fn the_usual_ones_are_the_active_environment_s_and_python3_each_once() {
    let usual = |virtual_environment, programs| -> Vec<String> {
        usual(&machine(virtual_environment, programs)).iter().map(|path| path.display().to_string()).collect()
    };
    assert_eq!(usual(Some("/venv"), &["/venv/bin/python", "/b/python3"]), ["/venv/bin/python", "/b/python3"]);
    assert_eq!(usual(Some("/gone"), &["/b/python3"]), ["/b/python3"]);
    assert_eq!(usual(None, &["/venv/bin/python", "/b/python3"]), ["/b/python3"]);
    // PATH of an active environment begins with its programs.
    let mut active = machine(Some("/venv"), &["/venv/bin/python", "/venv/bin/python3", "/b/python3"]);
    active.variables.insert("PATH", "/venv/bin:/b");
    assert_eq!(super::usual(&active), [Path::new("/venv/bin/python")]);
    assert!(usual(None, &[]).is_empty());
}
