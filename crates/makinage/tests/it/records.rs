//! What an output record keeps of its event's record, and what it adds.

use rdkafka::{
    Message,
    message::{Header, Headers, OwnedHeaders, OwnedMessage},
    producer::BaseRecord,
};

use super::{
    broker::left_out,
    model::{iris, model},
    scene::Scene,
    stream::{header, send},
};

/// Headers but for the model's name, which is its hash.
fn headers(message: &OwnedMessage) -> Vec<(String, Option<String>)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let all = message.headers().into_iter().flat_map(Headers::iter);
    all.filter(|header| header.key != "makinage-model")
        .map(|header| (header.key.to_owned(), header.value.map(text)))
        .collect()
}

#[test]
fn key_and_headers_are_kept_with_their_order_duplicates_and_nulls_and_a_later_model_is_named_in_its_outputs() {
    if left_out() {
        return;
    }
    let scene = Scene::new("records").topics(1).reading_from_the_beginning();
    let topic = scene.topic("data");
    let kept = [("a", Some("1")), ("b", None), ("", Some("")), ("a", Some("2"))];
    // As another service of this kind would have left it.
    let of_before = [("makinage-source", Some("elsewhere/0/0"))];
    let event = "[5.1, 3.5, 1.4, 0.2]";
    let with = kept
        .iter()
        .chain(&of_before)
        .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: *value }));
    let keys: [Option<&[u8]>; 3] = [Some(b"key"), None, Some(b"\xff\x00")];
    send(
        scene.broker(),
        keys.iter().map(|key| {
            let record = BaseRecord::<[u8], str>::to(&topic).payload(event).headers(with.clone());
            if let Some(key) = key { record.key(*key) } else { record }
        }),
    );
    scene.publish(iris());
    let mut service = scene.serve();
    let reader = scene.reader();
    let outputs = reader.read(3);
    for (offset, (output, key)) in outputs.iter().zip(keys).enumerate() {
        assert_eq!(output.key(), key);
        let source = format!("{topic}/0/{offset}");
        let expected: Vec<_> = kept
            .iter()
            .chain(&[("makinage-source", Some(source.as_str()))])
            .map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned)))
            .collect();
        assert_eq!(headers(output), expected);
        assert_eq!(output.payload(), Some(format!("[{event},0]").as_bytes()));
    }
    let first = header(&outputs[0], "makinage-model").expect("the model");
    service.wait_for_line(&first);

    scene.publish(&model("shifted"));
    service.wait_for_line("generation 2: model ");
    scene.produce(&[event]);
    let outputs = reader.read(1);
    assert_eq!(outputs[0].payload(), Some(format!("[{event},10]").as_bytes()));
    let second = header(&outputs[0], "makinage-model").expect("the model");
    assert_ne!(first, second);
    service.wait_for_line(&second);
    service.stop();
}
