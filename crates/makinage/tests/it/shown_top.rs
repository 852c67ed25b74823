//! `makinage top` on a terminal. With `MAKINAGE_TEST_PICTURES` it keeps what it sees (`cargo xtask screenshots`).

use std::{env, fs, path::PathBuf};

use super::{
    broker::left_out,
    flow::Flow,
    model::iris,
    port::{Port, showing},
    scene::Scene,
    service::program,
    terminal::Terminal,
};

const STEPS: &str = "
def post_transform(config):
    def checked(event, prediction):
        if isinstance(event, list) and event[0] < 0:
            raise ValueError('no flower is so small')
        return event, prediction
    return checked
";

#[test]
fn a_service_is_shown_until_q_and_its_lists_can_be_moved_through() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("flowers-top")).topics(3).published(iris());
    let scene = scene.with_steps(&["post_transform"], STEPS);
    let mut service = scene.serve().at_work();
    let flow = Flow::start(&scene, 3);
    scene.produce(&(1..=30).map(|size| format!("[-{size}, 3.5, 1.4, 0.2]")).collect::<Vec<_>>());
    let mut command = program("makinage");
    command.args(["top", "--url", &Port::of(&service).0.to_string()]);
    let mut top = Terminal::start(command);
    top.wait_for("flowers-top (serve)");
    top.wait_for("generation 1: model ");
    top.wait_for("skipped in post_transform: ValueError: no flower is so small");
    top.wait_for("serving");
    top.wait_for("post_transform");
    // The source tells of them each second: a failure may be seen before.
    top.wait_for("flowers-top-data/2");
    if let Some(folder) = env::var_os("MAKINAGE_TEST_PICTURES") {
        fs::write(PathBuf::from(folder).join("top.svg"), top.picture()).expect("it is kept");
    }
    top.press("\u{1b}[F");
    top.wait_for("last failed events from ");
    top.press("\t");
    top.wait_for("▸ worker");
    top.press("\t");
    top.wait_for("▸ partition");
    top.press("\u{1b}[B");
    top.wait_for("▸ partition from 2 of 3");
    flow.stop();
    top.press("q");
    assert!(top.ended().success());
    service.stop();
}
