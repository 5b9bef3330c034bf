//! `route53_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool =
    ServiceTool { name: "route53_read_operations", service: "route53", services: &["route53"], recipes: &[] };
