use super::*;

/// What is said of lines about a group and a topic, by second, when the resource's own line comes at `said`.
fn heard(resource: Resource<'_>, said: Option<u64>) -> Vec<(u64, String)> {
    let (mut unsaid, begin) = (Unsaid::default(), Instant::now());
    let mut heard = vec![];
    for second in 0..200 {
        let now = begin + Duration::from_secs(second);
        if second % 60 == 0 {
            unsaid.wait(Cause::Right(About::Group), "group".into(), now);
            unsaid.wait(Cause::Right(About::Cluster), "cluster".into(), now);
        }
        if said == Some(second) {
            unsaid.said(resource, now);
        }
        heard.extend(unsaid.due(false, now).into_iter().map(|line| (second, line)));
    }
    heard
}

#[test]
fn what_nobody_says_better_is_said_after_a_while() {
    let all = |line: &str| [5, 65, 125, 185].map(|second| (second, line.to_owned()));
    assert_eq!(heard(Resource::Cluster, None).len(), 8);
    assert_eq!(heard(Resource::Topic("t"), Some(0))[..2], all("group")[..2]);
}

#[test]
fn a_better_line_stands_for_what_waits_and_for_what_comes_in_the_next_two_minutes() {
    let group = |said| -> Vec<u64> {
        let heard = heard(Resource::Group("g"), said);
        heard.into_iter().filter(|(_, line)| line == "group").map(|(second, _)| second).collect()
    };
    assert_eq!(group(Some(4)), [185]);
    assert_eq!(group(Some(6)), [5, 185]);
    let topic = heard(Resource::Topic("t"), Some(0));
    assert!(topic.iter().all(|(second, line)| line == "group" || *second > 120), "{topic:?}");
}

#[test]
fn what_follows_from_silence_is_said_where_brokers_answer() {
    let end = |silent_at| {
        let (mut unsaid, begin) = (Unsaid::default(), Instant::now());
        unsaid.wait(Cause::Silence, "the session is over".into(), begin);
        let at = |second| begin + Duration::from_secs(second);
        (0..10).flat_map(|second| unsaid.due(second == silent_at, at(second))).count()
    };
    assert_eq!((end(3), end(20)), (0, 1));
}

#[test]
fn no_more_than_a_few_wait() {
    let (mut unsaid, now) = (Unsaid::default(), Instant::now());
    for line in 0..100 {
        unsaid.wait(Cause::Right(About::Topic), line.to_string(), now);
    }
    let due = unsaid.due(false, now + PATIENCE);
    assert_eq!((due.len(), due[0].as_str()), (WAITING, "84"));
}
