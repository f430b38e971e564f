"""`make contract-check`: programs of others judge the contracts, and a day that was published by one.

    check.py PROGRAM

Every contract below contracts/ must be valid by the standard's own JSON Schema, as `datacontract-cli` ships it, and pass
`datacontract lint`. Then the demo's day and the example's are published, and `datacontract test` reads their Parquet files:
every column is there, what is required is never null, and no key stands twice.
"""

import argparse
import json
import subprocess
import sys
from importlib import resources
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = sorted(ROOT.glob("contracts/**/*.odcs.yaml"))
SCHEMA = "schemas/odcs-3.1.0.schema.json"
EXAMPLE = ROOT / "contracts/examples/leaddata.odcs.yaml"


def datacontract(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    # The command stands beside the interpreter of its environment.
    command = [str(Path(sys.executable).with_name("datacontract")), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def check_schema(contract: Path, validator: jsonschema.Draft201909Validator) -> list[str]:
    # Dates are texts to the standard, and objects of their own to YAML 1.1.
    content = json.loads(json.dumps(yaml.safe_load(contract.read_text(encoding="utf-8")), default=str))
    return [f"{'/'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(content)]


def check_lint(contract: Path) -> list[str]:
    done = datacontract("lint", contract)
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def published(program: Path, folder: Path) -> dict[Path, Path]:
    """Publishes a day by two contracts. Gives the folder of the outputs of each."""
    demo, example = folder / "demo", folder / "example"
    run([program, "demo", "--folder", demo, "--rows", "2000"])
    copytree(ROOT / "contracts/examples/leaddata", example)
    run([program, "run", "--lake", example, "--contract", EXAMPLE, "--max-rejected-ratio", "1"])
    return {
        ROOT / "contracts/drivendata.odcs.yaml": demo / "driven-data-bucket/transformed_data",
        EXAMPLE: example / "transformed_data",
    }


def run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stderr}")


def check_outputs(contract: Path, outputs: Path, folder: Path) -> list[str]:
    content = yaml.safe_load(contract.read_text(encoding="utf-8"))
    path = f"{outputs}/{{model}}/parquet/*/*.parquet"
    # The contract names columns of incoming files, too, but here the published ones are judged.
    for column in (column for table in content["schema"] for column in table["properties"]):
        column.pop("physicalName", None)
    content["servers"] = [{"server": "here", "type": "local", "path": path, "format": "parquet"}]
    here = folder / contract.name
    here.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    done = datacontract("test", here, "--output", folder / "results.json", "--output-format", "json")
    results = folder / "results.json"
    if not results.is_file():
        return [done.stdout + done.stderr]
    checks = json.loads(results.read_text(encoding="utf-8"))["checks"]
    # Rows without a key are a group of their own, unless the contract says that there are none.
    groups = {table["name"] for table in content["schema"] if has_source(table)}
    by_design = {f"Check that primary key field {key} has no missing values" for key in nullable_keys(content, groups)}
    judged = [check for check in checks if check["result"] == "passed"]
    failed = [check for check in checks if check["result"] in ("failed", "error") and check["name"] not in by_design]
    if not judged:
        return ["nothing was judged"]
    print(f"{contract.relative_to(ROOT)}: {len(judged)} checks of the published Parquet passed")
    return [f"{check.get('model')}.{check.get('field')}: {check['name']}: {check.get('reason')}" for check in failed]


def has_source(table: dict) -> bool:
    return any(own["property"] == "from" for own in table.get("customProperties", []))


def nullable_keys(content: dict, groups: set[str]) -> set[str]:
    columns = (column for table in content["schema"] if table["name"] in groups for column in table["properties"])
    return {column["name"] for column in columns if column.get("primaryKey") and not column.get("required")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path, help="the command line's binary")
    program = parser.parse_args().program.resolve()
    schema = json.loads(resources.files("datacontract").joinpath(SCHEMA).read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    mistakes: list[str] = []
    for contract in CONTRACTS:
        found = check_schema(contract, validator) + check_lint(contract)
        print(f"{contract.relative_to(ROOT)}: {'valid' if not found else 'not valid'}")
        mistakes += [f"{contract.name}: {mistake}" for mistake in found]
    with TemporaryDirectory() as folder:
        for contract, outputs in published(program, Path(folder)).items():
            found = check_outputs(contract, outputs, Path(folder))
            mistakes += [f"{contract.name}: {mistake}" for mistake in found]
    if mistakes:
        sys.exit("\n".join(mistakes))


if __name__ == "__main__":
    main()
