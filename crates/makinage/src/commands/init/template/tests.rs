use std::path::Path;

use super::{hooks, publisher, service};
use crate::{
    commands::init::{
        chosen::{Topics, Values},
        example::Example,
    },
    config::{Origin, read_service},
};

fn values(name: &str, model: Option<&str>) -> Values {
    let topics = Topics { data: "on".to_owned(), models: "1.5".to_owned(), predictions: "null".to_owned() };
    let model = model.map(str::to_owned);
    Values { name: name.to_owned(), kafka: "kafka-1,[::1]:9093".to_owned(), model, topics }
}

#[test]
fn names_that_yaml_takes_for_something_else_are_what_they_were() {
    for name in ["fraud", "true", "a: b #c", "{kafka}", "\"'\\", "größe", "5"] {
        let text = service(&values(name, None));
        let reading = read_service(&text, &Origin::file(Path::new("config.serve.yaml")));
        assert_eq!((reading.problems.to_string(), reading.warnings.to_string()), (String::new(), String::new()));
        let config = reading.config.unwrap();
        assert_eq!(config.application.name, name);
        assert_eq!(config.kafka.endpoints, ["kafka-1:9092", "[::1]:9093"]);
        let operator = config.operator;
        assert_eq!((operator.model.name.as_str(), operator.data[0].name.as_str()), ("1.5", "on"));
        assert_eq!((operator.sink.name.as_str(), operator.dead_letter), ("null", None));
        assert_eq!(operator.hooks.post_transform.as_deref(), Some("hooks:post_transform"));
        assert!(publisher(&values(name, Some("/models/my model"))).contains("path: \"/models/my model\"\n"));
    }
}

#[test]
fn columns_are_one_comment_whatever_they_are_called() {
    let of = |columns: &[&str]| {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        hooks(&Example { columns, ..Example::default() })
    };
    assert!(of(&["a b", "c\nimport os"]).contains("\n# The model's columns: \"a b\", \"c\\nimport os\"\n"));
    let many: Vec<String> = (0..500).map(|index| format!("column {index}")).collect();
    let text = of(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let line = text.lines().find(|line| line.starts_with('#')).unwrap();
    assert!(line.ends_with(", …") && line.chars().count() <= 120, "{line}");
    assert!(!of(&[]).contains('#') && !of(&[]).contains("{columns}"));
}
