//! Functions as a list.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::functions_of;
use crate::service::values::{list, number, rounded};
use crate::service::{Ask, Findings, Unread};

const MIB: f64 = (1_u64 << 20) as f64;

pub(super) async fn overview(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let functions = functions_of(ask).await?;
    let mut findings =
        Findings::table(&["name", "runtime", "memory_mb", "timeout_s", "code_mib", "architecture", "changed"]);
    let mut runtimes = BTreeMap::<String, u64>::new();
    for function in &functions {
        let runtime = runtime(function);
        *runtimes.entry(runtime.as_str().unwrap_or("unknown").to_owned()).or_default() += 1;
        findings.push([
            function["FunctionName"].clone(),
            runtime,
            function["MemorySize"].clone(),
            function["Timeout"].clone(),
            json!(rounded(number(function, "CodeSize") / MIB, 1)),
            list(function, "Architectures").next().cloned().unwrap_or_default(),
            function["LastModified"].clone(),
        ]);
    }
    findings.sort_by("name");
    findings.sum("functions", functions.len());
    for (runtime, count) in runtimes {
        findings.sum(&runtime, count);
    }
    Ok(findings)
}

/// A container image brings its own runtime. Some answers hold an empty text where there is none.
pub(super) fn runtime(function: &Value) -> Value {
    match function["Runtime"].as_str().filter(|runtime| !runtime.is_empty()) {
        Some(runtime) => json!(runtime),
        None if function["PackageType"] == "Image" => json!("container image"),
        None => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{ask, rows, rows_of};

    const TOOL: &str = super::super::TOOL.name;

    #[tokio::test]
    async fn functions_are_counted_by_runtime_and_images_have_none() {
        let account = FakeAccount::default().answering(
            "lambda:ListFunctions",
            json!({"Functions": [
                {"FunctionName": "b", "Runtime": "python3.13", "PackageType": "Zip", "MemorySize": 128, "Timeout": 3,
                 "CodeSize": 3_145_728, "Architectures": ["arm64"], "LastModified": "2026-01-02T03:04:05.000+0000",
                 "Environment": {"Variables": {"PASSWORD": "[redacted]"}}},
                {"FunctionName": "a", "PackageType": "Image", "MemorySize": 512, "Timeout": 900},
                {"FunctionName": "c", "Runtime": "", "PackageType": "Image", "MemorySize": 512, "Timeout": 900},
            ]}),
        );
        let answer = ask(TOOL, json!({"query": "", "operation": "functions"}), &account).await;
        let found: Vec<_> =
            rows_of(&answer).iter().map(|row| json!([row["name"], row["runtime"], row["code_mib"]])).collect();
        assert_eq!(
            found,
            [json!(["a", "container image", 0]), json!(["b", "python3.13", 3]), json!(["c", "container image", 0]),]
        );
        assert!(!serde_json::to_string(&answer).unwrap().contains("PASSWORD"));
        assert_eq!(answer.result.unwrap()["summary"], json!({"functions": 3, "container image": 2, "python3.13": 1}));
    }

    #[tokio::test]
    async fn an_empty_account_has_no_functions() {
        let account = FakeAccount::default().answering("lambda:ListFunctions", json!({"Functions": []}));
        assert!(rows(TOOL, "functions", json!({}), &account).await.is_empty());
    }
}
