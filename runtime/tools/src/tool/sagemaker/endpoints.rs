//! Inference endpoints and the instances that they run on.

use serde_json::{Value, json};

use crate::service::values::{excerpt, list, number, text};
use crate::service::{Ask, Findings, Unread};

/// Hours of a month as AWS counts them in its price examples: 365 days of 24 hours by 12.
const HOURS_A_MONTH: f64 = 730.0;

/// Length of a reason in a cell, in characters.
const REASON: usize = 300;

const BROKEN: [&str; 3] = ["Failed", "OutOfService", "UpdateRollbackFailed"];

pub(super) async fn in_service(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("sagemaker:ListEndpoints", json!({"StatusEquals": "InService"})).await?;
    let endpoints: Vec<_> = list(&answer, "Endpoints").collect();
    let details = ask.each(endpoints.iter().copied(), |endpoint| details(ask, endpoint)).await;
    let columns = ["endpoint", "variant", "instance_type", "instances", "hours_a_month", "created", "scaling"];
    let mut findings = Findings::table(&columns);
    let (mut instances, mut hours) = (0.0, 0.0);
    for (endpoint, details) in endpoints.iter().zip(&details) {
        let (name, created) = (&endpoint["EndpointName"], &endpoint["CreationTime"]);
        let Some(details) = details else {
            findings.push([
                name.clone(),
                json!(null),
                json!(null),
                json!(null),
                json!(null),
                created.clone(),
                json!(null),
            ]);
            continue;
        };
        for variant in details.variants() {
            instances += variant.instances.unwrap_or_default();
            hours += variant.hours().unwrap_or_default();
            findings.push([
                name.clone(),
                json!(variant.name),
                json!(variant.kind),
                json!(variant.instances),
                json!(variant.hours()),
                created.clone(),
                json!(variant.scaling),
            ]);
        }
    }
    findings.sort_down_by("hours_a_month");
    findings.sum("endpoints", endpoints.len());
    findings.sum("instances", instances as u64);
    findings.sum("hours_a_month", hours as u64);
    ask.note(
        "hours_a_month are instance hours of 730 hours a month with as many instances as now. Prices by instance \
         type and region are not known here.",
    );
    Ok(findings)
}

/// An endpoint and its configuration, which alone names instance types.
struct Details {
    endpoint: Value,
    config: Value,
}

/// What a variant runs on.
struct Variant {
    name: String,
    /// `ml.m5.large`, several for a pool, `serverless 2048 MB`; absent when the
    /// configuration could not be read.
    kind: Option<String>,
    /// Absent for serverless variants, which cost by use.
    instances: Option<f64>,
    scaling: Option<String>,
}

async fn details(ask: &Ask<'_>, endpoint: &Value) -> Option<Details> {
    let wanted = json!({"EndpointName": endpoint["EndpointName"]});
    let endpoint = ask.read("sagemaker:DescribeEndpoint", wanted).await.ok()?;
    let config = match endpoint["EndpointConfigName"].as_str() {
        Some(name) => {
            let wanted = json!({"EndpointConfigName": name});
            ask.read("sagemaker:DescribeEndpointConfig", wanted).await.unwrap_or_default()
        }
        None => Value::Null,
    };
    Some(Details { endpoint, config })
}

impl Details {
    /// A shadow variant gets a copy of the requests and runs on instances of its own.
    fn variants(&self) -> impl Iterator<Item = Variant> {
        let lists = [("ProductionVariants", ""), ("ShadowProductionVariants", " (shadow)")];
        lists.into_iter().flat_map(|(member, mark)| self.variants_of(member, mark))
    }

    fn variants_of(&self, member: &'static str, mark: &'static str) -> impl Iterator<Item = Variant> {
        list(&self.endpoint, member).map(move |variant| {
            let name = text(variant, "VariantName");
            let config = list(&self.config, member).find(|config| text(config, "VariantName") == name);
            Variant { name: format!("{name}{mark}"), ..Variant::of(variant, config) }
        })
    }
}

impl Variant {
    fn of(variant: &Value, config: Option<&Value>) -> Self {
        Self {
            name: text(variant, "VariantName").to_owned(),
            kind: kind(variant, config),
            instances: variant["CurrentInstanceCount"].as_f64(),
            scaling: scaling(&variant["ManagedInstanceScaling"]),
        }
    }

    fn hours(&self) -> Option<f64> {
        self.instances.map(|instances| instances * HOURS_A_MONTH)
    }
}

fn kind(variant: &Value, config: Option<&Value>) -> Option<String> {
    let serverless = &variant["CurrentServerlessConfig"];
    if !serverless.is_null() {
        return Some(format!("serverless {} MB", number(serverless, "MemorySizeInMB")));
    }
    let pools: Vec<_> = list(variant, "InstancePools")
        .map(|pool| format!("{} x {}", number(pool, "CurrentInstanceCount"), text(pool, "InstanceType")))
        .collect();
    if !pools.is_empty() {
        return Some(pools.join(" "));
    }
    config.and_then(|config| config["InstanceType"].as_str()).map(str::to_owned)
}

/// `1 to 4` where SageMaker itself scales; Application Auto Scaling is not seen here.
fn scaling(managed: &Value) -> Option<String> {
    let is_on = text(managed, "Status") == "ENABLED";
    is_on.then(|| format!("{} to {}", number(managed, "MinInstanceCount"), number(managed, "MaxInstanceCount")))
}

pub(super) async fn failed(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let read = |status| ask.read("sagemaker:ListEndpoints", json!({"StatusEquals": status}));
    let answers = ask.each(BROKEN, read).await;
    if answers.iter().all(Result::is_err) {
        return Err(Unread);
    }
    let endpoints: Vec<_> = answers.iter().flatten().flat_map(|answer| list(answer, "Endpoints")).collect();
    let reasons = ask.each(endpoints.iter().copied(), |endpoint| reason(ask, endpoint)).await;
    let mut findings = Findings::table(&["endpoint", "status", "since", "reason"]);
    for (endpoint, reason) in endpoints.iter().zip(reasons) {
        findings.push([
            endpoint["EndpointName"].clone(),
            endpoint["EndpointStatus"].clone(),
            endpoint["LastModifiedTime"].clone(),
            reason,
        ]);
    }
    findings.sort_down_by("since");
    findings.sum("broken", findings.rows.len());
    Ok(findings)
}

async fn reason(ask: &Ask<'_>, endpoint: &Value) -> Value {
    let wanted = json!({"EndpointName": endpoint["EndpointName"]});
    let answer = ask.read("sagemaker:DescribeEndpoint", wanted).await.unwrap_or_default();
    answer["FailureReason"].as_str().map_or(Value::Null, |reason| json!(excerpt(reason, REASON)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = "sagemaker_read_operations";

    fn summary(name: &str, status: &str) -> Value {
        json!({
            "EndpointName": name, "EndpointArn": format!("arn:aws:sagemaker:us-east-1:111122223333:endpoint/{name}"),
            "CreationTime": "2026-01-01T00:00:00Z", "LastModifiedTime": "2026-01-02T00:00:00Z",
            "EndpointStatus": status,
        })
    }

    fn endpoint(name: &str, variants: Value) -> Value {
        let mut endpoint = summary(name, "InService");
        endpoint["EndpointConfigName"] = json!(format!("{name}-config"));
        endpoint["ProductionVariants"] = variants;
        endpoint
    }

    fn account() -> FakeAccount {
        let variants = json!([
            {"VariantName": "a", "CurrentInstanceCount": 2},
            {
                "VariantName": "b",
                "CurrentInstanceCount": 1,
                "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 4},
            },
        ]);
        let config = json!({
            "ProductionVariants": [
                {"VariantName": "b", "InstanceType": "ml.g5.xlarge"},
                {"VariantName": "a", "InstanceType": "ml.m5.large"},
            ],
        });
        let serverless =
            json!([{"VariantName": "all", "CurrentServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}]);
        FakeAccount::default()
            .answering(
                "sagemaker:ListEndpoints",
                json!({"Endpoints": [summary("light", "InService"), summary("shop", "InService")]}),
            )
            .answering_when("sagemaker:DescribeEndpoint", json!({"EndpointName": "shop"}), endpoint("shop", variants))
            .answering_when(
                "sagemaker:DescribeEndpoint",
                json!({"EndpointName": "light"}),
                endpoint("light", serverless),
            )
            .answering("sagemaker:DescribeEndpointConfig", json!({"ProductionVariants": [{"VariantName": "all"}]}))
            .answering_when("sagemaker:DescribeEndpointConfig", json!({"EndpointConfigName": "shop-config"}), config)
    }

    #[tokio::test]
    async fn each_variant_has_its_instances_and_serverless_ones_have_none() {
        let answer = ask(TOOL, json!({"query": "", "operation": "endpoints"}), &account()).await;
        let rows = rows_of(&answer);
        assert_eq!(
            (&rows[0]["variant"], &rows[0]["instance_type"], &rows[0]["hours_a_month"]),
            (&json!("a"), &json!("ml.m5.large"), &json!(1460))
        );
        assert_eq!((&rows[1]["instance_type"], &rows[1]["scaling"]), (&json!("ml.g5.xlarge"), &json!("1 to 4")));
        assert_eq!((&rows[2]["instance_type"], &rows[2]["instances"]), (&json!("serverless 2048 MB"), &Value::Null));
        assert_eq!(answer.result.unwrap()["summary"], json!({"endpoints": 2, "instances": 3, "hours_a_month": 2190}));
    }

    #[tokio::test]
    async fn an_endpoint_that_cannot_be_described_keeps_its_row() {
        let account = account()
            .failing_when("sagemaker:DescribeEndpoint", json!({"EndpointName": "light"}), 400, "ThrottlingException")
            .failing("sagemaker:DescribeEndpointConfig", 400, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "endpoints"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["instance_type"], &rows[0]["instances"]), (&Value::Null, &json!(2)));
        assert_eq!((&rows[2]["endpoint"], &rows[2]["variant"]), (&json!("light"), &Value::Null));
        assert_eq!(answer.completeness.unwrap().failed.len(), 2);
    }

    #[tokio::test]
    async fn a_pool_names_all_its_instance_types() {
        let pools = json!([
            {
                "VariantName": "all",
                "CurrentInstanceCount": 3,
                "InstancePools": [
                    {"InstanceType": "ml.m5.large", "CurrentInstanceCount": 1},
                    {"InstanceType": "ml.c5.large", "CurrentInstanceCount": 2},
                ],
            },
        ]);
        let account = account()
            .answering("sagemaker:ListEndpoints", json!({"Endpoints": [summary("pool", "InService")]}))
            .answering("sagemaker:DescribeEndpoint", endpoint("pool", pools));
        let rows = rows(TOOL, "endpoints", json!({}), &account).await;
        assert_eq!(rows[0]["instance_type"], "1 x ml.m5.large 2 x ml.c5.large");
    }

    #[tokio::test]
    async fn a_shadow_variant_costs_as_the_others_do() {
        let mut shop = endpoint("shop", json!([{"VariantName": "main", "CurrentInstanceCount": 1}]));
        shop["ShadowProductionVariants"] = json!([{"VariantName": "next", "CurrentInstanceCount": 2}]);
        let config = json!({
            "ProductionVariants": [{"VariantName": "main", "InstanceType": "ml.m5.large"}],
            "ShadowProductionVariants": [{"VariantName": "next", "InstanceType": "ml.m5.xlarge"}],
        });
        let account = FakeAccount::default()
            .answering("sagemaker:ListEndpoints", json!({"Endpoints": [summary("shop", "InService")]}))
            .answering("sagemaker:DescribeEndpoint", shop)
            .answering("sagemaker:DescribeEndpointConfig", config);
        let answer = ask(TOOL, json!({"query": "", "operation": "endpoints"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((&rows[0]["variant"], &rows[0]["instance_type"]), (&json!("next (shadow)"), &json!("ml.m5.xlarge")));
        assert_eq!(answer.result.unwrap()["summary"]["instances"], 3);
    }

    #[tokio::test]
    async fn broken_endpoints_say_why() {
        let failed = json!({"StatusEquals": "Failed"});
        let account = FakeAccount::default()
            .answering("sagemaker:ListEndpoints", json!({"Endpoints": []}))
            .answering_when("sagemaker:ListEndpoints", failed, json!({"Endpoints": [summary("shop", "Failed")]}))
            .answering("sagemaker:DescribeEndpoint", json!({"FailureReason": "The image could not be pulled."}));
        let rows = rows(TOOL, "failed-endpoints", json!({}), &account).await;
        let reason = json!("The image could not be pulled.");
        assert_eq!((&rows[0]["status"], &rows[0]["reason"]), (&json!("Failed"), &reason));
        assert_eq!(rows.len(), 1);
    }
}
