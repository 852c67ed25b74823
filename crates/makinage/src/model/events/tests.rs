use serde_json::{Value as Json, json};

use super::Inputs;

fn inputs(signature: &Json, more: &str) -> Inputs {
    let text = format!("signature:\n  inputs: '{signature}'\n  params: null\n{more}");
    Inputs::parse(&text).unwrap()
}

fn column(name: &str, kind: &str) -> Json {
    json!({"type": kind, "name": name, "required": true})
}

#[test]
fn a_signature_of_columns_gives_an_object_with_all_of_them() {
    let of = inputs(&json!([column("a b", "double"), column("n", "long"), column("on", "datetime")]), "");
    assert_eq!(of.names(), ["a b", "n", "on"]);
    assert_eq!(of.of_signature(), Some(json!({"a b": 0.5, "n": 1, "on": "2026-01-31T09:30:00"})));
}

#[test]
fn columns_without_names_give_a_list_and_one_tensor_a_sample() {
    let of = inputs(&json!([{"type": "string"}, {"type": "boolean"}]), "");
    assert_eq!((of.names().len(), of.of_signature()), (0, Some(json!(["text", true]))));
    let spec = json!({"dtype": "float64", "shape": [-1, 2, 3]});
    let of = inputs(&json!([{"type": "tensor", "tensor-spec": spec}]), "");
    assert_eq!(of.of_signature(), Some(json!([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]])));
    let of = inputs(&json!([{"type": "tensor", "name": "image", "tensor-spec": spec}]), "");
    assert_eq!(of.of_signature().unwrap()["image"][1], json!([0.5, 0.5, 0.5]));
}

#[test]
fn what_is_nested_is_written_out_and_a_type_hint_s_value_is_the_event() {
    let message = json!({"type": "object", "properties": {"content": {"type": "string"}, "n": {"type": "long"}}});
    let of = inputs(&json!([{"type": "array", "items": message, "name": "messages"}]), "");
    assert_eq!(of.of_signature(), Some(json!({"messages": [{"content": "text", "n": 1}]})));
    let of = inputs(&json!([message]), "  is_signature_from_type_hint: true\n");
    assert_eq!(of.of_signature(), Some(json!({"content": "text", "n": 1})));
}

#[test]
fn no_signature_one_too_large_and_one_too_deep_give_no_event() {
    assert_eq!(Inputs::parse("flavors: {}\n").unwrap().of_signature(), None);
    let spec = json!({"dtype": "float32", "shape": [-1, 224, 224, 3]});
    assert_eq!(inputs(&json!([{"type": "tensor", "tensor-spec": spec}]), "").of_signature(), None);
    let deep = (0..100).fold(json!({"type": "long"}), |below, _| json!({"type": "array", "items": below}));
    assert_eq!(inputs(&json!([deep]), "").of_signature(), None);
    assert_eq!(inputs(&json!([{"type": "unheard"}]), "").of_signature(), None);
}

#[test]
fn an_example_s_rows_are_events_by_name_where_its_columns_have_names() {
    let more = "saved_input_example_info:\n  artifact_path: input_example.json\n  type: dataframe\n";
    let of = inputs(&json!([column("a", "long"), column("b", "string")]), more);
    assert_eq!(of.example.as_deref(), Some("input_example.json"));
    let events = of.of_example(br#"{"columns": ["a", "b"], "data": [[1, "x"], [2, "y"], [3, "z"], [4, "w"]]}"#);
    assert_eq!(events, [json!({"a": 1, "b": "x"}), json!({"a": 2, "b": "y"}), json!({"a": 3, "b": "z"})]);
    assert_eq!(of.of_example(br#"{"columns": [0, 1], "data": [[1, "x"]]}"#), [json!([1, "x"])]);
    assert_eq!(of.of_example(b"[[5.1, 3.5], [4.9, 3.0]]"), [json!([5.1, 3.5]), json!([4.9, 3.0])]);
    assert_eq!(of.of_example(b"[[NaN"), Vec::<Json>::new());
    assert_eq!(of.of_example(br#"{"question": 1}"#), Vec::<Json>::new());
}

#[test]
fn an_example_that_is_a_record_is_one_event() {
    let more = "saved_input_example_info:\n  artifact_path: e.json\n  type: json_object\n";
    let of = inputs(&json!([column("a", "long")]), more);
    assert_eq!(of.of_example(br#"{"a": 1}"#), [json!({"a": 1})]);
    assert_eq!(of.of_example(br#"["one", "two"]"#), [json!("one"), json!("two")]);
}
