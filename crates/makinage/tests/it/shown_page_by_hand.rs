//! What can be done with the page: its buttons ask once more, do what they say, and tell what came of it.

use serde_json::Value;

use super::{
    browser::{Browser, DARK, LIGHT, PHONE, left_out},
    model::{any_model, swapped},
    port::{Port, TOKEN, operated, showing},
    scene::Scene,
    service::Service,
    shown_page::{UNAUTHORIZED, look, rows},
};

/// A browser at a service's page, which has been given the token.
fn looks_with_token(service: &Service) -> (Port, Browser) {
    let (port, mut page) = look(service);
    page.wait_for("#token", "This service wants a token");
    page.fill("#word", TOKEN);
    page.press("Enter");
    page.wait_for("#counts", "received");
    (port, page)
}

#[test]
fn a_pause_is_asked_for_once_more_and_can_not_be_overlooked_until_it_ends() {
    if left_out() {
        return;
    }
    let scene = operated(Scene::new("page-pause")).topics(1).published(any_model());
    let mut service = scene.serve().at_work();
    let (port, mut page) = looks_with_token(&service);
    page.wait_for("#verdict", "Ready");
    // How far behind it is can be told once anything has finished.
    scene.produce(&["0"]);
    page.wait_for("#counts .output", "1 in all");
    page.click("#flow-hand button");
    page.wait_for("#ask-title", "Read no more events?");
    page.assert_accessible();
    page.press("Escape");
    page.wait_until("#ask-title", "an end", str::is_empty);
    assert_eq!(port.status()["paused"], Value::Null, "it was not meant");

    page.click("#flow-hand button");
    page.press("Enter");
    page.wait_for("#ask-answer", "✔ nothing more is read until");
    assert_eq!(page.evaluate("document.activeElement.id"), "ask-close");
    page.assert_accessible();
    page.press("Enter");
    page.wait_for("#paused", "Paused by hand: no events are read");
    page.wait_for("#verdict", "Paused");
    page.wait_for("#news", "Paused");
    assert_eq!(page.evaluate("document.title"), "Paused · page-pause");
    for (eyes, name) in [(LIGHT, "paused"), (DARK, "paused-dark"), (PHONE, "paused-phone")] {
        page.with(eyes);
        page.assert_accessible();
        if name == "paused" {
            page.picture(name);
        }
    }
    page.with(LIGHT);
    scene.produce(&["1", "2"]);
    page.wait_for("#counts .lag .value", "2");
    page.click("#paused button");
    page.wait_for("#ask-title", "Read events again?");
    page.press("Enter");
    page.wait_for("#ask-answer", "✔ events are read again");
    page.press("Escape");
    page.wait_for("#counts .output", "3 in all");
    page.wait_until("#paused", "an end", str::is_empty);
    page.wait_for("#verdict", "Ready");
    let done: Vec<_> = rows(&mut page, "#by-hand").into_iter().map(|row| row["what"].clone()).collect();
    assert_eq!(done, ["resume", "pause"]);
    page.assert_content(UNAUTHORIZED);
    service.stop();
}

#[test]
fn a_rollback_names_the_model_that_it_goes_to_before_it_does() {
    if left_out() {
        return;
    }
    let scene = operated(Scene::new("page-rollback")).topics(1);
    let first = scene.publish(any_model());
    let mut service = scene.serve().at_work();
    let (_, mut page) = looks_with_token(&service);
    page.click("#models-hand button");
    page.wait_for("#ask-answer", "✖ there is no earlier model to go back to");
    page.assert_accessible();
    page.press("Escape");

    let second = scene.publish(&swapped("Sum1"));
    page.wait_for("#serving", &second);
    page.click("#models-hand button");
    page.wait_for("#ask-answer", &format!("It goes back to model {first}"));
    page.assert_accessible();
    page.picture("rollback");
    page.click("#ask-do");
    page.wait_for("#ask-answer", &format!("✔ model {first} is published again"));
    page.click("#ask-close");
    page.wait_for("#serving", &first);
    page.wait_for("#by-hand", "rollback");
    page.assert_content(&[UNAUTHORIZED, &["status of 409"]].concat());
    service.stop();
}

#[test]
fn a_reload_is_told_and_a_token_that_is_no_longer_the_right_one_is_asked_for_in_the_dialog() {
    if left_out() {
        return;
    }
    let scene = operated(Scene::new("page-reload")).topics(1).published(any_model());
    let mut service = scene.serve().at_work();
    let (_, mut page) = looks_with_token(&service);
    page.click("#config-hand button");
    page.wait_for("#ask-title", "Read the configuration again?");
    // The service was started again meanwhile, with another token.
    page.evaluate("sessionStorage.setItem('makinage-token', 'the-one-before')");
    page.press("Enter");
    page.wait_for("#ask-answer", "That isn't the token of the service");
    assert_eq!(page.evaluate("document.activeElement.id"), "ask-word");
    page.assert_accessible();
    page.fill("#ask-word", TOKEN);
    page.press("Enter");
    page.wait_for("#ask-answer", "✔");
    page.wait_for("#ask-answer", "a generation is made of it all the same");
    page.press("Escape");
    page.wait_for("#serving", "generation 2");
    page.assert_content(UNAUTHORIZED);
    service.stop();
}

#[test]
fn without_a_token_the_buttons_can_not_be_pressed_and_say_why() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("page-no-hands")).topics(1).published(any_model());
    let mut service = scene.serve().at_work();
    let (_, mut page) = look(&service);
    for place in ["#flow-hand", "#models-hand", "#config-hand"] {
        page.wait_for(place, "Not available: the service has no http.token.");
        assert_eq!(page.evaluate(&format!("document.querySelector('{place} button').disabled")), true);
    }
    page.wait_for("#by-hand", "nothing is changed over HTTP without a token");
    page.assert_accessible();
    page.assert_content(&[]);
    service.stop();
}
