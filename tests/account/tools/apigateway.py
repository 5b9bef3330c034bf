"""Fixture of apigateway_read_operations.

REST, HTTP and WebSocket APIs on two pages each: methods and routes that are open and that are not, stages with and
without logs, tracing and a web ACL, authorizers of each type, usage plans with and without limits. MiniStack lists
authorizers of HTTP APIs, which moto does not. The web ACL of a stage is prepared: only WAF can set one.
"""

import json

from account import Case

TOOL = "apigateway_read_operations"

MINISTACK = {"apigateway", "apigatewayv2"}

LOGS = "arn:aws:logs:us-east-1:000000000000:log-group:api"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:auth"
LAMBDA = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
POOL = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abcdefghi"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}],
}

# Methods by path: verb, authorization, whether an API key is asked for.
REST = {
    "orders": {
        "/": [("GET", "AWS_IAM", False)],
        "orders": [
            ("GET", "NONE", False),
            ("POST", "NONE", True),
            ("OPTIONS", "NONE", False),
            ("DELETE", "CUSTOM", False),
        ],
        "users": [("ANY", "COGNITO_USER_POOLS", False)],
    },
    "admin": {"/": [("GET", "NONE", False)]},
    "closed": {"/": [("GET", "AWS_IAM", True)]},
    **{f"team-{number}": {"/": [("ANY", "AWS_IAM", False)]} for number in range(6)},
}
ENDPOINTS = {"orders": "REGIONAL", "admin": "PRIVATE"}
# Only custom domain names lead to it.
HIDDEN = "closed"

# Routes with their authorization.
OTHER = {
    "shop": (
        "HTTP",
        [("GET /items", "JWT"), ("$default", "NONE"), ("OPTIONS /items", "NONE"), ("POST /items", "AWS_IAM")],
    ),
    "chat": ("WEBSOCKET", [("$connect", "NONE"), ("send", "NONE")]),
    "alerts": ("WEBSOCKET", [("$connect", "AWS_IAM"), ("$default", "NONE")]),
    **{f"web-{number}": ("HTTP", [("ANY /{proxy+}", "AWS_IAM")]) for number in range(6)},
}

# Stages: access logs, execution logs, tracing, web ACL; None where the kind of API has no such thing.
STAGES = {
    ("orders", "prod"): (True, True, True, True),
    ("orders", "test"): (False, False, False, False),
    ("admin", "prod"): (True, False, True, False),
    ("shop", "$default"): (True, None, None, None),
    ("shop", "dev"): (False, None, None, None),
    ("chat", "prod"): (True, True, None, None),
    ("alerts", "prod"): (False, False, None, None),
}

# Name, type, source of the identity, seconds that a decision is kept, issuer.
AUTHORIZERS = {
    "orders": [
        ("custom", "TOKEN", "method.request.header.Authorization", 60, None),
        ("users", "COGNITO_USER_POOLS", "method.request.header.Authorization", 300, POOL),
    ],
    "shop": [("tokens", "JWT", "$request.header.Authorization", None, "https://issuer.example")],
}

# Stages that a plan covers, requests a second, burst, quota and its period.
PLANS = {
    "basic": ([("orders", "prod"), ("orders", "test")], 10.5, 20, 1000, "DAY"),
    "throttled": ([("admin", "prod")], 100.0, 200, None, None),
    "free": ([], None, None, None, None),
    **{f"plan-{number}": ([], None, None, 50 + number, "MONTH") for number in range(6)},
}

ids = {}


def seed(account):
    rest, other = account.client("apigateway"), account.client("apigatewayv2")
    for name, paths in REST.items():
        seed_rest_api(rest, name, paths)
    for name, (kind, routes) in OTHER.items():
        seed_other_api(other, name, kind, routes)
    seed_authorizers(rest, other)
    for (api, stage), watched in STAGES.items():
        (seed_rest_stage(rest, api, stage, watched) if api in REST else seed_other_stage(other, api, stage, watched))
    set_web_acl(account, rest)
    for name, plan in PLANS.items():
        seed_plan(rest, name, *plan)


def seed_rest_api(rest, name, paths):
    kind = {"endpointConfiguration": {"types": [ENDPOINTS.get(name, "EDGE")]}}
    policy = {"policy": json.dumps(POLICY)} if name == "admin" else {}
    api = ids[name] = rest.create_rest_api(name=name, disableExecuteApiEndpoint=name == HIDDEN, **kind, **policy)["id"]
    root = rest.get_resources(restApiId=api)["items"][0]["id"]
    for path, methods in paths.items():
        resource = root if path == "/" else rest.create_resource(restApiId=api, parentId=root, pathPart=path)["id"]
        for verb, authorization, api_key in methods:
            rest.put_method(
                restApiId=api,
                resourceId=resource,
                httpMethod=verb,
                authorizationType=authorization,
                apiKeyRequired=api_key,
            )


def seed_other_api(other, name, kind, routes):
    selection = {"RouteSelectionExpression": "$request.body.action"} if kind == "WEBSOCKET" else {}
    api = ids[name] = other.create_api(Name=name, ProtocolType=kind, **selection)["ApiId"]
    for key, authorization in routes:
        other.create_route(ApiId=api, RouteKey=key, AuthorizationType=authorization)


def seed_authorizers(rest, other):
    rest.create_authorizer(
        restApiId=ids["orders"],
        name="custom",
        type="TOKEN",
        authorizerUri=LAMBDA,
        authorizerResultTtlInSeconds=60,
        identitySource="method.request.header.Authorization",
    )
    rest.create_authorizer(
        restApiId=ids["orders"],
        name="users",
        type="COGNITO_USER_POOLS",
        providerARNs=[POOL],
        identitySource="method.request.header.Authorization",
        authorizerResultTtlInSeconds=300,
    )
    jwt = {"Issuer": "https://issuer.example", "Audience": ["shop"]}
    source = ["$request.header.Authorization"]
    other.create_authorizer(
        ApiId=ids["shop"], Name="tokens", AuthorizerType="JWT", IdentitySource=source, JwtConfiguration=jwt
    )


def seed_rest_stage(rest, api, stage, watched):
    access_logs, execution_logs, tracing, _ = watched
    deployment = rest.create_deployment(restApiId=ids[api])["id"]
    rest.create_stage(restApiId=ids[api], stageName=stage, deploymentId=deployment, tracingEnabled=tracing)
    changes = {"/*/*/logging/loglevel": "ERROR" if execution_logs else "OFF"}
    if access_logs:
        changes["/accessLogSettings/destinationArn"] = LOGS
    patch = [{"op": "replace", "path": path, "value": value} for path, value in changes.items()]
    rest.update_stage(restApiId=ids[api], stageName=stage, patchOperations=patch)


def seed_other_stage(other, api, stage, watched):
    access_logs, execution_logs, _, _ = watched
    logs = {"AccessLogSettings": {"DestinationArn": LOGS, "Format": "$context.requestId"}} if access_logs else {}
    if execution_logs is not None:
        logs["DefaultRouteSettings"] = {"LoggingLevel": "INFO" if execution_logs else "OFF"}
    other.create_stage(ApiId=ids[api], StageName=stage, **logs)


def set_web_acl(account, rest):
    stages = rest.get_stages(restApiId=ids["orders"])["item"]
    for stage in stages:
        if STAGES["orders", stage["stageName"]][3]:
            stage["webAclArn"] = "arn:aws:wafv2:us-east-1:000000000000:regional/webacl/shop/1"
    account.prepare("apigateway:GetStages", {"item": stages}, restApiId=ids["orders"])


def seed_plan(rest, name, stages, rate, burst, quota, period):
    limits = {"throttle": {"rateLimit": rate, "burstLimit": burst}} if rate else {}
    if quota:
        limits["quota"] = {"limit": quota, "period": period}
    covered = [{"apiId": ids[api], "stage": stage} for api, stage in stages]
    rest.create_usage_plan(name=name, apiStages=covered, **limits)


def kind_of(api):
    return "REST" if api in REST else OTHER[api][0]


def cases(account):
    return [api_case(), stage_case(), open_case(), authorizer_case(), plan_case()]


def api_case():
    rows = []
    for api in (*REST, *OTHER):
        # The second generation knows no edge.
        endpoint = ENDPOINTS.get(api, "EDGE") if api in REST else "REGIONAL"
        stages = " ".join(stage for of, stage in STAGES if of == api)
        rows.append(
            {
                "api": api,
                "id": ids[api],
                "type": kind_of(api),
                "endpoint": endpoint,
                "stages": stages,
                "default_endpoint": "off" if api == HIDDEN else "on",
            }
        )
    return Case(TOOL, "apis", rows=rows, summary={"apis": len(rows), "stages": len(STAGES)})


def stage_case():
    names = ("access_logs", "execution_logs", "tracing", "waf")
    words = ("access logs", "execution logs", "tracing", "WAF")
    rows = [
        {
            "api": api,
            "stage": stage,
            "type": kind_of(api),
            **dict(zip(names, watched)),
            "missing": ", ".join(word for word, has in zip(words, watched) if has is False),
        }
        for (api, stage), watched in STAGES.items()
        if False in watched
    ]
    without = {f"without_{name}": sum(1 for row in rows if row[name] is False) for name in names}
    return Case(TOOL, "stages-without-logging", rows=rows, summary={"stages": len(STAGES), **without})


def open_case():
    rows, count = [], 0
    for api, paths in REST.items():
        for path, methods in paths.items():
            for verb, authorization, api_key in methods:
                # Browsers ask for OPTIONS without credentials, so it has to be open.
                count += verb != "OPTIONS"
                if verb != "OPTIONS" and authorization == "NONE":
                    rows.append(
                        {
                            "api": api,
                            "method": f"{verb} /{path.strip('/')}",
                            "type": "REST",
                            "api_key": api_key,
                            "resource_policy": api == "admin",
                            "endpoint": ENDPOINTS[api],
                        }
                    )
    # Of a WebSocket API only connecting can ask who comes.
    routes = [(api, kind, *route) for api, (kind, routes) in OTHER.items() for route in routes]
    routes = [
        route
        for route in routes
        if route[2] == "$connect" or (route[1] == "HTTP" and not route[2].startswith("OPTIONS"))
    ]
    rows += [
        {"api": api, "method": key, "type": kind, "resource_policy": None}
        for api, kind, key, auth in routes
        if auth == "NONE"
    ]
    return Case(TOOL, "open-methods", rows=rows, summary={"methods": count + len(routes), "open": len(rows)})


def authorizer_case():
    rows = [
        {"api": api, "authorizer": name, "type": kind, "identity": identity, "issuer": issuer, "api_id": ids[api]}
        | ({"cache_seconds": seconds} if seconds else {})
        for api, authorizers in AUTHORIZERS.items()
        for name, kind, identity, seconds, issuer in authorizers
    ]
    apis = len(REST) + len(OTHER)
    summary = {"authorizers": 3, "apis": apis, "apis_without_authorizer": apis - len(AUTHORIZERS)}
    return Case(TOOL, "authorizers", rows=rows, summary=summary)


def plan_case():
    rows = [
        {
            "plan": name,
            "stages": " ".join("/".join(stage) for stage in stages),
            "rate_per_second": rate,
            "burst": burst,
            "quota": quota,
            "quota_period": period.lower() if period else None,
        }
        for name, (stages, rate, burst, quota, period) in PLANS.items()
    ]
    unthrottled = sum(1 for row in rows if row["rate_per_second"] is None)
    unlimited = sum(1 for row in rows if row["quota"] is None)
    summary = {"usage_plans": len(rows), "without_throttling": unthrottled, "without_quota": unlimited}
    return Case(TOOL, "usage-plans", rows=rows, summary=summary)
