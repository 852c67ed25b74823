//! Kafka's producer, idempotent, as the sink meets it: batches by partition, in flight up to five, in their order;
//! reports that come late; the end at the first output that can't be delivered (`enable.gapless.guarantee`), or for no
//! reason of ours.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::{
    sending::Inner,
    world::{MILLISECOND, Who, World},
};
use crate::{
    event::Fate,
    kafka::topics::Topic,
    sink::{
        bell::Bell,
        producer::{Fatal, Kind, LookUp, NotTaken, Producer, Producers, Record},
        purpose::Purpose,
        reports::Reports,
    },
    source::acks::Acks,
};

/// A producer, until the service lets go of it.
pub(super) struct SimProducer(Rc<Inner>);

/// Makes them.
pub(super) struct SimProducers {
    pub world: Rc<World>,
    pub service: u32,
    /// What its records are.
    pub topic: Purpose,
    pub acks: Arc<Acks>,
    pub made: Cell<usize>,
}

impl Producers for SimProducers {
    type Producer = SimProducer;

    fn create(&self, kind: Kind, batch_size: usize, bell: &Bell) -> KafkaResult<SimProducer> {
        // The first one is part of the service's start.
        if self.made.get() > 0 && self.world.fault(self.world.plan.odds.create) {
            return Err(KafkaError::ClientCreation("no threads".to_owned()));
        }
        self.made.set(self.made.get() + 1);
        let (first, fate) = match self.topic {
            Purpose::Outputs => (0, Fate::Finished),
            Purpose::DeadLetters => (500_000, Fate::DeadLetter),
        };
        let id = self.service as usize * 1_000_000 + first + self.made.get();
        self.world.tell(|| format!("producer {id} ({kind:?}) begins, batches of {batch_size} bytes"));
        Ok(SimProducer(Rc::new(Inner {
            world: Rc::clone(&self.world),
            service: self.service,
            topic: self.topic,
            id,
            kind,
            batch_size,
            reports: Reports::new(&self.acks, fate, bell),
            state: RefCell::default(),
            closed: Cell::new(false),
            cut: Cell::new(false),
        })))
    }
}

impl Producer for SimProducer {
    fn send<'r>(&self, record: Record<'r>) -> Result<(), NotTaken<'r>> {
        let inner = &self.0;
        let code = if inner.state.borrow().fatal.is_some() {
            Some(RDKafkaErrorCode::Fatal)
        } else if inner.state.borrow().held() >= inner.world.plan.queue {
            Some(RDKafkaErrorCode::QueueFull)
        } else {
            None
        };
        if let Some(code) = code {
            return Err((KafkaError::MessageProduction(code), record));
        }
        inner.queue(&record);
        Inner::pump_soon(inner, MILLISECOND);
        Ok(())
    }

    fn under_way(&self) -> usize {
        self.0.state.borrow().held()
    }

    fn purge(&self) {
        self.0.purge();
    }

    fn flush(&self, timeout: Duration) -> bool {
        self.0.world.wait(Who::Pipeline, timeout, &|| self.under_way() == 0);
        self.under_way() == 0
    }

    fn fatal_error(&self) -> Option<Fatal> {
        self.0.state.borrow().fatal.clone()
    }

    fn reports(&self) -> &Reports {
        &self.0.reports
    }
}

impl LookUp for SimProducer {
    fn look_up(&self, _topic: &str) -> Topic {
        Topic::Partitions(i32::try_from(self.0.world.plan.inputs.len()).unwrap_or(i32::MAX))
    }
}

impl Drop for SimProducer {
    fn drop(&mut self) {
        self.0.closed.set(true);
        self.0.state.borrow_mut().queues.clear();
    }
}
