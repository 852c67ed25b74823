//! What hooks count stands on the service's own port, each event once.

use super::{
    broker::left_out,
    model::{any_model, swapped},
    port::{Port, showing},
    scene::Scene,
};

const HOOKS: &str = "
from makinage import metrics

refused = metrics.counter('refused', 'Events that are refused', labels=['why'])
sizes = metrics.histogram('sizes', buckets=[1, 10])
metrics.gauge('limit').set(9.5)
wrong = metrics.counter('wrong')

def pre_transform(config):
    def step(event):
        sizes.observe(event)
        if event > 9.5:
            refused.inc(why='too \"large\"')
            return None
        wrong.inc(-1)
        return event
    return step
";

#[test]
fn what_hooks_count_is_shown_once_an_event_over_generations_and_fails_none() {
    if left_out() {
        return;
    }
    let scene = showing(Scene::new("custom-metrics")).topics(1).published(any_model());
    let scene = scene.with_steps(&["pre_transform"], HOOKS);
    let mut service = scene.serve().at_work();
    let port = Port::of(&service);
    scene.produce(&["1", "2", "12"]);
    scene.reader().values(2);
    port.wait_for_metric("refused_total{why=\"too \\\"large\\\"\"}", 1.0);
    port.wait_for_metric("limit", 9.5);
    for (line, value) in [("sizes_bucket{le=\"1\"}", 1.0), ("sizes_bucket{le=\"10\"}", 2.0), ("sizes_sum", 15.0)] {
        port.wait_for_metric(line, value);
    }
    service.wait_for_line("the metric wrong leaves out what it can't count");
    scene.publish(&swapped("Sum1"));
    port.wait_for_metric("makinage_generation", 2.0);
    scene.produce(&["3", "4"]);
    port.wait_for_metric("sizes_count", 5.0);
    let open = port.get_with("/metrics", "Accept: application/openmetrics-text\r\n").body;
    assert!(open.contains("# TYPE refused counter") && open.ends_with("# EOF\n"), "{open}");
    service.stop();
}
