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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Read {
    /// What the user wants to know, in plain words.
    pub query: String,
    /// Name of one read operation of the service as AWS spells it (DescribeInstances; with the service in front where a tool reads several, elbv2:DescribeLoadBalancers), or name of one of the tool's own questions. Without it the query decides.
    pub operation: Option<String>,
    /// Input of the operation as a JSON object in a string, with AWS's own member names; or what the question takes.
    pub parameters: Option<String>,
    /// Regions to ask, for example us-east-1; the word all stands for every enabled region. Without it the function's own region.
    pub regions: Option<Vec<String>>,
    /// JMESPath expression that picks from the operation's output, for example Reservations[].Instances[].InstanceId.
    pub select: Option<String>,
    /// Most items to read, from 1.
    pub max_items: Option<u32>,
    /// The cursor of an earlier answer, with everything else unchanged: goes on where that answer ended.
    pub cursor: Option<String>,
    /// json (default) or tsv, which is shorter.
    pub format: Option<String>,
}
