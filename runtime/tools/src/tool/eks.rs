//! `eks_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool =
    ServiceTool { name: "eks_read_operations", service: "eks", services: &["eks"], recipes: &[] };
