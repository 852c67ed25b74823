//! The JSON schemas of the files, by which editors complete and check them.

use serde_json::{Value as Json, json};

use super::{
    publish::PublishKeys,
    reader::{described, shape::Shaped},
    redirect::TopKeys,
    sections::kafka,
    service::ServiceKeys,
};

/// A file that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaOf {
    /// The service's, and the one that says where the service's is.
    Service,
    /// The publisher's.
    Publisher,
}

/// The schema, as a file has it.
pub fn schema(of: SchemaOf) -> String {
    let schema = match of {
        SchemaOf::Service => service(),
        SchemaOf::Publisher => publisher(),
    };
    // Maps of texts can always be written; the alternate form is the indented one.
    format!("{schema:#}\n")
}

fn service() -> Json {
    let mut schema = top(described::section(&ServiceKeys::described()), "The configuration of makinage");
    let mut redirect = described::section(&TopKeys::described());
    schema["properties"]["redirect"] = redirect["properties"]["redirect"].take();
    let required = std::mem::replace(&mut schema["required"], json!([]));
    // Either all of it, or where all of it is.
    schema["if"] = json!({"required": ["redirect"]});
    schema["then"] = json!({"maxProperties": 1});
    schema["else"] = json!({"required": required, "oneOf": schema["oneOf"].take()});
    for key in ["required", "oneOf"] {
        schema.as_object_mut().and_then(|schema| schema.remove(key));
    }
    schema
}

fn publisher() -> Json {
    top(described::section(&PublishKeys::described()), "The configuration of makinage-model-publisher")
}

/// What the tops of both files have.
fn top(mut schema: Json, title: &str) -> Json {
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!(title);
    schema["$defs"] = json!({"kafka": kafka::definition()});
    let one_name = |this: &str, other: &str| {
        json!({
            "required": [this],
            "properties": {(this): {"type": "object"}, (other): {"type": "null"}},
        })
    };
    schema["oneOf"] = json!([one_name("kafka", "Kafka"), one_name("Kafka", "kafka")]);
    schema
}
