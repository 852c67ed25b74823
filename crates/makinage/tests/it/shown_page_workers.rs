//! What the page shows of workers that end though they should not.

use std::fs;

use super::{browser::left_out, model::iris, port::showing, scene::Scene, shown_page::look};

/// Ends the process over one event, and loads nothing while a file is there.
const DEADLY: &str = "
import os, time
def pre_transform(config):
    while os.path.exists(os.path.join(os.path.dirname(__file__), 'hold')):
        time.sleep(0.02)
    return lambda event: os._exit(3) if event == 'deadly' else event
";

#[test]
fn an_event_that_ended_a_worker_is_shown_before_it_is_judged() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("page-suspect")).topics(1).published(iris()).with_steps(&["pre_transform"], DEADLY);
    let mut service = scene.serve().at_work();
    let (port, mut page) = look(&service);
    let hold = scene.folder.write("hold", "");
    scene.produce(&["[5.1, 3.5, 1.4, 0.2]", "\"deadly\"", "[5.1, 3.5, 1.4, 0.2]"]);
    let place = format!("{}/0/1", scene.topic("data"));
    page.wait_for("#workers .suspects", &format!("suspect: {place} ended a worker, first "));
    page.assert_accessible();
    assert_eq!(port.status()["stream"]["suspects"][0]["place"], place.as_str());
    fs::remove_file(hold).expect("it was there");
    page.wait_for("#failures", &place);
    page.wait_until("#workers .suspects", "none", str::is_empty);
    scene.reader().read(2);
    service.stop();
}
