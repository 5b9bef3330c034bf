#!/usr/bin/env python3
"""Writes the pruned AWS service models beside this script.

Takes the operations that ../aws-operations/<service>.toml allows, and the
service models, paginators and endpoint rules of botocore (PyPI wheel, pinned
below, Apache-2.0), and keeps what a client needs to make those calls: no
documentation and nothing about other operations. The form is botocore's own.

    python3 configs/aws-models/generate.py            write the models
    python3 configs/aws-models/generate.py --check    fail if they are not up to date, or
                                                      if an operation has no tier or two
    ... --wheel FILE                                  use a wheel that is already here

Files: <service>.json.gz (metadata, operations with their pagination, shapes),
<service>.endpoints.json.gz (endpoint rule set) and partitions.json.gz. All are
compressed with fixed times, so that the same input gives the same bytes.

Needs Python 3.11 and, without --wheel, pip.
"""

import argparse
import gzip
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile

VERSION = "1.44.5"
SHA256 = "8f16a56d1dff125dd65322ae021efa7ba5195a6db5102b96862566055b748921"

HERE = pathlib.Path(__file__).resolve().parent
TIERS = HERE.parent / "aws-operations"
ALLOWED = ("meta", "meta-curate", "data")
REFUSED = ("never", "write")
TABLES = ("forced", "forbidden", "denied", "refused-actions", "refused")

METADATA = [
    "apiVersion", "awsQueryCompatible", "endpointPrefix", "globalEndpoint", "jsonVersion", "protocol", "protocols",
    "serviceId", "signingName", "targetPrefix", "xmlNamespace",
]
OPERATION = [
    "name", "http", "input", "output", "authtype", "endpoint", "httpChecksumRequired", "httpChecksum",
    "operationContextParams", "requestcompression", "staticContextParams", "unsignedPayload",
]
SHAPE = [
    "type", "required", "payload", "flattened", "locationName", "sensitive", "timestampFormat", "document", "union",
    "xmlNamespace", "xmlOrder", "wrapper", "streaming", "eventstream", "event",
]
# Of integers only: how large a page may be.
BOUNDS = ["min", "max"]
REFERENCE = [
    "shape", "location", "locationName", "queryName", "flattened", "xmlAttribute", "xmlNamespace", "timestampFormat",
    "hostLabel", "idempotencyToken", "jsonvalue", "contextParam", "streaming", "eventpayload",
]

# Longer value lists are left out: they change too often to be a help.
LONGEST_ENUM = 25


def main():
    arguments = parse_arguments()
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        wheel = zipfile.ZipFile(arguments.wheel or download(folder))
        for tiers in sorted(TIERS.glob("*.toml")):
            service = tiers.stem
            files[f"{service}.json.gz"] = pruned(wheel, service, tomllib.loads(tiers.read_text()))
            rules = read_json(wheel, service, "endpoint-rule-set-1")
            files[f"{service}.endpoints.json.gz"] = without_documentation(rules)
        files["partitions.json.gz"] = json.loads(wheel.read("botocore/data/partitions.json"))
    stale = [name for name, content in files.items() if not is_written(HERE / name, content)]
    if arguments.check and stale:
        sys.exit(f"not up to date: {', '.join(stale)}; run python3 configs/aws-models/generate.py")
    for name in stale:
        (HERE / name).write_bytes(compressed(files[name]))
    print(f"{len(files)} files up to date" if arguments.check else f"{len(stale)} of {len(files)} files written")


def parse_arguments():
    parser = argparse.ArgumentParser(description="Writes the pruned AWS service models.")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--wheel", type=pathlib.Path)
    return parser.parse_args()


def download(folder):
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*command, "--dest", folder, f"botocore=={VERSION}"], check=True)
    wheel = next(pathlib.Path(folder).glob("botocore-*.whl"))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != SHA256:
        sys.exit(f"{wheel.name} has sha256 {digest}, expected {SHA256}")
    return wheel


def pruned(wheel, service, tiers):
    """The service's model with the allowed operations and the shapes they reach."""
    model = read_json(wheel, service, "service-2")
    check_tiers(service, tiers, set(model["operations"]))
    paginators = read_json(wheel, service, "paginators-1", {"pagination": {}})["pagination"]
    operations, shapes, inputs = {}, {}, set()
    for name in sorted(name for tier in ALLOWED for name in tiers.get(tier, {})):
        kept = only(model["operations"][name], OPERATION)
        for side in ("input", "output"):
            if side in kept:
                kept[side].pop("documentation", None)
                reach(kept[side]["shape"], model["shapes"], shapes)
        if "input" in kept:
            reached(kept["input"]["shape"], model["shapes"], inputs)
        if name in paginators:
            kept["pagination"] = paginators[name]
        operations[name] = kept
    for name in inputs:
        shape = model["shapes"][name]
        if 0 < len(shape.get("enum", [])) <= LONGEST_ENUM:
            shapes[name]["enum"] = shape["enum"]
        if shape["type"] in ("integer", "long"):
            shapes[name].update(only(shape, BOUNDS))
    return {
        "source": f"botocore {VERSION}, Apache-2.0, pruned",
        "metadata": only(model["metadata"], METADATA),
        "clientContextParams": sorted(model.get("clientContextParams", {})),
        "operations": operations,
        "shapes": dict(sorted(shapes.items())),
    }


def check_tiers(service, tiers, operations):
    """Every operation of the service has one tier, and every name is an operation."""
    allowed = [name for tier in ALLOWED for name in tiers.get(tier, {})]
    refused = [name for tier in REFUSED for name in tiers["refused"][tier]]
    named = allowed + refused
    faults = [
        ("without a tier", operations - set(named)),
        ("not in the model", set(named) - operations),
        ("twice", {name for name in named if named.count(name) > 1}),
        ("no such table", set(tiers) - set(TABLES) - set(ALLOWED)),
        ("no such tier", set(tiers["refused"]) - set(REFUSED)),
        ("ruled but not allowed", (set(tiers.get("forced", {})) | set(tiers.get("forbidden", {}))) - set(allowed)),
        ("not refused", set(tiers.get("refused-actions", {})) - set(refused)),
    ]
    for fault, names in faults:
        if names:
            sys.exit(f"{service}.toml: {fault}: {', '.join(sorted(names))}")


def read_json(wheel, service, kind, default=None):
    """The newest version of a data file of the service."""
    prefix = f"botocore/data/{service}/"
    ends = (f"/{kind}.json", f"/{kind}.json.gz")
    found = sorted(name for name in wheel.namelist() if name.startswith(prefix) and name.endswith(ends))
    if not found:
        if default is not None:
            return default
        sys.exit(f"botocore {VERSION} has no {kind} of service {service}")
    data = wheel.read(found[-1])
    return json.loads(gzip.decompress(data) if found[-1].endswith(".gz") else data)


def parts(shape):
    references = list(shape.get("members", {}).values())
    return references + [shape[part] for part in ("member", "key", "value") if part in shape]


def reach(name, full, kept):
    """Adds a shape and every shape below it."""
    if name in kept:
        return
    shape = full[name]
    kept[name] = only(shape, SHAPE + (BOUNDS if shape["type"] == "integer" else []))
    if "members" in shape:
        kept[name]["members"] = {key: only(member, REFERENCE) for key, member in shape["members"].items()}
    for part in ("member", "key", "value"):
        if part in shape:
            kept[name][part] = only(shape[part], REFERENCE)
    for reference in parts(shape):
        reach(reference["shape"], full, kept)


def reached(name, full, names):
    """The names of a shape and of every shape below it."""
    if name not in names:
        names.add(name)
        for reference in parts(full[name]):
            reached(reference["shape"], full, names)


def without_documentation(value):
    if isinstance(value, dict):
        return {key: without_documentation(part) for key, part in value.items() if key != "documentation"}
    if isinstance(value, list):
        return [without_documentation(part) for part in value]
    return value


def only(mapping, keys):
    return {key: mapping[key] for key in keys if key in mapping}


def compressed(content):
    return gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 9, mtime=0)


def is_written(file, content):
    """Compares what is inside, since other versions of zlib compress differently."""
    return file.exists() and json.loads(gzip.decompress(file.read_bytes())) == content


if __name__ == "__main__":
    main()
