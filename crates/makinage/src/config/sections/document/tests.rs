use proptest::prelude::*;

use super::*;
use crate::{config::reader::root::parse, yaml::Scalar};

fn json(yaml: &str) -> String {
    write(&parse(yaml).root.unwrap()).get().to_owned()
}

#[test]
fn every_type_survives_the_way() {
    assert_eq!(
        json("a: [null, true, 5, 5.0, 1e300, .inf, -.inf, .nan, 2024-01-31, \"5\"]"),
        r#"{"m":[["a",[null,true,5,5.0,1e+300,{"f":"inf"},{"f":"-inf"},{"f":"nan"},"2024-01-31","5"]]]}"#
    );
    assert_eq!(json("{1: a, true: b, null: c, 1.5: d}"), r#"{"m":[[1,"a"],[true,"b"],[null,"c"],[1.5,"d"]]}"#);
    assert_eq!(json("a: 123456789012345678901234567890"), r#"{"m":[["a",123456789012345678901234567890]]}"#);
    assert_eq!(json("a: \"line\\n\\\"quote\\\"\""), r#"{"m":[["a","line\n\"quote\""]]}"#);
    assert_eq!(json("a: {}"), r#"{"m":[["a",{"m":[]}]]}"#);
}

#[test]
fn hooks_see_neither_security_nor_properties_of_kafka() {
    let yaml = "Kafka: {endpoint: x, security: {password: y}, properties: {z: 1}}\nconfig: {security: mine, kafka: {properties: mine}}";
    assert_eq!(
        json(yaml),
        r#"{"m":[["Kafka",{"m":[["endpoint","x"]]}],["config",{"m":[["security","mine"],["kafka",{"m":[["properties","mine"]]}]]}]]}"#
    );
}

#[test]
fn what_differs_is_named_as_far_down_as_there_are_mappings() {
    let document = |yaml| write(&parse(yaml).root.unwrap());
    let differing = |one, other| differing(&document(one), &document(other));
    let one = "a: {b: 1, c: {d: [1, 2], e: x}}\nf: 1\n3: {g: 1}";
    assert_eq!(differing(one, "3: {g: 1}\nf: 1\na: {c: {e: x, d: [1, 2]}, b: 1}"), [""; 0], "order means nothing");
    let other = "a: {b: 2, c: {d: [2, 1], e: x, h: 0}}\nf: {}\n3: {g: 2}";
    assert_eq!(differing(one, other), ["3.g", "a.b", "a.c.d", "a.c.h", "f"]);
    assert_eq!(differing("a: {b: 1}", "a:"), ["a"]);
}

proptest! {
    #[test]
    fn any_text_becomes_json_that_reads_back(text in any::<String>()) {
        let root = Node { line: 1, value: Value::Scalar(text.clone(), Scalar::Text) };
        prop_assert_eq!(serde_json::from_str::<String>(write(&root).get()).unwrap(), text);
    }

    #[test]
    fn any_float_becomes_json_that_reads_back(value in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
        let json = write(&Node { line: 1, value: Value::Scalar(String::new(), Scalar::Float(value)) });
        prop_assert_eq!(json.get().parse::<f64>().unwrap().to_bits(), value.to_bits());
        prop_assert!(json.get().contains(['.', 'e']));
    }
}
