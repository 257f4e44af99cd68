"""Monitored items of one session: made in portions that the server takes, checked one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from asyncua import ua
from asyncua.client.ua_session import UaSession

from connectors.opcua.address_space import AddressSpace, Limits
from connectors.opcua.browse_paths import browse_path, target_of
from connectors.opcua.config import DeadbandKind, Filter, Trigger
from connectors.opcua.failures import Failing, status_name
from connectors.opcua.node_ids import node_name, step_name
from connectors.opcua.portions import in_portions
from connectors.opcua.publishing import Subscription
from connectors.opcua.watches import Watch
from connectors.sdk.steps import Step

NAMESPACE_UNKNOWN = "namespace_unknown"
_TRIGGERS = {
    Trigger.STATUS: ua.DataChangeTrigger.Status,
    Trigger.STATUS_VALUE: ua.DataChangeTrigger.StatusValue,
    Trigger.STATUS_VALUE_TIMESTAMP: ua.DataChangeTrigger.StatusValueTimestamp,
}
_DEADBANDS = {
    DeadbandKind.ABSOLUTE: ua.DeadbandType.Absolute,
    DeadbandKind.PERCENT: ua.DeadbandType.Percent,
}
_FILTER_REFUSALS = ("BadFilter", "BadMonitoredItemFilter", "BadDeadbandFilter")
_GOOD = 0x80000000


class MonitoredItems:
    """Makes and removes the items of one session.

    Attributes:
        space: the server's namespaces as they are now.
        unfiltered: handles whose filter the server did not take; it reports every change.
    """

    def __init__(
        self, session: UaSession, endpoint: str, space: AddressSpace, limits: Limits
    ) -> None:
        self._session = session
        self._failing = Failing(endpoint, Step.REGISTER)
        self.space = space
        self._limits = limits
        self._places: dict[int, tuple[Subscription, int]] = {}
        self._resolved: dict[int, ua.NodeId] = {}
        self.unfiltered: set[int] = set()

    def __len__(self) -> int:
        return len(self._places)

    def node_of(self, handle: int) -> ua.NodeId | None:
        """The node behind a handle; None while it is not resolved."""
        return self._resolved.get(handle)

    async def resolve(self, watches: Mapping[int, Watch]) -> dict[int, str]:
        """Find the nodes in the server's own numbering.

        Returns:
            the reason per handle that has no node here.

        Raises:
            Unavailable: the server does not answer.
        """
        failed: dict[int, str] = {}
        paths: dict[int, ua.BrowsePath] = {}
        for handle, watch in watches.items():
            self._resolved.pop(handle, None)
            if watch.node is not None:
                node_id = self.space.node_id(node_name(watch.node))
                if node_id is not None:
                    self._resolved[handle] = node_id
            else:
                path = browse_path(self.space, [step_name(step) for step in watch.path or ()])
                if path is not None:
                    paths[handle] = path
            if handle not in self._resolved and handle not in paths:
                failed[handle] = NAMESPACE_UNKNOWN
        return failed | await self._translate(paths)

    async def add(
        self, subscription: Subscription, items: Mapping[int, tuple[Watch, float]]
    ) -> dict[int, str]:
        """Watch resolved nodes.

        Args:
            items: by handle, what to watch and the sampling period in real milliseconds.

        Returns:
            the reason per handle that the server does not watch.

        Raises:
            Unavailable: the server does not answer.
        """
        failed = await self._create(subscription, items, filtered=True)
        again = {
            handle: items[handle]
            for handle, reason in failed.items()
            if reason.startswith(_FILTER_REFUSALS) and items[handle][0].filter is not None
        }
        if again:
            for handle in again:
                del failed[handle]
            self.unfiltered |= set(again)
            failed |= await self._create(subscription, again, filtered=False)
        return failed

    async def remove(self, handles: Sequence[int]) -> None:
        """Watch no more; items that the server does not know any more are no mistake.

        Raises:
            Unavailable: the server does not answer.
        """
        by_subscription: dict[int, list[int]] = {}
        for handle in handles:
            place = self._places.pop(handle, None)
            if place is not None:
                by_subscription.setdefault(place[0].identifier, []).append(place[1])
        for identifier, numbers in by_subscription.items():
            parameters = ua.DeleteMonitoredItemsParameters(
                SubscriptionId=ua.UInt32(identifier),
                MonitoredItemIds=[ua.UInt32(number) for number in numbers],
            )
            with self._failing:
                await self._session.delete_monitored_items(parameters)

    async def _create(
        self,
        subscription: Subscription,
        items: Mapping[int, tuple[Watch, float]],
        *,
        filtered: bool,
    ) -> dict[int, str]:
        requests = {
            handle: self._request(handle, watch, sampling_ms, filtered=filtered)
            for handle, (watch, sampling_ms) in items.items()
        }

        async def create(
            part: Sequence[ua.MonitoredItemCreateRequest],
        ) -> list[ua.MonitoredItemCreateResult]:
            parameters = ua.CreateMonitoredItemsParameters(
                SubscriptionId=ua.UInt32(subscription.identifier),
                TimestampsToReturn=ua.TimestampsToReturn.Source,
                ItemsToCreate=list(part),
            )
            return await self._session.create_monitored_items(parameters)

        with self._failing:
            results = await in_portions(list(requests.values()), self._limits.monitor, create)
        failed: dict[int, str] = {}
        for handle, result in zip(requests, results, strict=True):
            status = int(result.StatusCode.value)
            if status & _GOOD:
                failed[handle] = status_name(status)
            else:
                self._places[handle] = (subscription, int(result.MonitoredItemId))
        return failed

    def _request(
        self, handle: int, watch: Watch, sampling_ms: float, *, filtered: bool
    ) -> ua.MonitoredItemCreateRequest:
        parameters = ua.MonitoringParameters(
            ClientHandle=ua.IntegerId(handle),
            SamplingInterval=ua.Duration(sampling_ms),
            QueueSize=ua.Counter(watch.queue_size),
            DiscardOldest=True,
        )
        if filtered and watch.filter is not None:
            parameters.Filter = data_change_filter(watch.filter)
        return ua.MonitoredItemCreateRequest(
            ItemToMonitor=ua.ReadValueId(
                NodeId=self._resolved[handle], AttributeId=ua.AttributeIds.Value
            ),
            MonitoringMode=ua.MonitoringMode.Reporting,
            RequestedParameters=parameters,
        )

    async def _translate(self, paths: Mapping[int, ua.BrowsePath]) -> dict[int, str]:
        if not paths:
            return {}

        async def translate(part: Sequence[ua.BrowsePath]) -> list[ua.BrowsePathResult]:
            return await self._session.translate_browsepaths_to_nodeids(list(part))

        with self._failing:
            results = await in_portions(list(paths.values()), self._limits.browse, translate)
        failed: dict[int, str] = {}
        for handle, result in zip(paths, results, strict=True):
            target = target_of(result)
            if isinstance(target, str):
                failed[handle] = target
            else:
                self._resolved[handle] = target
        return failed


def data_change_filter(wanted: Filter) -> ua.DataChangeFilter:
    """The filter of the protocol."""
    has_deadband = wanted.deadband is not None
    kind = _DEADBANDS[wanted.deadband_kind] if has_deadband else ua.DeadbandType.None_
    return ua.DataChangeFilter(
        Trigger=_TRIGGERS[wanted.trigger],
        DeadbandType=ua.UInt32(kind),
        DeadbandValue=ua.Double(wanted.deadband or 0.0),
    )
