//! What the page at `/` shows in a browser is what happens.

use super::{
    browser::{Browser, DARK, LIGHT, PHONE, left_out},
    model::any_model,
    port::{Port, showing},
    scene::Scene,
    service::Service,
};

/// A browser at the service's page.
fn look(service: &Service) -> (Port, Browser) {
    let port = Port::of(service);
    let browser = Browser::at(&format!("http://{}/", port.0), LIGHT);
    (port, browser)
}

#[test]
fn it_shows_counts_and_health_to_everybody_in_any_light_and_width() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("page-counts")).topics(1).published(any_model());
    let mut service = scene.serve().assigned();
    let (_, mut page) = look(&service);
    scene.produce(&["1", "2", "not json", "3"]);
    page.wait_for("#counts .received", "4 in all");
    page.wait_for("#counts .output", "3 in all");
    page.wait_for("#counts .failed", "1 in all");
    page.wait_for("#verdict", "Ready");
    page.wait_for("#health", "1 partitions are read");
    for eyes in [LIGHT, DARK, PHONE] {
        page.with(eyes);
        page.assert_accessible();
        assert_eq!(page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, "it is too wide");
    }
    page.assert_content();
    service.stop();
}
