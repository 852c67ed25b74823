use super::{CATALOGUE, Codes};
use crate::tidy::{files::Text, source::Scope};

const ENTRIES: &str = r#"const ALL: &[Entry] = &[error("K001", "a", "b", "c"), warning("K002", "a", "b", "c")];"#;

/// What is complained of in a program with this catalogue and this file.
fn complaints(catalogue: &str, program: &str) -> Vec<String> {
    let mut codes = Codes::default();
    for (path, text) in [(&*format!("{CATALOGUE}kafka.rs"), catalogue), ("src/a.rs", program)] {
        let file = Text { path: path.to_owned(), text: text.to_owned() };
        let scope = Scope::parse(text, false).expect("it can be parsed");
        codes.read(&file, &scope).expect("it can be read");
    }
    codes.check().iter().map(ToString::to_string).collect()
}

/// The same, in short, of a program that says both lines and then this.
fn also(program: &str) -> Vec<String> {
    let both = r#"fn f() { tracing::error!(code = "K001", "x"); tracing::warn!(code = "K002", topic, "x"); }"#;
    let told = complaints(ENTRIES, &format!("{both}\n{program}"));
    told.iter().map(|line| line.split(": ").take(3).collect::<Vec<_>>().join(": ")).collect()
}

#[test]
fn each_line_has_a_code_of_the_catalogue_with_its_level() {
    assert_eq!(also(""), Vec::<String>::new());
    assert_eq!(also(r#"fn g() { warn!("x"); }"#), ["src/a.rs:2: codes: this warn! has no code"]);
    assert_eq!(also(r#"fn g() { warn!(target: "a", code, "x"); }"#), ["src/a.rs:2: codes: this warn! has no code"]);
    assert_eq!(also(r#"fn g() { error!(code = "K009", "x"); }"#), ["src/a.rs:2: codes: K009 isn't in the catalogue"]);
    let otherwise = complaints(ENTRIES, r#"fn f() { warn!(code = "K001", ""); warn!(code = "K002", ""); }"#);
    assert_eq!(otherwise.len(), 1);
    assert!(otherwise[0].contains("K001 has another level in the catalogue"), "{otherwise:?}");
}

#[test]
fn lines_within_other_macros_are_seen_and_those_of_tests_are_not() {
    let within = r#"fn g() { select! { one => { each(|x| warn!("{x}")) } } }"#;
    assert_eq!(also(within), ["src/a.rs:2: codes: this warn! has no code"]);
    assert_eq!(
        also("#[cfg(test)]\nmod tests {\n fn g() { warn!(\"x\"); error!(code = \"K001\", \"x\"); }\n}"),
        [""; 0]
    );
    assert_eq!(also("fn g() { info!(\"x\"); debug!(\"x\"); bail!(\"x\"); let error = 1; error(); }"), [""; 0]);
}

#[test]
fn a_code_is_for_one_line_and_none_is_for_nothing() {
    assert_eq!(
        also(r#"fn g() { error!(code = "K001", "y"); }"#),
        ["src/a.rs:2: codes: K001 is another line's already"]
    );
    assert_eq!(also(r#"fn g() { tell_as("K002"); }"#), ["src/a.rs:2: codes: K002 is another line's already"]);
    let one = complaints(ENTRIES, r#"fn f() { tell_as(Level::ERROR, "K001", "x"); }"#);
    assert_eq!(one, [format!("{CATALOGUE}kafka.rs:1: codes: K002 is no line's: remove it")]);
    let twice =
        complaints(&format!("{ENTRIES}\nconst B: Entry = error(\"K001\");"), r#"fn f() { a("K001", "K002"); }"#);
    assert_eq!(twice, [format!("{CATALOGUE}kafka.rs:2: codes: K001 is declared twice: a code has one meaning")]);
}

#[test]
fn what_several_places_say_is_said_by_several() {
    let shared = r#"const A: &[Entry] = &[warning("K004")];"#;
    let once = complaints(shared, r#"fn f() { warn!(code = "K004", "x"); }"#);
    assert_eq!(once, ["src/a.rs:1: codes: K004 is one line's alone: take it from SHARED"]);
    assert_eq!(complaints(shared, r#"fn f() { warn!(code = "K004", "x"); warn!(code = "K004", "y"); }"#), [""; 0]);
}
