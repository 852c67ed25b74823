use super::*;

fn row(number: u64) -> Row {
    Row {
        number: Some(number),
        input: "[5.1, 3.5, 1.4, 0.2]".into(),
        prediction: "setosa".into(),
        model: "0123456789ab".into(),
        latency: Some(Duration::from_millis(number)),
    }
}

#[test]
fn rows_stand_below_their_headings_and_what_others_produced_has_no_latency() {
    let foreign = Row { number: None, latency: None, ..row(0) };
    insta::assert_snapshot!([heading(), row(12).line(), foreign.line()].join("\n"), @r"
    event  input                   prediction    model            latency
       12  [5.1, 3.5, 1.4, 0.2]    setosa        0123456789ab     12.0 ms
    other  [5.1, 3.5, 1.4, 0.2]    setosa        0123456789ab           -
    ");
}

#[test]
fn the_panel_keeps_its_height_and_the_last_rows() {
    let mut table = Table::default();
    let height = table.panel().lines().count();
    (1..=25).for_each(|number| table.add(row(number)));
    let panel = table.panel();
    assert_eq!(panel.lines().count(), height);
    assert!(panel.contains(&row(16).line()) && panel.contains(&row(25).line()) && !panel.contains(&row(15).line()));
}

#[test]
fn percentiles_are_of_the_demos_own_events() {
    let mut table = Table::default();
    assert_eq!(table.summary(), "no events scored");
    table.add(Row { number: None, latency: None, ..row(0) });
    (1..=100).for_each(|number| table.add(row(number)));
    assert_eq!(table.summary(), "100 events scored, latency p50 50.0 ms, p99 99.0 ms");
}
