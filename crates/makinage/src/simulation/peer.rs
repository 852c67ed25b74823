//! The other member of the group, and what the coordinator decides between the two.

use std::rc::Rc;

use super::{
    group::{News, Owner, place},
    output::Place,
    world::{MILLISECOND, SECOND, World},
};

/// The service is to give up some of its partitions.
pub(super) fn share(world: &Rc<World>, service: u32) {
    let mut group = world.group.borrow_mut();
    let mut some = group.owned_by(Owner::Service(service));
    some.retain(|_| world.draw(|random| random.chance(600)));
    some.retain(|partition| !group.wanted.contains(partition));
    if !some.is_empty() {
        group.wanted.extend(&some);
        group.news.push_back(News::Revoked(some));
    }
}

/// The service was silent for too long: its partitions are anybody's, it learns of that later, and joins again.
pub(super) fn lose(world: &Rc<World>, service: u32) {
    let mut group = world.group.borrow_mut();
    let all = group.owned_by(Owner::Service(service));
    if all.is_empty() {
        return;
    }
    group.give(&all, Owner::Nobody);
    group.member = None;
    group.wanted.clear();
    drop(group);
    for partition in &all {
        if world.draw(|random| random.chance(500)) {
            take_soon(world, *partition, true);
        }
    }
    let noticed = world.draw(|random| random.delay(5 * SECOND));
    world.after(noticed, move |world| {
        if is_served_by(world, service) {
            world.group.borrow_mut().news.push_back(News::Lost(all));
        }
    });
}

/// The other member leaves: what it had goes to the service, which may not have joined yet.
pub(super) fn leave(world: &Rc<World>) {
    let mut group = world.group.borrow_mut();
    let left = group.owned_by(Owner::Peer);
    group.give(&left, Owner::Nobody);
    group.wanted.clear();
    if let Some(service) = group.member {
        group.assign_rest(service);
    }
}

fn is_served_by(world: &World, service: u32) -> bool {
    world.service.borrow().as_ref().is_some_and(|running| running.number == service)
}

/// A partition that nobody has becomes the other member's where that wants it, or goes back.
pub(super) fn take_soon(world: &Rc<World>, partition: i32, wanted: bool) {
    let soon = world.draw(|random| random.delay(SECOND));
    world.after(soon, move |world| {
        let mut group = world.group.borrow_mut();
        if group.owners[place(partition)] != Owner::Nobody {
            return;
        }
        if wanted && world.is_rough() {
            group.give(&[partition], Owner::Peer);
            drop(group);
            world.tell(|| format!("the other member has {partition}"));
            work(world, partition);
        } else if let Some(service) = group.member {
            group.assign_rest(service);
        }
    });
}

/// It finishes some events, and commits that.
fn work(world: &Rc<World>, partition: i32) {
    let pause = world.draw(|random| random.delay(SECOND)) + MILLISECOND;
    world.after(pause, move |world| {
        if world.group.borrow().owners[place(partition)] != Owner::Peer {
            return;
        }
        if !world.plan.is_away(world.time()) {
            finish_some(world, partition);
        }
        work(world, partition);
    });
}

fn finish_some(world: &Rc<World>, partition: i32) {
    if world.transactions.borrow().is_unstable(partition) {
        // It waits until it is known where to begin.
        return;
    }
    let at = place(partition);
    let before = world.group.borrow().committed[at];
    let from = before.unwrap_or(0);
    let count = world.draw(|random| random.between(0, 10));
    let there = |input: &&super::schedule::Input| input.offset >= from && input.at <= world.time();
    let mut behind = from;
    for input in world.plan.inputs[at].iter().filter(there).take(usize::try_from(count).unwrap_or(0)) {
        let offset = input.offset;
        world.oracle.borrow_mut().peer_finished(world, Place { partition, offset }, input.kind.has_output(&world.plan));
        behind = offset + 1;
    }
    if behind > from {
        world.tell(|| format!("the other member commits {partition} at {behind}"));
        world.group.borrow_mut().committed[at] = Some(behind);
        world.oracle.borrow().committed(world, partition, before, behind);
    }
}
