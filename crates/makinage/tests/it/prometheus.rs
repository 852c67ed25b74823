//! What is shipped for Prometheus and Grafana, in a real Prometheus that scrapes a real service: each query of the
//! dashboard has an answer, with native histograms and without; the rules load, and fire when they should.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{
    broker::{self, free_ports},
    model::{any_model, swapped},
    patience::wait_for,
    port::{Port, showing},
    programs::Program,
    scene::Scene,
    service::{DEADLINE, Folder},
};

const PROMETHEUS: Program = Program {
    name: "prometheus",
    variable: "MAKINAGE_TEST_PROMETHEUS",
    tests: "the tests of the dashboard and the alerts",
};

fn deployed(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(file)
}

/// A Prometheus that scrapes a service each second; killed with this.
struct Prometheus {
    child: Child,
    port: Port,
    _folder: Folder,
}

impl Prometheus {
    fn that_scrapes(service: SocketAddr, features: &[&str]) -> Self {
        let folder = Folder::new();
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n\
             rule_files: ['{}']\n\
             scrape_configs: [{{job_name: makinage, static_configs: [{{targets: ['{service}']}}]}}]\n",
            deployed("alerts.yaml").display()
        );
        folder.write("prometheus.yml", &config);
        let address = SocketAddr::from(([127, 0, 0, 1], free_ports(1)));
        let child = Command::new(PROMETHEUS.find().expect("a Prometheus"))
            .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(features)
            .stderr(Stdio::null())
            .spawn()
            .expect("Prometheus starts");
        let prometheus = Self { child, port: Port(address), _folder: folder };
        let is_up = || std::net::TcpStream::connect(address).is_ok().then_some(());
        wait_for(DEADLINE, || format!("no Prometheus at {address}"), is_up);
        prometheus
    }

    /// What it answers to a query: the values.
    fn ask(&self, query: &str) -> Vec<f64> {
        let encoded = utf8_percent_encode(query, NON_ALPHANUMERIC);
        let body = self.port.get(&format!("/api/v1/query?query={encoded}")).body;
        let answer: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
        assert_ne!(answer["status"], "error", "{query}: {answer}");
        let results = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let value = |result: Value| result["value"][1].as_str().and_then(|value| value.parse().ok());
        results.into_iter().filter_map(value).collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Each query of the dashboard, as Grafana would ask it.
fn queries() -> Vec<String> {
    let text = fs::read_to_string(deployed("grafana.json")).expect("the dashboard");
    let dashboard: Value = serde_json::from_str(&text).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let queries = targets.filter_map(|target| target["expr"].as_str());
    queries
        .map(|query| query.replace("$__rate_interval", "10s").replace("$job", ".*").replace("$instance", ".*"))
        .collect()
}

#[test]
fn each_query_of_the_dashboard_has_an_answer_with_native_histograms_and_without() {
    if broker::left_out() || PROMETHEUS.is_missing() {
        return;
    }
    let scene = showing(Scene::new("dashboard")).topics(2).published(any_model());
    let mut service = scene.serve().at_work();
    let target = Port::of(&service).0;
    let classic = Prometheus::that_scrapes(target, &[]);
    let native = Prometheus::that_scrapes(target, &["--enable-feature=native-histograms"]);
    scene.publish(&swapped("Sum1"));
    let queries = queries();
    assert!(queries.len() > 20, "{queries:?}");
    let mut fed: Option<Instant> = None;
    for (kind, prometheus) in [("classic", &classic), ("native", &native)] {
        for query in &queries {
            wait_for(
                DEADLINE,
                || format!("{kind}: no answer to {query}"),
                || {
                    // Rates want news, and a failure among it.
                    if fed.is_none_or(|fed| fed.elapsed() >= Duration::from_secs(1)) {
                        scene.produce(&["1", "2", "no number"]);
                        fed = Some(Instant::now());
                    }
                    let values = prometheus.ask(query);
                    // Of steps that take no time of their own there is nothing to be told.
                    let has_answer = values.iter().any(|value| !value.is_nan());
                    if !has_answer {
                        thread::sleep(Duration::from_millis(200));
                    }
                    has_answer.then_some(())
                },
            );
        }
    }
    service.stop();
}

#[test]
fn each_alert_is_tested() {
    let read = |file| fs::read_to_string(deployed(file)).expect("the file");
    let (rules, tests) = (read("alerts.yaml"), read("alerts.test.yaml"));
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    for alert in alerts {
        assert!(tests.contains(&format!("- name: {alert}\n")), "{alert}");
    }
}

#[test]
fn the_alerts_load_and_fire_when_they_should() {
    if PROMETHEUS.is_missing() {
        return;
    }
    let promtool = PROMETHEUS.find().expect("a Prometheus").with_file_name("promtool");
    for arguments in [["check", "rules", "alerts.yaml"], ["test", "rules", "alerts.test.yaml"]] {
        let told = Command::new(&promtool).args(arguments).current_dir(deployed("")).output().expect("promtool runs");
        let words = String::from_utf8_lossy(&told.stdout) + String::from_utf8_lossy(&told.stderr);
        assert!(told.status.success(), "{arguments:?}: {words}");
    }
}
