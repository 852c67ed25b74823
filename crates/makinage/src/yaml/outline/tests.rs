use super::*;

const LIMITS: Limits = Limits { levels: 8, weight: 2_000, node: 10 };

fn read(text: &str) -> Result<Node, String> {
    outline(text, &LIMITS)
}

#[test]
fn scalars_are_texts_and_nothing_that_python_might_read_is_dropped() {
    let root = read("a: 010\n<<: {b: !!int x}\na: yes\n? [c]\n: d\n").unwrap();
    let Value::Map(entries) = &root.value else { panic!() };
    let values: Vec<_> = entries.iter().map(|entry| (entry.key.source(), entry.value.source())).collect();
    assert_eq!(values, [(Some("a"), Some("010")), (Some("<<"), None), (Some("a"), Some("yes")), (None, Some("d"))]);
    assert_eq!(root.at("<<").and_then(|merged| merged.at("b")).and_then(Node::source), Some("x"));
}

#[test]
fn the_first_document_counts_whatever_follows() {
    assert_eq!(read("a: 1\n---\n: ] {").unwrap().at("a").and_then(Node::source), Some("1"));
    assert_eq!(read("# nothing"), Err("it is empty".to_owned()));
}

#[test]
fn what_can_t_be_read_is_a_phrase() {
    assert!(read("a: [").unwrap_err().starts_with("line 2: "), "{:?}", read("a: ["));
    assert_eq!(read("a: &x [*x]"), Err("an alias stands inside of its anchor".to_owned()));
}

#[test]
fn depth_and_weight_are_bounded_with_what_aliases_repeat() {
    let deep = Err("it is nested more than 8 deep".to_owned());
    assert_eq!(read(&"[".repeat(10)), deep);
    assert_eq!(read("a: &a [[[[[x]]]]]\nb: [[[*a]]]"), deep);
    let heavy = Err("it unfolds to more than 2000 bytes".to_owned());
    assert_eq!(read(&"x".repeat(2_000)), heavy);
    assert_eq!(read(&format!("[{}]", "x,".repeat(200))), heavy);
    assert_eq!(read(&format!("a: &a {}\nb: [{}]", "x".repeat(100), "*a,".repeat(20))), heavy);
}
