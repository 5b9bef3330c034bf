"""Fixture of bedrock_read_operations.

Throughput and invocation logging live in MiniStack. Models, inference profiles, guardrails and customization jobs are
prepared: MiniStack has no legacy model, no profile of several regions, no list of a guardrail's versions and no job
that ends.
"""

from account import Case

TOOL = "bedrock_read_operations"

MINISTACK = {"bedrock"}

ARN = "arn:aws:bedrock:us-east-1:123456789012"
FOUNDATION = "arn:aws:bedrock:{}::foundation-model/{}"


def time(day, hour=0):
    return f"2026-0{day // 28 + 1}-{day % 28 + 1:02}T{hour:02}:00:00Z"


# Model, provider, status, input, output, how it is called, streaming, end of life.
MODELS = [
    (
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "Anthropic",
        "ACTIVE",
        ["TEXT", "IMAGE"],
        ["TEXT"],
        ["INFERENCE_PROFILE"],
        True,
        None,
    ),
    (
        "anthropic.claude-3-haiku-20240307-v1:0",
        "Anthropic",
        "LEGACY",
        ["TEXT", "IMAGE"],
        ["TEXT"],
        ["ON_DEMAND"],
        True,
        time(60),
    ),
    (
        "amazon.nova-lite-v1:0",
        "Amazon",
        "ACTIVE",
        ["TEXT", "IMAGE", "VIDEO"],
        ["TEXT"],
        ["ON_DEMAND", "INFERENCE_PROFILE"],
        True,
        None,
    ),
    ("amazon.titan-embed-text-v1", "Amazon", "LEGACY", ["TEXT"], ["EMBEDDING"], ["ON_DEMAND"], False, None),
    (
        "amazon.titan-image-generator-v2:0",
        "Amazon",
        "ACTIVE",
        ["TEXT"],
        ["IMAGE"],
        ["PROVISIONED", "ON_DEMAND"],
        False,
        None,
    ),
    ("cohere.embed-v4:0", "Cohere", "ACTIVE", ["TEXT"], ["EMBEDDING"], ["ON_DEMAND"], False, None),
]


def model(name, provider, status, inputs, outputs, called, streaming, end):
    return {
        "modelArn": FOUNDATION.format("us-east-1", name),
        "modelId": name,
        "modelName": name.split(".")[1],
        "providerName": provider,
        "inputModalities": inputs,
        "outputModalities": outputs,
        "inferenceTypesSupported": called,
        "responseStreamingSupported": streaming,
        "modelLifecycle": {"status": status} | ({"endOfLifeTime": end} if end else {}),
    }


SONNET, NOVA = MODELS[0][0], MODELS[2][0]
AMERICA = ["us-east-1", "us-east-2", "us-west-2"]

# Id, name, kind, model, regions.
OF_AWS = [
    (f"us.{SONNET}", "US Claude Sonnet", SONNET, AMERICA),
    (f"global.{SONNET}", "Global Claude Sonnet", SONNET, ["us-east-1", ""]),
    *((f"eu-{number}.{NOVA}", f"EU Nova {number}", NOVA, ["eu-west-1"]) for number in range(8)),
]
OF_THE_ACCOUNT = [("ab12cd34ef56", "orders", NOVA, AMERICA[:2])]


def profile(kind, name, title, model, regions):
    return {
        "inferenceProfileId": name,
        "inferenceProfileArn": f"{ARN}:inference-profile/{name}",
        "inferenceProfileName": title,
        "models": [{"modelArn": FOUNDATION.format(region, model)} for region in regions],
        "status": "ACTIVE",
        "type": kind,
    }


# Versions beside the draft, whether it spreads over regions.
GUARDRAILS = {"no-secrets": (2, False), "no-advice": (0, False), "polite": (8, True)}
GUARDRAILS |= {f"team-{number}": (1, False) for number in range(6)}


def guardrail(name, version):
    spread = {
        "guardrailProfileId": "us.guardrail.v1:0",
        "guardrailProfileArn": f"{ARN}:guardrail-profile/us.guardrail.v1:0",
    }
    return {
        "id": f"id-{name}",
        "arn": f"{ARN}:guardrail/id-{name}",
        "status": "READY",
        "name": name,
        "version": version,
        "createdAt": time(1),
        "updatedAt": time(2),
    } | ({"crossRegionDetails": spread} if GUARDRAILS[name][1] else {})


def versions(name):
    return [guardrail(name, version) for version in ("DRAFT", *map(str, range(1, GUARDRAILS[name][0] + 1)))]


# Status, kind, why it failed.
KINDS = ["FINE_TUNING", "CONTINUED_PRE_TRAINING", "DISTILLATION"]
JOBS = [
    ("Failed", KINDS[0], "The training data has no lines."),
    ("Failed", KINDS[1], None),
    ("InProgress", KINDS[2], None),
]
JOBS += [
    (status, KINDS[0], None) for status in ("Completed", "Stopped", "Completed", "Stopping", "Completed", "InProgress")
]


def job(number, status, kind, _):
    ended = {"endTime": time(number + 1)} if status in ("Completed", "Failed", "Stopped") else {}
    made = {"customModelName": f"model-{number}"} if status == "Completed" else {}
    return (
        {
            "jobArn": f"{ARN}:model-customization-job/job-{number}",
            "baseModelArn": FOUNDATION.format("us-east-1", NOVA),
            "jobName": f"job-{number}",
            "status": status,
            "creationTime": time(number),
            "customizationType": kind,
        }
        | ended
        | made
    )


def newest_first(parameters):
    jobs = [job(number, *rest) for number, rest in enumerate(JOBS)]
    is_newest_first = parameters.get("sortBy") == "CreationTime" and parameters.get("sortOrder") == "Descending"
    return {"modelCustomizationJobSummaries": jobs[::-1] if is_newest_first else jobs}


def job_details(number):
    summary = job(number, *JOBS[number])
    failure = {"failureMessage": JOBS[number][2]} if JOBS[number][2] else {}
    return (
        {name: summary[name] for name in ("jobArn", "jobName", "baseModelArn", "status", "creationTime")}
        | failure
        | {
            "outputModelName": f"model-{number}",
            "roleArn": "arn:aws:iam::123456789012:role/custom",
            "trainingDataConfig": {"s3Uri": "s3://training/"},
            "validationDataConfig": {"validators": []},
            "outputDataConfig": {"s3Uri": "s3://output/"},
        }
    )


def profiles(kind, profiles_of_kind):
    output = {"inferenceProfileSummaries": [profile(kind, *profile_of_kind) for profile_of_kind in profiles_of_kind]}
    return {"when": {"typeEquals": kind}, "output": output}


ANSWERS = {
    "bedrock:ListFoundationModels": [{"output": {"modelSummaries": [model(*row) for row in MODELS]}}],
    "bedrock:ListInferenceProfiles": [
        profiles("APPLICATION", OF_THE_ACCOUNT),
        # AWS's own, also where no type is given.
        profiles("SYSTEM_DEFINED", OF_AWS),
        {"output": {"inferenceProfileSummaries": [profile("SYSTEM_DEFINED", *row) for row in OF_AWS]}},
    ],
    "bedrock:ListGuardrails": [
        *(
            {"when": {"guardrailIdentifier": f"id-{name}"}, "output": {"guardrails": versions(name)}}
            for name in GUARDRAILS
        ),
        {"output": {"guardrails": [guardrail(name, "DRAFT") for name in GUARDRAILS]}},
    ],
    "bedrock:ListModelCustomizationJobs": [{"make": newest_first}],
    "bedrock:GetModelCustomizationJob": [
        {"when": {"jobIdentifier": job(number, *JOBS[number])["jobArn"]}, "output": job_details(number)}
        for number in range(len(JOBS))
    ],
}

# Name, model, units, commitment.
BOUGHT = [
    ("orders", NOVA, 2, "SixMonths"),
    ("trial", SONNET, 1, None),
    *((f"team-{n}", NOVA, 1, "OneMonth") for n in range(7)),
]


def seed(account):
    bedrock = account.client("bedrock")
    for name, model_id, units, commitment in BOUGHT:
        more = {"commitmentDuration": commitment} if commitment else {}
        bedrock.create_provisioned_model_throughput(
            provisionedModelName=name, modelId=model_id, modelUnits=units, **more
        )
    bedrock.put_model_invocation_logging_configuration(
        loggingConfig={
            "cloudWatchConfig": {"logGroupName": "/bedrock/calls", "roleArn": "arn:aws:iam::123456789012:role/logs"},
            "s3Config": {"bucketName": "calls", "keyPrefix": "bedrock/"},
            "textDataDeliveryEnabled": True,
            "imageDataDeliveryEnabled": False,
            "embeddingDataDeliveryEnabled": True,
        }
    )


def cases(account):
    return [*model_cases(), profile_case(), guardrail_case(), *logging_cases(), job_case(), throughput_case()]


def model_cases():
    rows = [
        {
            "model": name,
            "provider": provider,
            "lifecycle": status.lower(),
            "input": " ".join(inputs).lower(),
            "output": " ".join(outputs).lower(),
            "called": " ".join(called).lower(),
            "streaming": streaming,
            "ends": end,
        }
        for name, provider, status, inputs, outputs, called, streaming, end in MODELS
    ]
    legacy = [row for row in rows if row["lifecycle"] == "legacy"]
    of_amazon = [row for row in rows if row["provider"] == "Amazon"]
    return [
        Case(TOOL, "foundation-models", rows=rows, summary={"models": 6, "active": 4, "legacy": 2}),
        Case(TOOL, "foundation-models", {"lifecycle": "legacy"}, rows=legacy, summary={"models": 2}),
        Case(TOOL, "foundation-models", {"provider": "amazon"}, rows=of_amazon),
    ]


def profile_case():
    def cells(kind, name, title, model, regions):
        return {
            "profile": name,
            "name": title,
            "kind": kind,
            "model": model,
            "regions": " ".join(sorted(filter(None, regions))),
        }

    rows = [cells("aws", *row) for row in OF_AWS] + [cells("account", *row) for row in OF_THE_ACCOUNT]
    return Case(TOOL, "inference-profiles", rows=rows, summary={"profiles": len(rows), "of_the_account": 1})


def guardrail_case():
    rows = [
        {
            "guardrail": name,
            "id": f"id-{name}",
            "status": "READY",
            "versions": count,
            "cross_region": spread,
            "changed": time(2),
        }
        for name, (count, spread) in GUARDRAILS.items()
    ]
    return Case(TOOL, "guardrails", rows=rows, summary={"guardrails": len(rows), "without_version": 1})


def logging_cases():
    on = {"logging": "on", "log_group": "/bedrock/calls", "bucket": "calls", "content": "text embedding"}
    off = {"logging": "off", "log_group": None, "bucket": None, "content": None}
    both = [{**on, "region": "us-east-1"}, {**off, "region": "eu-west-1"}]
    regions = ["us-east-1", "eu-west-1"]
    return [
        Case(TOOL, "invocation-logging", rows=[on]),
        Case(TOOL, "invocation-logging", regions=regions, rows=both, summary={"regions_with_logging": 1}),
    ]


def job_case():
    rows = []
    for number, (status, kind, failure) in enumerate(JOBS):
        summary = job(number, status, kind, failure)
        rows.append(
            {
                "job": f"job-{number}",
                "status": status,
                "kind": {
                    "FINE_TUNING": "fine tuning",
                    "CONTINUED_PRE_TRAINING": "continued pre training",
                    "DISTILLATION": "distillation",
                }[kind],
                "base_model": NOVA,
                "created": summary["creationTime"],
                "ended": summary.get("endTime"),
                "custom_model": summary.get("customModelName"),
                "failure": failure,
            }
        )
    return Case(TOOL, "customization-jobs", rows=rows, summary={"jobs": 9, "running": 2, "failed": 2})


def throughput_case():
    words = {"OneMonth": "1 month", "SixMonths": "6 months", None: "none"}
    rows = [
        {"name": name, "model": model, "units": units, "commitment": words[commitment], "status": "InService"}
        for name, model, units, commitment in BOUGHT
    ]
    units = sum(units for _, _, units, _ in BOUGHT)
    return Case(TOOL, "provisioned-throughput", rows=rows, summary={"provisioned": len(BOUGHT), "units": units})
