//! `iam_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool =
    ServiceTool { name: "iam_read_operations", service: "iam", services: &["iam", "sts"], recipes: &[] };
