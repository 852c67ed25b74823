use ratatui::crossterm::event::KeyCode::{BackTab, Char, Down, End, Home, PageDown, Tab, Up};
use serde_json::json;

use super::*;

fn look(failures: usize, partitions: usize) -> Look {
    let status = json!({"failures": vec![0; failures], "group": {"partitions": vec![0; partitions]}});
    Look::first("http://x".into(), status)
}

#[test]
fn keys_move_through_one_list_after_the_other_and_stay_in_them() {
    let (mut lists, look) = (Lists::default(), look(30, 3));
    let mut pressed = |key: KeyCode| {
        lists.press(key, &look);
        (lists.focus(), lists.first(lists.focus(), &look))
    };
    let moved = [Up, Down, Down, Up, PageDown, PageDown, PageDown, Home, End].map(&mut pressed);
    assert_eq!(moved, [0, 1, 2, 1, 11, 21, 29, 0, 29].map(|first| (List::Failures, first)));
    assert_eq!(
        [Tab, Down, Tab, Down, Char('x')].map(&mut pressed),
        [(List::Workers, 0), (List::Workers, 0), (List::Partitions, 0), (List::Partitions, 1), (List::Partitions, 1),]
    );
    assert_eq!([Tab, BackTab].map(&mut pressed), [(List::Failures, 29), (List::Partitions, 1)]);
}

#[test]
fn a_list_that_has_become_shorter_shows_its_last_row() {
    let mut lists = Lists::default();
    lists.press(KeyCode::End, &look(30, 0));
    assert_eq!(lists.first(List::Failures, &look(5, 0)), 4);
    assert_eq!(lists.first(List::Failures, &look(0, 0)), 0);
}
