//! `s3_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool =
    ServiceTool { name: "s3_read_operations", service: "s3", services: &["s3", "s3control"], recipes: &[] };
