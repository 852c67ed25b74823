//! Models come one after the other while events flow, and some are bad.

use std::collections::BTreeMap;

use super::super::{
    super::{model::swapped, scene::Scene, service::DEADLINE},
    play::{Play, Run},
};

/// Every third one dies or fails when it is loaded or warmed up.
const COMING: [&str; 9] =
    ["Sum1", "Sum2", "RaisesOnItsExample", "Sum3", "Sum4", "DiesOnLoad", "Sum5", "Sum6", "RaisesOnLoad"];

pub(super) fn swaps(run: &mut Run) {
    let scene = Scene::new("swaps").topics(4).published(&swapped("Sum8")).reading_from_the_beginning();
    let play = Play::begin(scene);
    let mut service = play.scene.serve();
    play.flows();
    let mut good = 1;
    for name in COMING.iter().take(run.pick(3, COMING.len())) {
        let logged = service.logged();
        play.scene.publish(&swapped(name));
        if name.starts_with("Sum") {
            service.wait_for_line_after(logged, "takes over", DEADLINE);
            good += 1;
        }
        play.flows();
    }
    let seen = play.finish(&mut service, 0, run);
    let mut models: BTreeMap<i32, Vec<&str>> = BTreeMap::new();
    for output in &seen.outputs {
        let models = models.entry(output.partition).or_default();
        if models.last() != Some(&output.model.as_str()) {
            assert!(!models.contains(&output.model.as_str()), "{} goes back to {}", output.partition, output.model);
            models.push(&output.model);
        }
    }
    assert!(models.values().all(|models| models.len() == good), "{good} models should have answered: {models:?}");
    run.tell(format!("{good} models answered in each partition"));
}
