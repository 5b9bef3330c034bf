//! A function's address: who it asks for a signature, how it answers, from where browsers may call it.

use aws_sdk_lambda::types::{Cors as LiveCors, FunctionUrlAuthType, InvokeMode};
use deployer_core::Failure;
use deployer_core::resource::{Cors, FunctionUrl};

use super::repairs::Repairs;
use crate::errors::{Kind, Trouble, failed};
use crate::execute::context::Context;
use crate::execute::statement::settled;
use crate::observe::live;

/// An address that is gone is made again; it is then another one.
pub async fn ensure(context: &Context<'_>, wanted: &FunctionUrl) -> Result<Repairs, Failure> {
    let mut repairs = Repairs::default();
    let mut found = read(context, wanted).await?;
    if found.is_none() {
        settled(context, &wanted.function_name).await?;
        create(context, wanted).await?;
        repairs.created();
        found = read(context, wanted).await?;
    }
    let differing = found.map(|found| differences(wanted, &found)).unwrap_or_default();
    if !differing.is_empty() {
        settled(context, &wanted.function_name).await?;
        update(context, wanted).await?;
    }
    differing.into_iter().for_each(|attribute| repairs.note(attribute));
    Ok(repairs)
}

fn differences(wanted: &FunctionUrl, found: &FunctionUrl) -> Vec<&'static str> {
    let attributes = [
        ("authorization", found.auth_type != wanted.auth_type),
        ("invoke mode", found.invoke_mode != wanted.invoke_mode),
        ("CORS", found.cors != wanted.cors),
    ];
    attributes.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

async fn read(context: &Context<'_>, wanted: &FunctionUrl) -> Result<Option<FunctionUrl>, Failure> {
    let found = live::function_url(context.clients, &wanted.function_name).await;
    found.map_err(|trouble| trouble.failure(format!("read the URL of function `{}`", wanted.function_name)))
}

/// One that appeared meanwhile is corrected like any other.
async fn create(context: &Context<'_>, wanted: &FunctionUrl) -> Result<(), Failure> {
    let request = context
        .clients
        .lambda()
        .create_function_url_config()
        .function_name(&wanted.function_name)
        .auth_type(FunctionUrlAuthType::from(&*wanted.auth_type))
        .invoke_mode(InvokeMode::from(&*wanted.invoke_mode))
        .set_cors(wanted.cors.as_ref().map(cors));
    match request.send().await.map_err(Trouble::from) {
        Err(trouble) if trouble.kind != Kind::Conflict => {
            Err(trouble.failure(format!("create the URL of function `{}`", wanted.function_name)))
        }
        _ => Ok(()),
    }
}

/// Settings for browsers that are not wanted are taken away by empty ones.
async fn update(context: &Context<'_>, wanted: &FunctionUrl) -> Result<(), Failure> {
    let cors = wanted.cors.as_ref().map_or_else(|| LiveCors::builder().build(), cors);
    let request = context
        .clients
        .lambda()
        .update_function_url_config()
        .function_name(&wanted.function_name)
        .auth_type(FunctionUrlAuthType::from(&*wanted.auth_type))
        .invoke_mode(InvokeMode::from(&*wanted.invoke_mode))
        .cors(cors);
    request.send().await.map(drop).map_err(failed(format!("update the URL of function `{}`", wanted.function_name)))
}

fn cors(wanted: &Cors) -> LiveCors {
    LiveCors::builder()
        .allow_credentials(wanted.allow_credentials)
        .set_allow_headers(Some(wanted.allow_headers.clone()))
        .set_allow_methods(Some(wanted.allow_methods.clone()))
        .set_allow_origins(Some(wanted.allow_origins.clone()))
        .set_max_age(i32::try_from(wanted.max_age_seconds).ok())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_difference_has_its_name_and_the_address_is_none() {
        let wanted = FunctionUrl {
            function_name: "f".into(),
            auth_type: "AWS_IAM".into(),
            invoke_mode: "RESPONSE_STREAM".into(),
            cors: None,
            address: None,
        };
        let mut found = FunctionUrl { address: Some("https://x/".into()), ..wanted.clone() };
        assert!(differences(&wanted, &found).is_empty());
        found.auth_type = "NONE".into();
        found.invoke_mode = "BUFFERED".into();
        assert_eq!(differences(&wanted, &found), ["authorization", "invoke mode"]);
    }
}
