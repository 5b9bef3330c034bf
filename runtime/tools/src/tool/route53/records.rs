//! Records: where a name is defined, and all that a zone holds.

use serde_json::{Value, json};

use super::zones::{self, Zone};
use crate::service::values::{flag, list, text};
use crate::service::{Ask, Findings, Unread};

/// Zones that are searched record by record for a part of a name.
const ZONES: usize = 20;

const COLUMNS: [&str; 8] = ["name", "type", "ttl", "values", "routing", "health_check", "zone", "private"];

pub(super) async fn find(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let mut findings = Findings::table(&COLUMNS);
    let Some(name) = name(ask) else {
        ask.note("Name the record in `name`, for example www.example.com.");
        return Ok(findings);
    };
    let zones = zones::read(ask).await?;
    let holding: Vec<_> = zones.iter().filter(|zone| holds(zone, &name)).collect();
    let mut unread = false;
    for (zone, records) in holding.iter().zip(ask.each(&holding, |zone| exact(ask, zone, &name)).await) {
        unread |= records.is_err();
        add(ask, &mut findings, zone, records.unwrap_or_default());
    }
    if findings.rows.is_empty() && !unread {
        let all: Vec<_> = if holding.is_empty() { zones.iter().collect() } else { holding };
        search(ask, &mut findings, all, &name).await?;
    }
    findings.sort_by("type");
    findings.sort_by("name");
    findings.sum("records", findings.rows.len());
    findings.sum("zones", zones.len());
    if unread && findings.rows.is_empty() { Err(Unread) } else { Ok(findings) }
}

pub(super) async fn of_zone(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let mut findings = Findings::table(&COLUMNS);
    let Some(wanted) = ask.question.names("zone").into_iter().next().or_else(|| dotted_word(ask)) else {
        ask.note("Name the hosted zone in `zone`, by name or id; the recipe zones lists them.");
        return Ok(findings);
    };
    let (name, id) = (plain(&wanted), zones::bare_id(&wanted));
    let zones = zones::read(ask).await?;
    // A public and a private zone may have the same name.
    let meant: Vec<_> = zones.iter().filter(|zone| zone.id == id || zone.name == name).collect();
    if meant.is_empty() {
        ask.note(format!(
            "There is no hosted zone {wanted} among {}; the recipe find-record looks for a record.",
            zones.len()
        ));
    }
    let found = ask.each(&meant, |zone| all(ask, zone)).await;
    if !found.is_empty() && found.iter().all(Result::is_err) {
        return Err(Unread);
    }
    for (zone, records) in meant.iter().zip(found) {
        add(ask, &mut findings, zone, records.unwrap_or_default());
    }
    findings.sort_by("name");
    findings.sum("records", findings.rows.len());
    Ok(findings)
}

/// The name that the question asks for, as records have it but without the last dot.
fn name(ask: &Ask<'_>) -> Option<String> {
    let named = ask.question.names("name").into_iter().next();
    named.or_else(|| dotted_word(ask)).map(|name| plain(&name)).filter(|name| !name.is_empty())
}

/// A word of the query that is written like a DNS name.
fn dotted_word(ask: &Ask<'_>) -> Option<String> {
    let words = ask.question.query.split_whitespace().map(|word| word.trim_matches(['?', ',', '.', '!', ':']));
    words.into_iter().find(|word| word.contains('.')).map(str::to_owned)
}

/// Lower case, without a dot at the end, and `*` as it is written.
fn plain(name: &str) -> String {
    name.trim().trim_end_matches('.').replace("\\052", "*").to_lowercase()
}

fn holds(zone: &Zone, name: &str) -> bool {
    name == zone.name || name.strip_suffix(&zone.name).is_some_and(|rest| rest.ends_with('.'))
}

/// Record sets of exactly this name. They stand one after the other, so reading
/// begins there and ends with the first of another name.
async fn exact(ask: &Ask<'_>, zone: &Zone, name: &str) -> Result<Vec<Value>, Unread> {
    let wanted = json!({"HostedZoneId": zone.id, "StartRecordName": name});
    let has_name = |record: &Value| plain(text(record, "Name")) == name;
    let is_past = |page: &Value| list(page, "ResourceRecordSets").any(|record| !has_name(record));
    let pages = ask.read_until("route53:ListResourceRecordSets", wanted, is_past).await?;
    let records = pages.iter().flat_map(|page| list(page, "ResourceRecordSets"));
    Ok(records.filter(|record| has_name(record)).cloned().collect())
}

async fn all(ask: &Ask<'_>, zone: &Zone) -> Result<Vec<Value>, Unread> {
    let answer = ask.read("route53:ListResourceRecordSets", json!({"HostedZoneId": zone.id})).await?;
    Ok(list(&answer, "ResourceRecordSets").cloned().collect())
}

/// Records whose names hold the text, and wildcards that answer for the name.
async fn search(ask: &Ask<'_>, findings: &mut Findings, mut zones: Vec<&Zone>, name: &str) -> Result<(), Unread> {
    if zones.len() > ZONES {
        ask.note(format!("Only {ZONES} of {} zones are searched for a part of a name: name it in full.", zones.len()));
        zones.truncate(ZONES);
    }
    let found = ask.each(&zones, |zone| all(ask, zone)).await;
    if !found.is_empty() && found.iter().all(Result::is_err) {
        return Err(Unread);
    }
    for (zone, records) in zones.iter().zip(found) {
        let mut records = records.unwrap_or_default();
        records.retain(|record| fits(&plain(text(record, "Name")), name));
        add(ask, findings, zone, records);
    }
    ask.note(format!("No record is called exactly {name}: these hold it in their names or are wildcards for it."));
    Ok(())
}

fn fits(record: &str, name: &str) -> bool {
    let is_wildcard_for = record.strip_prefix('*').is_some_and(|parent| name.ends_with(parent));
    record.contains(name) || is_wildcard_for
}

fn add(ask: &Ask<'_>, findings: &mut Findings, zone: &Zone, records: Vec<Value>) {
    let wanted = ask.question.text("type");
    let is_wanted = |record: &&Value| wanted.is_none_or(|kind| text(record, "Type").eq_ignore_ascii_case(kind));
    for record in records.iter().filter(is_wanted) {
        findings.push([
            json!(plain(text(record, "Name"))),
            record["Type"].clone(),
            record["TTL"].clone(),
            json!(points_to(record)),
            json!(routing(record)),
            record["HealthCheckId"].clone(),
            json!(zone.name),
            json!(zone.is_private),
        ]);
    }
}

/// The values, or `alias` and the name of the AWS resource.
fn points_to(record: &Value) -> String {
    if let Some(target) = record["AliasTarget"]["DNSName"].as_str() {
        let checked = if flag(&record["AliasTarget"], "EvaluateTargetHealth") { " (its health counts)" } else { "" };
        return format!("alias {}{checked}", target.trim_end_matches('.'));
    }
    list(record, "ResourceRecords").map(|value| text(value, "Value")).collect::<Vec<_>>().join(" ")
}

/// `weight 10`, `failover primary`, ...; absent for a simple record.
fn routing(record: &Value) -> Option<String> {
    let identifier = text(record, "SetIdentifier");
    let geo = ["CountryCode", "ContinentCode"].into_iter().find_map(|code| record["GeoLocation"][code].as_str());
    let rule = if let Some(weight) = record["Weight"].as_u64() {
        format!("weight {weight}")
    } else if let Some(failover) = record["Failover"].as_str() {
        format!("failover {}", failover.to_lowercase())
    } else if let Some(region) = record["Region"].as_str() {
        format!("latency {region}")
    } else if let Some(place) = geo {
        format!("location {place}")
    } else if flag(record, "MultiValueAnswer") {
        "multivalue".to_owned()
    } else if !record["CidrRoutingConfig"].is_null() {
        format!("addresses {}", text(&record["CidrRoutingConfig"], "LocationName"))
    } else if !record["GeoProximityLocation"].is_null() {
        "proximity".to_owned()
    } else {
        return None;
    };
    Some(format!("{rule} ({identifier})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, called, rows, rows_of};

    const TOOL: &str = "route53_read_operations";
    const RECORDS: &str = "route53:ListResourceRecordSets";

    fn zone(id: &str, name: &str, private: bool) -> Value {
        json!({
            "Id": format!("/hostedzone/{id}"), "Name": name, "CallerReference": "1", "Config": {"PrivateZone": private},
            "ResourceRecordSetCount": 3,
        })
    }

    fn record(name: &str, kind: &str, more: Value) -> Value {
        let mut record = json!({"Name": name, "Type": kind});
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        record
    }

    fn value(value: &str) -> Value {
        json!({"TTL": 300, "ResourceRecords": [{"Value": value}]})
    }

    fn records() -> Value {
        json!([
            record("\\052.example.com.", "A", value("192.0.2.9")),
            record(
                "www.example.com.",
                "A",
                json!({
                    "AliasTarget": {"HostedZoneId": "Z0", "DNSName": "lb.amazonaws.com.", "EvaluateTargetHealth": true},
                })
            ),
            record(
                "www.example.com.",
                "TXT",
                json!({
                    "SetIdentifier": "blue", "Weight": 0, "TTL": 60,
                    "ResourceRecords": [{"Value": "\"a\""}, {"Value": "\"b\""}],
                })
            ),
            record("zebra.example.com.", "A", value("192.0.2.1")),
        ])
    }

    fn account() -> FakeAccount {
        let zones =
            [zone("Z1", "example.com.", false), zone("Z2", "ample.com.", false), zone("Z3", "corp.internal.", true)];
        let page = |records| json!({"ResourceRecordSets": records, "IsTruncated": false, "MaxItems": "300"});
        FakeAccount::default()
            .answering(
                "route53:ListHostedZones",
                json!({"HostedZones": zones, "Marker": "", "IsTruncated": false, "MaxItems": "100"}),
            )
            .answering(RECORDS, page(json!([])))
            .answering_when(RECORDS, json!({"HostedZoneId": "Z1"}), page(records()))
    }

    #[tokio::test]
    async fn a_full_name_is_asked_of_the_zone_that_holds_it_and_of_no_other() {
        let account = account();
        let rows = rows(TOOL, "find-record", json!({"name": "WWW.example.com."}), &account).await;
        assert_eq!(rows.iter().map(|row| row["type"].as_str().unwrap()).collect::<Vec<_>>(), ["A", "TXT"]);
        assert_eq!(rows[0]["values"], "alias lb.amazonaws.com (its health counts)");
        assert_eq!((&rows[1]["values"], &rows[1]["routing"]), (&json!("\"a\" \"b\""), &json!("weight 0 (blue)")));
        let wanted = json!({"HostedZoneId": "Z1", "StartRecordName": "www.example.com"});
        assert_eq!(called(&account, RECORDS), [wanted]);
    }

    #[tokio::test]
    async fn reading_ends_after_the_name_and_what_the_zone_has_beside_it_is_not_missing() {
        let page = |records: &[Value]| json!({"ResourceRecordSets": records, "IsTruncated": true, "MaxItems": "1"});
        let share = |weight| {
            record("www.example.com.", "A", json!({"SetIdentifier": "one", "Weight": weight, "ResourceRecords": []}))
        };
        let after = |name: &str| json!({"StartRecordName": name});
        let account = account()
            .answering_page(RECORDS, after("www.example.com"), page(&[share(1)]), after("second"))
            .answering_page(RECORDS, after("second"), page(&[share(2), record("x.", "A", json!({}))]), after("third"));
        let arguments = json!({"query": "find `www.example.com`", "operation": "find-record"});
        let answer = ask(TOOL, arguments, &account).await;
        assert_eq!(rows_of(&answer).len(), 2);
        assert_eq!(called(&account, RECORDS).len(), 2);
        assert!(!answer.completeness.unwrap().truncated);
    }

    #[tokio::test]
    async fn a_name_that_is_not_there_finds_its_wildcard() {
        let arguments = json!({"query": "Where does shop.example.com point?", "operation": "find-record"});
        let answer = ask(TOOL, arguments, &account()).await;
        let names: Vec<_> = rows_of(&answer).iter().map(|row| row["name"].clone()).collect();
        assert_eq!(names, ["*.example.com"]);
        assert!(answer.completeness.unwrap().notes[0].contains("exactly shop.example.com"));
    }

    #[tokio::test]
    async fn a_part_of_a_name_is_searched_in_all_zones() {
        let account = account();
        let rows = rows(TOOL, "find-record", json!({"name": "zebra"}), &account).await;
        assert_eq!(rows[0]["name"], "zebra.example.com");
        assert_eq!(called(&account, RECORDS).len(), 3);
    }

    #[tokio::test]
    async fn a_zone_that_cannot_be_read_is_no_zone_without_the_record() {
        let account = account().failing(RECORDS, 403, "AccessDenied");
        let answer = ask(TOOL, json!({"query": "find `www.example.com`", "operation": "find-record"}), &account).await;
        assert_eq!(answer.completeness.unwrap().failed[0].code, "AccessDenied");
    }

    #[tokio::test]
    async fn a_zone_is_meant_by_name_or_by_id_and_its_records_by_type() {
        for zone in ["example.com", "example.com.", "Z1", "/hostedzone/Z1"] {
            let rows = rows(TOOL, "zone-records", json!({"zone": zone, "type": "a"}), &account()).await;
            assert_eq!(rows.len(), 3, "{zone}");
        }
    }

    #[tokio::test]
    async fn an_unknown_zone_and_a_question_without_a_name_say_so() {
        for (recipe, parameters) in
            [("zone-records", json!({"zone": "nowhere.org"})), ("zone-records", json!({})), ("find-record", json!({}))]
        {
            let parameters = parameters.to_string();
            let arguments = json!({"query": "", "operation": recipe, "parameters": parameters});
            assert_eq!(ask(TOOL, arguments, &account()).await.completeness.unwrap().notes.len(), 1, "{recipe}");
        }
    }
}
