"""Where a method stands on an OPC UA server, as a plant file writes it under `calls`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StrictStr, model_validator
from pydantic_core import PydanticCustomError

from connectors.opcua.config import BrowsePath
from connectors.opcua.node_ids import checked_node, checked_step
from connectors.sdk.call_rules import ArgumentRule, ArgumentType, MethodAddress

JOB_ORDER, ITEM, QUANTITY = "job_order", "item", "quantity"
"""Names of the arguments of job control; all others are parameters of the job."""
Node = Annotated[StrictStr, Field(max_length=1000), AfterValidator(checked_node)]
Step = Annotated[StrictStr, Field(max_length=500), AfterValidator(checked_step)]


class JobCommand(StrEnum):
    """Methods of a job order receiver (OPC 10031-4, 6.3.1) that hand a job over."""

    STORE = "store"
    STORE_AND_START = "store_and_start"
    START = "start"


class OpcuaMethod(MethodAddress):
    """One method of one object, its namespaces by address.

    Attributes:
        object: node id of the object.
        path: browse names from the Objects folder to the object, instead of its node id.
        method: node id of the method.
        name: browse name of the method below the object, instead of its node id.
        job_order: instead of a method: hand a job to the job order receiver (OPC 10031-4) at or
            below the object of `path`.
    """

    object: Node | None = None
    path: BrowsePath | None = None
    method: Node | None = None
    name: Step | None = None
    job_order: JobCommand | None = None

    @model_validator(mode="after")
    def _one_object_and_one_method(self) -> Self:
        if (self.object is None) == (self.path is None):
            raise PydanticCustomError("object_missing", "give object or path, one of the two")
        ways = [self.method, self.name, self.job_order]
        if sum(way is not None for way in ways) != 1:
            raise PydanticCustomError(
                "method_missing", "give exactly one of method, name and job_order"
            )
        if self.job_order is not None and self.path is None:
            raise PydanticCustomError("object_missing", "job_order needs path")
        return self

    def argument_problem(self, arguments: Sequence[ArgumentRule]) -> str | None:
        """A job has a number; one that is handed over has an item and a quantity, too."""
        if self.job_order is None:
            return None
        types = {argument.name: argument.type for argument in arguments}
        text = ArgumentType.STRING
        if types.get(JOB_ORDER) is not text:
            return f"{self.job_order} needs the argument {JOB_ORDER!r} of type {text}"
        if self.job_order is JobCommand.START:
            return None if set(types) == {JOB_ORDER} else f"start takes {JOB_ORDER!r} alone"
        if types.get(ITEM) is not text:
            return f"{self.job_order} needs the argument {ITEM!r} of type {text}"
        if types.get(QUANTITY) in (None, ArgumentType.BOOL):
            return f"{self.job_order} needs the argument {QUANTITY!r}, a number or a text"
        return None
