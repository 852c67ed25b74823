//! The custom steps of Maki Nage's documentation: its three example factories as they stand, in its own configuration.

use super::{
    broker::{Broker, left_out},
    model::model,
    scene::Scene,
    service::{Service, publish},
};

const CONFIG: &str = include_str!("../../../../config/examples/serve-with-hooks.yaml");
const PUBLISH: &str = include_str!("../../../../config/examples/publish.yaml");

/// Word for word, but for the import.
const HOOKS: &str = "
import numpy as np

def pre_transform(config):
   field = config['config']['serve']['input_field']

   def _transform(i):
      return np.array(i[field])

   return _transform

def predict(model, config):
   threshold = config['config']['serve']['threshold']

   def _predict(i):
      proba = model.predict_proba(i)
      if proba >= threshold:
         return True
      return False

   return _predict

def post_transform(config):

   def _transform(i, pred):
      if pred is False:
         return None
      return (i, pred)

   return _transform
";

#[test]
fn the_pages_factories_send_only_true_predictions_and_a_key_they_miss_is_named_without_ending_the_service() {
    if left_out() {
        return;
    }
    let scene = Scene::of_the_documentation(Broker::shared()).topics(1);
    scene.folder.write_below("my_model", "serve.py", HOOKS);
    let models = PUBLISH.replace("/.../model/model.zip", &model("proba").display().to_string());
    let models = scene.documented("config.publish.yaml", &models);

    let without = CONFIG.replace("     threshold: 0.8\n", "");
    assert_ne!(without, CONFIG);
    let mut service = Service::start(&scene.documented("config.yaml", &without)).begun();
    publish(&models);
    let line = service.wait_for_line("from model/0/0 ");
    service.wait_for_line("step predict: KeyError: 'threshold'");
    publish(&models);
    service.wait_for_line("loading model");
    let line_of_next = service.wait_for_line("from model/0/1 ");
    assert_ne!(line, line_of_next);
    let features = ["[0.5, 0.4]", "[0.1, 0.2]", "[0.8, 0.0]", "[0.3, 0.3]", "[1.5, 0.5]"];
    scene.produce_keyed(features.iter().map(|list| (String::new(), format!("{{\"features\": {list}}}"))));
    service.stop();

    let mut service = Service::start(&scene.documented("config.yaml", CONFIG));
    let outputs = scene.reader().values(3);
    let expected =
        ["[{\"features\":[0.5,0.4]},true]", "[{\"features\":[0.8,0.0]},true]", "[{\"features\":[1.5,0.5]},true]"];
    assert_eq!(outputs, expected);
    service.stop();
}

/// They keep nothing between events, so their model calls become one; the model is scikit-learn's own.
const SIDE_BY_SIDE: &str = "
import numpy as np

def pre_transform(config):
   field = config['config']['serve']['input_field']
   return lambda i: np.array(i[field])

def predict(model, config):
   def _predict(i):
      if i[0] > 100:
         raise ValueError('too long')
      return int(model.predict(i)) if model.predict_proba(i).max() > 0.1 else None

   return _predict

def post_transform(config):
   return lambda i, pred: [i['id'], pred]
";

#[test]
fn hooks_that_keep_nothing_answer_for_their_own_events_when_their_calls_are_made_together() {
    if left_out() {
        return;
    }
    let scene = Scene::of_the_documentation(Broker::start()).topics(1);
    scene.folder.write_below("my_model", "serve.py", SIDE_BY_SIDE);
    let models = PUBLISH.replace("/.../model/model.zip", &model("shifted").display().to_string());
    publish(&scene.documented("config.publish.yaml", &models));
    let flowers = [("[5.1, 3.5, 1.4, 0.2]", 10), ("[5.7, 2.8, 4.1, 1.3]", 11), ("[6.3, 3.3, 6.0, 2.5]", 12)];
    let events = (0..900).map(|id| {
        let features = if id % 100 == 99 { "[999, 1, 1, 1]" } else { flowers[id % 3].0 };
        (String::new(), format!("{{\"id\": {id}, \"features\": {features}}}"))
    });
    let mut service = Service::start(&scene.documented("config.yaml", CONFIG)).begun();
    service.wait_for_line("from model/0/0 ");
    scene.produce_keyed(events);
    let expected: Vec<String> =
        (0..900).filter(|id| id % 100 != 99).map(|id| format!("[{id},{}]", flowers[id % 3].1)).collect();
    assert_eq!(scene.reader().values(891), expected);
    service.stop();
    let told = service.lines();
    assert!(!told.iter().any(|line| line.contains("one event at a time")), "{told:?}");
}
