//! `lambda_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool =
    ServiceTool { name: "lambda_read_operations", service: "lambda", services: &["lambda"], recipes: &[] };
