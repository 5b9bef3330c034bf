//! `cloudwatch_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "cloudwatch_read_operations",
    service: "cloudwatch",
    services: &["cloudwatch", "logs"],
    recipes: &[],
};
