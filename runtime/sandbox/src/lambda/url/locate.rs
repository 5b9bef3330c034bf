//! Which function a URL id belongs to. The control plane has no lookup by id, so
//! functions are listed once and the answer is remembered; the configuration
//! itself is read for every request.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use aws_sdk_lambda::{
    Client,
    types::{Cors, FunctionUrlAuthType, InvokeMode},
};

use crate::lambda::function::FunctionReference;

pub struct Urls {
    client: Client,
    known: Mutex<HashMap<String, FunctionReference>>,
}

/// A function URL as it is configured now.
pub struct UrlConfiguration {
    pub function: FunctionReference,
    pub auth: FunctionUrlAuthType,
    pub mode: InvokeMode,
    pub cors: Option<Cors>,
}

impl Urls {
    pub fn new(client: Client) -> Self {
        Self { client, known: Mutex::default() }
    }

    /// `None` when no function has that URL.
    pub async fn find(&self, id: &str) -> Option<UrlConfiguration> {
        let known = self.known().get(id).cloned();
        if let Some(function) = known
            && let Some(configuration) = self.read(&function, id).await
        {
            return Some(configuration);
        }
        let function = self.search(id).await;
        match &function {
            Some(function) => self.known().insert(id.to_owned(), function.clone()),
            None => self.known().remove(id),
        };
        self.read(&function?, id).await
    }

    async fn read(&self, function: &FunctionReference, id: &str) -> Option<UrlConfiguration> {
        let request = self.client.get_function_url_config().function_name(&function.name);
        let output = request.set_qualifier(function.qualifier.clone()).send().await.ok()?;
        (url_id(&output.function_url) == id).then(|| UrlConfiguration {
            function: function.clone(),
            auth: output.auth_type,
            mode: output.invoke_mode.unwrap_or(InvokeMode::Buffered),
            cors: output.cors,
        })
    }

    async fn search(&self, id: &str) -> Option<FunctionReference> {
        let mut pages = self.client.list_functions().into_paginator().items().send();
        while let Some(Ok(function)) = pages.next().await {
            let name = function.function_name.unwrap_or_default();
            let configs = self.client.list_function_url_configs().function_name(&name).send().await.ok();
            let configs = configs.map(|output| output.function_url_configs).unwrap_or_default();
            if let Some(config) = configs.iter().find(|config| url_id(&config.function_url) == id) {
                return FunctionReference::parse(&config.function_arn).ok();
            }
        }
        None
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, FunctionReference>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `https://<id>.lambda-url.<region>.on.aws/` to its id.
fn url_id(url: &str) -> &str {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    host.split('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_id_is_the_first_label_of_the_host() {
        assert_eq!(super::url_id("https://abc123.lambda-url.us-east-1.on.aws/"), "abc123");
    }
}
