"""Typed models, one file per ISA-95 object family; importing this package loads them all."""

from mes.models.base import Base
from mes.models.calendar import Calendar, CalendarException, LineCalendar, ShiftPattern
from mes.models.calls import CallEvent, WorkUnitCalls
from mes.models.counts import CountSuspect
from mes.models.documents import (
    Document,
    DocumentAcknowledgement,
    DocumentFile,
    DocumentProposal,
    DocumentRevision,
    DocumentRevisionFile,
    DocumentValue,
)
from mes.models.equipment import Equipment, WorkUnitSetting
from mes.models.handover import HandoverEvent, HourComment
from mes.models.labels import LabelPrinter
from mes.models.materials import (
    MaterialDefinition,
    MaterialRate,
    OperationsDefinition,
    OperationsSegment,
)
from mes.models.moves import QuantityMove
from mes.models.people import (
    Account,
    ApiToken,
    Credential,
    Person,
    RoleGrant,
    Terminal,
    UserSession,
)
from mes.models.projections import (
    JobRun,
    QuantityRecord,
    RollupHour,
    RollupShift,
    StateRecord,
    WorkUnitLive,
)
from mes.models.published import AuditLog, CaseFile, Outbox, PublicationMark, PublishedFigure
from mes.models.quality import CheckPlan, CheckResult, WorkUnitChecks
from mes.models.reasons import KpiPolicyVersion, Reason, ReasonClass
from mes.models.reports import KpiTarget, MomentNote, ReportFile, ReportSchedule, SavedView
from mes.models.signals import (
    GapFact,
    Quarantine,
    Sample,
    SampleChunk,
    SampleHour,
    SampleMinutes,
    SignalFact,
)
from mes.models.sources import (
    ConfigRevision,
    Edge,
    SignalBinding,
    Source,
    SourceStatus,
    SourceStream,
    Tag,
)
from mes.models.work import (
    Command,
    CountDecision,
    JobEvent,
    JobOrder,
    NumberRule,
    OrderEvent,
    QuantityStatement,
    ShiftSignoff,
    StopStatement,
    WorkOrder,
)
from mes.models.writes import CallPermission, TagWrite, WritePermission

__all__ = [
    "Account",
    "ApiToken",
    "AuditLog",
    "Base",
    "Calendar",
    "CalendarException",
    "CallEvent",
    "CallPermission",
    "CaseFile",
    "CheckPlan",
    "CheckResult",
    "Command",
    "ConfigRevision",
    "CountDecision",
    "CountSuspect",
    "Credential",
    "Document",
    "DocumentAcknowledgement",
    "DocumentFile",
    "DocumentProposal",
    "DocumentRevision",
    "DocumentRevisionFile",
    "DocumentValue",
    "Edge",
    "Equipment",
    "GapFact",
    "HandoverEvent",
    "HourComment",
    "JobEvent",
    "JobOrder",
    "JobRun",
    "KpiPolicyVersion",
    "KpiTarget",
    "LabelPrinter",
    "LineCalendar",
    "MaterialDefinition",
    "MaterialRate",
    "MomentNote",
    "NumberRule",
    "OperationsDefinition",
    "OperationsSegment",
    "OrderEvent",
    "Outbox",
    "Person",
    "PublicationMark",
    "PublishedFigure",
    "QuantityMove",
    "QuantityRecord",
    "QuantityStatement",
    "Quarantine",
    "Reason",
    "ReasonClass",
    "ReportFile",
    "ReportSchedule",
    "RoleGrant",
    "RollupHour",
    "RollupShift",
    "Sample",
    "SampleChunk",
    "SampleHour",
    "SampleMinutes",
    "SavedView",
    "ShiftPattern",
    "ShiftSignoff",
    "SignalBinding",
    "SignalFact",
    "Source",
    "SourceStatus",
    "SourceStream",
    "StateRecord",
    "StopStatement",
    "Tag",
    "TagWrite",
    "Terminal",
    "UserSession",
    "WorkOrder",
    "WorkUnitCalls",
    "WorkUnitChecks",
    "WorkUnitLive",
    "WorkUnitSetting",
    "WritePermission",
]
