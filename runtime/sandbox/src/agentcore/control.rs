//! Routes of the control plane, behind a check of the signature.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use rand::Rng;

use super::fault::Fault;
use super::service::AgentCore;
use super::{gateways, tags, targets};
use crate::identity::credential_scope;

/// The service's name in a signature's scope.
const SIGNING_NAME: &str = "bedrock-agentcore";
/// An inline schema of 1 MB and what surrounds it.
const MAX_BODY: usize = 2 * 1024 * 1024;

pub(super) fn router(core: AgentCore) -> Router {
    let gateways = get(gateways::list).post(gateways::create);
    let gateway = get(gateways::get).put(gateways::update).delete(gateways::delete);
    let targets = get(targets::list).post(targets::create);
    let target = get(targets::get).put(targets::update).delete(targets::delete);
    let tags = get(tags::list).post(tags::add).delete(tags::remove);
    let routes = Router::new().route("/tags/{*arn}", tags);
    [("/gateways", gateways), ("/gateways/{id}", gateway)]
        .into_iter()
        .chain([("/gateways/{id}/targets", targets), ("/gateways/{id}/targets/{target}", target)])
        .fold(routes, with_and_without_slash)
        .layer(from_fn_with_state(core.clone(), authenticate))
        .with_state(core)
}

/// botocore sends a slash at the end, the Rust SDK does not.
fn with_and_without_slash(
    router: Router<AgentCore>,
    (path, methods): (&str, MethodRouter<AgentCore>),
) -> Router<AgentCore> {
    router.route(path, methods.clone()).route(&format!("{path}/"), methods)
}

/// Puts the caller into the request's extensions.
async fn authenticate(State(core): State<AgentCore>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return Fault::validation("CannotParse", "The request's body is too large or incomplete").into_response();
    };
    let scoped = credential_scope(&parts.headers).map_or(Ok(()), |scope| scope.check(SIGNING_NAME, &core.region));
    match scoped.and_then(|()| core.identity.authenticate(&parts, &body)) {
        Ok(caller) => {
            let mut request = Request::from_parts(parts, Body::from(body));
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(denied) => Fault::from(denied).into_response(),
    }
}

/// Paths take a gateway's id or its ARN.
pub(super) fn gateway_id(identifier: &str) -> &str {
    match identifier.split_once(":gateway/") {
        Some((arn, id)) if arn.starts_with("arn:") => id,
        _ => identifier,
    }
}

/// Ten characters out of an alphabet.
pub(super) fn random_id(alphabet: &[u8]) -> String {
    let mut random = rand::rng();
    (0..10).map(|_| char::from(alphabet[random.random_range(0..alphabet.len())])).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use aws_sdk_bedrockagentcorecontrol::error::ProvideErrorMetadata;
    use aws_sdk_bedrockagentcorecontrol::types::{GatewayStatus, TargetStatus};

    use crate::agentcore::fixture::{World, eventually, reqwest_client};

    const TOKEN: &str = "0123456789-0123456789-0123456789-abc";

    #[tokio::test]
    async fn a_gateway_and_its_target_live_through_their_states() {
        let world = World::start().await;
        let made = world.create_gateway("Ops-Local").description("d").tags("Owner", "ops").send().await.unwrap();
        assert_eq!(made.status(), &GatewayStatus::Creating);
        let id = made.gateway_id().to_string();
        assert!(id.starts_with("ops-local-") && id.len() == "ops-local-".len() + 10, "{id}");
        assert_eq!(made.gateway_url(), Some(world.mcp_url(&id).as_str()));
        assert_eq!(world.settled_gateway(&id).await, GatewayStatus::Ready);

        let target = world.create_target(&id, 1).send().await.unwrap();
        assert_eq!(world.settled_target(&id, target.target_id()).await, (TargetStatus::Ready, vec![]));
        let refused = world.control().delete_gateway().gateway_identifier(&id).send().await.unwrap_err();
        let refused = refused.into_service_error();
        assert!(refused.is_validation_exception());
        assert!(refused.to_string().contains("has targets associated with it"), "{refused}");

        let request = world.control().delete_gateway_target().gateway_identifier(&id).target_id(target.target_id());
        assert_eq!(request.send().await.unwrap().status(), &TargetStatus::Deleting);
        eventually(|| async {
            let left = world.control().list_gateway_targets().gateway_identifier(&id).send().await.unwrap();
            left.items().is_empty().then_some(())
        })
        .await;
        world.control().delete_gateway().gateway_identifier(&id).send().await.unwrap();
        eventually(|| async {
            let gone = world.control().get_gateway().gateway_identifier(&id).send().await.err()?;
            gone.into_service_error().is_resource_not_found_exception().then_some(())
        })
        .await;
    }

    #[tokio::test]
    async fn a_target_whose_function_is_closed_fails_and_says_why() {
        let world = World::start().await;
        world.lock.is_locked.store(true, Ordering::SeqCst);
        let id = world.gateway().await;
        let target = world.create_target(&id, 1).send().await.unwrap();
        let (status, reasons) = world.settled_target(&id, target.target_id()).await;
        assert_eq!(status, TargetStatus::Failed);
        assert_eq!(reasons, ["arn:aws:iam::000000000000:role/gateway may not"]);
    }

    #[tokio::test]
    async fn names_are_unique_and_a_client_token_makes_one_gateway_only() {
        let world = World::start().await;
        let first = world.create_gateway("ops").client_token(TOKEN).send().await.unwrap();
        let again = world.create_gateway("ops").client_token(TOKEN).send().await.unwrap();
        assert_eq!(first.gateway_id(), again.gateway_id());
        let other = world.create_gateway("other").client_token(TOKEN).send().await.unwrap_err();
        assert!(other.into_service_error().is_validation_exception());
        let taken = world.create_gateway("ops").send().await.unwrap_err();
        assert!(taken.into_service_error().is_conflict_exception());
    }

    #[tokio::test]
    async fn an_update_replaces_everything_but_the_name() {
        let world = World::start().await;
        let id = world.gateway().await;
        let update = |name: &str| {
            let made = world.create_gateway(name).as_input().clone().build().unwrap();
            let request = world.control().update_gateway().gateway_identifier(&id).name(name);
            request
                .set_role_arn(made.role_arn)
                .set_protocol_type(made.protocol_type)
                .set_authorizer_type(made.authorizer_type)
                .set_authorizer_configuration(made.authorizer_configuration)
        };
        update("ops").description("first").send().await.unwrap();
        world.settled_gateway(&id).await;
        let updated = update("ops").send().await.unwrap();
        assert_eq!((updated.description(), updated.status()), (None, &GatewayStatus::Updating));
        world.settled_gateway(&id).await;
        assert!(update("renamed").send().await.unwrap_err().into_service_error().is_validation_exception());
    }

    #[tokio::test]
    async fn tags_are_added_listed_and_removed() {
        let world = World::start().await;
        let made = world.create_gateway("ops").tags("a", "1").send().await.unwrap();
        let arn = made.gateway_arn();
        world.control().tag_resource().resource_arn(arn).tags("b", "2").send().await.unwrap();
        world.control().untag_resource().resource_arn(arn).tag_keys("a").send().await.unwrap();
        let tags = world.control().list_tags_for_resource().resource_arn(arn).send().await.unwrap().tags.unwrap();
        assert_eq!(tags, [("b".to_string(), "2".to_string())].into());
    }

    #[tokio::test]
    async fn gateways_survive_a_restart() {
        let world = World::start().await;
        let id = world.gateway_with_tools(2).await;
        let entry = world.reopened().store.read(|state| state.gateways[&id].clone());
        assert_eq!(entry.targets.values().next().unwrap().settings.tools.len(), 2);
    }

    #[tokio::test]
    async fn unsigned_and_wrongly_scoped_calls_are_refused_with_and_without_the_last_slash() {
        let world = World::start().await;
        for path in ["/gateways", "/gateways/", "/gateways/x/targets/"] {
            let answer = reqwest_client().get(format!("{}{path}", world.base_url)).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{path}");
            assert_eq!(answer.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
        }
        let elsewhere = aws_sdk_bedrockagentcorecontrol::config::Builder::from(
            crate::backend::Backend::new(&world.base_url, "eu-west-1").unwrap().config(),
        );
        let client = aws_sdk_bedrockagentcorecontrol::Client::from_conf(elsewhere.build());
        let refused = client.list_gateways().send().await.unwrap_err();
        assert_eq!(refused.code(), Some("InvalidSignatureException"));
    }
}
