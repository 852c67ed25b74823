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
