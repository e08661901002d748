"""What the pipeline needs of the stand-in: CodeBuild projects, pipelines, and versions in buckets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.standin.provider import StandIn

BUCKET = "aws:s3/bucket:Bucket"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
ROLE = "aws:iam/role:Role"
PROJECT = "aws:codebuild/project:Project"
PIPELINE = "aws:codepipeline/pipeline:Pipeline"
SOURCE = {
    "name": "Source",
    "category": "Source",
    "owner": "AWS",
    "provider": "CodeStarSourceConnection",
    "version": "1",
    "outputArtifacts": ["source"],
    "configuration": {"ConnectionArn": "arn", "FullRepositoryId": "a/b", "BranchName": "main"},
}
BUILD = {
    "name": "Deploy",
    "category": "Build",
    "owner": "AWS",
    "provider": "CodeBuild",
    "version": "1",
    "inputArtifacts": ["source"],
    "namespace": "build",
    "configuration": {"ProjectName": "deploy"},
}


def urn(kind: str) -> str:
    return f"urn:pulumi:dev::edge-router-pipeline::{kind}::sample"


class Account:
    """A stand-in with a role of each service, a bucket and a project."""

    def __init__(self) -> None:
        self.stand_in = StandIn("us-east-1")
        self.roles = {name: self._role(name) for name in ("codebuild", "codepipeline")}
        self.create(BUCKET, bucket="artifacts")
        self.create(PROJECT, **self.project())

    def _role(self, service: str) -> str:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return str(self.create(ROLE, name=service, assumeRolePolicy=policy)["arn"])

    def create(self, kind: str, **inputs: Any) -> dict[str, object]:
        checked, failures = self.stand_in.check(kind, urn(kind), inputs)
        assert failures == []
        return self.stand_in.create(kind, urn(kind), checked)[1]

    def failures(self, kind: str, **inputs: Any) -> list[str]:
        return [str(failure) for failure in self.stand_in.check(kind, urn(kind), inputs)[1]]

    def project(self, **changes: Any) -> dict[str, Any]:
        return {
            "name": "deploy",
            "serviceRole": self.roles["codebuild"],
            "source": {"type": "CODEPIPELINE", "buildspec": "buildspec.yml"},
            "artifacts": {"type": "CODEPIPELINE"},
            "environment": {"type": "LINUX_CONTAINER", "computeType": "BUILD_GENERAL1_SMALL", "image": "standard:5.0"},
            **changes,
        }

    def pipeline(self, *stages: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return {
            "name": "delivery",
            "pipelineType": "V2",
            "roleArn": self.roles["codepipeline"],
            "artifactStores": [{"location": "artifacts", "type": "S3"}],
            "stages": list(stages) or [stage("Source", SOURCE), stage("Prod", BUILD, onFailure={"result": "ROLLBACK"})],
            **changes,
        }


def stage(name: str, *actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "actions": list(actions), **more}


@pytest.fixture(scope="module")
def account() -> Account:
    return Account()


@pytest.mark.long
def test_a_pipeline_with_a_project_is_created(account: Account) -> None:
    made = account.create(PIPELINE, **account.pipeline())
    assert made["arn"] == "arn:aws:codepipeline:us-east-1:123456789012:delivery"
    assert made["executionMode"] == "SUPERSEDED"
    assert account.create(VERSIONING, bucket="artifacts", versioningConfiguration={"status": "Enabled"})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"serviceRole": "arn:aws:iam::123456789012:role/codepipeline"},
            "serviceRole: is 'arn:aws:iam::123456789012:role/codepipeline': there is no such role in this deployment"
            " that CodeBuild may assume",
        ),
        (
            {"artifacts": {"type": "NO_ARTIFACTS"}},
            "artifacts.type: must be CODEPIPELINE where source.type is, and the other way round",
        ),
        ({"buildTimeout": 2161}, "buildTimeout: is 2161: AWS allows 5 to 2160"),
        ({"cache": {"type": "LOCAL"}}, "cache: the stand-in does not model this property"),
        (
            {
                "environment": {
                    "type": "LINUX_CONTAINER",
                    "computeType": "BUILD_GENERAL1_SMALL",
                    "image": "standard:5.0",
                    "environmentVariables": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
                }
            },
            "environment.environmentVariables: name one variable twice",
        ),
    ],
)
def test_a_project_that_codebuild_would_refuse(account: Account, changes: dict[str, Any], expected: str) -> None:
    assert account.failures(PROJECT, **account.project(**changes)) == [expected]


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ([stage("Source", SOURCE)], "stages: must be two at least (InvalidStructureException)"),
        (
            [stage("Source", SOURCE), stage("Source", BUILD)],
            "stages: have one name twice (InvalidStructureException)",
        ),
        (
            [stage("Source", SOURCE, onFailure={"result": "ROLLBACK"}), stage("Prod", BUILD)],
            "stages[0].onFailure: is for stages of a V2 pipeline behind the source",
        ),
        (
            [stage("Source", SOURCE), stage("Prod", BUILD, SOURCE)],
            "stages[1].actions[1].category: Source belongs to the first stage, and nothing else does",
        ),
        (
            [stage("Source", SOURCE), stage("Prod", BUILD | {"inputArtifacts": ["sauce"]})],
            "stages[1].actions[0].inputArtifacts: has 'sauce', which no action before hands on",
        ),
        (
            [stage("Source", SOURCE), stage("Prod", BUILD | {"configuration": {}})],
            "stages[1].actions[0].configuration.ProjectName: is required",
        ),
        (
            [stage("Source", SOURCE), stage("Prod", BUILD | {"configuration": {"ProjectName": "other"}})],
            "stages[1].actions[0].configuration.ProjectName: is 'other': there is no such project here",
        ),
        (
            [
                stage("Source", SOURCE),
                stage("Prod", BUILD | {"configuration": {"ProjectName": "deploy", "X": "#{staging.PLAN}"}}),
            ],
            "stages[1].actions[0].configuration.X: refers to the namespace 'staging', which no action before has",
        ),
        (
            [
                stage("Source", SOURCE),
                stage("Prod", BUILD | {"configuration": {"ProjectName": "deploy", "X": "x" * 1001}}),
            ],
            "stages[1].actions[0].configuration.X: has 1001 characters: CodePipeline takes 1 to 1000",
        ),
        (
            [stage("Source", SOURCE), stage("Prod", BUILD | {"provider": "Jenkins"})],
            "stages[1].actions[0].provider: is 'Jenkins': AWS allows CodeBuild, CodeStarSourceConnection, Lambda,"
            " Manual",
        ),
    ],
)
def test_a_definition_that_codepipeline_would_refuse(
    account: Account, stages: list[dict[str, Any]], expected: str
) -> None:
    assert expected in account.failures(PIPELINE, **account.pipeline(*stages))


def test_a_role_of_another_service_and_v1_with_a_rollback_are_refused(account: Account) -> None:
    found = account.failures(PIPELINE, **account.pipeline(roleArn=account.roles["codebuild"], pipelineType="V1"))
    assert found == [
        "roleArn: is 'arn:aws:iam::123456789012:role/codebuild': there is no such role in this deployment that"
        " CodePipeline may assume",
        "stages[1].onFailure: is for stages of a V2 pipeline behind the source",
    ]


def test_versions_are_of_a_bucket_that_is_there(account: Account) -> None:
    [found] = account.failures(VERSIONING, bucket="elsewhere", versioningConfiguration={"status": "Enabled"})
    assert found.startswith("bucket: is 'elsewhere'")
    [found] = account.failures(VERSIONING, bucket="artifacts", versioningConfiguration={"status": "On"})
    assert found == "versioningConfiguration.status: is 'On': AWS allows Enabled, Suspended, Disabled"
