//! One service after the other, from its start to its end or death, and the time around them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    rc::Rc,
    time::Duration,
};

use super::{
    group::Owner,
    oracle::{HANGS, LEAVES, Oracle, SETTLES},
    peer,
    random::Random,
    schedule::{Act, Plan, Window},
    service::Service,
    workers,
    world::{Interrupt, SECOND, Time, Who, World},
};

/// The longest that everything takes to settle once nothing goes wrong any more.
const SETTLING: Time = 300 * SECOND;

/// Runs a seed; what was broken, and what happened.
pub(super) fn run(plan: Plan, random: Random, logged: bool) -> (Result<(), String>, Vec<String>) {
    let world = World::new(plan, random, logged);
    let outcome = catch_unwind(AssertUnwindSafe(|| live(&world)));
    world.crash();
    world.service.replace(None);
    let broken = match outcome {
        Ok(()) => Ok(()),
        Err(payload) => Err(match payload.downcast::<Interrupt>() {
            Ok(interrupt) => match *interrupt {
                Interrupt::Broken { promise, what } => format!("{promise}: {what}"),
                Interrupt::Crash => "a crash that nobody asked for".to_owned(),
            },
            Err(payload) => format!("the product panicked: {:?}", payload.downcast_ref::<String>()),
        }),
    };
    (broken, world.take_log())
}

fn live(world: &Rc<World>) {
    let end = world.plan.calm_from.max(world.plan.all_come()) + SETTLING;
    for (at, act) in world.plan.acts.clone() {
        world.after(at, move |world| act_out(world, act));
    }
    for Window { from, to } in world.plan.paused.clone() {
        world.after(from, |world| on_service(world, Service::pause));
        world.after(to, |world| on_service(world, Service::resume));
    }
    world.after(world.plan.calm_from, peer::leave);
    if let Some(window) = world.plan.stands_still {
        world.after(window.to - SECOND, Oracle::others_go_on);
    }
    let mut number = 0;
    while world.time() < end && !is_finished(world) {
        number += 1;
        world.tell(|| format!("service {number} starts"));
        match catch_unwind(AssertUnwindSafe(|| serve(world, number, end))) {
            Ok(()) => {}
            Err(payload) => match payload.downcast::<Interrupt>() {
                Ok(interrupt) if matches!(*interrupt, Interrupt::Crash) => world.tell(|| "killed".to_owned()),
                Ok(interrupt) => resume_unwind(interrupt),
                Err(payload) => resume_unwind(payload),
            },
        }
        bury(world, number);
    }
    Oracle::ended(world);
}

fn is_finished(world: &World) -> bool {
    let group = world.group.borrow();
    world.time() >= world.plan.calm_from
        && group
            .committed
            .iter()
            .enumerate()
            .all(|(partition, committed)| committed.unwrap_or(0) >= world.plan.end(partition))
}

/// What a service leaves behind.
fn bury(world: &Rc<World>, number: u32) {
    if let Some(service) = world.service.replace(None) {
        service.check_counts(world);
    }
    world.crews.borrow_mut().clear();
    let mut group = world.group.borrow_mut();
    let left = group.owned_by(Owner::Service(number));
    group.give(&left, Owner::Nobody);
    group.news.clear();
    group.wanted.clear();
    group.member = None;
    drop(group);
    world.reborn();
}

fn serve(world: &Rc<World>, number: u32, end: Time) {
    let (service, mut source) = Service::start(world, number);
    world.service.replace(Some(Rc::clone(&service)));
    workers::make(world, number);
    let goes_on = || !service.stop.requested() && !is_finished(world) && world.time() < end;
    while goes_on() && !service.begins() {
        world.interrupt();
        source.prepare();
    }
    source.join();
    while goes_on() {
        world.interrupt();
        source.step();
    }
    if world.time() >= end {
        Oracle::ended(world);
    }
    world.tell(|| "stopping".to_owned());
    world.stops();
    service.stop.request();
    // What the program does when a stop takes too long.
    let doomed = number;
    world.after(world.plan.stop_timeout, move |world| {
        let Some(stuck) = world.service.borrow().clone().filter(|service| service.number == doomed) else { return };
        if !stuck.left.get() && !world.pipeline_waits.get() {
            world.broken(LEAVES, format!("{} s were not enough", world.plan.stop_timeout / SECOND));
        }
        world.crash();
    });
    source.leave(Duration::from_micros(world.plan.stop_timeout));
    service.left.set(true);
    while service.ended().is_none() {
        world.wait(Who::Source, Duration::from_millis(10), &|| service.ended().is_some());
    }
    let clean = service.ended().is_some_and(|ended| ended.clean);
    if clean && world.transactions.borrow().hangs(number) {
        world.broken(HANGS, "a service has ended well, and left a transaction open".to_owned());
    }
    if !world.is_rough() && !service.ended().is_some_and(|ended| ended.clean) {
        world.broken(SETTLES, "nothing goes wrong, and the stop isn't clean".to_owned());
    }
}

fn act_out(world: &Rc<World>, act: Act) {
    world.tell(|| format!("{act:?}"));
    match act {
        Act::Crash => world.crash(),
        Act::Stop => {
            if let Some(service) = &*world.service.borrow() {
                service.stop.request();
            }
        }
        Act::Generation => with_service(world, workers::make),
        Act::Share => with_service(world, peer::share),
        Act::Lose => with_service(world, peer::lose),
        Act::Unite => peer::leave(world),
    }
}

fn on_service(world: &Rc<World>, act: fn(&Service, &World)) {
    let service = world.service.borrow().clone();
    if let Some(service) = service {
        act(&service, world);
    }
}

fn with_service(world: &Rc<World>, act: impl FnOnce(&Rc<World>, u32)) {
    let number = world.service.borrow().as_ref().map(|service| service.number);
    if let Some(number) = number {
        act(world, number);
    }
}
