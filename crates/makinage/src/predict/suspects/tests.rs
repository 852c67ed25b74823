use super::*;
use crate::event::Ticket;

const GENERATION: u64 = 3;

fn event(offset: i64) -> Event {
    Event::new(Ticket::from_opaque(0), Place { source: 0, partition: 1, offset }, None, Some(b"1"))
}

fn job(offsets: Range<i64>) -> Job {
    Job::new(0, Arc::new(offsets.map(event).collect()))
}

/// A job of this generation that so many workers have died on.
fn deadly(events: Vec<Event>, generation: u64, deaths: u8) -> Job {
    let mut job = Job::new(0, Arc::new(events));
    job.generation = generation;
    (0..deaths).fold(job, |job, _| job.after_death())
}

fn last() -> Arc<LastDeath> {
    Arc::new(LastDeath { cause: "signal 11".into(), step: "predict" })
}

/// The suspects after so many deaths on each of these events alone.
fn of(offsets: &[i64], deaths: u8, now: Instant) -> Suspects {
    let mut suspects = Suspects::default();
    for offset in offsets {
        suspects.note(&deadly(vec![event(*offset)], GENERATION, deaths), &last(), now);
    }
    suspects
}

fn offsets(job: &Job) -> Vec<i64> {
    job.events().iter().map(|event| event.offset).collect()
}

/// The offsets of each part that is to be asked for; with whether it is suspected.
fn parts(suspects: &mut Suspects, range: Range<i64>, now: Instant) -> Vec<(Vec<i64>, bool)> {
    let known = suspects.part(job(range), GENERATION, now);
    assert!(known.accused.is_empty(), "{known:?}");
    known.jobs.iter().map(|part| (offsets(part), part.is_suspect())).collect()
}

#[test]
fn suspects_stand_behind_all_others() {
    let now = Instant::now();
    let mut suspects = of(&[5, 2, 0, 3, 40], 1, now);
    let expected = [(vec![1], false), (vec![4], false), (vec![0], true), (vec![2, 3], true), (vec![5], true)];
    assert_eq!(parts(&mut suspects, 0..6, now), expected);
    assert_eq!(parts(&mut suspects, 6..9, now), [(vec![6, 7, 8], false)]);
    let again = suspects.part(job(1..3), GENERATION, now).jobs;
    assert_eq!(again.iter().map(|job| job.deaths().all()).collect::<Vec<_>>(), [0, 1], "one more death is needed");
    assert!(again.iter().all(|job| job.generation == GENERATION), "one generation answers all of a flight");
}

#[test]
fn one_that_has_had_its_deaths_is_accused_and_asked_of_nobody() {
    let now = Instant::now();
    let mut suspects = of(&[1, 2], 3, now);
    let Known { jobs, accused } = suspects.part(job(0..4), GENERATION, now);
    assert_eq!(jobs.iter().map(offsets).collect::<Vec<_>>(), [[0], [3]]);
    let accused: Vec<_> = accused.iter().map(|(job, _)| (offsets(job), job.deaths().all())).collect();
    assert_eq!(accused, [(vec![1], 3), (vec![2], 3)]);
    let Known { jobs, accused } = suspects.part(job(1..2), GENERATION, now);
    assert!(jobs.is_empty() && accused.len() == 1, "nothing else is in it");
}

#[test]
fn of_events_that_a_worker_was_at_together_each_is_suspected_and_none_is_shown() {
    let now = Instant::now();
    let mut suspects = Suspects::default();
    let together = deadly((10..14).map(event).collect(), GENERATION, 1);
    suspects.note(&together, &last(), now);
    suspects.note(&together, &last(), now);
    assert_eq!(
        parts(&mut suspects, 8..16, now),
        [(vec![8, 9], false), (vec![14, 15], false), (vec![10, 11, 12, 13], true)]
    );
    assert_eq!(suspects.seen(now), []);
    suspects.note(&deadly(vec![event(12)], GENERATION, 2), &last(), now);
    assert_eq!(suspects.seen(now).iter().map(|seen| seen.place.offset).collect::<Vec<_>>(), [12]);
}

#[test]
fn events_that_several_workers_died_on_together_are_none_of_them_accused() {
    let now = Instant::now();
    let mut suspects = Suspects::default();
    for deaths in 1..4 {
        suspects.note(&deadly((10..14).map(event).collect(), GENERATION, deaths), &last(), now);
    }
    let Known { jobs, accused } = suspects.part(job(10..14), GENERATION, now);
    assert!(accused.is_empty(), "{accused:?}");
    assert_eq!(
        jobs.iter().map(|job| (offsets(job), job.is_suspect())).collect::<Vec<_>>(),
        [((10..14).collect(), true)]
    );
    suspects.note(&deadly(vec![event(11)], GENERATION, 4), &last(), now);
    assert_eq!(suspects.part(job(10..14), GENERATION, now).accused.len(), 1, "one of them died alone since");
}

#[test]
fn what_was_cleared_or_forgiven_or_stands_elsewhere_is_no_suspect() {
    let now = Instant::now();
    let suspected = |suspects: &mut Suspects| suspects.part(job(7..8), GENERATION, now).jobs[0].is_suspect();
    let mut suspects = of(&[7], 1, now);
    suspects.clear(&[event(6), event(8)]);
    assert!(suspected(&mut suspects));
    suspects.clear(&[event(6), event(7)]);
    assert!(!suspected(&mut suspects), "it was answered");
    let mut suspects = of(&[7], 1, now);
    suspects.forgive(GENERATION - 1);
    assert!(suspected(&mut suspects));
    suspects.forgive(GENERATION);
    assert!(!suspected(&mut suspects), "its workers died of something else");
    suspects.note(&deadly(vec![event(7)], GENERATION - 1, 1), &last(), now);
    assert!(!suspected(&mut suspects), "another model's workers died");
    let (mut later, mut elsewhere) = (event(7), event(7));
    (later.time, elsewhere.partition) = (5, 0);
    suspects.note(&deadly(vec![later], GENERATION, 1), &last(), now);
    assert!(!suspected(&mut suspects), "the topic was made anew");
    suspects.note(&deadly(vec![elsewhere], GENERATION, 1), &last(), now);
    assert!(!suspected(&mut suspects), "it is of another partition");
}

#[test]
fn so_many_are_known_and_for_so_long() {
    let (mut suspects, begin) = (Suspects::default(), Instant::now());
    let second = |second| begin + Duration::from_secs(second);
    for block in 0..5 {
        let events = (0..1024).map(|offset| event(1024 * block + offset)).collect();
        suspects.note(&deadly(events, GENERATION, 1), &last(), second(block.unsigned_abs()));
    }
    let now = second(5);
    assert_eq!(suspects.0.len(), MOST);
    assert_eq!(
        parts(&mut suspects, 1000..1030, now),
        [((1000..1024).collect(), false), ((1024..1030).collect(), true)]
    );
    let mut suspects = of(&(0..30).collect::<Vec<_>>(), 2, begin);
    let seen = suspects.seen(second(9));
    assert_eq!((seen.len(), seen[0].deaths, seen[0].age), (SHOWN, 2, Duration::from_secs(9)));
    assert_eq!(suspects.seen(begin + KEPT), []);
    assert_eq!(parts(&mut suspects, 3..4, begin + KEPT), [(vec![3], false)]);
}
