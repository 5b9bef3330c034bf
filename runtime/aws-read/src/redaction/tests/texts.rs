//! Secrets in plain text, and text that only looks like it.

use crate::redaction::redact_text;

#[test]
fn secrets_are_taken_out_of_texts() {
    let cases = [
        ("key AKIAIOSFODNN7EXAMPLE is old", "key ***redacted*** is old"),
        ("AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "***redacted***"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key = ***redacted***"),
        ("{\"password\": \"a \\\"quoted\\\" one\", \"n\": 1}", "{\"password\": \"***redacted***\", \"n\": 1}"),
        ("{\\\"apiKey\\\":\\\"x1y2\\\"}", "{\\\"apiKey\\\":\\\"***redacted***\\\"}"),
        ("password: hunter2 is weak", "password: ***redacted*** is weak"),
        ("db:\n  password: correcthorse\n  port: 5432", "db:\n  password: ***redacted***\n  port: 5432"),
        ("db:   password: correcthorse   port: 5432", "db:   password: ***redacted***   port: 5432"),
        ("password: correcthorse user: app", "password: ***redacted*** user: app"),
        ("run --token abc --verbose", "run --token ***redacted*** --verbose"),
        ("postgres://app:pa55@db:5432/x", "postgres://***redacted***@db:5432/x"),
        ("GET /hook?token=abc&x=1", "GET /hook?token=***redacted***&x=1"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***redacted***"),
        (
            "https://b.s3.amazonaws.com/k?X-Amz-Credential=c&X-Amz-Signature=ab12",
            "https://b.s3.amazonaws.com/k?X-Amz-Credential=***redacted***&X-Amz-Signature=***redacted***",
        ),
        ("https://hooks.slack.com/services/T0/B0/x", "https://hooks.slack.com/***redacted***"),
        ("xoxb-1234567890-abcdef", "***redacted***"),
        ("id eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.s5fxqRK", "id ***redacted***"),
        ("-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY----- after", "***redacted*** after"),
        ("-----BEGIN PRIVATE KEY-----\nMHcC and no end", "***redacted***"),
        ("<MasterPassword>pa55</MasterPassword>", "<MasterPassword>***redacted***</MasterPassword>"),
        ("\"aws:Referer\":\"https://x/only-we-know\"", "\"aws:Referer\":\"***redacted***\""),
        ("\"sts:ExternalId\": [\"a1\", \"b2\"]", "\"sts:ExternalId\": [\"***redacted***\"]"),
    ];
    for (text, expected) in cases {
        assert_eq!(redact_text(text), expected);
    }
}

#[test]
fn harmless_texts_stay_as_they_are() {
    let texts = [
        "",
        "ExpiredToken: The security token included in the request is expired",
        "The provided token has expired.",
        "User: arn:aws:iam::123456789012:user/x is not authorized to perform: secretsmanager:GetSecretValue",
        "{\"Action\":[\"secretsmanager:GetSecretValue\",\"sts:GetSessionToken\"],\"Effect\":\"Allow\"}",
        "{\"StringEquals\":{\"token.actions.githubusercontent.com:sub\":\"repo:org/repo:ref:refs/heads/main\"}}",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
        "Resource handler returned message: no (RequestToken: 0f1e2d3c-aaaa, HandlerErrorCode: NotFound)",
        "max_tokens=4096 HttpTokens=required token=true",
        "Asia/Tokyo AKIA AKIASHORT https://example.com/a@b?c=d ssh://git@github.com/org/repo",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "password=***redacted***",
        "password: {{resolve:secretsmanager:db:SecretString:password}}",
        "Zürich 東京 🚀 = : \" '",
    ];
    for text in texts {
        assert_eq!(redact_text(text), text);
    }
}

#[test]
fn a_percent_encoded_policy_is_read_and_encoded_again() {
    let plain = "%7B%22Action%22%3A%22s3%3AGetObject%22%7D";
    assert_eq!(redact_text(plain), plain);
    let secret = redact_text("%7B%22aws%3AReferer%22%3A%22only-we-know%22%7D");
    assert!(secret.starts_with("%7B%22aws%3AReferer%22%3A%22") && !secret.contains("only"), "{secret}");
}

#[test]
fn long_hostile_texts_are_read_once() {
    // Each repeats what begins a form without ever ending it.
    let pieces = [
        "eyJ",
        "token",
        "://",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY",
        "password \\\\\"",
        "ghp_",
        "aghp_",
        "AKIA",
        "[secret=",
        "--secret ",
        "secret=[{{resolve:",
        "token='{{resolve:",
        "<password>",
        "hooks.slack.com/",
    ];
    for piece in pieces {
        let text = piece.repeat(400_000 / piece.len());
        assert!(redact_text(&text).len() <= text.len() * 4, "{piece}");
    }
}

#[test]
fn a_policy_stays_json() {
    let conditions = [r#"["a", "b"]"#, r#"[ "a]b", "c" ]"#, r#""a \" b""#, r#"[]"#, r#"["only"]"#];
    for condition in conditions {
        let policy =
            format!(r#"{{"Condition": {{"StringEquals": {{"sts:ExternalId": {condition}}}}}, "Effect": "Allow"}}"#);
        let redacted: serde_json::Value = serde_json::from_str(&redact_text(&policy)).unwrap();
        assert_eq!(redacted["Effect"], "Allow", "{redacted}");
    }
}
