//! What README and the commented example say of the keys: written from the sections' own descriptions, and held to
//! them.
//!
//! `cargo xtask docs` runs these tests so that they write anew what differs.

use std::{fs, path::Path};

use crate::{
    config::{
        locate::locate_text,
        publish::ModelKeys,
        reader::{described::Described, shape::Shaped},
        redirect::RedirectKeys,
        schema::{SchemaOf, schema},
        sections::{
            application::Application, http::Http, kafka::KafkaKeys, log::Log, models::Models, topics::TopicKeys,
            traces::Traces, tuning::Tuning,
        },
        service::ServiceKeys,
        tests::{Machine, example as file_of_example, publisher, service},
    },
    generated::{WIDTH, hold},
};

const BEGIN: &str = "<!-- generated: cargo xtask docs -->\n";
const END: &str = "<!-- /generated -->\n";
/// The line by which editors find an example's schema.
const EDITORS: &str = "# yaml-language-server: $schema=";
const HEADER: &str = "\
# Every key of the service's file: what it means, what it may be, and what holds without it. Values here are examples,
# not defaults; a file needs few of them, as serve.yaml. Generated: see `cargo xtask docs`.
";
const OTHER_TOPICS: &str = "  - name: data
    encoder: makinage.encoding.json
    start_from: beginning
  - name: model
    encoder: makinage.encoding.none
    start_from: last
  - name: predict
    encoder: makinage.encoding.json
  - name: dead
";

/// The service's sections, each with the path of its keys.
fn service_sections() -> [(&'static str, Vec<Described>); 8] {
    [
        ("application", Application::described()),
        ("kafka", KafkaKeys::described()),
        ("topics[]", TopicKeys::described()),
        ("operators.<name>", Tuning::described()),
        ("models", Models::described()),
        ("http", Http::described()),
        ("log", Log::described()),
        ("traces", Traces::described()),
    ]
}

fn tables() -> String {
    let sections = service_sections();
    let keys = sections.iter().flat_map(|(section, keys)| flat(section, keys));
    let change = |key: &Described| if key.restart { "restart" } else { "at once" };
    let mut service: Vec<String> = keys.map(|(path, key)| format!("{} {} |", row(&path, key), change(key))).collect();
    service.push("| `config` | yours: the hooks get all of it | none | at once |".to_owned());
    let table = |section: &str, keys: &[Described]| {
        flat(section, keys).iter().map(|(path, key)| row(path, key)).collect::<Vec<_>>().join("\n")
    };
    format!(
        "
The service's file:

| key | value | default | a change |
|---|---|---|---|
{}

An item of `models` in the publisher's file:

| key | value | default |
|---|---|---|
{}

The file that says where the service's is:

| key | value | default |
|---|---|---|
{}

",
        service.join("\n"),
        table("", &ModelKeys::described()),
        table("redirect", &RedirectKeys::described())
    )
}

/// The keys of a section with their paths, and those of the sections below it in their place.
fn flat<'k>(section: &str, keys: &'k [Described]) -> Vec<(String, &'k Described)> {
    let path = |key: &str| if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
    let below = |key: &'k Described| match key.below.as_slice() {
        [] => vec![(path(key.key), key)],
        // What holds without the section isn't always what its keys' defaults say.
        below if key.default.trim_matches('`').is_empty() => flat(&path(key.key), below),
        below => [vec![(path(key.key), key)], flat(&path(key.key), below)].concat(),
    };
    keys.iter().flat_map(below).collect()
}

fn row(path: &str, key: &Described) -> String {
    let default = if key.default.is_empty() { "must be given" } else { &key.default };
    let form = if key.form.is_empty() { "a mapping" } else { &key.form };
    format!("| `{path}` | {form} | {default} |")
}

fn example() -> String {
    let sections = service_sections().map(|(section, keys)| match section {
        // The first key is on the line of the list's hyphen.
        "topics[]" => {
            format!("topics:\n{}{OTHER_TOPICS}", key_lines(&keys, 4).replacen("    name: ", "  - name: ", 1))
        }
        "operators.<name>" => format!("operators:\n  serve:\n{}", key_lines(&keys, 4)),
        _ => format!("{section}:\n{}", key_lines(&keys, 2)),
    });
    let config = ServiceKeys::described().into_iter().find(|key| key.key == "config").unwrap();
    format!("{HEADER}{}config:\n{}  serve:\n    threshold: 0.8\n", sections.concat(), comment(config.says, 2))
}

/// Each key below what is said of it.
fn key_lines(keys: &[Described], indent: usize) -> String {
    let below = |key: &Described| -> String {
        let said = |path: &str, below: &Described| comment(&format!("{path}: {}", below.says), indent);
        flat("", &key.below).iter().map(|(path, below)| said(path, below) + &facts(below, indent)).collect()
    };
    let lines = |key: &Described| {
        let (said, facts, below) = (comment(key.says, indent), facts(key, indent), below(key));
        format!("{said}{facts}{below}{:indent$}{}: {}\n", "", key.key, key.example)
    };
    keys.iter().map(lines).collect()
}

/// What may be written, and what holds without it.
fn facts(key: &Described, indent: usize) -> String {
    match (key.below.is_empty(), key.default.as_str()) {
        (false, _) => String::new(),
        (true, "") => comment(&format!("Value: {}", key.form), indent),
        (true, default) => comment(&format!("Value: {}; default: {default}", key.form), indent),
    }
}

/// A comment, wrapped; backticks are README's.
fn comment(said: &str, indent: usize) -> String {
    let mut lines = vec![format!("{:indent$}#", "")];
    for word in said.replace('`', "").split_whitespace() {
        if lines[lines.len() - 1].chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("{:indent$}#", ""));
        }
        let last = lines.len() - 1;
        lines[last].extend([" ", word]);
    }
    lines.join("\n") + "\n"
}

#[test]
fn readme_has_every_key_as_the_program_has_it() {
    hold("README.md", |readme| {
        let (before, rest) = readme.split_once(BEGIN).unwrap();
        let (_, after) = rest.split_once(END).unwrap();
        format!("{before}{BEGIN}{}{END}{after}", tables())
    });
}

#[test]
fn the_commented_example_has_every_key_as_the_program_has_it() {
    hold("config/examples/serve-tuned.yaml", |_| format!("{EDITORS}../schema/service.json\n{}", example()));
}

#[test]
fn the_schemas_have_every_key_as_the_program_has_it() {
    hold("config/schema/service.json", |_| schema(SchemaOf::Service));
    hold("config/schema/publisher.json", |_| schema(SchemaOf::Publisher));
}

#[test]
fn every_example_names_its_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/examples");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    // Another test has the whole of that one.
    for name in files.filter(|name| name != "serve-tuned.yaml") {
        let schema = if name.starts_with("publish") { "publisher" } else { "service" };
        hold(Path::new("config/examples").join(&name), |text| {
            let rest =
                text.split_once('\n').filter(|(first, _)| first.starts_with(EDITORS)).map_or(text, |(_, rest)| rest);
            format!("{EDITORS}../schema/{schema}.json\n{rest}")
        });
    }
}

#[test]
fn every_key_is_described_and_fits_a_line() {
    let mut keys: Vec<Described> = service_sections().into_iter().flat_map(|(_, keys)| keys).collect();
    keys.extend(ModelKeys::described());
    keys.extend(RedirectKeys::described());
    let below: Vec<Described> = keys.iter_mut().flat_map(|key| key.below.drain(..)).collect();
    for key in keys.iter().chain(&below) {
        assert!(key.says.trim().ends_with('.') && !key.example.is_empty(), "{key:?}");
    }
    for line in tables().lines().chain(example().lines()) {
        assert!(line.chars().count() <= WIDTH, "{line}");
    }
}

/// What the table calls a default is what holds without the key.
#[test]
fn the_described_defaults_hold() {
    let read = |text: &str| service(text).config.unwrap();
    let tuned = example();
    for key in Tuning::described() {
        let Some(default) = key.default.strip_prefix('`').and_then(|text| text.strip_suffix('`')) else { continue };
        let line = format!("    {}: {}\n", key.key, key.example);
        assert!(tuned.contains(&line), "{line}");
        // Only a batch of a fixed size has a delay.
        let tuned = match key.key {
            "batch" => tuned.replace("    max_delay: 10ms\n", ""),
            // And only transactions have an interval.
            "delivery" => tuned.replace("    commit_interval: 50ms\n", ""),
            _ => tuned.clone(),
        };
        let (given, without) =
            (tuned.replace(&line, &format!("    {}: {default}\n", key.key)), tuned.replace(&line, ""));
        assert_eq!(read(&given).operator, read(&without).operator, "{}", key.key);
    }
}

/// Their values reach clients and threads that are made once, so a key without the word would be taken up by nobody.
#[test]
fn every_key_of_a_section_without_generations_takes_a_restart() {
    for keys in [
        Application::described(),
        KafkaKeys::described(),
        Models::described(),
        Http::described(),
        Log::described(),
        Traces::described(),
    ] {
        for key in keys {
            assert!(key.restart, "{}", key.key);
        }
    }
}

/// What Python's validator makes of the same changes, `python/tests/test_config_schema.py` says.
#[test]
fn the_program_says_of_a_change_what_the_schemas_are_held_to() {
    #[derive(serde::Deserialize)]
    struct Case {
        file: String,
        from: String,
        to: String,
        program: bool,
    }
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../../../../config/schema/cases.json")).unwrap();
    for Case { file, from, to, program } in cases {
        let text = file_of_example(&file);
        assert!(text.contains(&from), "{file} has no {from:?}");
        let text = text.replacen(&from, &to, 1);
        let problems = match file.as_str() {
            "publish.yaml" => publisher(&text).problems,
            "serve-from-consul.yaml" => locate_text(text, Path::new("a.yaml"), &Machine).err().unwrap_or_default(),
            _ => service(&text).problems,
        };
        assert_eq!(problems.is_empty(), program, "{file} with {to:?}: {problems}");
    }
}
