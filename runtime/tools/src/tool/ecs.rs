//! `ecs_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool =
    ServiceTool { name: "ecs_read_operations", service: "ecs", services: &["ecs"], recipes: &[] };
