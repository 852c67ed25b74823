//! How the pipeline's thread is woken by producers' threads: one ring is as good as many.

use crossbeam_channel::{Receiver, Sender, bounded};

/// Wakes whoever listens.
#[derive(Debug, Clone)]
pub struct Bell(Sender<()>, Receiver<()>);

impl Bell {
    /// A bell, and what hears it.
    pub(crate) fn new() -> (Self, Receiver<()>) {
        let (bell, rings) = bounded(1);
        (Self(bell, rings.clone()), rings)
    }

    /// What hears it.
    pub(crate) fn rings(&self) -> Receiver<()> {
        self.1.clone()
    }

    /// There is something to look after.
    pub(crate) fn ring(&self) {
        // Full: the ring before has not been heard yet, and is as good as this one.
        let _ = self.0.try_send(());
    }
}

#[cfg(test)]
mod tests {
    use super::Bell;

    #[test]
    fn rings_that_nobody_has_heard_are_one() {
        let (bell, rings) = Bell::new();
        bell.ring();
        bell.clone().ring();
        assert_eq!((rings.try_recv().is_ok(), rings.try_recv().is_ok()), (true, false));
    }
}
