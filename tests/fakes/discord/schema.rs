//! Discord's own OpenAPI file, and bodies held to it. A validator is made when its operation is first used.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

const NAME: &str = "urn:discord:openapi";

/// Every fake of one test process shares the file and what was made of it.
static FILES: LazyLock<Mutex<HashMap<PathBuf, Option<Arc<OpenApi>>>>> = LazyLock::new(Mutex::default);

/// The file, read and ready.
pub(super) struct OpenApi {
    document: Value,
    registry: Registry<'static>,
    made: Mutex<HashMap<String, Option<Arc<Validator>>>>,
}

/// The file at this path; `None`, and said so, where it is not there. With `CI` set that is a failure.
pub(super) fn read(path: &Path) -> Option<Arc<OpenApi>> {
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    files.entry(path.to_owned()).or_insert_with(|| load(path)).clone()
}

fn load(path: &Path) -> Option<Arc<OpenApi>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "{}: {error}; on CI every request must be checked against Discord's own file",
                path.display()
            );
            say_that_it_is_absent(path);
            return None;
        }
    };
    let document: Value = serde_json::from_str(&text).expect("Discord's OpenAPI file is JSON");
    let registry = Registry::new()
        .draft(Draft::Draft202012)
        .add(NAME, document.clone())
        .expect("the name is a URI")
        .prepare()
        .expect("Discord's OpenAPI file refers to nothing outside itself");
    Some(Arc::new(OpenApi { document, registry, made: Mutex::default() }))
}

#[expect(clippy::print_stderr, reason = "whoever runs the tests must see that less is checked")]
fn say_that_it_is_absent(path: &Path) {
    eprintln!("{} is absent: requests to the fake Discord are not checked against it", path.display());
}

impl OpenApi {
    /// What is wrong with the body of a request, in few words each; empty when nothing is.
    pub(super) fn request(&self, template: &str, method: &str, body: &Value) -> Vec<String> {
        self.check(
            template,
            method,
            &["requestBody", "content", "application/json", "schema"],
            &coerced(body),
        )
    }

    /// What is wrong with an answer's body.
    pub(super) fn answer(&self, template: &str, method: &str, status: u16, body: &Value) -> Vec<String> {
        self.check(
            template,
            method,
            &["responses", &status.to_string(), "content", "application/json", "schema"],
            body,
        )
    }

    fn check(&self, template: &str, method: &str, place: &[&str], body: &Value) -> Vec<String> {
        let method = method.to_lowercase();
        let pointer: String = ["paths", template, &method]
            .iter()
            .chain(place)
            .flat_map(|step| ["/".to_owned(), step.replace('~', "~0").replace('/', "~1")])
            .collect();
        let Some(validator) = self.validator(&pointer) else { return Vec::new() };
        validator
            .iter_errors(body)
            // The instance itself may hold a link: only where and which rule, never the value.
            .map(|error| {
                format!("{} breaks {}", at_root(error.instance_path().as_str()), error.schema_path())
            })
            .collect()
    }

    /// `None` where the file says nothing about such a body.
    fn validator(&self, pointer: &str) -> Option<Arc<Validator>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(pointer.to_owned())
            .or_insert_with(|| {
                self.document.pointer(pointer)?;
                let reference = pointer.replace('{', "%7B").replace('}', "%7D");
                let schema = json!({ "$ref": format!("{NAME}#{reference}") });
                let validator = jsonschema::options()
                    .with_draft(Draft::Draft202012)
                    .with_registry(&self.registry)
                    .build(&schema)
                    .expect("Discord's own schema can be compiled");
                Some(Arc::new(validator))
            })
            .clone()
    }
}

fn at_root(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

/// The file lists permissions as integers in requests where every client sends, and Discord takes, a string of digits.
fn coerced(body: &Value) -> Value {
    match body {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| match value {
                Value::String(digits) if name == "default_member_permissions" => {
                    (name.clone(), digits.parse::<u64>().map_or_else(|_| value.clone(), Value::from))
                }
                _ => (name.clone(), coerced(value)),
            })
            .collect(),
        Value::Array(items) => items.iter().map(coerced).collect(),
        other => other.clone(),
    }
}
