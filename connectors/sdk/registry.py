"""Which connectors are installed: found by entry points, and listed as broken where they are.

Those of this program come by the same entry points as those of others. A broken package never stops
another one. A package may not take the protocol of a connector of this program, nor may two
packages take the same one: the later is listed as broken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from connectors.sdk.capabilities import Capability
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.manifest import Manifest, load
from connectors.sdk.version import SDK_VERSION, SdkVersion

ENTRY_POINT_GROUP = "mes.connectors"
LANGUAGES = ("ko", "en")
_OWN_PACKAGE = __name__.partition(".")[0]
"""The package of this program in which its own connectors lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledConnector:
    """One connector as it was found.

    Attributes:
        name: the protocol, or the name of the entry point where no manifest could be read.
        package: distribution that brought it; None for one of this program.
        manifest: None when it is broken.
        problem: why it is broken; None when it can be used.
    """

    name: str
    package: str | None
    manifest: Manifest | None = None
    problem: str | None = None

    def __str__(self) -> str:
        owner = self.package or "built in"
        if self.manifest is None:
            return f"{self.name}  {owner}  broken: {self.problem}"
        return f"{self.name}  {owner}  {', '.join(sorted(self.manifest.capabilities))}"


@cache
def installed() -> tuple[InstalledConnector, ...]:
    """Every connector that is installed, those of this program first, broken ones too."""
    return find(entry_points(group=ENTRY_POINT_GROUP))


@cache
def manifests() -> Mapping[str, Manifest]:
    """All usable connectors by protocol."""
    return {
        each.manifest.protocol: each.manifest for each in installed() if each.manifest is not None
    }


def manifest_of(protocol: str) -> Manifest:
    """The connector that speaks `protocol`.

    Raises:
        ConfigurationError: `connector_broken`, or `protocol_not_available` with the known ones.
    """
    known = manifests()
    if protocol in known:
        return known[protocol]
    for each in installed():
        if each.name == protocol and each.problem is not None:
            detail = f"the connector for {protocol!r} is broken: {each.problem}"
            raise ConfigurationError("connector_broken", detail, field="protocol")
    names = ", ".join(sorted(known)) or "none, not even those of this program: install it with pip"
    detail = f"no connector speaks {protocol!r}; installed: {names}"
    raise ConfigurationError("protocol_not_available", detail, field="protocol")


def find(entries: Collection[EntryPoint]) -> tuple[InstalledConnector, ...]:
    """The connectors of the entry points, each with what is wrong with it."""
    found: list[InstalledConnector] = []
    own = {entry.value: entry for entry in entries if _is_own(entry)}
    others = [entry for entry in entries if not _is_own(entry)]
    for entry in (*sorted(own.values(), key=_order), *sorted(others, key=_order)):
        package = entry.dist.name if entry.dist is not None else "unknown"
        each = _read(entry.name, entry.value, None if _is_own(entry) else package)
        found.append(_without_shadow(each, found))
    return tuple(found)


def _is_own(entry: EntryPoint) -> bool:
    return entry.module.partition(".")[0] == _OWN_PACKAGE


def _order(entry: EntryPoint) -> tuple[str, str]:
    return entry.name, entry.value


def checked(each: InstalledConnector) -> InstalledConnector:
    """The connector with its class compared as well; this imports its protocol library."""
    if each.manifest is None:
        return each
    try:
        each.manifest.connector_class()
    except ConfigurationError as error:
        return InstalledConnector(name=each.name, package=each.package, problem=error.detail)
    return each


def _read(name: str, path: str, package: str | None) -> InstalledConnector:
    try:
        manifest = load(path)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # code of others, run at import
        words = f"{path}: {type(error).__name__}: {error}"
        return InstalledConnector(name=name, package=package, problem=words)
    if not isinstance(manifest, Manifest):
        return InstalledConnector(name=name, package=package, problem=f"{path} is no Manifest")
    try:
        problem = _problem(manifest)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # nobody has checked its types
        words = f"{path} is no usable Manifest: {type(error).__name__}: {error}"
        return InstalledConnector(name=name, package=package, problem=words)
    return InstalledConnector(
        name=manifest.protocol,
        package=package,
        manifest=manifest if problem is None else None,
        problem=problem,
    )


def _problem(manifest: Manifest) -> str | None:
    if not isinstance(manifest.protocol, str) or not manifest.protocol:
        raise TypeError(f"protocol must be a word, not {manifest.protocol!r}")
    try:
        wanted = SdkVersion(*manifest.sdk_version)
    except TypeError:
        return f"sdk_version must be two numbers, not {manifest.sdk_version!r}"
    if not SDK_VERSION.runs(wanted):
        return f"it was written for SDK {wanted}, this is {SDK_VERSION}"
    if len(manifest.capabilities & {Capability.POLL, Capability.PUSH}) != 1:
        return "its capabilities must name one of poll and push"
    missing = [language for language in LANGUAGES if not manifest.name.get(language)]
    if missing:
        return f"its name lacks {', '.join(missing)}"
    try:
        model = manifest.config_model()
    except ConfigurationError as error:
        return error.detail
    if "protocol" not in model.model_fields:
        return f"{manifest.config} has no field `protocol`"
    return None


def _without_shadow(
    each: InstalledConnector, earlier: Iterable[InstalledConnector]
) -> InstalledConnector:
    """The connector, or a broken one when an earlier one has its protocol already."""
    for other in earlier:
        if other.name == each.name and other.manifest is not None:
            owner = other.package or "this program"
            problem = f"the protocol {each.name!r} already belongs to {owner}"
            return InstalledConnector(name=each.name, package=each.package, problem=problem)
    return each
