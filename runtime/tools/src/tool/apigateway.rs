//! `apigateway_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "apigateway_read_operations",
    service: "apigateway",
    services: &["apigateway", "apigatewayv2"],
    recipes: &[],
};
