//! Functions on runtimes that AWS has deprecated or soon will.

use std::collections::BTreeMap;

use serde_json::json;
use time::macros::date;
use time::{Date, Duration};

use super::functions_of;
use crate::service::values::text;
use crate::service::{Ask, Findings, Unread};

/// The table below is as of this day.
const AS_OF: Date = date!(2026 - 10 - 03);

/// Runtimes with their deprecation dates, past and announced: AWS Lambda developer guide,
/// "Lambda runtimes", tables "Supported runtimes" and "Deprecated runtimes". After its date a
/// runtime gets no security updates; functions go on to run.
const DEPRECATIONS: [(&str, Date); 52] = [
    ("nodejs", date!(2016 - 10 - 31)),
    ("dotnetcore2.0", date!(2019 - 05 - 30)),
    ("dotnetcore1.0", date!(2019 - 06 - 27)),
    ("nodejs6.10", date!(2019 - 08 - 12)),
    ("nodejs4.3", date!(2020 - 03 - 05)),
    ("nodejs4.3-edge", date!(2020 - 03 - 05)),
    ("nodejs8.10", date!(2020 - 03 - 06)),
    ("python2.7", date!(2021 - 07 - 15)),
    ("nodejs10.x", date!(2021 - 07 - 30)),
    ("ruby2.5", date!(2021 - 07 - 30)),
    ("dotnetcore2.1", date!(2022 - 01 - 05)),
    ("dotnet5.0", date!(2022 - 05 - 10)),
    ("python3.6", date!(2022 - 07 - 18)),
    ("nodejs12.x", date!(2023 - 03 - 31)),
    ("dotnetcore3.1", date!(2023 - 04 - 03)),
    ("nodejs14.x", date!(2023 - 12 - 04)),
    ("python3.7", date!(2023 - 12 - 04)),
    ("ruby2.7", date!(2023 - 12 - 07)),
    ("go1.x", date!(2024 - 01 - 08)),
    ("java8", date!(2024 - 01 - 08)),
    ("provided", date!(2024 - 01 - 08)),
    ("dotnet7", date!(2024 - 05 - 14)),
    ("nodejs16.x", date!(2024 - 06 - 12)),
    ("python3.8", date!(2024 - 10 - 14)),
    ("dotnet6", date!(2024 - 12 - 20)),
    ("nodejs18.x", date!(2025 - 09 - 01)),
    ("python3.9", date!(2025 - 12 - 15)),
    ("ruby3.2", date!(2026 - 03 - 31)),
    ("nodejs20.x", date!(2026 - 04 - 30)),
    ("provided.al2", date!(2026 - 07 - 31)),
    ("python3.10", date!(2026 - 10 - 31)),
    ("dotnet8", date!(2026 - 11 - 10)),
    ("dotnet9", date!(2026 - 11 - 10)),
    ("ruby3.3", date!(2027 - 03 - 31)),
    ("nodejs22.x", date!(2027 - 04 - 30)),
    ("java8.al2", date!(2027 - 06 - 30)),
    ("java11", date!(2027 - 06 - 30)),
    ("java17", date!(2027 - 06 - 30)),
    ("python3.11", date!(2027 - 06 - 30)),
    ("ruby3.4", date!(2028 - 03 - 31)),
    ("nodejs24.x", date!(2028 - 04 - 30)),
    ("python3.12", date!(2028 - 10 - 31)),
    ("dotnet10", date!(2028 - 11 - 14)),
    ("ruby4.0", date!(2029 - 03 - 31)),
    ("java8.al2023", date!(2029 - 06 - 30)),
    ("java11.al2023", date!(2029 - 06 - 30)),
    ("java17.al2023", date!(2029 - 06 - 30)),
    ("java21", date!(2029 - 06 - 30)),
    ("java25", date!(2029 - 06 - 30)),
    ("provided.al2023", date!(2029 - 06 - 30)),
    ("python3.13", date!(2029 - 06 - 30)),
    ("python3.14", date!(2029 - 06 - 30)),
];

pub(super) async fn deprecated(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let days = ask.question.number("days", &["day", "days"], 180.0).clamp(0.0, 36_500.0);
    let horizon = (ask.now + Duration::seconds_f64(days * 86_400.0)).date();
    let functions = functions_of(ask).await?;
    let mut findings = Findings::table(&["name", "runtime", "deprecated_on", "is_deprecated", "changed"]);
    let (mut deprecated, mut containers) = (0_u64, 0_u64);
    let mut unknown = BTreeMap::<&str, u64>::new();
    for function in &functions {
        let runtime = text(function, "Runtime");
        if runtime.is_empty() {
            containers += 1;
            continue;
        }
        let Some((_, date)) = DEPRECATIONS.iter().find(|(name, _)| *name == runtime) else {
            *unknown.entry(runtime).or_default() += 1;
            continue;
        };
        let is_deprecated = *date <= ask.now.date();
        deprecated += u64::from(is_deprecated);
        if *date <= horizon {
            findings.push([
                function["FunctionName"].clone(),
                function["Runtime"].clone(),
                json!(date.to_string()),
                json!(is_deprecated),
                function["LastModified"].clone(),
            ]);
        }
    }
    findings.sort_by("deprecated_on");
    findings.sum("deprecated", deprecated);
    findings.sum("deprecated_soon", findings.rows.len() as u64 - deprecated);
    findings.sum("functions", functions.len());
    note(ask, containers, &unknown);
    Ok(findings)
}

fn note(ask: &Ask<'_>, containers: u64, unknown: &BTreeMap<&str, u64>) {
    ask.note(format!("Deprecation dates are those that AWS published by {AS_OF}; they may have moved since."));
    if containers > 0 {
        ask.note(format!("Functions from container images, whose runtime Lambda does not know: {containers}."));
    }
    for (runtime, count) in unknown {
        ask.note(format!("No deprecation date is known for runtime {runtime}, used by {count} of the functions."));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    fn account() -> FakeAccount {
        let function =
            |name: &str, runtime: &str| json!({"FunctionName": name, "Runtime": runtime, "PackageType": "Zip"});
        FakeAccount::default().answering(
            "lambda:ListFunctions",
            json!({"Functions": [
                function("fresh", "python3.14"),
                function("soon", "nodejs22.x"),
                function("last-month", "python3.10"),
                function("ancient", "nodejs12.x"),
                function("unheard", "cobol85"),
                {"FunctionName": "image", "PackageType": "Image"},
            ]}),
        )
    }

    #[tokio::test]
    async fn deprecated_runtimes_come_with_the_oldest_first_and_soon_ones_are_told_apart() {
        let answer = ask(TOOL, json!({"query": "", "operation": "deprecated-runtimes"}), &account()).await;
        let found: Vec<_> = rows_of(&answer)
            .iter()
            .map(|row| json!([row["name"], row["deprecated_on"], row["is_deprecated"]]))
            .collect();
        assert_eq!(
            found,
            [
                json!(["ancient", "2023-03-31", true]),
                json!(["last-month", "2026-10-31", true]),
                json!(["soon", "2027-04-30", false]),
            ]
        );
        assert_eq!(answer.result.unwrap()["summary"], json!({"deprecated": 2, "deprecated_soon": 1, "functions": 6}));
        let notes = answer.completeness.unwrap().notes;
        assert!(notes.iter().any(|note| note.ends_with("does not know: 1.")), "{notes:?}");
        assert!(notes.iter().any(|note| note.contains("cobol85")), "{notes:?}");
    }

    #[tokio::test]
    async fn only_what_is_deprecated_counts_with_zero_days() {
        let rows = rows(TOOL, "deprecated-runtimes", json!({"days": 0}), &account()).await;
        assert_eq!(rows.iter().map(|row| &row["name"]).collect::<Vec<_>>(), ["ancient", "last-month"]);
    }

    #[test]
    fn each_runtime_has_one_date_and_dates_ascend() {
        let names: BTreeSet<_> = DEPRECATIONS.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), DEPRECATIONS.len());
        assert!(DEPRECATIONS.is_sorted_by_key(|(_, date)| date));
    }
}
