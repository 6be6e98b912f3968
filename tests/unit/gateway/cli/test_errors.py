"""Errors as lines and codes: from whatever a gateway answers."""

import grpc
import pytest
import typer
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc.aio import AioRpcError, Metadata

from gateway.cli import exit_codes
from gateway.cli.errors import EXPECTED, code_of, lines
from gateway.client.errors import as_error
from services.runtime.errors import KompangError, Unavailable


def answered(code: grpc.StatusCode, text: str, *details) -> AioRpcError:
    packed = []
    for detail in details:
        one = any_pb2.Any()
        one.Pack(detail)
        packed.append(one)
    status = status_pb2.Status(code=code.value[0], message=text, details=packed)
    trailing = Metadata(("grpc-status-details-bin", status.SerializeToString()))
    return AioRpcError(code, Metadata(), trailing, text)


def bad(**fields: str) -> error_details_pb2.BadRequest:
    kind = error_details_pb2.BadRequest.FieldViolation
    return error_details_pb2.BadRequest(
        field_violations=[kind(field=name, description=text) for name, text in fields.items()]
    )


def test_each_violation_is_a_line_with_its_field():
    told = answered(grpc.StatusCode.INVALID_ARGUMENT, "a: b; c: d", bad(a="b", c="d\nor e", e="f", g="h"))
    error = as_error(told)
    assert [*lines(error)] == ["kompang: a: b", "kompang: c: d or e", "kompang: e: f", "kompang: g: h"]
    assert code_of(error) == exit_codes.REFUSED


def test_the_gateways_own_reason_is_kept():
    why = error_details_pb2.ErrorInfo(reason="IMPORT_ELSEWHERE")
    error = as_error(answered(grpc.StatusCode.ABORTED, "another call goes on with it", why))
    assert (error.reason, error.code) == ("IMPORT_ELSEWHERE", grpc.StatusCode.ABORTED)
    assert [*lines(error)] == ["kompang: another call goes on with it"]
    both = as_error(answered(grpc.StatusCode.INVALID_ARGUMENT, "x", why, bad(file="is none")))
    assert (both.reason, [*lines(both)]) == ("IMPORT_ELSEWHERE", ["kompang: file: is none"])
    assert as_error(answered(grpc.StatusCode.NOT_FOUND, "x")).reason == "NOT_FOUND"


def test_a_word_that_is_none_of_a_list_is_told_without_the_mark_of_a_library():
    [line] = lines(typer.BadParameter("Value error, 'x' is not one of 'a', 'b'", param_hint="--as"))
    assert line == "kompang: Invalid value for --as: 'x' is not one of 'a', 'b'"


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED])
def test_what_may_work_later_has_a_code_of_its_own(code):
    error = answered(code, "connection refused")
    assert isinstance(as_error(error), Unavailable)
    # Also where nobody translated it.
    assert code_of(error) == code_of(as_error(error, "10.0.0.1:7000")) == exit_codes.UNAVAILABLE
    [line] = lines(as_error(error, "10.0.0.1:7000"))
    assert "10.0.0.1:7000" in line


def test_what_is_no_gateway_is_told_so():
    error = as_error(answered(grpc.StatusCode.UNIMPLEMENTED, "status: 404"), "10.0.0.1:80")
    assert "no gateway" in str(error)
    assert code_of(error) == exit_codes.REFUSED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (typer.BadParameter("no"), exit_codes.USAGE),
        (typer.Abort(), exit_codes.INTERRUPTED),
        (exit_codes.Interrupted("stopped"), exit_codes.INTERRUPTED),
        (KompangError("no"), exit_codes.REFUSED),
        (FileNotFoundError(2, "No such file", "list.csv"), exit_codes.REFUSED),
    ],
)
def test_every_error_is_one_line_and_a_code(error, code):
    assert isinstance(error, EXPECTED)
    assert code_of(error) == code
    [line] = lines(error)
    assert line.startswith("kompang: ")
    assert len(line) > len("kompang: ")


def test_a_defect_is_no_refusal():
    assert not isinstance(KeyError("x"), EXPECTED)
