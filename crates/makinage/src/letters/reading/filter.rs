//! Which letters a user asks for.

use super::letter::Letter;

#[cfg(test)]
mod tests;

/// How the letters of no model are asked for.
pub(crate) const NO_MODEL: &str = "-";

/// What letters must be; what says nothing takes all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// One of these steps.
    pub steps: Vec<String>,
    /// One of these classes of errors, with or without their modules.
    pub errors: Vec<String>,
    /// Of one of these models: `name@version`, the name alone, or as the letter has it.
    pub models: Vec<String>,
    /// Failed at this time or later.
    pub since: Option<i64>,
    /// Failed before this time.
    pub until: Option<i64>,
    /// From one of these partitions of their events' topics.
    pub partitions: Vec<i32>,
    /// Of this application alone.
    pub application: Option<String>,
}

impl Filter {
    /// Whether the letter is some application's that isn't asked for.
    pub(crate) fn is_of_another(&self, letter: &Letter<'_>) -> bool {
        self.application.as_deref().is_some_and(|asked| asked != letter.application)
    }

    /// Whether a letter is asked for; `written` is when it was, in milliseconds since 1970.
    pub(crate) fn takes(&self, letter: &Letter<'_>, written: Option<i64>) -> bool {
        !self.is_of_another(letter)
            && any(&self.steps, |step| letter.step == *step)
            && any(&self.errors, |error| is_class(&letter.class, error))
            && any(&self.models, |model| is_model(letter.model.as_deref(), model))
            && any(&self.partitions, |partition| letter.source.partition == *partition)
            && self.is_in_time(letter.failed_at.or(written))
    }

    fn is_in_time(&self, time: Option<i64>) -> bool {
        // Of a letter that doesn't know when, nobody can say that it is in time.
        let Some(time) = time else { return self.since.is_none() && self.until.is_none() };
        self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time < until)
    }
}

fn any<T>(asked: &[T], is_it: impl FnMut(&T) -> bool) -> bool {
    asked.is_empty() || asked.iter().any(is_it)
}

fn is_class(class: &str, asked: &str) -> bool {
    class == asked || class.rsplit_once('.').is_some_and(|(_, name)| name == asked)
}

fn is_model(model: Option<&str>, asked: &str) -> bool {
    match model {
        None => asked == NO_MODEL,
        Some(model) => model == asked || model.rsplit_once('@').is_some_and(|(name, _)| name == asked),
    }
}
