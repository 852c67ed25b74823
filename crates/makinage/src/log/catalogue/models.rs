//! Models: on their topic, in the store, and as generations.

use super::entry::{Entry, error, warning};

pub(super) const ENTRIES: &[Entry] = &[
    error(
        "M001",
        "A new model or configuration is not taken up",
        "A generation could not be made: the line has the step and the error. What served goes on serving; if nothing \
         did, events wait on Kafka.",
        "Mend the model and publish it again, or mend the configuration and save it; the line says which.",
    ),
    warning(
        "M002",
        "The newest model can't be used, and an older one is tried",
        "Nothing serves yet, so that an older model is better than none.",
        "See the line before about the newest model, mend it and publish it again.",
    ),
    warning(
        "M003",
        "A model came that is older than the one before it",
        "By its record's time it is not the newest, so it is not taken up.",
        "If it is meant to be newer, set the clock of the machine that published it, and publish it again.",
    ),
    warning(
        "M004",
        "A model can't be had for now",
        "It is fetched again and again, less and less often; what serves goes on.",
        "Look at the cause in the line: the place that a reference leads to, the registry, the disk.",
    ),
    error(
        "M005",
        "A model can't be used",
        "It is damaged, incomplete, or not what its record says, and won't be tried again. What serves goes on.",
        "Publish it again.",
    ),
    warning(
        "M006",
        "The model topic has no model, and the store's last one serves",
        "Other machines, whose stores are empty, have nothing to serve.",
        "Publish a model, or that one again with `makinage model rollback`; give the topic `cleanup.policy=compact` or a \
         longer retention.",
    ),
    error(
        "M007",
        "A generation does badly, and there is none to go back to",
        "Its workers die or its events fail as `probation` doesn't allow, but nothing served before it. It goes on.",
        "Look at the lines about workers and failed events, and publish a model that works.",
    ),
    error(
        "M008",
        "A generation was taken back",
        "Its workers died or its events failed as `probation` doesn't allow, so the one before serves again.",
        "The line says what went back: the model, which isn't loaded again until it is published anew, or the \
         configuration, which then isn't the file's any more until that is saved again. A change may only have shown \
         what was there before: workers that die of a `memory_limit` just set may leak without it, too.",
    ),
    warning(
        "M009",
        "The model loads, with something to know",
        "For example packages that differ from those that it was saved with, or hooks that can't be batched.",
        "For a model's own packages set `environment: model`. Hooks that run one event at a time answer right, and slower: docs/hooks.md says what keeps them apart; `coalesce: true` is for hooks whose outputs depend on nothing that they keep.",
    ),
    warning(
        "M010",
        "The model was saved with another Python",
        "Its environment has the nearest that was found. Most models load all the same.",
        "If it doesn't load, put the Python that the line names on PATH.",
    ),
    warning(
        "M011",
        "It can't be noted which model serves",
        "The store can't be written. The model serves; after a restart without a model on the topic it may be missing, and \
         `makinage model rollback` doesn't know it.",
        "Look at the store's folder (`models.store`): its disk, and who may write there.",
    ),
    warning(
        "M012",
        "A model that isn't needed any more stays in the store",
        "It takes up room until the next one serves.",
        "Look at the store's folder (`models.store`): its disk, and who may write there.",
    ),
    warning(
        "M013",
        "It can't be noted that a model was taken back",
        "After a restart it will be tried again.",
        "Look at the store's folder (`models.store`), and publish a better model before a restart.",
    ),
    warning(
        "M014",
        "It isn't known whether a model was taken back before",
        "The store can't be read, so the model is tried.",
        "Look at the store's folder (`models.store`): its disk, and who may read there.",
    ),
    warning(
        "M015",
        "It isn't known which model was served last",
        "The store can't be read, and the topic has no model: the service waits for one.",
        "Publish a model, and look at the store's folder (`models.store`).",
    ),
    warning(
        "M016",
        "A model in the store can't be used",
        "Its zip is damaged or can't be read. The next one that is known is tried, or the topic's.",
        "Look at the disk; the damaged file may be deleted.",
    ),
    warning(
        "M017",
        "The store's index is damaged",
        "Which models were served and which were taken back is noted anew. The models on the topic are not affected.",
        "Look at the disk. The damaged file is kept beside it, for whoever wants to know what was in it.",
    ),
    warning(
        "M018",
        "An unpacked model can't be removed",
        "It takes up room; nothing depends on it.",
        "Delete the folder by hand.",
    ),
    warning(
        "M019",
        "A record on the model topic is no model",
        "It is ignored. The line says why it is none.",
        "If it should be one, publish it with `makinage-model-publisher`; else see who writes to that topic.",
    ),
    warning(
        "M020",
        "Chunks of a large model lack their end",
        "An upload is under way, or was broken off. The chunks are ignored, and cost only room on the topic.",
        "If nobody is publishing, publish that model again.",
    ),
    warning(
        "M021",
        "More records on the model topic are no models",
        "Only some are named; this counts the others.",
        "See M019.",
    ),
    warning(
        "M022",
        "The model topic was deleted or made anew",
        "It is read from its beginning; what serves goes on.",
        "Publish the model again if the new topic lacks it.",
    ),
];
