//! `sagemaker_read_operations`

use crate::service::ServiceTool;

pub(crate) const TOOL: ServiceTool =
    ServiceTool { name: "sagemaker_read_operations", service: "sagemaker", services: &["sagemaker"], recipes: &[] };
