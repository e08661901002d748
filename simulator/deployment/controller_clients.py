"""Clients of AWS services for the rollout controller on this machine."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from simulator.cloudfront_functions import KeyValueStore
from simulator.cloudwatch import CloudWatch, CloudWatchClient
from simulator.dynamodb.sdk import local_client

MAX_NOTICES = 100


class ControllerClients:
    """boto3's clients by (service, Region), as controller.handler requests them: DynamoDB is real, the others alike.

    `notices` are the last messages that would have gone to people: subject and text; `events` are the details of the
    last events that EventBridge would have. `ringing` are ARNs of alarms in
    state ALARM, for drills; it may be changed at any time.
    """

    def __init__(
        self, dynamodb_url: str, cloudwatch: CloudWatch, stores: Callable[[], Mapping[str, KeyValueStore]]
    ) -> None:
        self._dynamodb_url, self._cloudwatch, self._stores = dynamodb_url, cloudwatch, stores
        self.notices: list[tuple[str, str]] = []
        self.events: list[dict[str, Any]] = []
        self.ringing: set[str] = set()
        self._tables: dict[str, Any] = {}

    def __call__(self, service: str, region: str) -> Any:
        """KeyError for a service that nothing stands for."""
        make: dict[str, Callable[[], Any]] = {
            "dynamodb": lambda: self._table_client(region),
            "cloudwatch": lambda: CloudWatchClient(self._cloudwatch, region),
            "cloudfront-keyvaluestore": lambda: _KeyValueStores(self._stores),
            "events": lambda: self,
            "sns": lambda: self,
        }
        return make[service]()

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> None:  # noqa: ARG002, N803  boto3's names
        self.notices = [*self.notices, (Subject, Message)][-MAX_NOTICES:]

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.events = [*self.events, *(json.loads(entry["Detail"]) for entry in Entries)][-MAX_NOTICES:]
        return {"FailedEntryCount": 0}

    def close(self) -> None:
        for client in self._tables.values():
            client.close()
        self._tables.clear()

    def _table_client(self, region: str) -> Any:
        if region not in self._tables:
            self._tables[region] = local_client(self._dynamodb_url, region)
        return self._tables[region]


class DrilledAlarms:
    """Alarms that a drill sets."""

    def __init__(self, clients: ControllerClients) -> None:
        self._clients = clients

    def in_alarm(self, arns: Sequence[str]) -> Sequence[str]:
        """Return those of the alarms that are in ALARM."""
        return [arn for arn in arns if arn in self._clients.ringing]


class _KeyValueStores:
    """The stores of the edge that runs."""

    def __init__(self, stores: Callable[[], Mapping[str, KeyValueStore]]) -> None:
        self._stores = stores

    def describe_key_value_store(self, *, KvsARN: str) -> dict[str, Any]:  # noqa: N803
        return {"ETag": self._stores()[KvsARN].version}

    def get_key(self, *, KvsARN: str, Key: str) -> dict[str, Any]:  # noqa: N803
        value = self._stores()[KvsARN].get(Key)
        if value is None:
            raise _error("ResourceNotFoundException", "GetKey")
        return {"Key": Key, "Value": value}

    def put_key(self, *, KvsARN: str, Key: str, Value: str, IfMatch: str) -> dict[str, Any]:  # noqa: N803
        store = self._stores()[KvsARN]
        if store.version != IfMatch:
            raise _error("ConflictException", "PutKey")
        store.put(Key, Value)
        return {"ETag": store.version}


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, operation)
