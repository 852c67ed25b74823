//! JSON objects, and a model whose signature names columns.

use super::{broker::left_out, model::model, scene::Scene, stream::value};

#[test]
fn objects_go_into_named_columns_whatever_their_order_and_a_missing_column_is_named() {
    if left_out() {
        return;
    }
    let scene = Scene::new("columns").topics(1).reading_from_the_beginning();
    scene.produce(&[
        r#"{"weight": 2.5, "color": "red", "seeds": 2}"#,
        r#"{"weight": 2.5, "seeds": 2}"#,
        r#"{"extra": null, "seeds": 2, "color": "red", "weight": 2.5}"#,
    ]);
    scene.publish(&model("columns"));
    let mut service = scene.serve();
    let outputs = scene.reader().read(2);
    for output in &outputs {
        let (event, prediction): (serde_json::Value, f64) = serde_json::from_str(&value(output)).expect("JSON");
        assert_eq!(event["color"], "red");
        // What the pipeline's own predict says of this row.
        assert!((prediction - 1.9375).abs() < 1e-9, "{prediction}");
    }
    let line = service.wait_for_line(&format!("skipped {}/0/1: ", scene.topic("data")));
    assert!(line.contains("'color'"), "{line}");
    service.stop();
}
