//! `sns_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool =
    ServiceTool { name: "sns_read_operations", service: "sns", services: &["sns"], recipes: &[] };
