//! Puts a resource of a stack back to what its template says, through the API
//! that owns it: what was changed behind the stack, or the whole resource where
//! it is gone. A file per kind.
//!
//! Each reads the resource first and calls only what is needed, so that it is
//! safe to repeat after any answer that was lost. Tags of others, and whatever
//! else the template does not speak of, stay.

mod function;
mod function_policy;
mod function_url;
mod log_group;
mod managed_policies;
mod repairs;
mod repository;
mod role;
mod table;
mod table_switches;
mod table_types;

use std::collections::BTreeMap;

use deployer_core::Failure;
use deployer_core::resource::Resource;

use super::context::Context;

pub use managed_policies::delete as delete_managed_policies;

/// Makes the resource what its template says. `inputs` are environment variables
/// of a function that were not known when the plan was made.
pub async fn ensure(
    context: &Context<'_>,
    resource: &Resource,
    inputs: &BTreeMap<String, String>,
) -> Result<String, Failure> {
    let repairs = match resource {
        Resource::Table(wanted) => table::ensure(context, wanted).await?,
        Resource::Repository(wanted) => repository::ensure(context, wanted).await?,
        Resource::LogGroup(wanted) => log_group::ensure(context, wanted).await?,
        Resource::Role(wanted) => role::ensure(context, wanted).await?,
        Resource::ManagedPolicies(wanted) => managed_policies::ensure(context, wanted).await?,
        Resource::Function(wanted) => function::ensure(context, &function::with_inputs(wanted, inputs)).await?,
        Resource::FunctionUrl(wanted) => function_url::ensure(context, wanted).await?,
        Resource::FunctionPolicy(wanted) => function_policy::ensure(context, wanted).await?,
    };
    Ok(repairs.summary())
}
