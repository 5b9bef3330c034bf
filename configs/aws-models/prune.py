#!/usr/bin/env python3
"""Writes the pruned AWS service models beside this script.

Reads the operations of ../read-only-allowlist.toml, takes their descriptions
from botocore's service models (PyPI wheel, pinned below, Apache-2.0) and keeps
what a client needs to make the calls: the operations, the shapes they reach
and the paginators; no documentation and nothing about other operations.

    python3 configs/aws-models/prune.py            write the models
    python3 configs/aws-models/prune.py --check    fail if they are not up to date
    ... --wheel FILE                               use a wheel that is already here

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
ALLOWLIST = HERE.parent / "read-only-allowlist.toml"

METADATA = ["apiVersion", "endpointPrefix", "protocol", "serviceId", "signingName"]
SHAPE = ["type", "required", "payload", "flattened", "locationName", "sensitive", "timestampFormat"]
REFERENCE = ["shape", "location", "locationName", "flattened", "xmlAttribute", "timestampFormat"]
PAGINATION = {"input_token": "inputToken", "output_token": "outputToken", "limit_key": "limit", "result_key": "items"}

# What the service models do not say. GetBucketLocation answers its only member
# as the document's root (Amazon S3 API reference, GetBucketLocation).
UNWRAPPED_OUTPUT = {("s3", "GetBucketLocation")}


def main():
    arguments = parse_arguments()
    allowlist = tomllib.loads(ALLOWLIST.read_text())
    stale = []
    with tempfile.TemporaryDirectory() as folder:
        wheel = zipfile.ZipFile(arguments.wheel or download(folder))
        for service, operations in sorted(allowlist.items()):
            text = rendered(pruned(wheel, service, sorted(operations)))
            file = HERE / f"{service}.json"
            if arguments.check and (not file.exists() or file.read_text() != text):
                stale.append(file.name)
            elif not arguments.check:
                file.write_text(text)
    if stale:
        sys.exit(f"not up to date: {', '.join(stale)}; run python3 configs/aws-models/prune.py")


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


def pruned(wheel, service, operations):
    """The service's model with these operations and the shapes they reach."""
    model = read_json(wheel, service, "service-2")
    paginators = read_json(wheel, service, "paginators-1")["pagination"]
    unknown = [name for name in operations if name not in model["operations"]]
    if unknown:
        sys.exit(f"{ALLOWLIST.name}: {service} has no operation {', '.join(unknown)}")
    kept = {name: operation(service, model["operations"][name], paginators.get(name)) for name in operations}
    shapes = {}
    for one in kept.values():
        for reference in (one.get("input"), one.get("output")):
            if reference:
                reach(reference["shape"], model["shapes"], shapes)
    return {
        "source": f"botocore {VERSION}, Apache-2.0, pruned",
        "metadata": only(model["metadata"], METADATA),
        "operations": kept,
        "shapes": dict(sorted(shapes.items())),
    }


def read_json(wheel, service, kind):
    """The newest version of a data file of the service."""
    prefix = f"botocore/data/{service}/"
    ends = (f"/{kind}.json", f"/{kind}.json.gz")
    found = sorted(name for name in wheel.namelist() if name.startswith(prefix) and name.endswith(ends))
    if not found:
        sys.exit(f"botocore {VERSION} has no {kind} of service {service}")
    data = wheel.read(found[-1])
    return json.loads(gzip.decompress(data) if found[-1].endswith(".gz") else data)


def operation(service, full, paginator):
    kept = {"http": only(full["http"], ["method", "requestUri"])}
    for side in ("input", "output"):
        if side in full:
            kept[side] = only(full[side], ["shape"])
    if (service, full["name"]) in UNWRAPPED_OUTPUT:
        kept["unwrappedOutput"] = True
    if paginator:
        kept["pagination"] = {ours: paginator[theirs] for theirs, ours in PAGINATION.items() if theirs in paginator}
    return kept


def reach(name, full, kept):
    """Adds a shape and every shape below it."""
    if name in kept:
        return
    shape = full[name]
    kept[name] = only(shape, SHAPE)
    if "members" in shape:
        kept[name]["members"] = {key: only(member, REFERENCE) for key, member in shape["members"].items()}
        for member in shape["members"].values():
            reach(member["shape"], full, kept)
    for part in ("member", "key", "value"):
        if part in shape:
            kept[name][part] = only(shape[part], REFERENCE)
            reach(shape[part]["shape"], full, kept)


def only(mapping, keys):
    return {key: mapping[key] for key in keys if key in mapping}


def rendered(model):
    """One line for each operation and each shape, so that a change reads well."""
    lines = ["{"]
    for section, content in model.items():
        if section in ("operations", "shapes"):
            entries = [f"  {dump(name)}: {dump(value)}" for name, value in content.items()]
            lines += [f' {dump(section)}: {{', ",\n".join(entries), " }" + ("," if section == "operations" else "")]
        else:
            lines.append(f" {dump(section)}: {dump(content)},")
    return "\n".join([*lines, "}", ""])


def dump(value):
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    main()
