//! Arguments of the tools. Their JSON schemas come from these types, so that the
//! deployed schema and the code that reads the arguments cannot drift apart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A tool without arguments.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct NoArguments {}

/// Arguments of `hello_world`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Greeting {
    /// Whom to greet.
    pub name: Option<String>,
}

/// Arguments of every `<service>_read_operations` tool.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Read {
    /// What the user wants to know, in plain words.
    pub query: String,
    /// Name of one read operation of the service, as AWS spells it, for example ListBuckets. Without it the query decides.
    pub operation: Option<String>,
    /// Input of the operation as a JSON object in a string, with AWS's own member names.
    pub parameters: Option<String>,
}
