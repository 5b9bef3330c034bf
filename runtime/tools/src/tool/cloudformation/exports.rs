//! Exported outputs and the stacks that import them. Values are not shown: an output may hold a secret.

use serde_json::{Value, json};

use super::stack::name_of;
use crate::service::values::{list, text};
use crate::service::{Ask, Findings, Unread};

/// ListImports answers `ValidationError: Export '...' is not imported by any stack.`
const NOT_IMPORTED: [&str; 1] = ["ValidationError"];

pub(super) async fn unused_exports(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let small = |export: Value| json!({"Name": export["Name"], "ExportingStackId": export["ExportingStackId"]});
    let answer = ask.read_each("cloudformation:ListExports", json!({}), small).await?;
    let exports: Vec<&Value> = list(&answer, "Exports").collect();
    let imports = ask.each(&exports, |export| {
        ask.read_if_any("cloudformation:ListImports", json!({"ExportName": export["Name"]}), &NOT_IMPORTED)
    });
    let mut findings = Findings::table(&["export", "stack", "importing_stacks"]);
    let (mut unused, mut unknown) = (0, 0);
    for (export, answer) in exports.iter().zip(imports.await) {
        let count = answer.ok().map(|output| output.map_or(0, |output| list(&output, "Imports").count()));
        unused += usize::from(count == Some(0));
        unknown += usize::from(count.is_none());
        if count.unwrap_or(0) == 0 {
            let stack = name_of(text(export, "ExportingStackId"));
            findings.push([export["Name"].clone(), json!(stack), json!(count)]);
        }
    }
    findings.sort_by("export");
    findings.sum("exports", exports.len());
    findings.sum("unused", unused);
    findings.sum("unknown", unknown);
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows_of};

    #[tokio::test]
    async fn exports_without_imports_are_listed_without_their_values() {
        let export = |name: &str| {
            let stack = "arn:aws:cloudformation:us-east-1:111122223333:stack/network/0a1b";
            json!({"Name": name, "ExportingStackId": stack, "Value": "hunter2"})
        };
        let imports = "cloudformation:ListImports";
        let account = FakeAccount::default()
            .answering(
                "cloudformation:ListExports",
                json!({"Exports": [export("b"), export("used"), export("a"), export("denied")]}),
            )
            .failing(imports, 400, "ValidationError")
            .failing_when(imports, json!({"ExportName": "denied"}), 403, "AccessDenied")
            .answering_when(imports, json!({"ExportName": "used"}), json!({"Imports": ["app"]}));
        let arguments = json!({"query": "", "operation": "unused-exports"});
        let answer = testing::ask("cloudformation_read_operations", arguments, &account).await;
        assert!(!serde_json::to_string(&answer).unwrap().contains("hunter2"));
        let rows = rows_of(&answer);
        let found: Vec<_> = rows.iter().map(|row| (&row["export"], &row["importing_stacks"])).collect();
        assert_eq!(found, [(&json!("a"), &json!(0)), (&json!("b"), &json!(0)), (&json!("denied"), &Value::Null)]);
        assert_eq!(rows[0]["stack"], "network");
        assert_eq!(answer.result.unwrap()["summary"], json!({"exports": 4, "unused": 2, "unknown": 1}));
        assert_eq!(answer.completeness.unwrap().failed.len(), 1);
    }

    #[tokio::test]
    async fn an_account_without_exports_is_an_answer() {
        let account = FakeAccount::default().answering("cloudformation:ListExports", json!({"Exports": []}));
        let rows = testing::rows("cloudformation_read_operations", "unused-exports", json!({}), &account).await;
        assert!(rows.is_empty());
    }
}
