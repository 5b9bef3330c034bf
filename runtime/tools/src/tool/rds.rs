//! `rds_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool =
    ServiceTool { name: "rds_read_operations", service: "rds", services: &["rds"], recipes: &[] };
