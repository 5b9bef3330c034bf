//! `ses_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool =
    ServiceTool { name: "ses_read_operations", service: "ses", services: &["sesv2", "ses"], recipes: &[] };
