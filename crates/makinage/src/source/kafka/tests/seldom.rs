//! What comes again and again is said once in a while.

use super::*;

#[test]
fn what_the_client_does_not_do_again_and_again_is_said_once_a_minute() {
    let (mut case, log) = (Case::new(Some(3)), Log::default());
    case.assigned();
    case.fake.0.borrow_mut().records.extend(3..500);
    case.fake.0.borrow_mut().failures = u32::MAX;
    let rounds = |case: &mut Case, settles: bool, count: u32| {
        for _ in 0..count {
            log.keep(|| case.source.step());
            let open = case.taken();
            open.iter().filter(|_| settles).for_each(|ticket| case.acks.settle(*ticket, Fate::Finished));
            case.clock.sleep(STORE);
        }
        (log.count("could not be stored"), log.count("could not be paused"))
    };
    assert_eq!(rounds(&mut case, true, 50), (1, 0));
    assert_eq!(rounds(&mut case, false, 50), (1, 1));
    case.clock.sleep(REPEAT);
    assert_eq!(rounds(&mut case, false, 50).1, 2);
}
