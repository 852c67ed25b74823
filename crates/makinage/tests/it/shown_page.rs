//! What the page at `/` shows in a browser is what happens. With `MAKINAGE_TEST_PICTURES` these tests keep what they
//! see (`cargo xtask screenshots`).

use std::fs;

use serde_json::{Value, json};

use super::{
    broker::free_ports,
    browser::{Browser, DARK, LIGHT, PHONE, left_out},
    flow::Flow,
    model::{any_model, iris, swapped},
    patience::wait_for,
    port::{Port, showing},
    scene::Scene,
    service::{DEADLINE, Service},
};

/// Steps of which one fails for a flower without petals, with a message that would be markup.
const STEPS: &str = "
def pre_transform(config):
    return lambda event: None if event == 'skip' else event
def post_transform(config):
    def checked(event, prediction):
        if isinstance(event, list) and event[0] < 0:
            raise ValueError('<img src=x onerror=alert(1)> no \\u202eflower is so small')
        return event, prediction
    return checked
";

/// What the browser says by itself of requests that nobody answered, and of a token that is wanted.
const UNANSWERED: &[&str] = &["net::ERR_CONNECTION_REFUSED", "net::ERR_CONNECTION_RESET", "net::ERR_EMPTY_RESPONSE"];
pub(crate) const UNAUTHORIZED: &[&str] = &["status of 401"];

/// A browser at the service's page.
pub(crate) fn look(service: &Service) -> (Port, Browser) {
    let port = Port::of(service);
    let browser = Browser::at(&format!("http://{}/", port.0), LIGHT);
    (port, browser)
}

/// What a table of the page says, row by row, as `column: value`.
pub(crate) fn rows(page: &mut Browser, place: &str) -> Vec<Value> {
    let read = format!(
        "[...document.querySelectorAll('{place} tbody tr')].map((row) => Object.fromEntries(
            [...row.cells].map((cell) => [cell.dataset.name, cell.textContent])))"
    );
    page.evaluate(&read).as_array().expect("rows").clone()
}

#[test]
fn it_shows_what_the_status_says_to_everybody_in_any_light_and_width() {
    if left_out() {
        return;
    }
    let steps = ["pre_transform", "post_transform"];
    let scene = showing(Scene::new("flowers")).topics(2).published(iris()).with_steps(&steps, STEPS);
    let scene = scene.with_dead_letters();
    scene.create_topics(&[("dead", 1)]);
    let mut service = scene.serve().at_work();
    let (port, mut page) = look(&service);
    let flow = Flow::start(&scene, 2);
    scene.produce(&["\"skip\"", "not json", "[-1, 3.5, 1.4, 0.2]"]);
    page.wait_for("#counts .failed", "2 in all");
    page.wait_for("#counts .skipped", "1 in all");
    page.wait_until("#counts .output .value", "a rate", |rate| rate.ends_with("/s") && !rate.starts_with(['0', '–']));
    page.wait_until("#counts .latency-p99 .value", "a time", |time| time.ends_with('s'));
    page.wait_for("#verdict", "Ready");
    page.wait_for("#health", "2 partitions are read");
    page.wait_for("#flow [data-step=sources]", "1 failed in decode");
    page.wait_for("#flow [data-step=pre_transform]", "yours: steps:pre_transform");
    page.wait_for("#flow [data-step=predict]", "as it is by default");
    for (place, step) in [("sources", "decode"), ("predict", "predict"), ("post_transform", "post_transform")] {
        page.wait_until(&format!("#flow [data-step={place}]"), "its time", |said| {
            said.contains(&format!("{step} ")) && said.contains(" a batch, p99 ")
        });
    }
    page.wait_for("#flow [data-step=post_transform]", "1 failed in post_transform");
    page.wait_for("#flow", "2 dead letters on flowers-dead");
    for (eyes, name) in [(LIGHT, "light"), (DARK, "dark"), (PHONE, "phone")] {
        page.with(eyes);
        page.assert_accessible();
        page.picture(name);
    }
    flow.stop();

    page.wait_until("#counts .output .value", "rest", |rate| rate.starts_with('0'));
    page.wait_for("#counts .lag .value", "0");
    let status = port.status();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    assert_eq!(page.text("h1"), "flowers");
    assert_eq!(page.evaluate("JSON.parse(document.querySelector('#config pre').textContent)"), status["config"]);
    page.wait_for("#serving", &text(&status["generations"]["serving"]["sha256"]));
    let workers = rows(&mut page, "#workers");
    let pids: Vec<String> = workers.iter().map(|worker| text(&worker["process"])).collect();
    assert_eq!(pids, [status["stream"]["workers"][0]["pid"].to_string()]);
    assert!(text(&workers[0]["memory"]).ends_with("MiB"), "{workers:?}");
    let partitions = status["group"]["partitions"].as_array().expect("partitions");
    for (shown, said) in rows(&mut page, "#partitions").iter().zip(partitions) {
        assert_eq!(text(&shown["partition"]), format!("{}/{}", text(&said["topic"]), said["partition"]));
        assert_eq!(text(&shown["position"]).replace(',', ""), said["position"].to_string());
        assert_eq!(text(&shown["lag"]), "0");
    }
    page.assert_content(&[]);
    service.stop();
}

#[test]
fn rates_are_those_of_the_last_seconds_and_begin_anew_after_a_restart() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("page-rates")).topics(1);
    let mut service = scene.serve();
    let (_, mut page) = look(&service);
    // The page's own module, with answers that are made up.
    page.evaluate(
        "import('/page/history.js').then(({ History }) => {
            const history = new History();
            const events = (output) => ({ output });
            window.say = (started, at, output, workers = []) => history.add({
                started, uptime_seconds: at, events: events(output), usage: null, stream: { workers } });
            window.rate = () => history.rate(({ events }) => events.output);
            window.share = (pid) => history.rate(({ cpu }) => cpu[pid]);
            window.rates = () => history.rates(({ events }) => events.output).map(({ rate }) => rate);
        })",
    );
    let mut is = |expression: &str, expected: Value| assert_eq!(page.evaluate(expression), expected, "{expression}");
    is("say('a', 100, 1000), rate()", json!(null));
    is("say('a', 101, 1010), rate()", json!(10));
    is("say('a', 111, 1110), rate()", json!(10));
    is("say('a', 121, 1110), [rate(), rates()]", json!([0, [10, 10, 0]]));
    is("say('a', 500, 1110), [rate(), rates()]", json!([null, []]));
    // A restart, noticed by its date, or by its clock where it was too quick for that.
    is("say('b', 501, 5), rate()", json!(null));
    is("say('b', 502, 6), rates()", json!([1]));
    is("say('b', 1, 2), [rate(), rates()]", json!([null, []]));
    is("say('b', 2, 12), [rate(), rates()]", json!([10, [10]]));
    // A worker that has just come, and one whose process is another's now.
    let worker = |cpu: f64| format!("[{{ pid: 7, usage: {{ cpu_seconds: {cpu} }} }}]");
    is(&format!("say('b', 3, 12, {}), share(7)", worker(5.0)), json!(null));
    is(&format!("say('b', 5, 12, {}), share(7)", worker(6.0)), json!(0.5));
    is(&format!("say('b', 7, 12, {}), share(7)", worker(1.0)), json!(null));
    page.assert_content(&[]);
    service.stop();
}

#[test]
fn numbers_and_times_read_as_people_write_them() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("page-words")).topics(1);
    let mut service = scene.serve();
    let (_, mut page) = look(&service);
    page.evaluate("import('/page/words.js').then((words) => Object.assign(window, { words }))");
    let mut is = |expression: &str, expected: &str| {
        assert_eq!(page.evaluate(&format!("words.{expression}")), expected, "{expression}");
    };
    for (seconds, expected) in [
        ("null", "–"),
        ("0", "0 s"),
        ("0.0000123", "12.3 µs"),
        ("0.0021", "2.1 ms"),
        ("0.9996", "1 s"),
        ("59.94", "59.9 s"),
        ("59.96", "1 min"),
        ("119.7", "2 min"),
        ("3599.9", "1 h"),
        ("3700", "1 h 1 min"),
        ("200000", "2 d 7 h"),
    ] {
        is(&format!("duration({seconds})"), expected);
    }
    is("rate(0.25)", "0.25/s");
    is("rate(12345.6)", "12,346/s");
    is("bytes(0)", "0 bytes");
    is("bytes(1536)", "1.5 KiB");
    is("bytes(250 * 2 ** 20)", "250 MiB");
    is("percent(0.074)", "7 %");
    is("counted(1, 'event') + words.counted(1000, 'event')", "1 event1,000 events");
    is("time(new Date('no date'))", "–");
    is("time(new Date('2026-11-30T09:08:07Z'), new Date('2026-11-30T10:00:00Z'))", "09:08:07");
    is("time(new Date('2026-11-29T09:08:07Z'), new Date('2026-11-30T10:00:00Z'))", "Nov 29, 2026, 09:08:07");
    is(r"visible('a\u202eb\u0000c\nd\u200be')", "a\\u{202e}b\\u{0}c\nd\\u{200b}e");
    page.assert_content(&[]);
    service.stop();
}

#[test]
fn failures_stand_there_with_place_reason_and_line_and_no_text_of_theirs_becomes_markup() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("page-failures")).topics(1).published(any_model());
    let scene = scene.with_steps(&["post_transform"], STEPS);
    let mut service = scene.serve().at_work();
    let (port, mut page) = look(&service);
    page.wait_for("#failures", "None has failed");
    scene.produce(&["[1]", "[-1]", "not json", "{}"]);
    page.wait_for("#counts .failed", "2 in all");
    page.wait_for("#news", "failed");
    let shown = rows(&mut page, "#failures");
    let said = port.status()["failures"].clone();
    let (newest, hostile) = (&said[0], &said[1]);
    assert_eq!((&shown[0]["event"], &shown[0]["step"]), (&newest["place"], &newest["step"]));
    for (column, key) in [("event", "place"), ("step", "step"), ("location", "location"), ("became", "became")] {
        assert_eq!(shown[1][column], hostile[key], "{column}");
    }
    let reason = shown[1]["reason"].as_str().expect("a reason");
    assert_eq!(reason, "ValueError: <img src=x onerror=alert(1)> no \\u{202e}flower is so small");
    assert_eq!(page.evaluate("document.querySelectorAll('img, main script, main style').length"), 0);
    page.picture("failures");
    page.assert_content(&[]);
    service.stop();
}

#[test]
fn events_are_shown_as_they_pass_while_the_button_is_pressed() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("page-tap")).topics(1).published(any_model()).set("http.token", "a-long-word");
    let mut service = scene.serve().at_work();
    let (_, mut page) = look(&service);
    page.wait_for("#token", "This service wants a token");
    page.fill("#word", "a-long-word");
    page.press("Enter");
    page.wait_for("#events", "at a press of the button");
    page.click("#tap");
    // Who doesn't listen yet when an event passes doesn't see it.
    let shown = |page: &mut Browser, events: &[&str], outcome: &str| {
        wait_for(
            DEADLINE,
            || format!("nothing that became {outcome}"),
            || {
                scene.produce(events);
                let became = |row: &Value| row["became"].as_str().is_some_and(|became| became.starts_with(outcome));
                rows(page, "#events").into_iter().find(became)
            },
        )
    };
    let row = shown(&mut page, &["[7,8]"], "[[7,8],0]");
    assert_eq!(row["input"], "[7,8]");
    assert!(row["steps"].as_str().is_some_and(|steps| steps.contains("pre_transform[7, 8]predict0")), "{row}");
    assert!(row["event"].as_str().is_some_and(|event| event.starts_with("page-tap-data/0/")), "{row}");
    assert!(row["after"].as_str().is_some_and(|after| after.ends_with('s')), "{row}");
    page.picture("events");
    page.click("#tap-failed");
    let row = shown(&mut page, &["[7,8]", "<b>not json</b>"], "✖ failed in decode: JSONDecodeError");
    assert_eq!(row["input"], "<b>not json</b>");
    assert!(
        rows(&mut page, "#events")
            .iter()
            .all(|row| row["became"].as_str().is_some_and(|became| became.starts_with('✖')))
    );
    page.assert_accessible();
    page.click("#tap");
    page.wait_for("#events", "at a press of the button");
    assert_eq!(page.evaluate("document.getElementById('tap').getAttribute('aria-pressed')"), "false");
    page.assert_content(UNAUTHORIZED);
    service.stop();
}

#[test]
fn a_model_that_comes_is_followed_from_its_files_to_its_taking_over_or_its_failure() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("page-swap")).topics(1);
    let mut service = scene.serve();
    let (_, mut page) = look(&service);
    page.wait_for("#trouble", "no model has come yet");
    page.wait_for("#verdict", "Not ready");
    page.assert_accessible();
    let first = scene.publish(any_model());
    page.wait_for("#serving", &first);
    page.wait_for("#verdict", "Ready");

    let flow = Flow::start(&scene, 1);
    let slow = scene.publish(&swapped("Slow"));
    page.wait_for("#making [aria-current=step]", "load");
    page.wait_for("#making", &slow);
    page.wait_for("#flow [data-step=predict]", &format!("{first}, next {slow}"));
    page.assert_accessible();
    page.picture("swap");
    page.wait_for("#serving", &slow);
    page.wait_for("#making", "Nothing.");
    page.wait_for("#news", &format!("Model {slow} serves"));
    flow.stop();

    let broken = scene.publish(&swapped("RaisesOnLoad"));
    page.wait_for("#models table", "these weights are no weights");
    let past = rows(&mut page, "#models");
    let past: Vec<_> = past.iter().map(|past| (past["model"].clone(), past["outcome"].clone())).collect();
    let [took_over, failed] = ["✔ took over", "✖ failed"].map(Value::from);
    let models = [broken, slow.clone(), first].map(Value::from);
    assert_eq!(past, models.into_iter().zip([failed, took_over.clone(), took_over]).collect::<Vec<_>>());
    page.wait_for("#serving", &slow);
    page.assert_accessible();
    page.assert_content(&[]);
    service.stop();
}

#[test]
fn a_service_that_is_away_is_said_to_be_and_when_it_is_back_the_page_goes_on() {
    if left_out() {
        return;
    }
    let address = format!("127.0.0.1:{}", free_ports(1));
    let scene = Scene::new("page-restart").topics(1).published(any_model()).set("http.listen", address);
    let mut service = scene.serve().assigned();
    let (_, mut page) = look(&service);
    scene.produce(&["1", "2", "3"]);
    page.wait_for("#counts .output", "3 in all");
    page.evaluate("document.querySelector('#counts .output').mark = 'the same'");
    service.stop();
    page.wait_for("#away", "The service can't be reached since");
    page.wait_for("#news", "can't be reached");
    assert!(page.text("#counts .output").contains("3 in all"), "what it showed last stays");
    page.assert_accessible();
    page.picture("away");

    page.evaluate(
        "(() => {
            [window.rates, window.news] = [[], []];
            new MutationObserver(() => {
                window.rates.push(...[...document.querySelectorAll('#counts .value')].map((rate) => rate.textContent));
                window.news.push(document.getElementById('news').textContent);
            }).observe(document.body, { subtree: true, childList: true, characterData: true });
        })()",
    );
    let mut service = scene.serve().assigned();
    page.wait_for("#counts .output", "0 in all");
    page.wait_until("#away", "an end", str::is_empty);
    scene.produce(&["4"]);
    page.wait_for("#counts .output", "1 in all");
    page.wait_until("#counts .output .value", "a rate", |rate| rate.ends_with("/s"));
    let backwards = page.evaluate("window.rates.filter((rate) => rate.includes('-')).length");
    assert_eq!(backwards, 0, "nothing flows backwards");
    assert_eq!(page.evaluate("window.news.some((news) => news.includes('The service is back'))"), true);
    assert_eq!(page.evaluate("document.querySelector('#counts .output').mark"), "the same", "only texts have changed");
    page.assert_content(UNANSWERED);
    service.stop();
}

#[test]
fn where_a_token_is_wanted_the_page_asks_for_it_and_shows_nothing_before() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("page-token")).topics(1).published(any_model()).set("http.token", "a-long-word");
    let mut service = scene.serve().assigned();
    let (port, mut page) = look(&service);
    page.wait_for("#token", "This service wants a token");
    assert_eq!(page.evaluate("document.activeElement.id"), "word");
    assert!(!page.evaluate("document.body.textContent").as_str().expect("a text").contains("page-token"));
    page.assert_accessible();
    page.fill("#word", "another-word");
    page.press("Enter");
    page.wait_for("#wrong", "isn't the token");
    page.assert_accessible();
    page.fill("#word", "a-long-word");
    page.press("Enter");
    page.wait_for("#counts .received", "0 in all");
    page.wait_for("h1", "page-token");
    page.assert_accessible();
    let kept = page.evaluate("JSON.stringify([localStorage.length, document.cookie, sessionStorage.length])");
    assert_eq!(kept, "[0,\"\",1]", "it is kept for this tab alone");
    page.click("#forget");
    page.wait_for("#token", "This service wants a token");
    assert_eq!(page.evaluate("sessionStorage.length"), 0);
    page.assert_content(UNAUTHORIZED);

    let answer = port.get("/");
    assert_eq!(answer.status, 200);
    let policy = "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                  img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n";
    assert!(format!("{}\r\n", answer.head).contains(policy), "{}", answer.head);
    assert_eq!((port.get("/page/main.js").status, port.get("/page/mod.rs").status), (200, 401));
    service.stop();
}

#[test]
fn in_a_tab_that_nobody_looks_at_nothing_is_asked_until_somebody_does() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("page-hidden")).topics(1);
    let mut service = scene.serve();
    let (_, mut page) = look(&service);
    page.wait_for("#verdict", "Not ready");
    page.evaluate(
        "(() => {
            const later = window.setTimeout;
            window.timers = 0;
            window.setTimeout = (...what) => { window.timers += 1; return later(...what); };
            window.hide = (hidden) => {
                Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
                document.dispatchEvent(new Event('visibilitychange'));
                window.timers = 0;
            };
            window.hide(true);
        })()",
    );
    // What was to be asked just then is asked, and its answer shown; no further question is planned behind it.
    let shown = page.text("#facts");
    page.wait_until("#facts", "another time", |facts| facts != shown);
    assert_eq!(page.evaluate("window.timers"), 0);
    let shown = page.text("#facts");
    page.evaluate("window.hide(false)");
    page.wait_until("#facts", "another time", |facts| facts != shown);
    assert_eq!(page.evaluate("window.timers > 0"), true);
    page.assert_content(&[]);
    service.stop();
}

#[test]
fn a_hand_on_the_keyboard_comes_to_all_of_it_and_a_changed_configuration_shows() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("page-keys")).topics(1).published(any_model());
    let mut service = scene.serve().assigned();
    let (_, mut page) = look(&service);
    page.wait_for("#flow [data-step=post_transform]", "as it is by default");
    page.press("Tab");
    page.wait_for(".skip", "Skip to what it does");
    assert_eq!(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "solid", "focus is seen");
    page.press("Enter");
    assert_eq!(page.evaluate("document.activeElement.id"), "main");
    for place in ["tap", "tap-failed"] {
        page.press("Tab");
        assert_eq!(page.evaluate("document.activeElement.id"), place);
    }
    page.press("Tab");
    assert_eq!(page.evaluate("document.activeElement.getAttribute('aria-label')"), "Configuration as JSON");

    let path = scene.config();
    let scene = scene.with_steps(&["post_transform"], STEPS);
    fs::write(path, scene.settings().text()).expect("the changed configuration");
    page.wait_for("#flow [data-step=post_transform]", "yours: steps:post_transform");
    page.wait_for("#config", "steps:post_transform");
    page.assert_content(&[]);
    service.stop();
}
