//! `sqs_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool =
    ServiceTool { name: "sqs_read_operations", service: "sqs", services: &["sqs"], recipes: &[] };
