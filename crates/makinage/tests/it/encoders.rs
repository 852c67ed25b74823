//! Topics that aren't JSON: texts, bytes, and the user's own encoders.

use rdkafka::producer::BaseRecord;

use super::{broker::left_out, model::model, scene::Scene, stream::send};

#[test]
fn a_text_model_takes_a_string_an_event_and_its_json_is_plain_even_for_nan_and_infinities() {
    if left_out() {
        return;
    }
    let scene = Scene::new("texts").topics(1).reading_from_the_beginning().encoder("data", "makinage.encoding.string");
    let texts = ["hello", "nan", "a \"quoted\" line\n\u{1F600}", "inf", "-inf", ""];
    scene.produce(&texts);
    scene.publish(&model("text"));
    let mut service = scene.serve();
    let predictions = [Some(5.0), None, Some(17.0), None, None, Some(0.0)];
    for ((output, text), prediction) in scene.reader().values(6).iter().zip(texts).zip(predictions) {
        let parsed: (String, Option<f64>) = serde_json::from_str(output).expect("JSON");
        assert_eq!(parsed, (text.to_owned(), prediction));
    }
    service.stop();
}

#[test]
fn an_encoder_module_beside_the_configuration_decodes_and_encodes_and_its_errors_are_the_events_own() {
    if left_out() {
        return;
    }
    let scene = Scene::new("own-encoder")
        .topics(1)
        .reading_from_the_beginning()
        .encoder("data", "codecs_of_ours.csv")
        .encoder("predict", "codecs_of_ours.csv");
    scene.folder.write_below("codecs_of_ours", "__init__.py", "");
    scene.folder.write_below(
        "codecs_of_ours",
        "csv.py",
        "def decode(data):\n    return [float(cell) for cell in data.decode().split(';')]\n\n\
         def encode(output):\n    event, prediction = output\n    return f'{event[0]};{bool(prediction)}'.encode()\n",
    );
    scene.produce(&["0.25;0.5", "0.25;half", "0.25;0.125"]);
    scene.publish(&model("proba"));
    let mut service = scene.serve();
    assert_eq!(scene.reader().values(2), ["0.25;True", "0.25;False"]);
    let line = service.wait_for_line(&format!("skipped {}/0/1: step decode: ValueError", scene.topic("data")));
    assert!(line.contains("csv.py:2"), "{line}");
    service.stop();
}

#[test]
fn bytes_go_through_the_hooks_as_they_are_and_what_is_not_bytes_is_refused() {
    if left_out() {
        return;
    }
    let scene = Scene::new("bytes").topics(1).reading_from_the_beginning()
        .encoder("data", "makinage.encoding.none").encoder("predict", "makinage.encoding.none")
        .with_hooks(
            "import numpy as np\n\
             def pre_transform(config):\n    return lambda data: np.array([len(data), 0.0])\n\
             def predict(model, config):\n    return lambda row: model.predict_proba(row)\n\
             def post_transform(config):\n    return lambda data, size: data + bytes([int(size)]) if size < 4 else size\n",
        );
    let topic = scene.topic("data");
    let events: [&[u8]; 3] = [b"\xff\x00", b"long", b""];
    send(scene.broker(), events.iter().map(|event| BaseRecord::<[u8], [u8]>::to(&topic).payload(event)));
    scene.publish(&model("proba"));
    let mut service = scene.serve();
    let outputs = scene.reader().read(2);
    let payloads: Vec<_> = outputs.iter().filter_map(rdkafka::Message::payload).collect();
    assert_eq!(payloads, [b"\xff\x00\x02".as_slice(), b"\x00"]);
    service.wait_for_line(&format!(
        "skipped {topic}/0/1: step encode: TypeError: the sink's encoder is makinage.encoding.none"
    ));
    service.stop();
}
