"""One loopback address that answers for AWS, as a read client meets it.

Emulators answer most reads but ignore paging, never throttle and lack some
operations. The front stands before them: it pages every operation for which
botocore has a paginator, throttles and fails on request, and answers what no
emulator knows from prepared outputs that botocore's own validator has checked
against the service model. Requests are parsed and answers written by moto's
protocol code, which shares nothing with the client under test.
"""

import base64
import hashlib
import json
import re
import socket
import threading
import time
import xml.sax.saxutils

import boto3
import botocore.config
import botocore.exceptions
import botocore.handlers
import botocore.session
import urllib3
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from werkzeug.serving import WSGIRequestHandler, make_server

from prepared import checked

SIGNED_AS = {"monitoring": "cloudwatch"}

# Where a service's reads go; moto where nothing is named.
MINISTACK = {"s3", "sqs", "sns", "logs", "lambda", "cloudformation", "dynamodb"}

# What AWS pages although botocore has no paginator for it: token in, token out, limit, lists (API references).
PAGED_TOO = {
    "ce:GetCostAndUsage": ("NextPageToken", "NextPageToken", None, ["ResultsByTime"]),
    "ce:GetReservationCoverage": ("NextPageToken", "NextPageToken", "MaxResults", ["CoveragesByTime"]),
    "ce:GetReservationUtilization": ("NextPageToken", "NextPageToken", "MaxResults", ["UtilizationsByTime"]),
    "ce:GetSavingsPlansCoverage": ("NextToken", "NextToken", "MaxResults", ["SavingsPlansCoverages"]),
    "cloudformation:DescribeStackResourceDrifts": ("NextToken", "NextToken", "MaxResults", ["StackResourceDrifts"]),
    "sesv2:ListConfigurationSets": ("NextToken", "NextToken", "PageSize", ["ConfigurationSets"]),
    "sesv2:ListEmailIdentities": ("NextToken", "NextToken", "PageSize", ["EmailIdentities"]),
}

# Lists of resources; owners may be given together with a page size.
RESOURCE_IDS = re.compile(r"(?<!Owner)(?<!RestorableByUser)Ids$")


class AwsError(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Front:
    """A WSGI application; its switches are plain members, guarded by `lock`."""

    def __init__(self, moto, ministack, answers):
        self.moto, self.ministack = moto, ministack
        self.answers = answers
        self.session = botocore.session.get_session()
        self.lock = threading.Lock()
        self.clients, self.making = {}, threading.Lock()
        self.http = urllib3.PoolManager(maxsize=32, retries=False)
        self.reset({})

    def reset(self, switches):
        """`page_size`: most items of a page. `throttle_every`: each so manieth call is throttled, unless it was before.
        `faults`: [{"operation": "ec2:DescribeVpcs", "region": ..., "fault": "denied|throttle|error|hang|drop|garbage", "times": n}]
        """
        with self.lock:
            self.page_size = switches.get("page_size")
            self.throttle_every = switches.get("throttle_every")
            self.faults = [dict(fault) for fault in switches.get("faults", [])]
            self.calls, self.count, self.whole = [], 0, getattr(self, "whole", {})
            self.throttled = set()

    # WSGI

    def __call__(self, environ, start_response):
        request = Request(environ)
        body = request.get_data()
        if request.path == "/_front/switches":
            self.reset(json.loads(body))
            return respond(start_response, 200, {}, b"{}")
        if request.path == "/_front/calls":
            return respond(start_response, 200, {"Content-Type": "application/json"}, json.dumps(self.calls).encode())
        operation = protocol = None
        try:
            service, region = self.addressee(request)
            operation, labels = get_service_router(service).match(request)
            protocol = determine_request_protocol(operation.service_model, request.content_type)
            name = f"{service}:{operation.name}"
            parameters = self.parameters(request, operation, protocol, labels)
            call = self.record(name, region, parameters)
            fault = self.fault(name, region, parameters)
            if fault:
                return self.act_out(fault, name, operation, protocol, start_response, environ)
            prepared = self.prepared(name, region, parameters)
            call["by"] = "responder" if prepared else "ministack" if service in MINISTACK else "moto"
            if prepared:
                answer = self.prepared_page(service, operation.name, parameters, prepared)
            else:
                answer = self.paged(service, operation, parameters, region)
            if answer is None:
                return self.forward(service, request, body, start_response)
            return self.written(operation, protocol, answer, start_response)
        except AwsError as error:
            return self.refused(operation, protocol, error, start_response)
        except botocore.exceptions.ClientError as error:
            found = error.response["Error"]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            return self.refused(operation, protocol, AwsError(status, found["Code"], found.get("Message", "")), start_response)

    @staticmethod
    def addressee(request):
        """Service and region of the signature."""
        scope = re.search(r"Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request", request.headers.get("Authorization", ""))
        if not scope:
            raise AwsError(403, "MissingAuthenticationToken", "the request is not signed")
        region, signed = scope.groups()
        service = SIGNED_AS.get(signed, signed)
        if service == "elasticloadbalancing":
            service = "elbv2" if "2015-12-01" in request.form.get("Version", "") else "elb"
        elif service == "s3" and request.path.startswith("/v20180820/"):
            service = "s3control"
        elif service == "apigateway" and request.path.startswith("/v2/"):
            service = "apigatewayv2"
        elif service == "ses" and request.path.startswith("/v2/email/"):
            service = "sesv2"
        return service, region

    @staticmethod
    def parameters(request, operation, protocol, labels):
        parts = {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.get_data(),
            "url_path": request.path,
            "url_params": labels,
        }
        return PROTOCOL_PARSERS[protocol](operation).parse(parts)

    def record(self, name, region, parameters):
        with self.lock:
            self.count += 1
            call = {"operation": name, "region": region, "parameters": parameters}
            self.calls.append(json.loads(json.dumps(call, default=str)))
            return self.calls[-1]

    # Faults

    def fault(self, name, region, parameters):
        call = json.dumps([name, region, parameters], sort_keys=True, default=str)
        with self.lock:
            for fault in self.faults:
                if fault["operation"] not in (name, "*") or fault.get("region", region) != region:
                    continue
                if fault.get("times") == 0:
                    continue
                if "times" in fault:
                    fault["times"] -= 1
                return fault["fault"]
            # Not the same call again and again: whether attempts are enough would be left to chance.
            if self.throttle_every and self.count % self.throttle_every == 0 and call not in self.throttled:
                self.throttled.add(call)
                return "throttle"
        return None

    def act_out(self, fault, name, operation, protocol, start_response, environ):
        if fault == "throttle":
            code = "RequestLimitExceeded" if name.startswith("ec2:") else "ThrottlingException"
            return self.refused(operation, protocol, AwsError(503 if name.startswith("ec2:") else 400, code, "Rate exceeded"), start_response)
        if fault == "denied":
            code = "UnauthorizedOperation" if name.startswith("ec2:") else "AccessDenied"
            message = f"User is not authorized to perform: {name}"
            return self.refused(operation, protocol, AwsError(403, code, message), start_response)
        if fault == "error":
            return self.refused(operation, protocol, AwsError(500, "InternalError", "try again"), start_response)
        if fault == "garbage":
            return respond(start_response, 200, {"Content-Type": "text/xml"}, b"<<not an answer")
        if fault == "hang":
            time.sleep(120)
        # `drop`, and what is left of `hang`: the connection ends without a word.
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        raise ConnectionResetError

    # Answers

    def prepared(self, name, region, parameters):
        """The first prepared answer of this `region`, or of any, whose `when` the parameters hold."""
        for answer in self.answers.get(name, []):
            is_meant = all(parameters.get(key) == value for key, value in answer.get("when", {}).items())
            if is_meant and answer.get("region", region) == region:
                return answer
        return None

    def prepared_page(self, service, operation, parameters, answer):
        if "error" in answer:
            raise AwsError(*answer["error"])
        make = answer.get("make")
        whole = (lambda plain: checked(service, operation, make(plain))) if make else (lambda _: answer["output"])
        return self.page_of(service, operation, parameters, whole)

    def paged(self, service, operation, parameters, region):
        """The page that was asked for; None where the backend's own answer serves."""
        if not self.page_size:
            return None
        if f"{service}:{operation.name}" == "route53:ListResourceRecordSets":
            return self.record_sets(operation, parameters, region)
        return self.page_of(service, operation.name, parameters, lambda plain: self.everything(service, operation, plain, region))

    def page_of(self, service, operation, parameters, whole):
        pagination = self.pagination(service, operation)
        if not pagination or not self.page_size:
            return whole(parameters) if pagination is None or not self.page_size else None
        token_in, token_out, limit, results = pagination
        if limit and limit in parameters and any(RESOURCE_IDS.search(name) and parameters[name] for name in parameters):
            raise AwsError(400, "InvalidParameterCombination", f"{limit} cannot be given together with ids")
        plain = {name: value for name, value in parameters.items() if name not in (token_in, limit)}
        output = dict(whole(plain))
        digest = hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()[:12]
        start = self.offset(parameters.get(token_in), digest)
        size = min(int(parameters.get(limit) or self.page_size), self.page_size)
        # A page of several lists goes on with the next list where one ends.
        items = [(result, item) for result in results for item in output.get(result) or []]
        output.update({result: [] for result in results if result in output})
        for result, item in items[start : start + size]:
            output[result].append(item)
        output.pop(token_out, None)
        if start + size < len(items):
            output[token_out] = base64.b64encode(f"{digest}:{start + size}".encode()).decode()
        more = self.session.get_paginator_model(service)._paginator_config.get(operation, {}).get("more_results")
        if more:
            output[more] = start + size < len(items)
        return output

    def record_sets(self, operation, parameters, region):
        """A page of a zone. Its token is a record: they are in the order of their names, the last label first."""
        zone = self.everything("route53", operation, {"HostedZoneId": parameters["HostedZoneId"]}, region)
        tokens = {"Name": "RecordName", "Type": "RecordType", "SetIdentifier": "RecordIdentifier"}
        first = place_of({part: parameters.get(f"Start{token}") for part, token in tokens.items()})
        records = sorted(zone["ResourceRecordSets"], key=place_of)
        if "StartRecordName" in parameters:
            records = [record for record in records if place_of(record) >= first]
        size = min(int(parameters.get("MaxItems") or self.page_size), self.page_size)
        output = {"ResourceRecordSets": records[:size], "IsTruncated": len(records) > size, "MaxItems": str(size)}
        following = records[size] if len(records) > size else {}
        output.update({f"Next{token}": following[part] for part, token in tokens.items() if following.get(part)})
        return output

    @staticmethod
    def offset(token, digest):
        if not token:
            return 0
        try:
            owner, offset = base64.b64decode(token).decode().split(":")
        except ValueError:
            raise AwsError(400, "InvalidNextToken", "the token is not valid")
        if owner != digest:
            raise AwsError(400, "InvalidNextToken", "the token belongs to another request")
        return int(offset)

    def pagination(self, service, operation):
        """Plain member names of a paged operation; None without a paginator that has them."""
        if f"{service}:{operation}" in PAGED_TOO:
            return PAGED_TOO[f"{service}:{operation}"]
        try:
            config = self.session.get_paginator_model(service)._paginator_config.get(operation)
        except botocore.exceptions.UnknownServiceError:
            return None
        if not config:
            return None
        results = [config["result_key"]] if isinstance(config["result_key"], str) else config["result_key"]
        names = (config["input_token"], config["output_token"], config.get("limit_key"))
        is_plain = (name is None or (isinstance(name, str) and re.fullmatch(r"\w+", name)) for name in (*names, *results))
        return (*names, results) if all(is_plain) else None

    def everything(self, service, operation, parameters, region):
        key = json.dumps([service, operation.name, parameters, region], sort_keys=True, default=str)
        if key not in self.whole:
            client = self.client(service, region)
            method = botocore.xform_name(operation.name)
            if client.can_paginate(method):
                output = client.get_paginator(method).paginate(**parameters).build_full_result()
            else:
                output = getattr(client, method)(**parameters)
            output.pop("ResponseMetadata", None)
            self.whole[key] = output
        return self.whole[key]

    def backend(self, service):
        return self.ministack.url() if service in MINISTACK else self.moto

    def client(self, service, region="us-east-1"):
        """One for each service and region: making one takes longer than a call."""
        with self.making:
            if (service, region) not in self.clients:
                self.clients[service, region] = self.make_client(service, region)
        return self.clients[service, region]

    def make_client(self, service, region):
        config = botocore.config.Config(
            retries={"total_max_attempts": 2}, s3={"addressing_style": "path"}, max_pool_connections=32
        )
        client = boto3.client(
            service,
            region_name=region,
            endpoint_url=self.backend(service),
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=config,
        )
        # Policies go on as the text that they came as.
        client.meta.events.unregister("after-call.iam", botocore.handlers.json_decode_policies)
        return client

    def forward(self, service, request, body, start_response):
        headers = {name: value for name, value in request.headers if name.lower() not in ("connection", "content-length")}
        url = self.backend(service) + request.raw_path + ("?" + request.query_string.decode() if request.query_string else "")
        answer = self.http.request(request.method, url, body=body, headers=headers, decode_content=False)
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in ("connection", "transfer-encoding", "content-length")}
        return respond(start_response, answer.status, kept, answer.data)

    # The wire

    def written(self, operation, protocol, output, start_response):
        serialized = get_serializer_class(operation.service_model.service_name, protocol)(operation).serialize(output)
        body = serialized["body"]
        body = body.encode() if isinstance(body, str) else body
        return respond(start_response, serialized["status_code"], dict(serialized["headers"]), body)

    @staticmethod
    def refused(operation, protocol, error, start_response):
        protocol = protocol or "query"
        if "json" in protocol:
            body = json.dumps({"__type": error.code, "message": error.message}).encode()
            headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": error.code}
            return respond(start_response, error.status, headers, body)
        text = xml.sax.saxutils.escape
        inner = f"<Code>{text(error.code)}</Code><Message>{text(error.message)}</Message>"
        forms = {
            "ec2": f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>r-1</RequestID></Response>",
            "rest-xml": f"<ErrorResponse><Error>{inner}</Error><RequestId>r-1</RequestId></ErrorResponse>",
        }
        if operation and operation.service_model.service_name == "s3":
            forms["rest-xml"] = f"<Error>{inner}<RequestId>r-1</RequestId></Error>"
        body = forms.get(protocol, f"<ErrorResponse><Error>{inner}</Error><RequestId>r-1</RequestId></ErrorResponse>")
        return respond(start_response, error.status, {"Content-Type": "text/xml"}, body.encode())


def place_of(record_set):
    """Where Route 53 has it among the record sets of its zone."""
    labels = (record_set.get("Name") or "").rstrip(".").lower().split(".")
    return labels[::-1], record_set.get("Type") or "", record_set.get("SetIdentifier") or ""


def respond(start_response, status, headers, body):
    headers = {**headers, "Content-Length": str(len(body))}
    start_response(f"{status} {'OK' if status < 400 else 'Error'}", list(headers.items()))
    return [body]


class KeepAlive(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        pass


def serve(front):
    """Serves on a free loopback port, in threads; the address."""
    server = make_server("127.0.0.1", 0, front, threaded=True, request_handler=KeepAlive)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
