//! `cost_explorer_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "cost_explorer_read_operations",
    service: "cost_explorer",
    services: &["ce", "budgets"],
    recipes: &[],
};
