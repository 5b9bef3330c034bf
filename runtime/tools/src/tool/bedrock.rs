//! `bedrock_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool =
    ServiceTool { name: "bedrock_read_operations", service: "bedrock", services: &["bedrock"], recipes: &[] };
