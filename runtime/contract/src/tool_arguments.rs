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
///
/// The function also takes `parameters` as an object and `regions` as one text;
/// the gateway's schemas can say neither.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Read {
    /// What the user wants to know, in plain words.
    pub query: String,
    /// Name of one read operation of the service as AWS spells it (DescribeInstances; with the service in front where a tool reads several, elbv2:DescribeLoadBalancers), or name of one of the tool's own questions (unattached-volumes). Without it the query decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Input of the operation as a JSON object in a string, with AWS's own member names; or what the question takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<String>,
    /// Regions to ask, for example us-east-1; the word all stands for every enabled region. Without it the regions that the query names, or the function's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<String>>,
    /// JMESPath expression that picks from the operation's output, for example Reservations[].Instances[].InstanceId. Only with an operation of AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub select: Option<String>,
    /// Most items to read, or rows to answer, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u32>,
    /// The cursor of an earlier answer, with everything else unchanged: goes on where that answer ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// json (default) or tsv, which is shorter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}
