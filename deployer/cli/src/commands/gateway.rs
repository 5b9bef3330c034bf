//! `deployer gateway`: gateways as they are.

use deployer_aws::{GatewaySummary, gateway_details, list_gateways};
use deployer_core::Failure;
use deployer_core::settings::did_you_mean;
use serde_json::json;

use crate::arguments::{Gateway, GatewayGet, GatewayList};
use crate::documents;
use crate::project::Project;
use crate::session::Session;
use crate::stop::Stop;
use crate::views;

pub async fn run(project: &Project, command: &Gateway) -> Result<(), Stop> {
    match command {
        Gateway::List(arguments) => list(project, arguments).await,
        Gateway::Get(arguments) => get(project, arguments).await,
    }
}

async fn list(project: &Project, arguments: &GatewayList) -> Result<(), Stop> {
    let session = Session::find(project, project.settings(&arguments.environment.name)?).await?;
    let gateways = list_gateways(&session.clients, &session.settings).await?;
    match arguments.json {
        true => documents::print(&json!({"version": 1, "gateways": gateways})),
        false => views::gateways::show_list(&gateways, &session.settings.aws.region),
    }
    Ok(())
}

async fn get(project: &Project, arguments: &GatewayGet) -> Result<(), Stop> {
    let session = Session::find(project, project.settings(&arguments.environment.name)?).await?;
    let id = find(&session, arguments.gateway.as_deref()).await?;
    let gateway = gateway_details(&session.clients, &session.settings, &id).await?;
    match arguments.json {
        true => documents::print(&json!({"version": 1, "gateway": gateway})),
        false => views::gateways::show(&gateway),
    }
    Ok(())
}

/// Id of the gateway of this name or id; of the environment's own without one.
pub async fn find(session: &Session, wanted: Option<&str>) -> Result<String, Failure> {
    let own = session.settings.names().gateway();
    let wanted = wanted.unwrap_or(&own);
    let gateways = list_gateways(&session.clients, &session.settings).await?;
    chosen(&gateways, wanted).map(|gateway| gateway.id.clone()).ok_or_else(|| {
        let doing = format!("find gateway {wanted}");
        let failure = Failure::new("run/unknown-name", doing, "no gateway of the region has this name or id");
        failure.with_hint(hint(&gateways, wanted, (&own, &session.settings.environment)))
    })
}

/// By id first; of two with one name, that which is not being deleted.
fn chosen<'a>(gateways: &'a [GatewaySummary], wanted: &str) -> Option<&'a GatewaySummary> {
    let named = || gateways.iter().filter(|gateway| gateway.name == wanted);
    let by_id = gateways.iter().find(|gateway| gateway.id == wanted);
    by_id.or_else(|| named().find(|gateway| gateway.status != "DELETING")).or_else(|| named().next())
}

fn hint(gateways: &[GatewaySummary], wanted: &str, (own, environment): (&str, &str)) -> String {
    if wanted == own {
        return format!("`deployer up --env {environment}` makes it");
    }
    let names = gateways.iter().flat_map(|gateway| [gateway.name.as_str(), gateway.id.as_str()]);
    did_you_mean(wanted, names).unwrap_or_else(|| format!("`deployer gateway list --env {environment}` lists them"))
}

#[cfg(test)]
mod tests {
    use deployer_aws::Ownership;

    use super::*;

    fn gateway(name: &str, id: &str, status: &str) -> GatewaySummary {
        GatewaySummary {
            id: id.into(),
            name: name.into(),
            status: status.into(),
            ownership: Ownership::Other,
            description: None,
            authorizer_type: "CUSTOM_JWT".into(),
            protocol: "MCP".into(),
            created: String::new(),
            updated: String::new(),
        }
    }

    #[test]
    fn a_gateway_is_found_by_id_and_by_name() {
        let gateways = [gateway("ops", "ops-1", "DELETING"), gateway("ops", "ops-2", "READY")];
        assert_eq!(chosen(&gateways, "ops").unwrap().id, "ops-2");
        assert_eq!(chosen(&gateways, "ops-1").unwrap().id, "ops-1");
        assert_eq!(chosen(&gateways[..1], "ops").unwrap().id, "ops-1");
        assert!(chosen(&gateways, "other").is_none());
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_one() {
        let gateways = [gateway("ops-prod", "ops-prod-0123456789", "READY")];
        assert_eq!(hint(&gateways, "ops-prdo", ("own", "e")), "did you mean `ops-prod`?");
        assert!(hint(&gateways, "zzz", ("own", "e")).contains("gateway list --env e"));
        assert_eq!(hint(&gateways, "own", ("own", "e")), "`deployer up --env e` makes it");
    }
}
