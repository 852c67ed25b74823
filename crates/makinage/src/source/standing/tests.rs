use super::*;

const MINUTE: Duration = Duration::from_mins(1);

fn holding(assignment: u32, first: Option<(u64, i64)>, events: usize) -> Holding {
    Holding {
        assignment,
        partition: (0, assignment.cast_signed()),
        first,
        time: None,
        start: None,
        position: None,
        events,
        held: 0,
    }
}

#[test]
fn an_event_is_named_once_a_minute_as_long_as_it_is_the_first_that_is_open() {
    let (mut standing, begin) = (Standing::default(), Instant::now());
    let mut told = vec![];
    for second in (0..200).step_by(5) {
        let now = begin + Duration::from_secs(second);
        assert!(standing.is_due(now));
        let moves = holding(1, Some((second, second.cast_signed())), 2);
        let idle = holding(2, None, 0);
        let stands = holding(0, Some((7, 70)), 3);
        let look = standing.look([stands, moves, idle].into_iter(), now);
        told.extend(look.named.into_iter().map(|held| (second, held)));
        assert!(!standing.is_due(now));
    }
    let named = |second| {
        let stands = Duration::from_secs(second);
        (second, Held { partition: (0, 0), offset: 70, stands, behind: 2 })
    };
    assert_eq!(told, [named(60), named(120), named(180)]);
    assert!(line("data", &told[0].1).starts_with("data/0/70 has not finished for 60 s: "));
}

#[test]
fn of_many_partitions_those_that_have_stood_longest_are_named_and_the_others_counted() {
    let (mut standing, begin) = (Standing::default(), Instant::now());
    let all = |count| (0..count).map(|assignment| holding(assignment, Some((0, 5)), 1));
    standing.look(all(3), begin);
    standing.look(all(25), begin + LOOK);
    assert_eq!(standing.look(all(25), begin + MINUTE / 2), Told::default());
    let told = standing.look(all(25), begin + MINUTE + LOOK);
    assert_eq!((told.named.len(), told.others), (LINES, 25 - LINES));
    assert!(told.named[..3].iter().all(|held| held.stands == MINUTE + LOOK), "{:?}", told.named);
    assert_eq!(standing.look(all(25), begin + MINUTE + 2 * LOOK), Told::default());
}

#[test]
fn what_was_forgotten_taken_away_or_not_looked_at_for_long_is_looked_at_anew() {
    let (mut standing, begin) = (Standing::default(), Instant::now());
    let one = || [holding(0, Some((0, 5)), 1)].into_iter();
    let mut now = begin;
    let mut look = |standing: &mut Standing, holdings, wait| {
        now += wait;
        standing.look(holdings, now).named.len()
    };
    let most = Duration::from_secs(50);
    assert_eq!(look(&mut standing, one(), most), 0);
    standing.forget();
    assert_eq!(look(&mut standing, one(), most), 0);
    standing.look([].into_iter(), begin + 2 * most);
    assert_eq!(look(&mut standing, one(), most), 0);
    assert_eq!(look(&mut standing, one(), 5 * most), 0, "the machine stood still");
    assert_eq!(look(&mut standing, one(), most), 0);
    assert_eq!(look(&mut standing, one(), most), 1);
}
