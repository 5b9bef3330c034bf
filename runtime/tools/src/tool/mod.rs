//! The twenty tools, one file each.

pub(crate) mod apigateway;
pub(crate) mod bedrock;
pub(crate) mod cloudformation;
pub(crate) mod cloudwatch;
pub(crate) mod cost_explorer;
pub(crate) mod dynamodb;
pub(crate) mod ec2;
pub(crate) mod ecs;
pub(crate) mod eks;
pub(crate) mod get_time;
pub(crate) mod hello_world;
pub(crate) mod iam;
pub(crate) mod lambda;
pub(crate) mod rds;
pub(crate) mod route53;
pub(crate) mod s3;
pub(crate) mod sagemaker;
pub(crate) mod ses;
pub(crate) mod sns;
pub(crate) mod sqs;
