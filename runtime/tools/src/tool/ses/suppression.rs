//! What puts addresses on the suppression list. Who is on it is data, and not read.

use serde_json::{Value, json};

use crate::service::values::list;
use crate::service::{Ask, Findings, Unread};

pub(super) async fn overview(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let account = ask.read("sesv2:GetAccount", json!({})).await?;
    let mut findings = Findings::table(&["applies_to", "bounces", "complaints", "set_by", "sending"]);
    let of_account = &account["SuppressionAttributes"]["SuppressedReasons"];
    findings.push(row("account", Some(of_account), "account", account["SendingEnabled"].clone()));
    let sets = ask.read("sesv2:ListConfigurationSets", json!({})).await.unwrap_or_default();
    let names: Vec<_> = list(&sets, "ConfigurationSets").filter_map(Value::as_str).collect();
    let read = |name: &str| ask.read("sesv2:GetConfigurationSet", json!({"ConfigurationSetName": name}));
    let details = ask.each(names.iter().copied(), read).await;
    let mut of_sets: Vec<_> = names.iter().zip(&details).map(|(name, set)| of_set(name, set, of_account)).collect();
    of_sets.sort_by(|a, b| a[0].as_str().cmp(&b[0].as_str()));
    findings.rows.extend(of_sets.into_iter().map(Vec::from));
    findings.sum("configuration_sets", names.len());
    ask.note("The list itself holds addresses of people; it is not read.");
    Ok(findings)
}

/// A set without options of its own goes by the account's; an empty list switches suppression off for it.
fn of_set(name: &str, set: &Result<Value, Unread>, of_account: &Value) -> [Value; 5] {
    let Ok(set) = set else { return row(name, None, "", Value::Null) };
    let own = &set["SuppressionOptions"]["SuppressedReasons"];
    let sending = set["SendingOptions"]["SendingEnabled"].clone();
    if own.is_null() {
        row(name, Some(of_account), "account", sending)
    } else {
        row(name, Some(own), "itself", sending)
    }
}

/// `reasons` is absent when they could not be read.
fn row(name: &str, reasons: Option<&Value>, set_by: &str, sending: Value) -> [Value; 5] {
    let has = |reason: &str| reasons.map(|reasons| reasons.as_array().is_some_and(|all| all.contains(&json!(reason))));
    [
        json!(name),
        json!(has("BOUNCE")),
        json!(has("COMPLAINT")),
        if set_by.is_empty() { Value::Null } else { json!(set_by) },
        sending,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = "ses_read_operations";

    fn account() -> FakeAccount {
        let account = json!({"SendingEnabled": true, "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE"]}});
        let own = json!({
            "ConfigurationSetName": "own",
            "SuppressionOptions": {"SuppressedReasons": ["COMPLAINT"]},
            "SendingOptions": {"SendingEnabled": false},
        });
        let off = json!({"ConfigurationSetName": "off", "SuppressionOptions": {"SuppressedReasons": []}});
        let set = |name| json!({"ConfigurationSetName": name});
        FakeAccount::default()
            .answering("sesv2:GetAccount", account)
            .answering("sesv2:ListConfigurationSets", json!({"ConfigurationSets": ["plain", "own", "off"]}))
            .answering_when("sesv2:GetConfigurationSet", set("plain"), set("plain"))
            .answering_when("sesv2:GetConfigurationSet", set("own"), own)
            .answering_when("sesv2:GetConfigurationSet", set("off"), off)
    }

    #[tokio::test]
    async fn a_set_goes_by_its_own_options_or_by_the_accounts() {
        let rows = rows(TOOL, "suppression", json!({}), &account()).await;
        let cells: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row["applies_to"].as_str().unwrap(),
                    row["bounces"] == true,
                    row["complaints"] == true,
                    row["set_by"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            cells,
            [
                ("account", true, false, "account"),
                ("off", false, false, "itself"),
                ("own", false, true, "itself"),
                ("plain", true, false, "account"),
            ]
        );
    }

    #[tokio::test]
    async fn a_set_that_cannot_be_read_has_empty_cells() {
        let account = account().failing("sesv2:GetConfigurationSet", 403, "AccessDeniedException");
        let answer = ask(TOOL, json!({"query": "", "operation": "suppression"}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((rows.len(), &rows[0]["bounces"], &rows[1]["bounces"]), (4, &json!(true), &Value::Null));
        assert_eq!(answer.completeness.unwrap().failed[0].times, 3);
    }
}
