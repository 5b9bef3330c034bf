//! Hands each request to the one who answers it.

use axum::{Router, extract::Request, response::Response};
use tower::ServiceExt;

use super::{
    forms::{Forms, is_observed},
    forward::Forwarder,
    health::health,
    route::{Route, route},
};
use crate::{
    backend::Backend,
    bedrock::BedrockApi,
    identity::Identity,
    lambda::{Handled, Isolation, LambdaApi},
    stacks::Stacks,
};

/// Everybody behind the front.
pub struct Front {
    pub backend: Backend,
    pub forwarder: Forwarder,
    pub identity: Identity,
    pub stacks: Stacks,
    pub isolation: Isolation,
    pub lambda: LambdaApi,
    pub bedrock: BedrockApi,
    pub control_plane: Router,
    pub data_plane: Router,
    pub issuer: Router,
}

impl Front {
    pub async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let route = route(&parts);
        tracing::debug!(method = %parts.method, path = parts.uri.path(), ?route, "request");
        let request = Request::from_parts(parts, body);
        match route {
            Route::Health => health(&self.backend, &self.isolation).await,
            Route::ControlPlane => ask(&self.control_plane, request).await,
            Route::DataPlane => ask(&self.data_plane, request).await,
            Route::Issuer => ask(&self.issuer, request).await,
            Route::FunctionUrl(target) => self.lambda.function_url(request, &target).await,
            Route::Converse { model, answering } => self.bedrock.converse(request, &model, answering).await,
            Route::Invoke { function, style } => match self.lambda.invoke(request, &function, style).await {
                Handled::Answered(response) => response,
                Handled::Backend(request) => self.forwarder.forward(request).await,
            },
            Route::Backend { service } => self.pass_on(request, service.as_deref()).await,
        }
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
