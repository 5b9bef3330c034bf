//! `cloudformation_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "cloudformation_read_operations",
    service: "cloudformation",
    services: &["cloudformation"],
    recipes: &[],
};
