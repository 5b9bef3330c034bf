//! Every kind of fault, with its code, file and line.

use super::*;

#[test]
fn an_unknown_key_names_the_nearest_valid_one() {
    assert_eq!(
        faults_of("[agent]\nmemory = 512"),
        ["config/unknown-key test.toml:3: unknown key `memory` in [agent]; hint: did you mean `memory_mb`?"]
    );
    assert_eq!(
        faults_of("[agnet]\nmemory_mb = 512"),
        ["config/unknown-key test.toml:2: unknown table `agnet`; hint: did you mean `agent`?"]
    );
}

#[test]
fn a_wrong_type_says_what_was_expected_and_found() {
    assert_eq!(
        faults_of(
            r#"[agent]
memory_mb = "512"
[aws]
account = 123456789012
[issuer]
scopes = "openid"
[logs]
retention_days = 1.5"#,
        ),
        [
            "config/wrong-type test.toml:3: `memory_mb` in [agent] must be an integer, found a string; \
             hint: leave out the quotes",
            "config/wrong-type test.toml:5: `account` in [aws] must be a string, found an integer; \
             hint: put it in quotes",
            "config/wrong-type test.toml:7: `scopes` in [issuer] must be a list of strings, found a string; \
             hint: put it in brackets",
            "config/wrong-type test.toml:9: `retention_days` in [logs] must be an integer, found a float",
        ]
    );
}

#[test]
fn a_value_out_of_range_or_of_wrong_form_is_refused() {
    assert_eq!(
        faults_of(
            r#"[agent]
memory_mb = 64
timeout_seconds = 901
architecture = "arm"
[aws]
region = "useast1"
[function_url]
invokers = [
  "*",
]"#,
        ),
        [
            "config/invalid-value test.toml:3: `memory_mb` in [agent] must be between 128 and 10240, not 64",
            "config/invalid-value test.toml:4: `timeout_seconds` in [agent] must be between 1 and 900, not 901",
            "config/invalid-value test.toml:5: `architecture` in [agent] must be one of `x86_64`, `arm64`, not `arm`; \
             hint: did you mean `arm64`?",
            "config/invalid-value test.toml:7: `region` in [aws] must be an AWS region such as \
             us-east-1, not `useast1`",
            "config/invalid-value test.toml:10: `invokers` in [function_url] must not be `*`: anyone on the internet \
             could call the function URL and read the account with it; \
             hint: name roles or users, or another account as arn:aws:iam::<account>:root",
        ]
    );
}

#[test]
fn two_values_that_exclude_each_other_are_a_fault() {
    let faults = faults_of("[conversations]\nttl_days = 1\nttl_minutes = 5");
    assert_eq!(
        faults,
        ["config/invalid-value test.toml:4: `ttl_minutes` in [conversations] excludes `ttl_days` on line 3; \
          hint: keep one of them"]
    );
}

#[test]
fn a_prefix_that_makes_names_too_long_is_reported_at_its_line() {
    let faults = load_test("[project]\nprefix = \"a-very-long-prefix-of-a-team\"").expect_err("too long");
    assert_eq!((faults.len(), faults[0].code, faults[0].line), (1, "config/name-too-long", 3));
    assert!(faults[0].message.contains("gateway role `a-very-long-prefix-of-a-team-BedrockAgentCore"), "{faults}");
    assert_eq!(faults[0].hint.as_deref(), Some("22 characters fit for the environment `test`"));
}

#[test]
fn an_environment_with_too_long_a_name_is_reported_at_its_first_line() {
    let environment = "a-name-of-thirty-characters-xx";
    let path = format!("environments/{environment}.toml");
    let files = BTreeMap::from([(path.clone(), BASE.to_string())]);
    let sources = Sources { environment: environment.into(), files, ..Sources::default() };
    let faults = load(&sources).expect_err("too long");
    assert_eq!((faults[0].code, faults[0].file.as_str(), faults[0].line), ("config/name-too-long", path.as_str(), 1));
}

#[test]
fn a_missing_value_is_reported_in_the_environments_own_file() {
    let base = "[aws]\nregion = \"us-east-1\"\n";
    let faults = load_files(&[("base", base), ("test", "extends = \"base\"\n\n[issuer]\n")]).expect_err("incomplete");
    let found: Vec<_> = faults.iter().map(|fault| (fault.file.as_str(), fault.line, fault.message.as_str())).collect();
    let file = "environments/test.toml";
    assert_eq!(
        found,
        [
            (file, 1, "`id` in [model] is missing"),
            (file, 3, "`discovery_url` in [issuer] is missing"),
            (file, 3, "`chat_client_id` in [issuer] is missing"),
            (file, 3, "`allowed_audience` in [issuer] is missing"),
        ]
    );
    assert!(faults.iter().all(|fault| fault.code == "config/missing-value"));
}

#[test]
fn two_missing_variables_on_one_line_are_both_reported() {
    assert_eq!(
        faults_of("[aws]\nprofile = \"${A}-${B}\""),
        [
            "config/missing-variable test.toml:3: the variable A is not set; hint: set it, or write \
             a default: ${A:-...}",
            "config/missing-variable test.toml:3: the variable B is not set; hint: set it, or write \
             a default: ${B:-...}",
        ]
    );
}

#[test]
fn a_syntax_fault_leaves_the_other_faults_visible() {
    let faults = faults_of("[agent]\nmemory_mb = \ntimeout = 5\n[logs]\nlevel = [\"info\"\n[tools]\nmemory = 1");
    let starts: Vec<String> = faults.iter().map(|fault| fault.split(": ").take(1).collect()).collect();
    assert_eq!(
        starts,
        [
            "config/syntax test.toml:3",
            "config/unknown-key test.toml:4",
            "config/syntax test.toml:6",
            "config/unknown-key test.toml:8",
        ],
        "{faults:?}"
    );
}

#[test]
fn an_unknown_environment_names_the_nearest_one() {
    let files = BTreeMap::from([("environments/prod.toml".to_string(), BASE.to_string())]);
    let sources = Sources { environment: "prdo".into(), files, ..Sources::default() };
    assert_eq!(
        load(&sources).expect_err("unknown").to_string(),
        "environments/prdo.toml:1: there is no environment `prdo`; there are: prod; hint: did you mean `prod`?"
    );
}

#[test]
fn a_missing_base_and_a_circle_are_reported_at_extends() {
    let faults = load_files(&[("base", BASE), ("test", "\nextends = \"bsae\"")]).expect_err("no such file");
    assert_eq!(
        faults.to_string(),
        "environments/test.toml:2: `extends` names `bsae`, which has no file; hint: did you mean `base`?"
    );
    let circle =
        load_files(&[("base", "\n\nextends = \"test\""), ("test", "extends = \"base\"")]).expect_err("a circle");
    assert_eq!(circle.to_string(), "environments/base.toml:3: `extends` leads in a circle back to `test`");
    assert_eq!((faults[0].code, circle[0].code), ("config/extends", "config/extends"));
}

#[test]
fn faults_of_a_base_are_reported_with_the_bases_file() {
    let base = format!("{BASE}[agent]\nmemory = 1\ntimeout_seconds = 0\n");
    let faults = load_files(&[("base", &base), ("test", "extends = \"base\"\n[agent]\ntimeout_seconds = 5\nx = 1")]);
    let places: Vec<_> = faults.expect_err("faulty").into_iter().map(|fault| (fault.file, fault.line)).collect();
    let place = |name: &str, line| (format!("environments/{name}.toml"), line);
    assert_eq!(places, [place("base", 11), place("base", 12), place("test", 4)]);
}

#[test]
fn two_faults_on_one_line_are_both_reported() {
    let faults = faults_of("[smoke]\ntoken = { source = \"fil\", pth = \"x\" }");
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults.iter().all(|fault| fault.contains("test.toml:3:")));
}

#[test]
fn a_secret_in_place_of_its_variables_name_is_not_shown() {
    let token = "[smoke.token]\nsource = \"client-credentials\"\nclient_id = \"smoke\"\n";
    for secret in ["${SECRET}", "s3cr3t-value!"] {
        let faults = faults_of(&format!("{token}secret = {{ variable = \"{secret}\" }}"));
        assert_eq!(
            faults,
            ["config/invalid-value test.toml:5: `variable` in [smoke.token.secret] must be the name of an \
              environment variable, without `${}`"]
        );
    }
}

#[test]
fn a_client_needs_exactly_one_secret() {
    let token = "[smoke.token]\nsource = \"client-credentials\"\nclient_id = \"smoke\"\n[smoke.token.secret]\n";
    let none = faults_of(token);
    assert!(none[0].starts_with("config/missing-value test.toml:5: `secret` in [smoke.token]"), "{none:?}");
    let two = faults_of(&format!("{token}variable = \"A\"\nfile = \"b\""));
    assert!(two[0].starts_with("config/invalid-value test.toml:7: `file` in [smoke.token.secret]"), "{two:?}");
}

#[test]
fn each_token_source_needs_its_own_keys() {
    assert!(faults_of("[smoke.token]\nsource = \"file\"")[0].contains("`path` in [smoke.token] is missing"));
    assert!(faults_of("[smoke.token]\nsource = \"client-credentials\"")[0].contains("`client_id` in [smoke.token]"));
}

#[test]
fn what_only_the_local_platform_has_is_refused_elsewhere() {
    let faults = faults_of(
        "[platform]\nport = 80\n[issuer]\ndiscovery_url = \
         \"local-platform\"\n[smoke.token.secret]\nlocal_platform = true",
    );
    let lines: Vec<_> = faults.iter().map(|fault| fault.split(' ').nth(1)).collect();
    assert_eq!(lines, [3, 5, 7].map(|line| Some(format!("test.toml:{line}:"))).each_ref().map(|x| x.as_deref()));
    let local = faults_of("[platform]\nkind = \"local\"\n[tools]\narchitecture = \"arm64\"");
    assert!(local[0].contains("test.toml:5: `architecture` in [tools] must be `x86_64` on the local platform"));
    let elsewhere = faults_of("[platform]\nkind = \"local\"\n[aws]\nregion = \"eu-west-1\"");
    assert!(elsewhere[0].contains("test.toml:5: `region` in [aws] must be `us-east-1` on the local platform"));
}

#[test]
fn a_malformed_variable_is_reported_wherever_it_stands() {
    for text in ["[aws]\nprofile = \"${X\"", "[smoke.token]\nsource = \"client${smoke\""] {
        let faults = faults_of(text);
        assert!(faults[0].contains("test.toml:3:") && faults[0].contains("malformed variable"), "{faults:?}");
    }
}

#[test]
fn a_gateway_accepts_no_token_of_everyone() {
    let faults = faults_of("[issuer]\nallowed_audience = []");
    assert!(faults[0].starts_with("config/missing-value test.toml:3:"), "{faults:?}");
}

#[test]
fn a_claims_operator_fits_its_type() {
    let claim = "[[issuer.custom_claims]]\nname = \"groups\"\n";
    let faults =
        faults_of(&format!("{claim}value_type = \"STRING\"\noperator = \"CONTAINS\"\nvalues = [\"a\", \"b\"]"));
    let lines: Vec<_> = faults.iter().map(|fault| fault.split(": ").next().unwrap_or_default()).collect();
    assert_eq!(lines, ["config/invalid-value test.toml:5", "config/invalid-value test.toml:6"]);
    let incomplete = faults_of(claim);
    assert_eq!(incomplete.len(), 3, "{incomplete:?}");
}

#[test]
fn credentials_do_not_go_with_every_origin() {
    let cors = "[function_url.cors]\nallow_origins = [\"*\"]\n";
    assert!(load_test(cors).is_ok());
    let faults = faults_of(&format!("{cors}allow_credentials = true\nmax_age_seconds = 86401"));
    assert!(
        faults[0].contains("test.toml:4: `allow_credentials` in [function_url.cors] must not be true"),
        "{faults:?}"
    );
    assert!(faults[1].contains("test.toml:5: `max_age_seconds`"), "{faults:?}");
    assert!(faults_of("[function_url.cors]\nallow_credentials = true")[0].starts_with("config/missing-value"));
}

#[test]
fn our_own_tags_cannot_be_set() {
    let faults = faults_of("[project.tags]\nOwner = \"a\"\nManagedBy = \"me\"\nTeam = 5");
    assert_eq!(
        faults,
        [
            "config/invalid-value test.toml:4: `ManagedBy` in [project.tags] is a tag that the deployer sets \
             itself; hint: choose another name",
            "config/wrong-type test.toml:5: `Team` in [project.tags] must be a string, found an integer; \
             hint: put it in quotes",
        ]
    );
}

#[test]
fn everything_wrong_with_one_file_is_reported_at_once() {
    let faults = load_test(
        r#"
colour = "red"
protected = "yes"
[platform]
kind = "cloud"
[aws]
region = "${ABSENT}"
acount = "1"
[project]
prefix = "Acme"
[issuer]
discovery_url = "https://dev-1.okta.com/.well-known/openid-configuration"
[logs]
retention_days = 15
level = "info
[tools]
memory_mb = 99999
"#,
    )
    .expect_err("nearly everything is wrong");
    insta::assert_snapshot!(faults);
}

#[test]
fn senseless_depth_is_a_fault_and_no_crash() {
    let keys = vec!["a"; 2000].join(".");
    for text in [format!("x = {}", "[".repeat(5000)), format!("x = {}", "{a=".repeat(5000)), format!("{keys} = 1")] {
        assert!(!faults_of(&text).is_empty());
    }
}

#[test]
fn a_data_operation_is_held_against_the_tiers_at_its_own_line() {
    assert_eq!(
        faults_of("[tools]\ndata_operations = [\n  \"logs:FilterLogEvents\",\n  \"logs\",\n]"),
        ["config/invalid-value test.toml:5: `data_operations` in [tools] must be an operation such as \
          logs:FilterLogEvents, not `logs`"]
    );
    assert_eq!(
        faults_of(
            r#"[tools]
data_operations = [
  "logs:FilterLogEvents",
  "logs:FilterLogEvent",
  "ec2:DescribeInstances",
  "s3:DeleteBucket",
  "ec2:GetPasswordData",
]"#,
        ),
        [
            "config/invalid-value test.toml:5: `data_operations` in [tools] names `logs:FilterLogEvent`, which is no \
             operation that the tools know; hint: did you mean `logs:FilterLogEvents`?",
            "config/invalid-value test.toml:6: `data_operations` in [tools] names `ec2:DescribeInstances`, which the \
             tools may call without being listed; hint: leave it out",
            "config/invalid-value test.toml:7: `data_operations` in [tools] names `s3:DeleteBucket`, which changes \
             something in the account: no setting allows that; hint: leave it out",
            "config/invalid-value test.toml:8: `data_operations` in [tools] names `ec2:GetPasswordData`, which gives \
             out secrets or has side effects: no setting allows that; hint: leave it out",
        ]
    );
}

#[test]
fn limits_of_the_tools_go_together_and_fit_into_the_functions_time() {
    assert_eq!(
        faults_of(
            r#"[tools]
timeout_seconds = 45
[tools.limits]
soft_deadline_seconds = 45
calls_in_flight = 2
items = 30000"#,
        ),
        [
            "config/invalid-value test.toml:3: `hard_deadline_seconds` in [tools.limits] is 45 and must be less than \
             `timeout_seconds` in [tools], which is 45; hint: the function ends at its time limit, and its answer with \
             it",
            "config/invalid-value test.toml:5: `soft_deadline_seconds` in [tools.limits] must be less than \
             `hard_deadline_seconds`, which is 45; hint: between the two, calls under way still come to their end",
            "config/invalid-value test.toml:6: `calls_per_service_and_region` in [tools.limits] must be at most \
             `calls_in_flight`, which is 2, not 4; hint: raise the one or lower the other",
            "config/invalid-value test.toml:7: `items` in [tools.limits] must be at most `most_items`, which is 20000, \
             not 30000; hint: raise the one or lower the other",
        ]
    );
    assert_eq!(
        faults_of("[tools.limits]\nregions = 0\n[tools.nested_model]\nturns = 2"),
        [
            "config/invalid-value test.toml:3: `regions` in [tools.limits] must be between 1 and 50, not 0",
            "config/missing-value test.toml:4: `id` in [tools.nested_model] is missing; hint: name a model, or leave \
             the table out to switch the nested model off",
        ]
    );
}

#[test]
fn a_tool_that_waits_for_approval_is_one_of_the_catalogue() {
    assert!(load_test("[agent]\napproval_tools = [\"cost_explorer_read_operations\"]").is_ok());
    assert_eq!(
        faults_of("[agent]\napproval_tools = [\n  \"ec2_read_operation\",\n]"),
        [
            "config/invalid-value test.toml:4: `approval_tools` in [agent] names `ec2_read_operation`, which is no tool of \
          configs/tools.toml; hint: did you mean `ec2_read_operations`?"
        ]
    );
}

#[test]
fn a_guardrail_is_named_whole_or_not_at_all() {
    let sound = "[model.guardrail]\nid = \"abcdefghijkl\"\nversion = \"1\"";
    assert!(load_test(sound).is_ok());
    assert!(faults_of("[model.guardrail]\nid = \"abcdefghijkl\"")[0].starts_with("config/missing-value"));
    assert!(faults_of("[model.guardrail]\nid = \"a b\"\nversion = \"latest\"").len() == 2);
}
