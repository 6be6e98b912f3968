"""Public reasons: one list in errors.proto, used by name, and named where a method may return them."""

import ast
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from gateway.auth.scopes import REQUIRED
from gateway.enrollment.client import _translated
from kompang.v1.errors_pb2 import ErrorReason
from services.reasons import Reason
from services.runtime.errors import FailedPrecondition, GenericReason
from tests.support.reasons import PUBLIC, by_method

ROOT = PUBLIC.parents[2]
PREFIX = "ERROR_REASON_"
PUBLISHED = {name.removeprefix(PREFIX) for name in ErrorReason.keys()} - {"UNSPECIFIED"}  # noqa: SIM118
DEFINED_IN = {ROOT / "services" / "reasons.py", ROOT / "services" / "runtime" / "errors.py"}


@dataclass(frozen=True)
class Written:
    """Reasons in the code: their names as literals, literals given to errors, names that are used."""

    literals: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def add(self, path: Path, node: ast.AST) -> None:
        match node:
            case ast.Constant(value=name) if name in PUBLISHED and path not in DEFINED_IN:
                self.literals.append(f"{path.relative_to(ROOT)}:{node.lineno} {name!r}")
            case ast.keyword(arg="reason", value=ast.Constant(value=name)) if str(name).isupper():
                self.given.append(f"{path.relative_to(ROOT)}:{node.lineno} {name!r}")
            case ast.Attribute(value=ast.Name(id="Reason" | "GenericReason"), attr=name):
                self.used.add(name)


@pytest.fixture(scope="module")
def written() -> Written:
    found = Written()
    for folder in ("gateway", "services"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                found.add(path, node)
    return found


def test_the_public_enum_and_the_constants_have_the_same_names():
    assert {*map(str, Reason), *map(str, GenericReason)} == PUBLISHED


@pytest.mark.parametrize("enum", [Reason, GenericReason])
def test_a_constant_says_its_own_name(enum):
    assert [each.name for each in enum] == [each.value for each in enum]


def test_no_reason_is_written_as_a_literal(written: Written):
    assert written.literals == []


def test_an_error_is_given_no_literal_as_its_reason(written: Written):
    assert written.given == []


def test_every_reason_is_used(written: Written):
    assert PUBLISHED - written.used == set()


def test_every_method_names_its_reasons():
    assert by_method().keys() == REQUIRED.keys()
    for method, named in by_method().items():
        assert {"API_KEY_MISSING", "SCOPE_MISSING", "INTERNAL"} <= named, method


def test_the_comments_name_every_reason_and_no_other():
    named = frozenset[str]().union(*by_method().values())
    assert named == PUBLISHED


def test_every_value_of_the_enum_says_its_status():
    lines = (PUBLIC / "errors.proto").read_text().splitlines()
    statuses = {code.name for code in grpc.StatusCode}
    undocumented = []
    for at, line in enumerate(lines):
        name, _, number = line.strip().partition(" = ")
        if not name.startswith(PREFIX) or number == "0;":
            continue
        first = at
        while lines[first - 1].strip().startswith("//"):
            first -= 1
        if lines[first].strip().removeprefix("// ").partition(":")[0] not in statuses:
            undocumented.append(name)
    assert undocumented == []


def refused_by_enrollment(reason: str) -> grpc.aio.AioRpcError:
    packed = any_pb2.Any()
    packed.Pack(error_details_pb2.ErrorInfo(reason=reason))
    code = grpc.StatusCode.FAILED_PRECONDITION
    status = status_pb2.Status(code=code.value[0], message="no steps", details=[packed])
    trailing = rpc_status.to_status(status).trailing_metadata
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(*trailing), details="no steps")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (Reason.CHAIN_NOT_ENROLLABLE, Reason.CHAIN_NOT_ENROLLABLE),
        (Reason.SEQUENCE_NOT_LISTENING, Reason.SEQUENCE_NOT_LISTENING),
        ("OF_A_NEWER_VERSION", GenericReason.FAILED_PRECONDITION),
    ],
)
def test_the_gateway_passes_on_the_reason_of_enrollment(given, reason):
    error = _translated(refused_by_enrollment(given), "late")
    assert isinstance(error, FailedPrecondition)
    assert (error.reason, error.message) == (reason, "no steps")
