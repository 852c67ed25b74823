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
