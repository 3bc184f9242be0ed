"""Gets an access token of an identity domain with Authlib; prints "token ok".

usage: get_token.py basic DOMAIN_URL CLIENT_ID SECRET_FILE
       get_token.py body DOMAIN_URL CLIENT_ID SECRET_FILE
       get_token.py assertion DOMAIN_URL CLIENT_ID KEY_FILE KEY_ID

Needs the packages `Authlib` and `requests` from PyPI.
"""

import pathlib
import sys

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT

AUDIENCE = "https://identity.oraclecloud.com/"
SCOPE = "urn:opc:idm:__myscopes__"
METHODS = {"basic": "client_secret_basic", "body": "client_secret_post"}


def session(method, token_url, client_id, secret, key_id):
    if method in METHODS:
        return OAuth2Session(
            client_id, secret, scope=SCOPE, token_endpoint_auth_method=METHODS[method]
        )
    client = OAuth2Session(
        client_id, secret, scope=SCOPE, token_endpoint_auth_method="private_key_jwt"
    )
    client.register_client_auth_method(
        PrivateKeyJWT(token_url, headers={"kid": key_id}, claims={"aud": AUDIENCE})
    )
    return client


def main():
    arguments = sys.argv[1:]
    wanted = {"basic": 4, "body": 4, "assertion": 5}
    if not arguments or wanted.get(arguments[0]) != len(arguments):
        sys.exit(__doc__)
    method, domain_url, client_id, file = arguments[:4]
    token_url = f"{domain_url}/oauth2/v1/token"
    secret = pathlib.Path(file).read_text()
    with session(method, token_url, client_id, secret, arguments[-1]) as client:
        token = client.fetch_token(token_url, grant_type="client_credentials")
    assert token["token_type"] == "Bearer" and token["access_token"], token
    print("token ok")


if __name__ == "__main__":
    main()
