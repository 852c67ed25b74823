//! What the programs say of themselves: schemas, completions, manual pages.

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

use super::{
    broker::root,
    service::{Folder, program},
};

const COMMANDS: [&str; 11] =
    ["init", "check", "predict", "demo", "model", "dead-letter", "publish", "schema", "completions", "man", "help"];

fn said(arguments: &[&str]) -> String {
    let output = program("makinage").args(arguments).output().expect("it runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_schemas_are_those_that_the_examples_name() {
    for (arguments, file) in
        [(&["schema"][..], "service"), (&["schema", "service"], "service"), (&["schema", "publisher"], "publisher")]
    {
        let file = fs::read_to_string(root().join(format!("config/schema/{file}.json"))).unwrap();
        assert!(said(arguments) == file, "{arguments:?}");
    }
}

#[test]
fn every_command_is_completed_in_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = said(&["completions", shell]);
        for command in COMMANDS {
            assert!(script.contains(command), "{shell} doesn't know {command}");
        }
        assert!(said(&["completions", shell, "makinage-model-publisher"]).contains("dry-run"), "{shell}");
    }
}

/// What bash itself offers behind `makinage dead-letter re`.
#[test]
fn bash_completes_a_command() {
    let script = said(&["completions", "bash"]);
    let asks = "\nCOMP_WORDS=(makinage dead-letter re) COMP_CWORD=2\n_makinage makinage re dead-letter\necho \"${COMPREPLY[*]}\"\n";
    let mut bash = Command::new("bash").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("bash");
    bash.stdin.take().unwrap().write_all((script + asks).as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "replay");
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = Folder::new();
    let pages = folder.path().join("share/man1");
    said(&["man", "--out", pages.to_str().unwrap()]);
    let page = |name: &str| fs::read_to_string(pages.join(format!("{name}.1"))).unwrap_or_else(|_| panic!("{name}.1"));
    for command in COMMANDS.iter().filter(|command| **command != "help") {
        assert!(page(&format!("makinage-{command}")).contains(".SH SYNOPSIS"), "{command}");
    }
    assert!(page("makinage-dead-letter-replay").contains("dry\\-run"));
    assert!(page("makinage-model-publisher").contains("watch"));
    assert_eq!(page("makinage"), said(&["man"]));
}
