//! A configuration that lives in Consul.

use super::{
    broker::{left_out, root},
    consul::{Consul, TOKEN},
    reload::{scene, threshold},
    scores::Scores,
    service::{Service, cache, program},
};

#[test]
fn a_configuration_in_consul_is_waited_for_watched_and_kept_while_consul_is_away() {
    if left_out() {
        return;
    }
    let (scene, consul) = (scene("consul"), Consul::start());
    let scores = Scores::new(&scene);
    let text = |value| threshold(&scene, value).text();
    scene.folder.write("token", TOKEN);
    let endpoint = consul.endpoint();
    let redirect = format!(
        "redirect:\n  connector: consul\n  endpoint: {endpoint}\n  key: makinage/my service\n  token: ${{file:token}}\n"
    );
    let path = scene.folder.write("config.yaml", &redirect);
    let mut service = Service::start(&path);

    // Away, then without the key: it waits, and says for what.
    let line = service.wait_for_line("waiting for the configuration");
    assert!(line.contains(&format!("my service of Consul at {endpoint} does not answer")), "{line}");
    consul.come();
    service.wait_for_line("has no value; put the configuration there");
    consul.put(&text(0.1));
    service.wait_for_line("assigned");
    scores.until(0.1, 1);

    consul.put(&text(0.2));
    scores.until(0.2, 1);
    consul.put("application: {");
    let line = service.wait_for_line("is not taken up");
    assert!(line.contains("the one before stays"), "{line}");
    service.wait_for_line("consul:makinage/my service:");

    consul.go();
    let line = service.wait_for_line("goes on with the configuration that it has");
    assert!(line.contains("does not answer"), "{line}");
    scores.until(0.2, 1);
    consul.come();
    service.wait_for_line("is there again");
    consul.put(&text(0.3));
    scores.until(0.3, 1);

    // The indices begin anew.
    consul.restore(&text(0.4));
    scores.until(0.4, 1);
    consul.put(&text(0.5));
    scores.until(0.5, 1);

    // The hooks are watched beside the file that redirects.
    scene.folder.write_below("my_model", "version.py", "VERSION = 2\n");
    scores.until(0.5, 2);
    assert!(consul.queries() < 200, "{} queries: nothing holds them", consul.queries());
    assert_eq!(consul.queries_ahead(), 0);
    service.stop();
    scores.assert_none_lost_or_doubled();
    assert!(!service.lines().iter().any(|line| line.contains(TOKEN)), "a token in the log");

    let checked = program("makinage").args(["check", "--config"]).arg(&path).output().unwrap();
    let text = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && text.contains("consul:makinage/my service: all keys"), "{text}");
}

#[test]
fn the_variable_that_holds_the_token_is_not_in_the_environment_of_hooks_and_models() {
    if left_out() {
        return;
    }
    let (scene, consul) = (scene("consul-token"), Consul::start());
    consul.come();
    consul.put(&threshold(&scene, 0.1).text());
    scene.folder.write_below(
        "my_model",
        "version.py",
        "import os\nVERSION = 1 + ('THE_TOKEN' in os.environ) + 2 * ('ANOTHER' in os.environ)\n",
    );
    let redirect =
        "redirect: {connector: consul, endpoint: ENDPOINT, key: makinage/my service, token: \"${env:THE_TOKEN}\"}\n";
    let config = scene.folder.write("config.yaml", &redirect.replace("ENDPOINT", &consul.endpoint()));
    let mut command = program("makinage");
    command.arg("--config").arg(&config);
    command.env("THE_TOKEN", TOKEN).env("ANOTHER", "1").env("XDG_CACHE_HOME", cache(&config));
    let mut service = Service::spawn(command).assigned();
    let output = Scores::new(&scene).next();
    assert!(output.ends_with(",0.1,3]"), "{output}");
    service.stop();
}

#[test]
fn the_example_passes_the_offline_check_where_there_is_no_consul() {
    let example = root().join("config/examples/serve-from-consul.yaml");
    let checked = program("makinage").args(["check", "--offline", "--config"]).arg(example).output().unwrap();
    let text = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{text}");
    assert!(text.contains("makinage/my_model_serving of Consul at http://localhost:8500 is not looked at"), "{text}");
}
