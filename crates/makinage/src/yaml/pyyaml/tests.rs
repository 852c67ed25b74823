use std::{fs, path::Path};

use serde_json::{Value as Json, json};

use crate::yaml::{fault::Fault, tagged, tests::parse};

/// The document as hooks get it below `config`, or what is wrong with it.
fn below_config(yaml: &str) -> Result<Json, Vec<Fault>> {
    let parsed = parse(&format!("config:\n  {}\n", yaml.replace('\n', "\n  ")));
    match parsed.root.filter(|_| parsed.faults.is_empty()) {
        Some(root) => {
            let tagged: Json = serde_json::from_str(&tagged(&root)).unwrap();
            Ok(sorted(tagged["m"][0][1].clone()))
        }
        None => Err(parsed.faults),
    }
}

/// Sets have no order.
fn sorted(mut json: Json) -> Json {
    match &mut json {
        Json::Array(items) => items.iter_mut().for_each(|item| *item = sorted(item.take())),
        Json::Object(tagged) => {
            tagged.values_mut().for_each(|value| *value = sorted(value.take()));
            if let Some(Json::Array(items)) = tagged.get_mut("s") {
                items.sort_by_key(Json::to_string);
            }
        }
        _ => {}
    }
    json
}

fn cases() -> Vec<Json> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/fixtures/pyyaml.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// What YAML 1.2 makes of it, where it can be read so.
fn strict(yaml: &str) -> Option<Json> {
    let parsed = parse(&format!("else:\n  {}\n", yaml.replace('\n', "\n  ")));
    let root = parsed.root.filter(|_| parsed.faults.is_empty())?;
    let tagged: Json = serde_json::from_str(&tagged(&root)).unwrap();
    Some(tagged["m"][0][1].clone())
}

/// What is said of the values below `config`.
fn readings(config: &str) -> Vec<String> {
    let parsed = parse(&format!("config:\n  {}\n", config.replace('\n', "\n  ")));
    assert_eq!(parsed.faults, [], "{config}");
    parsed.readings.into_iter().map(|said| format!("{} {}: {}", said.line, said.key, said.message)).collect()
}

#[test]
fn every_value_is_what_pyyaml_makes_of_it() {
    let cases = cases();
    let mut wrong = Vec::new();
    for case in &cases {
        let yaml = case["yaml"].as_str().unwrap();
        let (ours, pyyaml) = (below_config(yaml), &case["tagged"]);
        let agrees = match &ours {
            Ok(ours) => *pyyaml == json!([ours]),
            Err(_) => pyyaml.is_null(),
        };
        if !agrees {
            wrong.push(format!("{yaml:?}: {ours:?}, PyYAML: {pyyaml}"));
        }
    }
    assert!(cases.len() > 300);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_scalar_is_named_exactly_where_yaml_1_2_would_read_it_otherwise() {
    let mut named = 0;
    for yaml in cases()
        .iter()
        .map(|case| case["yaml"].as_str().unwrap())
        .filter(|yaml| !yaml.contains(['{', '[', '&']) && !yaml.ends_with(':'))
    {
        let (Ok(here), Some(strict)) = (below_config(yaml), strict(yaml)) else { continue };
        let said = readings(yaml);
        assert_eq!(said.len(), usize::from(here != strict), "{yaml:?}: {said:?}");
        named += said.len();
    }
    assert!(named > 50, "{named}");
}

#[test]
fn what_it_says_to_write_instead_means_what_it_says_and_is_not_named_again() {
    let plain = |yaml: &str| {
        assert_eq!(readings(yaml), [""; 0], "{yaml}");
        below_config(yaml).unwrap()
    };
    for yaml in cases()
        .iter()
        .map(|case| case["yaml"].as_str().unwrap())
        .filter(|yaml| !yaml.contains(['{', '[', '\n']) && !yaml.ends_with(':'))
    {
        let (Ok(here), Some(strict)) = (below_config(yaml), strict(yaml)) else { continue };
        let Some(said) = readings(yaml).pop() else { continue };
        let remedy = said.split_once("read it: ").unwrap().1;
        if let Some((_, same)) = remedy.split_once("if text is meant, else write ") {
            assert_eq!((plain(same), plain(&format!("{yaml:?}"))), (here, strict), "{said}");
        } else if let Some((_, other)) = remedy.split_once(", or write ") {
            let other = other.strip_suffix(" if the number is meant").unwrap();
            assert_eq!((plain(&format!("{yaml:?}")), plain(other)), (here, strict), "{said}");
        } else {
            let (other, same) = remedy.strip_prefix("write ").unwrap().split_once(" if that is meant, else ").unwrap();
            assert_eq!((plain(same), plain(other)), (here, strict), "{said}");
        }
    }
}

#[test]
fn each_place_is_named_once_with_its_line_and_keys() {
    let said = readings("a: &x [off, {b: 010}]\nc: *x\non: 1e3\nd: [*x, \"off\"]\ne: 2024-01-02T10:00:00Z");
    insta::assert_snapshot!(said.join("\n"), @r#"
2 config.a[0]: `off` is False here, as Maki Nage's PyYAML read it: quote it ("off") if text is meant, else write false
2 config.a[1].b: `010` is 8 here, as Maki Nage's PyYAML read it: write 10 if that is meant, else 8
4 config.on: the key `on` is True here, as Maki Nage's PyYAML read it: quote it ("on") if text is meant, else write true
4 config.on: `1e3` is text here, as Maki Nage's PyYAML read it: quote it ("1e3"), or write 1000.0 if the number is meant
6 config.e: `2024-01-02T10:00:00Z` is the time 2024-01-02 10:00:00+00:00 here, as Maki Nage's PyYAML read it: quote it ("2024-01-02T10:00:00Z") if text is meant, else write !!timestamp 2024-01-02T10:00:00Z
"#);
    let said = readings("db_password: 0123\nToken: 2024-01-02\ntokens: [1_0]\nother: 0123");
    insta::assert_snapshot!(said.join("\n"), @r#"
2 config.db_password: this value is an integer here, as Maki Nage's PyYAML read it: put it in quotes if text is meant
3 config.Token: this value is a date here, as Maki Nage's PyYAML read it: put it in quotes if text is meant
4 config.tokens[0]: this value is an integer here, as Maki Nage's PyYAML read it: put it in quotes if text is meant
5 config.other: `0123` is 83 here, as Maki Nage's PyYAML read it: write 123 if that is meant, else 83
"#);
    insta::assert_snapshot!(readings("a: 1\nb: 2\na: 3").join("\n"), @r#"
4 config.a: this key is on line 2 too: the last one counts, as Maki Nage's PyYAML read it
"#);
    assert_eq!(readings("on: 1\nyes: 2").len(), 3);
    insta::assert_snapshot!(readings("x: &x {a: off}\ny: {<<: *x, a: 2}").join("\n"), @r#"
2 config.x.a: `off` is False here, as Maki Nage's PyYAML read it: quote it ("off") if text is meant, else write false
"#);
}

#[test]
fn the_service_s_own_keys_stay_yaml_1_2_and_an_alias_means_what_its_place_says() {
    let parsed = parse("a: &a off\nb: [010, 2024-01-02]\nconfig: {c: *a, d: &d 010}\ne: *d\n");
    assert_eq!(parsed.faults, []);
    let tagged: Json = serde_json::from_str(&tagged(&parsed.root.unwrap())).unwrap();
    let config = json!({"m": [["c", false], ["d", 8]]});
    assert_eq!(tagged, json!({"m": [["a", "off"], ["b", [10, "2024-01-02"]], ["config", config], ["e", 10]]}));
    assert_eq!(parse("a: {<<: {b: 1}}\nconfig: {c: {<<: {b: 1}}}\n").faults.len(), 1);
    assert_eq!(parse("a: {b: 1, b: 2}\nconfig: {b: 1, b: 2}\n").faults.len(), 1);
}

#[test]
fn numbers_of_any_base_are_exact() {
    let json = |yaml: &str| {
        let parsed = parse(&format!("config: {yaml}"));
        assert_eq!(parsed.faults, []);
        tagged(&parsed.root.unwrap())
    };
    assert_eq!(
        json("0xffffffffffffffffffffffffffffffffffff"),
        r#"{"m":[["config",22300745198530623141535718272648361505980415]]}"#
    );
    assert_eq!(
        json("-0b1_0000000000000000000000000000000000000000000000000000000000000000000"),
        r#"{"m":[["config",-147573952589676412928]]}"#
    );
    assert_eq!(json("07777777777777777777777777"), r#"{"m":[["config",37778931862957161709567]]}"#);
    assert_eq!(json("123456789012345678901234567890:59"), r#"{"m":[["config",7407407340740740734074074073459]]}"#);
}

#[test]
fn merges_and_aliases_can_t_make_a_small_file_large() {
    let level = |level: usize| {
        format!("  a{level}: &a{level} {{<<: [{}], k{level}: x}}\n", format!("*a{},", level - 1).repeat(10))
    };
    let text = format!("config:\n  a0: &a0 {{k: x}}\n{}", (1..12).map(level).collect::<String>());
    let faults = parse(&text).faults;
    assert!(faults.iter().any(|fault| fault.message.contains("larger than 2 MiB")), "{faults:?}");
    let chain: Vec<_> = (1..2_000).map(|level| format!("  a{level}: &a{level} [*a{}]\n", level - 1)).collect();
    let chain = chain.concat();
    for top in ["config", "else"] {
        let faults = parse(&format!("{top}:\n  a0: &a0 [x]\n{chain}")).faults;
        assert!(faults.iter().any(|fault| fault.message.contains("nested more than 64 levels deep")), "{faults:?}");
    }
    let chain: Vec<_> = (1..2_000).map(|level| format!("  a{level}: &a{level} {{<<: *a{}}}\n", level - 1)).collect();
    let chain = chain.concat();
    let faults = parse(&format!("config:\n  a0: &a0 {{k: x}}\n{chain}")).faults;
    assert!(faults.iter().any(|fault| fault.message.contains("nested more than 64 levels deep")), "{faults:?}");
}
