"""The template of another contract: it deploys that feed and nothing else, beside the built-in one in the same bucket."""

import re
import subprocess
from pathlib import Path

import pyarrow.parquet
import pytest
import sqlglot
from lake import Lake
from recorder import Need
from samcli.cli.types import CfnParameterOverridesType
from stack import ROOT, TEMPLATE, Stack, source
from test_alarms import ALARMS, alarms, metrics_of_dashboard
from test_function import settings, variables
from test_least_privilege import is_allowed
from test_permissions import grants
from test_tables import PARQUET, athena_type, columns, partition, serde, tables
from test_triggers import BATCHES, is_announced

EXAMPLE = ROOT / "contracts/examples/leaddata.odcs.yaml"
BUCKET = "driven-data-bucket"
ADDRESS = f"s3://{BUCKET}/contracts/leaddata-visits/feed.yaml"
DATE = "2024-09-15"
VISITS = [f"leaddata-visits/raw_data/leads_{DATE}{ending}" for ending in (".csv", "-2.csv.gz", ".csv.zst")]
PARAMETERS = [{"ContractAddress": ADDRESS}, {"ContractAddress": ADDRESS, "BucketMode": "existing"}]


def contract_command(lake: Lake, *arguments: str) -> str:
    return subprocess.run([lake.program, "contract", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="session")
def path(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("templates") / "template.yaml"
    path.write_text(contract_command(lake, "template", str(EXAMPLE)), encoding="utf-8")
    return path


@pytest.fixture(params=PARAMETERS, ids=["new", "existing"])
def visits(request: pytest.FixtureRequest, path: Path) -> Stack:
    return Stack(request.param, path)


@pytest.fixture(scope="session")
def outputs(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with the example's batches where its stack expects them, and its run."""
    folder = tmp_path_factory.mktemp("visits")
    batches = folder / "leaddata-visits/raw_data"
    batches.mkdir(parents=True)
    for file in (EXAMPLE.parent / "leaddata/raw_data").iterdir():
        (batches / file.name).write_bytes(file.read_bytes())
    visits = Lake(folder, lake.program)
    prefixes = ["--input-prefix=leaddata-visits/raw_data/", "--output-prefix=leaddata-visits/transformed_data/"]
    # The examples are few rows, and some of them are there to be rejected.
    run = ["run", "--lake", str(folder), "--date", DATE, "--max-rejected-ratio=1"]
    visits.call(*run, "--contract", str(EXAMPLE), *prefixes)
    return visits


def test_the_template_of_the_built_in_contract_is_the_one_in_the_repository(lake: Lake) -> None:
    for built_in in ([], ["drivendata"]):
        assert contract_command(lake, "template", *built_in) == TEMPLATE.read_text(encoding="utf-8")


@pytest.mark.parametrize("mode", ["new", "existing"])
def test_no_upload_reaches_the_function_of_the_other_feed(mode: str, path: Path) -> None:
    sessions, visits = Stack({"BucketMode": mode}), Stack({"ContractAddress": ADDRESS, "BucketMode": mode}, path)
    for key in BATCHES + VISITS:
        assert (is_announced(sessions, key), is_announced(visits, key)) == (key in BATCHES, key in VISITS)


def test_no_output_of_a_feed_starts_either_function(visits: Stack, outputs: Lake, lake: Lake) -> None:
    keys = outputs.output_keys("leaddata-visits/transformed_data/") + lake.output_keys()
    assert len(keys) > 20
    assert [key for key in keys if is_announced(visits, key) or is_announced(Stack({}), key)] == []


def test_a_bucket_that_the_stack_of_one_feed_made_tells_the_others_of_uploads() -> None:
    notifications = Stack({}).resources["Bucket"]["NotificationConfiguration"]
    assert notifications["EventBridgeConfiguration"] == {"EventBridgeEnabled": True}


def test_neither_role_reaches_what_is_the_other_feeds(visits: Stack, outputs: Lake, lake: Lake) -> None:
    sessions = Stack({})
    own = {key: visits for key in [*VISITS, *outputs.output_keys("leaddata-visits/transformed_data/")]}
    own |= {key: sessions for key in [*BATCHES, *lake.output_keys()]}
    for key, owner in own.items():
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"):
            need = Need(action, f"arn:aws:s3:::{BUCKET}/{key}")
            other = sessions if owner is visits else visits
            assert not is_allowed(need, other), (action, key)
        assert is_allowed(Need("s3:GetObject", f"arn:aws:s3:::{BUCKET}/{key}"), owner)


def test_the_contract_is_read_and_nothing_beside_it(visits: Stack) -> None:
    elsewhere = {arn for action, arn in grants(visits, "FunctionRole") if action == "s3:GetObject"}
    assert {arn.partition(":::")[2] for arn in elsewhere} == {
        f"{BUCKET}/leaddata-visits/raw_data/leads_*",
        f"{BUCKET}/leaddata-visits/transformed_data/*",
        ADDRESS.removeprefix("s3://"),
    }


def test_tables_have_the_columns_and_types_of_the_files(visits: Stack, outputs: Lake) -> None:
    declared = tables(visits)
    assert list(declared) == ["visits", "campaigns", "days", "visits_csv", "campaigns_csv", "days_csv", "rejected"]
    for table in declared.values():
        (file,) = partition(table, DATE, outputs).iterdir()
        if serde(table) == PARQUET:
            schema = pyarrow.parquet.read_schema(file)
            assert columns(table) == [(field.name, athena_type(str(field.type))) for field in schema]
        else:
            header = file.read_text(encoding="utf-8").split("\n")[0]
            assert columns(table) == [(name, "string") for name in header.split(",")]


def test_every_table_is_also_printed_as_a_statement(lake: Lake, visits: Stack) -> None:
    statements = contract_command(lake, "tables", str(EXAMPLE))
    places = re.findall(r"`leaddata_visits`\.`(\w+)` \(\n.*?\nLOCATION '([^']+)'", statements, re.DOTALL)
    assert dict(places) == {name: table["StorageDescriptor"]["Location"] for name, table in tables(visits).items()}


@pytest.mark.parametrize("contract", [[], [str(EXAMPLE)]], ids=["built-in", "example"])
def test_athenas_grammar_takes_the_statements(contract: list[str], lake: Lake) -> None:
    statements = sqlglot.parse(
        contract_command(lake, "tables", *contract), read="athena", error_level=sqlglot.ErrorLevel.RAISE
    )
    created = [one for one in statements if isinstance(one, sqlglot.exp.Create)]
    assert len(created) == (7 if contract else 5)
    for one in created:
        assert one.find(sqlglot.exp.PartitionedByProperty) and one.find(sqlglot.exp.LocationProperty)


def test_the_function_is_told_its_contract_and_folders_and_leaves_the_rest_to_the_contract(visits: Stack) -> None:
    given = {name: value for name, value in variables(visits).items() if value}
    assert given["CONTRACT"] == ADDRESS
    assert given["INPUT_PREFIX"] == "leaddata-visits/raw_data/"
    assert given["OUTPUT_PREFIX"] == "leaddata-visits/transformed_data/"
    own = {name for name in variables(visits) if name.startswith("PARAM_")}
    assert own == {"PARAM_VISITED_FROM", "PARAM_MIN_VISIT_MINUTES", "PARAM_LONG_VISIT_FROM", "PARAM_BIG_ORDER_FROM"}
    assert not own & given.keys() and "WINDOW_DAYS" not in given
    others = variables(visits).keys() - own - {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
    assert others <= settings().keys() - {"PRESET", "ACCESSED_FROM", "MASKING"}


def test_a_parameter_of_the_contract_reaches_its_variable(path: Path) -> None:
    stack = Stack({"ContractAddress": ADDRESS, "ParamVisitedFrom": "2024-09-01", "WindowDays": "3"}, path)
    assert (variables(stack)["PARAM_VISITED_FROM"], variables(stack)["WINDOW_DAYS"]) == ("2024-09-01", "3")


def test_alarms_are_the_same_and_the_dashboard_shows_the_filters_of_the_contract(visits: Stack) -> None:
    assert alarms(visits).keys() == ALARMS
    filters = [name for _, name, _ in metrics_of_dashboard(visits) if name.startswith("RowsFilteredBy")]
    assert filters == ["RowsFilteredByDate", "RowsFilteredByDuration"]


def test_the_contract_cannot_be_forgotten(path: Path) -> None:
    address = source(path)["Parameters"]["ContractAddress"]
    assert "Default" not in address and not re.fullmatch(address["AllowedPattern"], "")


def dry_run(*variables: str) -> tuple[list[str], dict[str, str]]:
    """The commands that `make deploy CONTRACT=…` prints, and the parameters of its stack."""
    command = ["make", "deploy", "DRY_RUN=1", f"CONTRACT={EXAMPLE.relative_to(ROOT)}", "CARGO=true", *variables]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    lines = [line[2:] for line in done.stdout.splitlines() if line.startswith("+ ")]
    (deploy,) = [line for line in lines if "/bin/sam deploy " in line]
    parameters = re.search(r"--parameter-overrides '([^']*)'", deploy)
    assert parameters
    return lines, CfnParameterOverridesType().convert((parameters.group(1),), None, None)


def test_a_contract_is_stored_in_the_bucket_before_the_stack_needs_it() -> None:
    given = """PARAMETERS=BucketName=my-lake BucketMode=existing ScheduleExpression="cron(0 6 * * ? *)\""""
    (build, upload, deploy), parameters = dry_run(given)
    address = parameters["ContractAddress"]
    assert re.fullmatch(r"s3://my-lake/contracts/leaddata-visits/[0-9a-f]{64}\.yaml", address)
    assert re.fullmatch(source()["Parameters"]["ContractAddress"]["AllowedPattern"], address)
    assert " build --template-file target/deploy/template.yaml --base-dir . " in build
    assert upload == f"aws s3 cp contracts/examples/leaddata.odcs.yaml {address}"
    assert " --stack-name leaddata-visits " in deploy
    assert parameters["ScheduleExpression"] == "cron(0 6 * * ? *)" and parameters["Architecture"] == "arm64"


def test_a_contract_is_stored_after_the_stack_that_makes_its_bucket() -> None:
    (_, deploy, upload), parameters = dry_run("STACK=visits", "ARCH=x86_64")
    assert " --stack-name visits " in deploy and upload.startswith("aws s3 cp ")
    assert parameters["ContractAddress"].startswith(f"s3://{BUCKET}/contracts/leaddata-visits/")
    assert parameters["Architecture"] == "x86_64"


def test_the_folders_of_a_feed_can_be_chosen() -> None:
    dry_run("INPUT_PREFIX=in/", "OUTPUT_PREFIX=out/visits/")
    given = variables(Stack({"ContractAddress": ADDRESS}, ROOT / "target/deploy/template.yaml"))
    assert (given["INPUT_PREFIX"], given["OUTPUT_PREFIX"]) == ("in/", "out/visits/")


def test_a_contract_with_a_mistake_is_not_deployed(tmp_path: Path) -> None:
    spoiled = tmp_path / "feed.yaml"
    spoiled.write_text(EXAMPLE.read_text(encoding="utf-8").replace("visit_minutes * 60", "minutes * 60"), encoding="utf-8")
    command = ["make", "deploy", "DRY_RUN=1", f"CONTRACT={spoiled}", "CARGO=true"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0 and "there is no column minutes" in done.stderr
    assert "sam" not in done.stdout
