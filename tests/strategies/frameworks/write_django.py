"""Write one session with a session backend for Django, and the version with it; print its cookie's value."""

import os

import boto3
import django
from django.conf import settings

BACKEND = os.environ["BACKEND"]
KEY = {"dysession": "PK", "dynamodb_sessions": "session_key"}[BACKEND]
settings.configure(SECRET_KEY="0" * 50, USE_TZ=True, DYSESSION={"DYNAMODB_REGION": "us-east-1"})
django.setup()
database = boto3.resource("dynamodb")
database.create_table(
    TableName="sessions",
    AttributeDefinitions=[{"AttributeName": KEY, "AttributeType": "S"}],
    KeySchema=[{"AttributeName": KEY, "KeyType": "HASH"}],
    BillingMode="PAY_PER_REQUEST",
)
if BACKEND == "dysession":
    from dysession.backends.db import SessionStore

    store = SessionStore(None)
    store["version"] = "2"
    store.save()
else:
    from dynamodb_sessions.backends.dynamodb import SessionStore

    store = SessionStore()
    store["user"] = "ada"
    store.save()
    database.Table("sessions").update_item(
        Key={KEY: store.session_key},
        UpdateExpression="SET version = :version",
        ExpressionAttributeValues={":version": 2},
    )
    store["user"] = "grace"
    store.save()
print(store.session_key)
