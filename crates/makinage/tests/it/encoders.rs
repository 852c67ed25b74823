//! Topics that aren't JSON: texts, bytes, and the user's own encoders.

use rdkafka::producer::BaseRecord;

use super::{
    broker::left_out,
    model::model,
    stage::{Stage, send},
    stream::{Reader, value},
};

/// What the outputs are, in the order of their events.
fn outputs(stage: &Stage, count: usize) -> Vec<String> {
    let outputs = Reader::new(&stage.broker, &stage.topic("predict")).read_until(|read| read.len() == count);
    outputs.iter().map(value).collect()
}

#[test]
fn a_text_model_takes_a_string_an_event_and_its_json_is_plain_even_for_nan_and_infinities() {
    if left_out() {
        return;
    }
    let stage = Stage::new("texts", 1, 1)
        .edit("NAME-data, encoder: makinage.encoding.json", "NAME-data, encoder: makinage.encoding.string");
    let texts = ["hello", "nan", "a \"quoted\" line\n\u{1F600}", "inf", "-inf", ""];
    stage.produce(&texts);
    stage.publish(&model("text"));
    let mut service = stage.serve();
    let predictions = [Some(5.0), None, Some(17.0), None, None, Some(0.0)];
    for ((output, text), prediction) in outputs(&stage, 6).iter().zip(texts).zip(predictions) {
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
    let stage = Stage::new("own-encoder", 1, 1)
        .edit("NAME-data, encoder: makinage.encoding.json", "NAME-data, encoder: codecs_of_ours.csv")
        .edit("NAME-predict, encoder: makinage.encoding.json", "NAME-predict, encoder: codecs_of_ours.csv");
    stage.folder.write_below("codecs_of_ours", "__init__.py", "");
    stage.folder.write_below(
        "codecs_of_ours",
        "csv.py",
        "def decode(data):\n    return [float(cell) for cell in data.decode().split(';')]\n\n\
         def encode(output):\n    event, prediction = output\n    return f'{event[0]};{bool(prediction)}'.encode()\n",
    );
    stage.produce(&["0.25;0.5", "0.25;half", "0.25;0.125"]);
    stage.publish(&model("proba"));
    let mut service = stage.serve();
    assert_eq!(outputs(&stage, 2), ["0.25;True", "0.25;False"]);
    let line = service.wait_for_line(&format!("skipped {}/0/1: step decode: ValueError", stage.topic("data")));
    assert!(line.contains("csv.py:2"), "{line}");
    service.stop();
}

#[test]
fn bytes_go_through_the_hooks_as_they_are_and_what_is_not_bytes_is_refused() {
    if left_out() {
        return;
    }
    let stage = Stage::new("bytes", 1, 1)
        .edit("NAME-data, encoder: makinage.encoding.json", "NAME-data, encoder: makinage.encoding.none")
        .edit("NAME-predict, encoder: makinage.encoding.json", "NAME-predict, encoder: makinage.encoding.none")
        .hooks(
            "import numpy as np\n\
             def pre_transform(config):\n    return lambda data: np.array([len(data), 0.0])\n\
             def predict(model, config):\n    return lambda row: model.predict_proba(row)\n\
             def post_transform(config):\n    return lambda data, size: data + bytes([int(size)]) if size < 4 else size\n",
        );
    let topic = stage.topic("data");
    let events: [&[u8]; 3] = [b"\xff\x00", b"long", b""];
    send(&stage.broker, events.iter().map(|event| BaseRecord::<[u8], [u8]>::to(&topic).payload(event)));
    stage.publish(&model("proba"));
    let mut service = stage.serve();
    let outputs = Reader::new(&stage.broker, &stage.topic("predict")).read_until(|read| read.len() == 2);
    let payloads: Vec<_> = outputs.iter().filter_map(rdkafka::Message::payload).collect();
    assert_eq!(payloads, [b"\xff\x00\x02".as_slice(), b"\x00"]);
    service.wait_for_line(&format!(
        "skipped {topic}/0/1: step encode: TypeError: the sink's encoder is makinage.encoding.none"
    ));
    service.stop();
}
