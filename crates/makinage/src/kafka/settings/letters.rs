//! The settings of who reads dead letters, and sends their events back.

use super::{CLIENT_LIMIT, acknowledged};
use crate::kafka::{client::Cluster, clients::Settings};

/// A transaction that isn't ended by then the broker aborts; before that, records that aren't taken are given up.
const TRANSACTION_MS: u64 = 60_000;
const RECORD_MS: u64 = 45_000;

impl Cluster {
    /// Of what reads dead letters from their beginning to their end, and has no topic created by that.
    pub fn letter_reader(&self) -> Settings {
        let mut client = self.model_looker();
        client
            // Letters are small and many; what is read is gone before the next comes.
            .set("fetch.max.bytes", "52428800")
            .set("queued.min.messages", "10000")
            .set("queued.max.messages.kbytes", "16384");
        client
    }

    /// Of what only asks how far a topic goes, with what isn't committed yet.
    pub fn end_asker(&self) -> Settings {
        let mut client = self.model_looker();
        client.set("isolation.level", "read_uncommitted");
        client
    }

    /// The name under which an application's letters are replayed: by one at a time.
    pub fn replay_id(&self) -> String {
        format!("{}-dead-letter-replay", self.application())
    }

    /// Of the producer that sends the events of dead letters back, in batches of at most so many bytes.
    pub fn replay_producer(&self, batch_size: usize) -> Settings {
        let mut client = self.base();
        acknowledged(&mut client)
            .set("transactional.id", self.replay_id())
            .set("transaction.timeout.ms", TRANSACTION_MS.to_string())
            .set("message.timeout.ms", RECORD_MS.to_string())
            .set("message.max.bytes", CLIENT_LIMIT.to_string())
            .set("batch.size", batch_size.to_string())
            .set("allow.auto.create.topics", "false");
        client
    }
}
