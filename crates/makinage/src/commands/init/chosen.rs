//! What the user chose.

/// The names of the topics.
#[derive(Debug, Clone)]
pub(crate) struct Topics {
    /// Of the events.
    pub data: String,
    /// Of the models.
    pub models: String,
    /// Of what comes of the events.
    pub predictions: String,
}

/// What is written into the files.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) name: String,
    pub(super) kafka: String,
    pub(super) model: Option<String>,
    pub(super) topics: Topics,
}
