"""Answers that no emulator gives: prepared outputs, held against botocore's model of each operation."""

import datetime

from botocore.validate import ParamValidator
from moto.core.utils import get_service_model


def check_answers(answers):
    """Every prepared output, against botocore's model of it."""
    for name, prepared in answers.items():
        for answer in prepared:
            if "output" in answer:
                checked(*name.split(":"), answer["output"])


def checked(service, operation, output):
    """A prepared or made output, fit for the serializers."""
    shape = get_service_model(service).operation_model(operation).output_shape
    report = ParamValidator().validate(output, shape)
    if report.has_errors():
        raise ValueError(f"prepared answer of {service}:{operation}: {report.generate_report()}")
    return with_times(output, shape)


def with_times(value, shape):
    """Prepared times are RFC 3339 text; the serializers want datetime."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if name in value:
                value[name] = with_times(value[name], member)
    elif shape.type_name == "list":
        value[:] = [with_times(item, shape.member) for item in value]
    elif shape.type_name == "map":
        for key in value:
            value[key] = with_times(value[key], shape.value)
    elif shape.type_name == "timestamp" and isinstance(value, str):
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value
