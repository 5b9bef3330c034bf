//! Hands each request to the one who answers it.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use tower::ServiceExt;

use super::{
    disturbance::Faults,
    forms::{Forms, is_observed},
    forward::Forwarder,
    health::health,
    hosts,
    route::{Route, route},
};
use crate::{
    backend::{Backend, error_text},
    bedrock::{BedrockApi, ModelsApi},
    identity::Identity,
    lambda::{Fate, Handled, Isolation, LambdaApi, Runner},
    stacks::Stacks,
};

/// Everybody behind the front.
pub struct Front {
    /// The front's own address.
    pub base_url: String,
    pub faults: Arc<Faults>,
    pub runner: Runner,
    pub control: Router,
    pub backend: Backend,
    pub forwarder: Forwarder,
    pub identity: Identity,
    pub stacks: Stacks,
    pub isolation: Isolation,
    pub lambda: LambdaApi,
    pub bedrock: BedrockApi,
    pub models: ModelsApi,
    pub control_plane: Router,
    pub data_plane: Router,
    pub issuer: Router,
}

impl Front {
    pub async fn answer(&self, request: Request) -> Response {
        if !hosts::is_served(request.headers()) {
            return misdirected();
        }
        let (parts, body) = request.into_parts();
        let route = route(&parts);
        tracing::debug!(method = %parts.method, path = parts.uri.path(), ?route, "request");
        match self.disturbed(&route, Request::from_parts(parts, body)).await {
            Ok((request, fate)) => self.hand_over(route, request, fate).await,
            Err(response) => response,
        }
    }

    async fn hand_over(&self, route: Route, request: Request, fate: Option<Fate>) -> Response {
        match route {
            Route::Health => health(&self.backend, &self.isolation).await,
            Route::Control => ask(&self.control, request).await,
            Route::ControlPlane => ask(&self.control_plane, request).await,
            Route::DataPlane => ask(&self.data_plane, request).await,
            Route::Issuer => ask(&self.issuer, request).await,
            Route::FunctionUrl(target) => self.lambda.function_url(request, &target, fate).await,
            Route::DeleteFunction { function } => self.delete_function(request, &function).await,
            Route::Converse { model, answering } => self.bedrock.converse(request, &model, answering).await,
            Route::Model(question) => self.models.answer(request, &question).await,
            Route::Invoke { function, style } => match self.lambda.invoke(request, &function, style, fate).await {
                Handled::Answered(response) => response,
                Handled::Backend(request) => self.forwarder.forward(request).await,
            },
            Route::Backend { service } => self.pass_on(request, service.as_deref()).await,
        }
    }

    /// The emulator keeps the URL of a function that is gone and gives it to the
    /// next one of its name; on AWS the URL goes with its function.
    async fn delete_function(&self, request: Request, function: &str) -> Response {
        let response = self.forwarder.forward(request).await;
        if response.status().is_success() {
            let answer = self.backend.lambda().delete_function_url_config().function_name(function).send().await;
            if let Err(error) = answer.map_err(|error| error_text(&error)) {
                tracing::debug!(function, error, "no URL went with the function");
            }
        }
        response
    }

    async fn pass_on(&self, request: Request, service: Option<&str>) -> Response {
        let (parts, body) = request.into_parts();
        let observed = is_observed(&parts, service);
        let request = Request::from_parts(parts, body);
        let forms = Forms { forwarder: &self.forwarder, identity: &self.identity, stacks: &self.stacks };
        match observed {
            true => forms.pass_on(request, service).await,
            false => self.forwarder.forward(request).await,
        }
    }
}

async fn ask(router: &Router, request: Request) -> Response {
    router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
}

fn misdirected() -> Response {
    let text = "The local platform answers for 127.0.0.1, localhost and names of AWS only, not for the Host of this request.\n";
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}
