//! What hands can do to a resource behind its stack.

use std::collections::BTreeMap;

use serde_json::json;

use crate::resource::*;

/// Changes one attribute; which one, `choice` says.
pub fn tamper(resource: &mut Resource, choice: usize) {
    match resource {
        Resource::Table(table) => of_table(table, choice % 8),
        Resource::Repository(repository) => of_repository(repository, choice % 6),
        Resource::LogGroup(group) => of_log_group(group, choice % 3),
        Resource::Role(role) => of_role(role, choice % 9),
        Resource::ManagedPolicies(found) => of_managed_policies(found, choice % 4),
        Resource::Function(function) => of_function(function, choice % 13),
        Resource::FunctionUrl(url) => of_url(url, choice % 3),
        Resource::FunctionPolicy(policy) => of_policy(policy, choice % 3),
    }
}

fn of_table(table: &mut Table, choice: usize) {
    match choice {
        0 => table.billing_mode = "PROVISIONED".into(),
        1 => table.time_to_live = None,
        2 => table.point_in_time_recovery = !table.point_in_time_recovery,
        3 => table.stream = None,
        4 => table.deletion_protection = !table.deletion_protection,
        5 => table.keys.clear(),
        6 => table.indexes.clear(),
        _ => of_tags(&mut table.tags),
    }
}

fn of_repository(repository: &mut Repository, choice: usize) {
    match choice {
        0 => repository.tag_mutability = "MUTABLE".into(),
        1 => repository.scan_on_push = false,
        2 => repository.encryption = "KMS".into(),
        3 => repository.policy = None,
        4 => repository.policy = Some(json!({"Statement": [], "Version": "2012-10-17"})),
        _ => of_tags(&mut repository.tags),
    }
}

fn of_log_group(group: &mut LogGroup, choice: usize) {
    match choice {
        0 => group.retention_days = None,
        1 => group.retention_days = Some(3),
        _ => of_tags(&mut group.tags),
    }
}

fn of_role(role: &mut Role, choice: usize) {
    let everything = json!({"Statement": [{"Action": "*", "Effect": "Allow", "Resource": "*", "Sid": "All"}]});
    match choice {
        0 => role.description = None,
        1 => role.trust_policy = everything,
        2 => role.inline_policies.clear(),
        3 => drop(role.inline_policies.insert("more".into(), everything)),
        4 => role.inline_policies.values_mut().for_each(|policy| *policy = everything.clone()),
        5 => role.attached_policies = vec!["arn:aws:iam::aws:policy/AdministratorAccess".into()],
        6 => role.permissions_boundary = None,
        7 => role.permissions_boundary = Some("arn:aws:iam::111122223333:policy/theirs".into()),
        _ => of_tags(&mut role.tags),
    }
}

fn of_managed_policies(found: &mut ManagedPolicies, choice: usize) {
    let everything = json!({"Statement": [{"Action": "*", "Effect": "Allow", "Resource": "*", "Sid": "All"}]});
    let theirs = ManagedPolicy { description: Some("theirs".into()), document: everything.clone() };
    match choice {
        0 => drop(found.policies.pop_first()),
        1 => found.policies.values_mut().for_each(|policy| policy.document = everything.clone()),
        2 => drop(found.policies.insert(format!("{}-9", found.name), theirs)),
        _ => {
            if let Some(mut last) = found.policies.last_entry() {
                last.get_mut().document["Statement"][0]["Resource"] = "*".into();
            }
        }
    }
}

fn of_function(function: &mut Function, choice: usize) {
    match choice {
        0 => function.memory_mb = 256,
        1 => function.timeout_seconds = 7,
        2 => function.image_uri = format!("{}@sha256:ee", function.image_uri.split('@').next().unwrap_or_default()),
        3 => function.environment.clear(),
        4 => drop(function.environment.insert("API_KEY".into(), "hunter2".into())),
        5 => drop(function.environment.insert("LOG_LEVEL".into(), "trace".into())),
        6 => function.tracing = "PassThrough".into(),
        7 => function.log_group = None,
        8 => function.description = Some("theirs".into()),
        9 => function.role_arn = "arn:aws:iam::111122223333:role/theirs".into(),
        10 => function.architecture = if function.architecture == "arm64" { "x86_64".into() } else { "arm64".into() },
        11 => drop(function.environment.insert("GATEWAY_URL".into(), "https://elsewhere".into())),
        _ => of_tags(&mut function.tags),
    }
}

fn of_url(url: &mut FunctionUrl, choice: usize) {
    match choice {
        0 => url.auth_type = "NONE".into(),
        1 => url.invoke_mode = "BUFFERED".into(),
        _ => {
            url.cors = Some(Cors {
                allow_credentials: false,
                allow_headers: vec!["*".into()],
                allow_methods: vec!["*".into()],
                allow_origins: vec!["*".into()],
                max_age_seconds: 0,
            })
        }
    }
}

fn of_policy(policy: &mut FunctionPolicy, choice: usize) {
    match choice {
        0 => drop(policy.statements.pop_first()),
        1 => policy.statements.values_mut().for_each(|statement| statement.principal = "*".into()),
        _ => drop(policy.statements.insert("theirs".into(), foreign_statement())),
    }
}

pub fn foreign_statement() -> Statement {
    Statement {
        principal: "arn:aws:iam::444455556666:root".into(),
        action: "lambda:InvokeFunction".into(),
        function_url_auth_type: None,
        via_function_url: false,
        other_condition: None,
    }
}

/// One of ours is gone, one of theirs is there.
fn of_tags(tags: &mut BTreeMap<String, String>) {
    tags.remove("Component");
    tags.insert("Team".into(), "theirs".into());
}
