"""Signs the requests of schemathesis as a client of the agent does: SigV4 for the service `lambda`, the user's
token, where there is one, in a signed header. What to sign with comes from the environment."""

import os
from urllib.parse import parse_qsl, quote, urlencode

import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TOKEN_HEADER = "x-okta-token"


class Signed(requests.auth.AuthBase):
    def __init__(self):
        self.credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        self.region = os.environ["AWS_REGION"]
        self.token = os.environ.get("AGENT_TOKEN")

    def __call__(self, request):
        # The test's own token is the only one: a made-up one would hide what the call does with its input.
        request.headers.pop(TOKEN_HEADER, None)
        if self.token:
            request.headers[TOKEN_HEADER] = self.token
        signed = {TOKEN_HEADER: self.token} if self.token else {}
        address, _, query = request.url.partition("?")
        # A plus sign is a space to servers and itself to signers; written anew, it is one thing to both.
        parameters = parse_qsl(query, keep_blank_values=True)
        if parameters:
            request.url = address + "?" + urlencode(parameters, quote_via=quote)
        of_botocore = AWSRequest(
            request.method, address, params=parameters, data=request.body or b"", headers=signed
        )
        SigV4Auth(self.credentials, "lambda", self.region).add_auth(of_botocore)
        for name in ("Authorization", "X-Amz-Date"):
            request.headers[name] = of_botocore.headers[name]
        return request


schemathesis.auth.set_from_requests(Signed())
