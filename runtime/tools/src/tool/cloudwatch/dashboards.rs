//! Dashboards by name.

use serde_json::json;

use crate::service::values::list;
use crate::service::{Ask, Findings, Unread};

pub(super) async fn overview(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let answer = ask.read("cloudwatch:ListDashboards", json!({})).await?;
    let mut findings = Findings::table(&["dashboard", "changed", "bytes"]);
    for dashboard in list(&answer, "DashboardEntries") {
        findings.push([
            dashboard["DashboardName"].clone(),
            dashboard["LastModified"].clone(),
            dashboard["Size"].clone(),
        ]);
    }
    findings.sort_down_by("changed");
    findings.sum("dashboards", findings.rows.len());
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::reader::fake::FakeAccount;
    use crate::service::testing::rows;

    const TOOL: &str = "cloudwatch_read_operations";

    #[tokio::test]
    async fn dashboards_come_with_the_last_changed_first_and_without_their_bodies() {
        let dashboard = |name, changed| {
            json!({
                "DashboardName": name, "DashboardArn": format!("arn:aws:cloudwatch::111122223333:dashboard/{name}"),
                "LastModified": changed, "Size": 512,
            })
        };
        let entries = [dashboard("old", "2025-01-01T00:00:00Z"), dashboard("new", "2026-01-01T00:00:00Z")];
        let account =
            FakeAccount::default().answering("cloudwatch:ListDashboards", json!({"DashboardEntries": entries}));
        let rows = rows(TOOL, "dashboards", json!({}), &account).await;
        assert_eq!(rows.iter().map(|row| row["dashboard"].as_str().unwrap()).collect::<Vec<_>>(), ["new", "old"]);
        assert_eq!(account.asked(), ["cloudwatch:ListDashboards us-east-1 {}"]);
    }

    #[tokio::test]
    async fn an_account_without_dashboards_has_no_rows() {
        let account = FakeAccount::default().answering("cloudwatch:ListDashboards", json!({}));
        assert_eq!(rows(TOOL, "dashboards", json!({}), &account).await.len(), 0);
    }
}
