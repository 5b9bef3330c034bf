//! Cost anomalies, and whether anything watches for them.

use serde_json::{Value, json};

use super::costs::{self, cents};
use super::period::Period;
use crate::service::values::{list, number, rounded};
use crate::service::{Ask, Findings, Unread};

pub(super) async fn run(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let days = ask.question.number("days", &["day", "days"], 30.0).clamp(1.0, 90.0) as i64;
    let period = Period::days(days, ask.now);
    let wanted = json!({"DateInterval": {"StartDate": period.start.to_string(), "EndDate": period.end.to_string()}});
    let answer = ask.read("ce:GetAnomalies", wanted).await?;
    let columns = ["started", "ended", "impact", "impact_percent", "service", "usage", "region", "account", "feedback"];
    let mut findings = Findings::table(&columns);
    for anomaly in list(&answer, "Anomalies") {
        findings.push(cells(anomaly));
    }
    findings.sort_down_by("impact");
    let impact: f64 = findings.rows.iter().filter_map(|row| row[2].as_f64()).sum();
    findings.sum("anomalies", findings.rows.len());
    findings.sum("impact", rounded(impact, 2));
    if findings.rows.is_empty() {
        note_monitors(ask).await;
    }
    ask.note("impact is cost above what AWS expected, in the account's currency; only the largest cause is named.");
    costs::note_requests(ask);
    Ok(findings)
}

fn cells(anomaly: &Value) -> [Value; 9] {
    let impact = &anomaly["Impact"];
    let total = if impact["TotalImpact"].is_null() { "MaxImpact" } else { "TotalImpact" };
    let contribution = |cause: &&Value| number(&cause["Impact"], "Contribution");
    let cause = list(anomaly, "RootCauses").max_by(|a, b| contribution(a).total_cmp(&contribution(b)));
    let of_cause = |member| cause.map_or(Value::Null, |cause| cause[member].clone());
    let service = of_cause("Service");
    let percent = impact["TotalImpactPercentage"].as_f64();
    [
        anomaly["AnomalyStartDate"].clone(),
        anomaly["AnomalyEndDate"].clone(),
        cents(number(impact, total)),
        json!(percent.map(|percent| rounded(percent, 1))),
        if service.is_null() { anomaly["DimensionValue"].clone() } else { service },
        of_cause("UsageType"),
        of_cause("Region"),
        of_cause("LinkedAccount"),
        anomaly["Feedback"].clone(),
    ]
}

/// No anomaly means something only where a monitor looks for them.
async fn note_monitors(ask: &Ask<'_>) {
    let Ok(answer) = ask.read("ce:GetAnomalyMonitors", json!({})).await else { return };
    match list(&answer, "AnomalyMonitors").count() {
        0 => ask.note("No cost anomaly monitor exists, so AWS looks for no anomalies here."),
        count => ask.note(format!("Monitors that look for anomalies: {count}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, called, rows, rows_of};

    const TOOL: &str = "cost_explorer_read_operations";

    fn anomaly(id: &str, impact: f64, causes: Value) -> Value {
        json!({
            "AnomalyId": id, "AnomalyStartDate": "2026-11-10", "AnomalyEndDate": "2026-11-12",
            "DimensionValue": "Amazon EC2", "RootCauses": causes,
            "AnomalyScore": {"MaxScore": 0.5, "CurrentScore": 0.1},
            "Impact": {"MaxImpact": 1.0, "TotalImpact": impact, "TotalImpactPercentage": 150.04},
            "MonitorArn": "arn:aws:ce::111122223333:anomalymonitor/1",
        })
    }

    #[tokio::test]
    async fn anomalies_come_by_impact_with_their_largest_cause() {
        let cause = |region, contribution| {
            json!({
                "Service": "EC2 - Other", "Region": region, "UsageType": "NatGateway-Bytes",
                "LinkedAccount": "111122223333", "Impact": {"Contribution": contribution},
            })
        };
        let anomalies = [
            anomaly("1", 10.0, json!([])),
            anomaly("2", 99.999, json!([cause("us-east-1", 1.0), cause("eu-west-1", 9.0)])),
        ];
        let account = FakeAccount::default().answering("ce:GetAnomalies", json!({"Anomalies": anomalies}));
        let rows = rows(TOOL, "cost-anomalies", json!({}), &account).await;
        assert_eq!((&rows[0]["impact"], &rows[0]["region"]), (&json!(100), &json!("eu-west-1")));
        assert_eq!((&rows[1]["service"], &rows[1]["usage"]), (&json!("Amazon EC2"), &Value::Null));
        let interval = &called(&account, "ce:GetAnomalies")[0]["DateInterval"];
        assert_eq!(*interval, json!({"StartDate": "2026-10-23", "EndDate": "2026-11-22"}));
    }

    #[tokio::test]
    async fn no_anomaly_without_a_monitor_is_said_to_mean_nothing() {
        let account = FakeAccount::default()
            .answering("ce:GetAnomalies", json!({"Anomalies": []}))
            .answering("ce:GetAnomalyMonitors", json!({"AnomalyMonitors": []}));
        let answer = ask(TOOL, json!({"query": "", "operation": "cost-anomalies"}), &account).await;
        assert_eq!(rows_of(&answer).len(), 0);
        let notes = answer.completeness.unwrap().notes;
        assert!(notes[0].contains("No cost anomaly monitor"), "{notes:?}");
        assert!(notes.last().unwrap().contains("made 2"), "{notes:?}");
    }
}
