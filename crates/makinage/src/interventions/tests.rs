//! What comes of each wish, and that it is told and noted.

use std::{thread, time::Duration};

use super::{testing::Stage, *};
use crate::{logged::Log, reload::request::Decision, telemetry::generations::GenerationSeen};

const ME: &str = "127.0.0.1:9";

fn outcomes(stage: &Stage) -> Vec<(Act, Outcome)> {
    stage.telemetry.interventions.all().into_iter().map(|past| (past.act, past.outcome)).collect()
}

fn generation(number: u64, sha256: &str) -> GenerationSeen {
    let (model, place) = (format!("iris@{number}"), "model/0/0".into());
    GenerationSeen { generation: number, model, sha256: sha256.into(), place, since: String::new() }
}

#[test]
fn a_pause_is_done_when_the_source_heeds_it_and_each_is_told_and_noted_with_who_asked() {
    let (stage, log) = (Stage::new().with_source(), Log::default());
    let act = |wish: Wish| log.keep(|| stage.interventions.act(&wish, ME)).outcome;
    assert_eq!(act(Wish::Resume), Outcome::Unchanged);
    assert_eq!(act(Wish::Pause), Outcome::Done);
    assert_eq!(stage.interventions.paused().map(|asked| asked.by), Some(ME.to_owned()));
    assert_eq!(act(Wish::Pause), Outcome::Unchanged);
    assert_eq!(act(Wish::Resume), Outcome::Done);
    assert_eq!(stage.interventions.paused(), None);
    let expected = [
        (Act::Resume, Outcome::Done),
        (Act::Pause, Outcome::Unchanged),
        (Act::Pause, Outcome::Done),
        (Act::Resume, Outcome::Unchanged),
    ];
    assert_eq!(outcomes(&stage), expected);
    assert_eq!(log.count(&format!("which {ME} asked for: ")), expected.len());
}

#[test]
fn a_reload_says_what_became_of_the_configuration_and_there_is_one_at_a_time() {
    let stage = Stage::new();
    let interventions = Arc::clone(&stage.interventions);
    let first = thread::spawn(move || interventions.act(&Wish::Reload, ME));
    let request = stage.reloads.recv().expect("a request");
    let second = stage.interventions.act(&Wish::Reload, ME);
    assert!(second.outcome == Outcome::Refused && second.message.contains("under way already"), "{second:?}");
    request.answer(Decision::Refused("config.yaml:3: unknown key".into()));
    let first = first.join().expect("it ends");
    assert_eq!((first.outcome, first.message.as_str()), (Outcome::Refused, "config.yaml:3: unknown key"));
    drop(stage.reloads);
    let gone = stage.interventions.act(&Wish::Reload, ME);
    assert!(gone.outcome == Outcome::Refused && gone.message.contains("stopping"), "{gone:?}");
}

#[test]
fn a_rollback_goes_back_from_what_is_on_its_way_else_from_what_serves_and_there_is_one_at_a_time() {
    let stage = Stage::new();
    let act = |wish: Wish| stage.interventions.act(&wish, ME);
    assert_eq!(act(Wish::LookBack(None)).outcome, Outcome::Planned);
    stage.telemetry.generations.begins(generation(1, "aa"));
    stage.telemetry.generations.takes_over();
    assert_eq!(act(Wish::LookBack(None)).model, Some(("iris@1".into(), "00".repeat(32))));
    stage.telemetry.generations.begins(generation(2, "bb"));
    stage.allow.send(()).expect("it waits for that");
    let report = act(Wish::Rollback(None));
    assert!(report.outcome == Outcome::Done && report.message.contains("iris@1 is published again at model/0/7"));
    let unknown = act(Wish::Rollback(Some("3".into())));
    assert!(unknown.outcome == Outcome::Refused && unknown.message.contains("there is iris@1"), "{unknown:?}");
    let wanted = ["BeforeTheNewest", "Before(\"aa\")", "Before(\"bb\")", "Named(\"3\")"];
    assert_eq!(*stage.asked.lock(), wanted);
    let noted = [(Act::Rollback, Outcome::Refused), (Act::Rollback, Outcome::Done)];
    assert_eq!(outcomes(&stage), noted, "a look is nothing that is done");

    let interventions = Arc::clone(&stage.interventions);
    let first = thread::spawn(move || interventions.act(&Wish::Rollback(Some("1".into())), ME));
    while stage.asked.lock().len() == wanted.len() {
        thread::sleep(Duration::from_millis(1));
    }
    let second = act(Wish::Rollback(None));
    assert!(second.outcome == Outcome::Refused && second.message.contains("under way already"), "{second:?}");
    let Stage { allow, .. } = stage;
    drop(allow);
    let failed = first.join().expect("it ends");
    assert_eq!((failed.outcome, failed.message.as_str()), (Outcome::Refused, "no broker answers"));
}
