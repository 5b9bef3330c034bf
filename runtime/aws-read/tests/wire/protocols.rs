//! Each protocol: what is asked, for whom it is signed, and how its pages and
//! errors are read.

use serde_json::{Value, json};

use crate::server::{Reply, Server};

/// An operation with two pages and an error that says "slow down", as its protocol has them.
struct Case {
    operation: &'static str,
    /// Region and service of the signature of a call to eu-west-1.
    scope: &'static str,
    pages: [&'static str; 2],
    /// What the second request must hold, in target or body.
    token: &'static str,
    throttled: (u16, &'static str),
    list: &'static str,
}

const CASES: [Case; 6] = [
    Case {
        operation: "ec2:DescribeVolumes",
        scope: "eu-west-1/ec2",
        pages: [
            "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId></item></volumeSet>\
             <nextToken>t+1</nextToken></DescribeVolumesResponse>",
            "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-2</volumeId></item></volumeSet>\
             </DescribeVolumesResponse>",
        ],
        token: "NextToken=t%2B1",
        throttled: (
            503,
            "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow down</Message></Error></Errors>\
             </Response>",
        ),
        list: "Volumes",
    },
    Case {
        operation: "iam:ListUsers",
        scope: "us-east-1/iam",
        pages: [
            "<ListUsersResponse><ListUsersResult><IsTruncated>true</IsTruncated><Marker>m</Marker><Users><member>\
             <UserName>a</UserName></member></Users></ListUsersResult></ListUsersResponse>",
            "<ListUsersResponse><ListUsersResult><IsTruncated>false</IsTruncated><Users><member>\
             <UserName>b</UserName></member></Users></ListUsersResult></ListUsersResponse>",
        ],
        token: "Marker=m",
        throttled: (
            400,
            "<ErrorResponse><Error><Code>Throttling</Code><Message>slow down</Message></Error></ErrorResponse>",
        ),
        list: "Users",
    },
    Case {
        operation: "ecs:ListClusters",
        scope: "eu-west-1/ecs",
        pages: [r#"{"clusterArns": ["a"], "nextToken": "n1"}"#, r#"{"clusterArns": ["b"]}"#],
        token: r#""nextToken":"n1""#,
        throttled: (400, r#"{"__type": "ThrottlingException", "message": "slow down"}"#),
        list: "clusterArns",
    },
    Case {
        operation: "ce:GetCostAndUsage",
        scope: "us-east-1/ce",
        pages: [
            r#"{"ResultsByTime": [{"Estimated": true}], "NextPageToken": "p1"}"#,
            r#"{"ResultsByTime": [{"Estimated": false}]}"#,
        ],
        token: r#""NextPageToken":"p1""#,
        throttled: (400, r#"{"__type": "com.amazonaws#LimitExceededException", "Message": "slow down"}"#),
        list: "ResultsByTime",
    },
    Case {
        operation: "lambda:ListFunctions",
        scope: "eu-west-1/lambda",
        pages: [
            r#"{"Functions": [{"FunctionName": "a"}], "NextMarker": "m/1"}"#,
            r#"{"Functions": [{"FunctionName": "b"}], "NextMarker": null}"#,
        ],
        token: "Marker=m%2F1",
        throttled: (429, r#"{"Reason": "CallerRateLimitExceeded", "message": "slow down"}"#),
        list: "Functions",
    },
    Case {
        operation: "route53:ListHostedZones",
        scope: "us-east-1/route53",
        pages: [
            "<ListHostedZonesResponse><HostedZones><HostedZone><Name>a.</Name></HostedZone></HostedZones>\
             <IsTruncated>true</IsTruncated><NextMarker>Z1</NextMarker></ListHostedZonesResponse>",
            "<ListHostedZonesResponse><HostedZones><HostedZone><Name>b.</Name></HostedZone></HostedZones>\
             <IsTruncated>false</IsTruncated></ListHostedZonesResponse>",
        ],
        token: "marker=Z1",
        throttled: (
            400,
            "<ErrorResponse><Error><Code>Throttling</Code><Message>slow down</Message></Error></ErrorResponse>",
        ),
        list: "HostedZones",
    },
];

fn parameters(operation: &str) -> Value {
    match operation {
        "ce:GetCostAndUsage" => json!({
            "TimePeriod": {"Start": "2026-01-01", "End": "2026-02-01"},
            "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"],
        }),
        _ => json!({}),
    }
}

#[tokio::test]
async fn every_protocol_pages_and_survives_throttling() {
    for Case { operation, scope, pages: [first, second], token, throttled: (status, slow), list } in CASES {
        let replies = vec![Reply::ok(first), Reply::new(status, slow), Reply::ok(second)];
        let server = Server::start(replies).await;
        let answer = server.call(operation, parameters(operation)).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((answer.items, answer.truncated), (2, false), "{operation}: {}", answer.value);
        assert_eq!(answer.value[list].as_array().map(Vec::len), Some(2), "{operation}: {}", answer.value);
        assert_eq!(answer.calls, [operation, operation]);
        let seen = server.seen();
        assert_eq!(seen.len(), 3, "{operation}");
        assert!(seen.iter().all(|seen| seen.scope() == scope), "{operation}: {}", seen[0].scope());
        let [_, throttled, last] = &seen[..] else { panic!("{operation}") };
        assert!(format!("{} {}", last.target, last.body).contains(token), "{operation}: {last:?}");
        assert_eq!((&throttled.target, &throttled.body), (&last.target, &last.body), "{operation}");
    }
}

#[tokio::test]
async fn signatures_name_the_service_and_the_region_that_the_rules_name() {
    for (operation, parameters, expected) in [
        ("sts:GetCallerIdentity", json!({}), "eu-west-1/sts"),
        ("cloudwatch:DescribeAlarms", json!({}), "eu-west-1/monitoring"),
        ("elbv2:DescribeLoadBalancers", json!({}), "eu-west-1/elasticloadbalancing"),
        ("apigatewayv2:GetApis", json!({}), "eu-west-1/apigateway"),
        ("sesv2:ListEmailIdentities", json!({}), "eu-west-1/ses"),
        ("s3:ListBuckets", json!({}), "eu-west-1/s3"),
        ("s3control:ListJobs", json!({"AccountId": "123456789012"}), "eu-west-1/s3"),
        ("budgets:DescribeBudgets", json!({"AccountId": "123456789012"}), "us-east-1/budgets"),
    ] {
        let server = Server::start(vec![Reply::new(400, "no")]).await;
        let error = server.call(operation, parameters).await.expect_err("the server refuses everything");
        assert!(error.was_sent(), "{operation}: {error}");
        let seen = &server.seen()[0];
        assert_eq!(seen.scope(), expected, "{operation}");
        assert!(seen.header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
        assert!(seen.header("authorization").contains("x-amz-security-token"), "{operation}");
        let is_s3 = operation.starts_with("s3");
        assert_eq!(!seen.header("x-amz-content-sha256").is_empty(), is_s3, "{operation}");
        assert_eq!(seen.header("x-amz-account-id").is_empty(), !operation.starts_with("s3control"), "{operation}");
    }
}
