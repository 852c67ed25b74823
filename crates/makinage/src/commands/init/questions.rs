//! The three questions, for what no option says.

use std::io::{self, BufRead, Write};

/// What is known; the model may be none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) name: Option<String>,
    pub(super) kafka: Option<String>,
    pub(super) model: Option<String>,
}

/// What nothing at all means.
#[derive(Debug)]
pub(super) struct Defaults {
    pub(super) name: String,
    pub(super) kafka: String,
}

/// Asks for what isn't given.
pub(super) fn ask(
    given: Answers,
    defaults: &Defaults,
    from: &mut impl BufRead,
    to: &mut impl Write,
) -> io::Result<Answers> {
    let mut asked = |given: Option<String>, question: &str| -> io::Result<Option<String>> {
        if given.is_some() {
            return Ok(given);
        }
        write!(to, "{question} ")?;
        to.flush()?;
        let mut answer = String::new();
        if from.read_line(&mut answer)? == 0 {
            // The end of the input is no line's end.
            writeln!(to)?;
        }
        Ok(Some(answer.trim().to_owned()).filter(|answer| !answer.is_empty()))
    };
    Ok(Answers {
        name: asked(
            given.name,
            &format!("The application's name, which is its consumer group too [{}]:", defaults.name),
        )?,
        kafka: asked(given.kafka, &format!("Where Kafka is, host or host:port [{}]:", defaults.kafka))?,
        model: asked(given.model, "An MLflow model to begin with, its folder or zip [none]:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Answers, Defaults, ask};

    fn asked(given: Answers, typed: &str) -> (Answers, String) {
        let mut said = Vec::new();
        let defaults = Defaults { name: "fraud".to_owned(), kafka: "localhost".to_owned() };
        let answers = ask(given, &defaults, &mut typed.as_bytes(), &mut said).unwrap();
        (answers, String::from_utf8(said).unwrap())
    }

    #[test]
    fn nothing_typed_leaves_the_defaults_and_what_is_given_is_not_asked() {
        let (answers, said) = asked(Answers::default(), "\n\n");
        assert_eq!(answers, Answers::default());
        assert_eq!((said.matches("]: ").count(), said.contains("[fraud]")), (3, true));
        let given = Answers { name: Some("a".to_owned()), kafka: Some("b".to_owned()), model: None };
        let (answers, said) = asked(given, " /models/iris \nmore");
        assert_eq!((answers.name.as_deref(), answers.model.as_deref()), (Some("a"), Some("/models/iris")));
        assert_eq!(said.matches("]: ").count(), 1);
    }
}
