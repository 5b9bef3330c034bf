//! `dynamodb_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool =
    ServiceTool { name: "dynamodb_read_operations", service: "dynamodb", services: &["dynamodb"], recipes: &[] };
