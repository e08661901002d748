"""Write one session with Flask-Session, and print its cookie's value."""

import os

import boto3
from flask import Flask, session
from flask_session import Session

application = Flask(__name__)
application.config.update(
    SESSION_TYPE="dynamodb",
    SESSION_DYNAMODB=boto3.resource("dynamodb"),
    SESSION_SERIALIZATION_FORMAT=os.environ["SERIALIZATION"],
)
Session(application)


@application.get("/")
def login() -> str:
    session["user"] = {"name": "ada", "roles": ["a", 1.5, None]}
    session["version"] = "2"
    return ""


client = application.test_client()
client.get("/")
print(client.get_cookie("session").value)
