use super::*;

fn value(index: u64, text: &str) -> Answer {
    Answer { index: Some(index), value: Some(text.to_owned()) }
}

fn missing(index: u64) -> Answer {
    Answer { index: Some(index), value: None }
}

fn away() -> ConsulError {
    ConsulError::Away { consul: "it".to_owned(), reason: "refused".to_owned() }
}

fn forbidden() -> ConsulError {
    ConsulError::Forbidden { consul: "it".to_owned() }
}

fn heard(text: Option<&str>, news: Option<News>) -> Heard {
    Heard { text: text.map(str::to_owned), news }
}

#[test]
fn a_value_comes_once_and_again_only_when_it_is_another_one() {
    let mut known = Known::default();
    assert_eq!(known.hear(&Ok(value(7, "a"))), heard(Some("a"), None));
    assert_eq!(known.hear(&Ok(value(8, "a"))), heard(None, None));
    assert_eq!(known.hear(&Ok(value(9, "b"))), heard(Some("b"), None));
    assert_eq!(known.hear(&Ok(value(10, "a"))), heard(Some("a"), None));
    assert_eq!(known.last(), Some("a"));
}

#[test]
fn each_kind_of_trouble_is_said_once_and_its_end_once_and_the_value_stays() {
    let mut known = Known::default();
    known.hear(&Ok(value(7, "a")));
    assert_eq!(known.hear(&Err(away())), heard(None, Some(News::Away)));
    assert_eq!(known.hear(&Err(away())), heard(None, None));
    assert_eq!(known.hear(&Err(forbidden())), heard(None, Some(News::Away)));
    assert_eq!(known.hear(&Ok(missing(8))), heard(None, Some(News::Away)));
    assert_eq!(known.hear(&Ok(missing(8))), heard(None, None));
    assert_eq!(known.last(), Some("a"));
    assert_eq!(known.hear(&Ok(value(9, "a"))), heard(None, Some(News::Back)));
    assert_eq!(known.hear(&Ok(value(9, "a"))), heard(None, None));
    assert_eq!(known.hear(&Err(away())), heard(None, Some(News::Away)), "it began anew");
}

#[test]
fn consul_holds_no_query_before_there_is_a_value_nor_after_a_failure() {
    let mut known = Known::default();
    known.hear(&Ok(missing(7)));
    assert_eq!(known.index(), None, "nothing is served yet");
    known.hear(&Ok(value(8, "a")));
    assert_eq!(known.index(), Some(8));
    known.hear(&Ok(missing(9)));
    assert_eq!(known.index(), Some(9), "it serves what it has");
    known.hear(&Err(away()));
    assert_eq!(known.index(), None);
    assert!(known.pace() >= Duration::from_millis(750));
}
