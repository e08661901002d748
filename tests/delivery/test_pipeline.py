"""The pipeline's program: what it registers, what each role may do, and the definition as moto takes it.

moto checks the shape of a definition, that its role exists and is CodePipeline's, and keeps it. It runs nothing, so
there are no stages, approvals, rollbacks and variables; it knows neither connections nor whether a project, a bucket
or a function is there, wants locations that AWS does not, and drops a project's concurrentBuildLimit. Of those
the stand-in's model checks what can be told from the definition (simulator/standin/models/code_pipeline.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.config.base_model import parse_settings
from infra.config.errors import SettingsError
from pipeline.deployer_rights import rights
from pipeline.settings import PARTS, PipelineSettings
from simulator.standin.config.stack_config import read_stack_config
from simulator.standin.model.errors import ProgramError
from simulator.standin.program import Run, run_program
from validator.plan.parse import parse_plan

ROOT = Path(__file__).parents[2]
PROJECT, NAME = ROOT / "pipeline", "edge-router-pipeline"
ACCOUNT = "123456789012"
REGION = "us-east-1"
BUCKET = f"arn:aws:s3:::edge-router-pipeline-{ACCOUNT}"
CONNECTION = f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/11111111-2222-3333-4444-555555555555"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:edge-router/passphrase-AbCdEf"
PIPELINE_ARN = f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:edge-router-pipeline"
NOTIFY = ("notify[0]=releases@example.com",)
CONFIG = {
    "edge-router-pipeline:connectionArn": CONNECTION,
    "edge-router-pipeline:repository": "OWNER/edge-router",
    "edge-router-pipeline:backend": "s3://your-bucket",
    "edge-router-pipeline:passphraseSecret": SECRET,
}


@cache
def run(*overrides: str) -> Run:
    return run_program("pipeline", project=PROJECT, overrides=overrides)


def resources(found: Run, kind: str) -> list[dict[str, Any]]:
    state: Any = found.state
    return [one for one in state["deployment"]["resources"] if one["type"] == kind]


def inputs(found: Run, kind: str, name: str = "") -> dict[str, Any]:
    [resource] = [one for one in resources(found, kind) if not name or one["urn"].endswith(f"::{name}")]
    return resource["inputs"]


def policies(found: Run, role: str) -> dict[str, list[dict[str, Any]]]:
    """The statements of a role's policies, by their names."""
    attached = [one["inputs"] for one in resources(found, "aws:iam/rolePolicy:RolePolicy")]
    return {one["name"]: json.loads(one["policy"])["Statement"] for one in attached if one["role"] == role}


def allow(actions: str, *on: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions.split(), "Resource": list(on)}


@pytest.mark.long
def test_the_stages_are_staging_approval_and_prod_each_validated() -> None:
    pipeline = inputs(run(), "aws:codepipeline/pipeline:Pipeline")
    assert (pipeline["pipelineType"], pipeline["executionMode"], pipeline["region"]) == ("V2", "SUPERSEDED", REGION)
    stages = {stage["name"]: stage for stage in pipeline["stages"]}
    assert {name: [action["provider"] for action in stage["actions"]] for name, stage in stages.items()} == {
        "Source": ["CodeStarSourceConnection"],
        "Staging": ["CodeBuild", "Lambda"],
        "Approve": ["Manual"],
        "Prod": ["CodeBuild", "Lambda"],
    }
    for name in ("staging", "prod"):
        deploy, validate = stages[name.title()]["actions"]
        assert (deploy["runOrder"], validate["runOrder"]) == (1, 2)
        assert deploy["configuration"] == {"ProjectName": f"edge-router-pipeline-{name}"}
        assert validate["configuration"] == {
            "FunctionName": f"edge-router-{name}-validator",
            "UserParameters": f"#{{{name}.VALIDATOR_PLAN}}",
        }


@pytest.mark.long
def test_prod_alone_rolls_back_and_asks_nobody_for_it() -> None:
    """The approval is a stage of its own: a rollback runs all actions of the stage that failed."""
    stages = inputs(run(), "aws:codepipeline/pipeline:Pipeline")["stages"]
    assert {stage["name"]: stage.get("onFailure") for stage in stages} == {
        "Source": None,
        "Staging": None,
        "Approve": None,
        "Prod": {"result": "ROLLBACK"},
    }
    variables = {
        name: {one["name"]: one["value"] for one in project["environment"]["environmentVariables"]}
        for name, project in (
            (kind, inputs(run(), "aws:codebuild/project:Project", f"deploy-{kind}")) for kind in KINDS
        )
    }
    assert {name: one["ROLLS_BACK"] for name, one in variables.items()} == {"staging": "no", "prod": "yes"}


KINDS = ("staging", "prod")


@pytest.mark.long
def test_the_source_is_every_push_to_the_branch_by_a_connection() -> None:
    found = inputs(run("branch=release"), "aws:codepipeline/pipeline:Pipeline")["stages"][0]["actions"][0]
    assert found["configuration"] == {
        "ConnectionArn": CONNECTION,
        "FullRepositoryId": "OWNER/edge-router",
        "BranchName": "release",
        "OutputArtifactFormat": "CODE_ZIP",
    }


@pytest.mark.long
def test_what_starts_the_pipeline_is_written_out() -> None:
    [trigger] = inputs(run("branch=release"), "aws:codepipeline/pipeline:Pipeline")["triggers"]
    assert trigger == {
        "providerType": "CodeStarSourceConnection",
        "gitConfiguration": {"sourceActionName": "Source", "pushes": [{"branches": {"includes": ["release"]}}]},
    }


@pytest.mark.long
def test_who_is_notified_is_told_that_an_approval_waits() -> None:
    approval = inputs(run(), "aws:codepipeline/pipeline:Pipeline")["stages"][2]["actions"][0]
    assert approval["configuration"] == {
        "CustomData": "staging is deployed and validated: deploy the same commit to prod?"
    }
    assert resources(run(), "aws:sns/topic:Topic") == []
    found = run(*NOTIFY)
    approval = inputs(found, "aws:codepipeline/pipeline:Pipeline")["stages"][2]["actions"][0]
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:edge-router-pipeline-approvals"
    assert approval["configuration"]["NotificationArn"] == topic
    assert inputs(found, "aws:sns/topicSubscription:TopicSubscription")["endpoint"] == "releases@example.com"
    assert allow("sns:Publish", topic) in policies(found, "edge-router-pipeline")["run"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_build_runs_pulumi_for_one_stack_without_stored_keys(kind: str) -> None:
    project = inputs(run(), "aws:codebuild/project:Project", f"deploy-{kind}")
    assert project["source"] == {"type": "CODEPIPELINE", "buildspec": ".ci/buildspec.yml"}
    assert (ROOT / project["source"]["buildspec"]).is_file()
    assert (project["concurrentBuildLimit"], project["environment"]["privilegedMode"]) == (1, False)
    variables = {one["name"]: (one["type"], one["value"]) for one in project["environment"]["environmentVariables"]}
    assert variables.pop("ROLLS_BACK")[0] == "PLAINTEXT"
    assert variables == {
        "STACK": ("PLAINTEXT", kind),
        "PIPELINE": ("PLAINTEXT", "edge-router-pipeline"),
        "PULUMI_VERSION": ("PLAINTEXT", "3.260.0"),
        "PULUMI_BACKEND_URL": ("PLAINTEXT", "s3://your-bucket?region=us-east-1"),
        "PULUMI_CONFIG_PASSPHRASE": ("SECRETS_MANAGER", SECRET),
    }


def test_the_artifacts_are_private_encrypted_versioned_and_read_by_tls_only() -> None:
    found = run()
    name = f"edge-router-pipeline-{ACCOUNT}"
    assert inputs(found, "aws:s3/bucket:Bucket")["bucket"] == name
    private = inputs(found, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    keys = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert [private[key] for key in keys] == [True] * 4
    kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    [rule] = inputs(found, kind)["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    versioning = inputs(found, "aws:s3/bucketVersioning:BucketVersioning")
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    [statement] = json.loads(inputs(found, "aws:s3/bucketPolicy:BucketPolicy")["policy"])["Statement"]
    assert statement == {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [BUCKET, f"{BUCKET}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    [rule] = inputs(found, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")["rules"]
    assert (rule["expiration"], rule["noncurrentVersionExpiration"]) == ({"days": 30}, {"noncurrentDays": 1})


@pytest.mark.parametrize("service", ["codepipeline", "codebuild"])
def test_each_role_is_its_services_for_this_account(service: str) -> None:
    names = {"codepipeline": ["pipeline-role"], "codebuild": ["deploy-staging-role", "deploy-prod-role"]}
    for name in names[service]:
        trust = json.loads(inputs(run(), "aws:iam/role:Role", name)["assumeRolePolicy"])
        assert trust["Statement"] == [
            {
                "Effect": "Allow",
                "Principal": {"Service": f"{service}.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            }
        ]


def test_the_pipeline_may_start_its_builds_and_validators_and_nothing_else() -> None:
    projects = [f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/edge-router-pipeline-{kind}" for kind in KINDS]
    functions = [f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:edge-router-{kind}-validator" for kind in KINDS]
    assert policies(run(), "edge-router-pipeline") == {
        "run": [
            allow("s3:GetObject s3:GetObjectVersion s3:PutObject", f"{BUCKET}/*"),
            allow("s3:GetBucketLocation s3:GetBucketVersioning", BUCKET),
            allow("codeconnections:UseConnection", CONNECTION),
            allow("codebuild:StartBuild codebuild:BatchGetBuilds", *projects),
            allow("lambda:InvokeFunction", *functions),
            allow("lambda:ListFunctions", "*"),
        ]
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_build_may_keep_its_state_read_its_passphrase_and_deploy_its_stack(kind: str) -> None:
    found = policies(run(), f"edge-router-pipeline-{kind}")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/codebuild/edge-router-pipeline-{kind}"
    assert found.pop("build") == [
        allow("logs:CreateLogStream logs:PutLogEvents", f"{group}:*"),
        allow("s3:GetObject s3:GetObjectVersion s3:PutObject", f"{BUCKET}/*"),
        allow("secretsmanager:GetSecretValue", SECRET),
        allow("s3:ListBucket s3:GetBucketLocation", "arn:aws:s3:::your-bucket"),
        allow("s3:GetObject s3:PutObject s3:DeleteObject", "arn:aws:s3:::your-bucket/*"),
        allow("codepipeline:ListPipelineExecutions", PIPELINE_ARN),
    ]
    expected = rights(f"edge-router-{kind}", ACCOUNT, ("eyes",))
    assert found == {f"deploy-{part}": statements for part, statements in expected.items()}


ANY_RESOURCE = {
    "acm:RequestCertificate": "no resource type",
    "cloudfront:CreateCachePolicy": "no resource type: what is not there yet has no ARN",
    "cloudfront:CreateDistribution": "as above",
    "cloudfront:CreateFunction": "as above",
    "cloudfront:CreateKeyValueStore": "as above",
    "cloudfront:*OriginAccessControl": "as above, and CloudFront chooses the ID of an access control",
    "cloudfront:CreateOriginRequestPolicy": "as above",
    "cloudfront:CreateResponseHeadersPolicy": "as above",
    "ec2:Describe*": "no resource type",
    "ec2:GetManagedPrefixListEntries": "CloudFront's own list belongs to AWS, and its id is another in every Region",
    "logs:DeleteQueryDefinition": "no resource type: a saved query has no ARN",
    "logs:DescribeLogGroups": "lists what is there before a group has a name",
    "logs:DescribeQueryDefinitions": "no resource type",
    "logs:PutQueryDefinition": "no resource type",
    "s3:ListAllMyBuckets": "no resource type: a list, of which there is one for each account",
    "sts:GetCallerIdentity": "no resource type",
}
"""Actions of a deployer on `*`, and why ("Service Authorization Reference")."""
ANY_ACTION = {
    "cloudfront:*OriginAccessControl": "creates, gets, updates and deletes one",
    "ec2:Describe*": "reads, and the provider describes everything that what it made hangs together with",
    "lambda:DisableReplication*": "its own name, with the star ('Set up IAM permissions and roles for Lambda@Edge')",
    "lambda:EnableReplication*": "as above",
    "s3:Get*": "the provider reads every configuration that a bucket can have, of the stack's own bucket only",
    "s3:Put*": "as above",
}


def all_statements() -> list[dict[str, Any]]:
    found = rights("edge-router-prod", ACCOUNT, PARTS)
    return [statement for statements in found.values() for statement in statements]


def test_a_star_stands_only_where_aws_knows_no_other() -> None:
    on_all = {action for one in all_statements() if "*" in one["Resource"] for action in one["Action"]}
    assert on_all == ANY_RESOURCE.keys()
    assert {action for one in all_statements() for action in one["Action"] if "*" in action} == ANY_ACTION.keys()
    assert all(one["Resource"] == ["*"] for one in all_statements() if "*" in one["Resource"])


ONLY_AWS_NAMES_IT = re.compile(
    r"arn:aws:(cloudfront|wafv2|acm|route53|ec2|apigateway|logs|ssm|iam):"
    r".*(distribution|cache-policy|origin-request-policy|response-headers-policy|key-value-store|certificate|hostedzone"
    r"|change|webacl|\*|image|restapis|tags|delivery-source|delivery-destination|delivery|aws-service-role"
    r"|ami-amazon-linux-latest).*"
)


def test_everything_else_is_the_stacks_own_by_its_name() -> None:
    others = {
        resource
        for one in all_statements()
        for resource in one["Resource"]
        if "edge-router-prod" not in resource and resource != "*"
    }
    assert [resource for resource in others if not ONLY_AWS_NAMES_IT.fullmatch(resource)] == []


def test_roles_are_passed_to_the_services_that_take_them_only() -> None:
    passed = [one for one in all_statements() if "iam:PassRole" in one["Action"]]
    assert [one["Resource"] for one in passed] == [[f"arn:aws:iam::{ACCOUNT}:role/edge-router-prod*"]]
    services = [f"{name}.amazonaws.com" for name in ("ec2", "edgelambda", "events", "lambda")]
    assert passed[0]["Condition"] == {"StringEquals": {"iam:PassedToService": services}}


def test_all_policies_of_a_role_together_fit_on_it() -> None:
    """10,240 characters without white space in all of a role's own policies ("IAM and AWS STS quotas")."""
    parts = [f"prod.parts[{index}]={part}" for index, part in enumerate(PARTS)]
    found = resources(run(*parts), "aws:iam/rolePolicy:RolePolicy")
    own = [one["inputs"] for one in found if one["inputs"]["role"] == "edge-router-pipeline-prod"]
    assert len(own) == 2 + len(PARTS)
    length = sum(len("".join(one["policy"].split())) for one in own)
    # The longest stack's name has 28 letters more, in each ARN that carries it.
    longest = length + 28 * sum(one["policy"].count("edge-router-prod") for one in own)
    assert longest <= 10_240


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"connectionArn": "arn:aws:codeconnections:us-east-1:1:host/x"},
            "edge-router-pipeline:connectionArn is 'arn:aws:codeconnections:us-east-1:1:host/x':"
            " arn:aws:codeconnections:<Region>:<account>:connection/<id>, of an available connection",
        ),
        ({"repository": "edge-router"}, "edge-router-pipeline:repository is 'edge-router': owner/name"),
        ({"branch": "a..b"}, "edge-router-pipeline:branch is 'a..b': a branch's name"),
        (
            {"backend": "file://~"},
            "edge-router-pipeline:backend is 'file://~': s3://bucket or s3://bucket/folder, where Pulumi keeps the"
            " states",
        ),
        (
            {"prod": '{"stack": "staging"}'},
            "edge-router-pipeline:prod.stack is 'staging', as is staging.stack: what is tried has to be another stack"
            " than what is served",
        ),
        (
            {"prod": '{"stack": "prod", "parts": ["host"]}'},
            "edge-router-pipeline:prod.parts names 'host': did you mean hosts? Allowed: access-logs, domain, eyes,"
            " hosts, private-origins, tiers, waf",
        ),
        (
            {"prod": '{"stack": "prod", "policies": ["Admin"]}'},
            "edge-router-pipeline:prod.policies[0] is 'Admin': the ARN of a managed policy",
        ),
        (
            {"prod": '{"stack": "prod", "part": []}'},
            "edge-router-pipeline:prod.part is an unknown key: did you mean parts? Allowed: parts, policies, stack",
        ),
        ({"notify": '["releases"]'}, "edge-router-pipeline:notify[0] is 'releases': an email address or an https URL"),
        (
            {"pulumiVersion": "latest"},
            "edge-router-pipeline:pulumiVersion is 'latest': a version of the Pulumi CLI, such as 3.260.0",
        ),
        (
            {"passphraseSecret": "hunter2"},
            "edge-router-pipeline:passphraseSecret is [secret]: the ARN of a secret in Secrets Manager whose text is"
            " the passphrase",
        ),
        (
            {"connection": CONNECTION},
            "edge-router-pipeline:connection is an unknown key: did you mean connectionArn? Allowed: ",
        ),
    ],
)
def test_a_mistake_is_named_by_its_full_key(changes: dict[str, str], expected: str) -> None:
    config = CONFIG | {f"edge-router-pipeline:{key}": value for key, value in changes.items()}
    with pytest.raises(SettingsError) as raised:
        parse_settings(PipelineSettings, config, NAME)
    [problem] = raised.value.errors
    assert problem.startswith(expected) if expected.endswith(": ") else problem == expected


def test_what_is_missing_is_named_too() -> None:
    with pytest.raises(SettingsError) as raised:
        parse_settings(PipelineSettings, {}, NAME)
    assert raised.value.errors == [
        f"edge-router-pipeline:{key} is missing: it is required"
        for key in ("connectionArn", "repository", "backend", "passphraseSecret")
    ]
    with pytest.raises(ProgramError, match="edge-router-pipeline:retentionDays is 2: CloudWatch Logs keeps for 1, 3"):
        run("retentionDays=2")


def test_a_folder_of_the_backend_is_all_that_a_build_may_write() -> None:
    found = policies(run("backend=s3://states/edge"), "edge-router-pipeline-prod")["build"]
    assert allow("s3:GetObject s3:PutObject s3:DeleteObject", "arn:aws:s3:::states/edge/*") in found


def test_the_shipped_stack_is_named_in_every_key_of_the_project() -> None:
    config = read_stack_config("pipeline", project=PROJECT)
    assert parse_settings(PipelineSettings, config.values, NAME).prod.stack == "prod"


@pytest.fixture
def aws() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.mark.long
@pytest.mark.usefixtures("aws")
def test_moto_takes_the_roles_the_bucket_the_projects_and_the_definition() -> None:
    found = run(*NOTIFY)
    iam, s3, codebuild, codepipeline = (
        boto3.client(name, region_name=REGION) for name in ("iam", "s3", "codebuild", "codepipeline")
    )
    for role in resources(found, "aws:iam/role:Role"):
        iam.create_role(RoleName=role["inputs"]["name"], AssumeRolePolicyDocument=role["inputs"]["assumeRolePolicy"])
    for policy in resources(found, "aws:iam/rolePolicy:RolePolicy"):
        given = policy["inputs"]
        iam.put_role_policy(RoleName=given["role"], PolicyName=given["name"], PolicyDocument=given["policy"])
    _make_bucket(s3, found)
    for project in resources(found, "aws:codebuild/project:Project"):
        made = codebuild.create_project(**_project(project["inputs"]))["project"]
        assert made["arn"] == project["outputs"]["arn"]
    declared = _declaration(inputs(found, "aws:codepipeline/pipeline:Pipeline"))
    codepipeline.create_pipeline(pipeline=declared)
    kept = codepipeline.get_pipeline(name="edge-router-pipeline")["pipeline"]
    assert kept["stages"][3]["onFailure"] == {"result": "ROLLBACK"}
    assert [stage["name"] for stage in kept["stages"]] == ["Source", "Staging", "Approve", "Prod"]
    assert kept["pipelineType"] == "V2"


@pytest.mark.long
@pytest.mark.usefixtures("aws")
def test_moto_refuses_a_role_that_is_not_codepipelines() -> None:
    """The definition is really looked at."""
    declared = _declaration(inputs(run(), "aws:codepipeline/pipeline:Pipeline"))
    with pytest.raises(ClientError, match="CodePipeline is not authorized to perform AssumeRole on role"):
        boto3.client("codepipeline", region_name=REGION).create_pipeline(pipeline=declared)


def _make_bucket(s3: Any, found: Run) -> None:
    name = inputs(found, "aws:s3/bucket:Bucket")["bucket"]
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_policy(Bucket=name, Policy=inputs(found, "aws:s3/bucketPolicy:BucketPolicy")["policy"])
    assert json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"][0]["Effect"] == "Deny"


def _project(given: dict[str, Any]) -> dict[str, Any]:
    """As CreateProject has it."""
    return {
        "name": given["name"],
        "description": given["description"],
        "serviceRole": given["serviceRole"],
        "timeoutInMinutes": given["buildTimeout"],
        "concurrentBuildLimit": given["concurrentBuildLimit"],
        # moto wants places even where CodePipeline brings the source and takes the artifacts; AWS wants none.
        "source": {**given["source"], "location": "codepipeline"},
        "artifacts": {**given["artifacts"], "location": "codepipeline"},
        "environment": given["environment"],
        "logsConfig": {"cloudWatchLogs": given["logsConfig"]["cloudwatchLogs"]},
    }


def _declaration(given: dict[str, Any]) -> dict[str, Any]:
    """As CreatePipeline has it, which botocore checks against the service's model."""
    [store] = given["artifactStores"]
    stages = [{**stage, "actions": [_action(action) for action in stage["actions"]]} for stage in given["stages"]]
    kept = {key: given[key] for key in ("name", "roleArn", "pipelineType", "executionMode")}
    return {**kept, "artifactStore": store, "stages": stages, "triggers": [_trigger(one) for one in given["triggers"]]}


def _trigger(given: dict[str, Any]) -> dict[str, Any]:
    git = given["gitConfiguration"]
    return {**given, "gitConfiguration": {"sourceActionName": git["sourceActionName"], "push": git["pushes"]}}


def _action(given: dict[str, Any]) -> dict[str, Any]:
    kind = {key: given[key] for key in ("category", "owner", "provider", "version")}
    kept = {key: given[key] for key in ("name", "runOrder", "namespace", "configuration") if key in given}
    artifacts = {
        key: [{"name": name} for name in given[key]] for key in ("inputArtifacts", "outputArtifacts") if key in given
    }
    return {**kept, **artifacts, "actionTypeId": kind}


@pytest.mark.long
@pytest.mark.parametrize("stack", KINDS)
def test_what_the_build_hands_to_the_validator_is_a_plan_that_fits(stack: str) -> None:
    """UserParameters have 1,000 characters at most (ActionConfigurationValue, CodePipeline API reference)."""
    import subprocess

    done = subprocess.run([ROOT / ".ci" / "validator-plan", stack], capture_output=True, text=True, check=True)
    assert 1 <= len(done.stdout.strip()) <= 1_000
    given = json.loads(done.stdout)
    assert "override" not in given
    assert parse_plan({"url": "https://d111111abcdef8.cloudfront.net/", **given}).percent is not None
