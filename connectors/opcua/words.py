"""Titles and help of the fields of an OPC UA source."""

from __future__ import annotations

from connectors.sdk.words import Words

WORDS = {
    "endpoint": Words(
        "엔드포인트",
        "Endpoint",
        "opc.tcp://주소:포트 모양입니다.",
        "Looks like opc.tcp://host:4840.",
    ),
    "security": Words(
        "보안",
        "Security",
        "채널을 어떻게 지킬지 반드시 정합니다.",
        "How the channel is protected; it must be said.",
    ),
    "security.policy": Words(
        "보안 정책", "Policy", "서버와 같은 정책을 고릅니다.", "One that the server offers."
    ),
    "security.mode": Words(
        "보안 모드", "Mode", "서명만 하거나 암호화까지 합니다.", "Signed, or signed and encrypted."
    ),
    "security.trusted": Words(
        "믿는 인증서",
        "Trusted certificates",
        "사람이 승인한 서버 인증서의 SHA-256 지문입니다.",
        "SHA-256 fingerprints of server certificates that a person has approved.",
    ),
    "security.allow_expired": Words(
        "만료 허용",
        "Allow expired",
        "믿는 인증서는 기한이 지나도 받아들입니다.",
        "A trusted certificate is accepted after its end too.",
    ),
    "allow_insecure": Words(
        "보안 없는 접속 허용",
        "Allow insecure",
        "채널을 지키지 않는 것을 사람이 받아들였습니다.",
        "A person accepted that the channel is not protected.",
    ),
    "sign_in": Words(
        "로그인",
        "Sign-in",
        "사용자와 비밀번호, 또는 인증서와 키입니다. 비우면 익명입니다.",
        "User and password, or certificate and key; empty signs in without a name.",
    ),
    "sign_in.user": Words(
        "사용자", "User", "서버가 아는 사용자입니다.", "A user that the server knows."
    ),
    "sign_in.password": Words(
        "비밀번호",
        "Password",
        "env:이름 또는 file:경로로 씁니다.",
        "Written as env:NAME or file:PATH.",
    ),
    "sign_in.certificate": Words(
        "사용자 인증서",
        "User certificate",
        "PEM 인증서를 env: 또는 file:로 가리킵니다.",
        "A PEM certificate, by env: or file:.",
    ),
    "sign_in.key": Words(
        "개인 키",
        "Private key",
        "암호 없는 PEM 키를 가리킵니다.",
        "The unencrypted PEM key, by env: or file:.",
    ),
    "publish_ms": Words(
        "보고 주기",
        "Publishing period",
        "따로 정하지 않은 태그를 서버가 보고하는 주기입니다.",
        "How often the server reports tags without their own period.",
        "ms",
    ),
    "sampling_ms": Words(
        "표본 주기",
        "Sampling period",
        "서버가 값을 보는 주기입니다. 비우면 보고 주기와 같습니다.",
        "How often the server looks at a value; empty takes the publishing period.",
        "ms",
    ),
    "queue_size": Words(
        "서버 대기열",
        "Queue size",
        "보고 사이에 서버가 태그마다 간직하는 값의 수입니다.",
        "Values of each tag that the server keeps between two reports.",
    ),
    "timeout_ms": Words(
        "응답 제한 시간",
        "Time-out",
        "응답 하나를 기다리는 시간입니다.",
        "Time to wait for one answer.",
        "ms",
    ),
    "max_items_per_call": Words(
        "요청당 노드 수",
        "Nodes per request",
        "비우면 서버가 말하는 수를 따릅니다.",
        "Empty takes what the server says.",
    ),
    "queue_limit": Words(
        "수집기 대기열",
        "Queue limit",
        "수집기 안에서 기다릴 수 있는 값의 수입니다. 넘치면 버리고 셉니다.",
        "Values that may wait inside the edge; more are dropped and counted.",
    ),
    "history_timeout_ms": Words(
        "이력 읽기 시간",
        "Time for history",
        "끊긴 동안의 값을 서버 이력에서 읽을 때 기다리는 시간입니다.",
        "How long reading missed values from the server's history may take.",
        unit="ms",
    ),
    "history_values_max": Words(
        "이력 값 수",
        "Values of history",
        "끊김 한 번에 이력에서 읽는 값의 수입니다. 넘치면 공백으로 남기고 셉니다.",
        "Values taken from the history for one hole; with more it stays a gap and is counted.",
    ),
    "tags.node": Words(
        "노드 ID",
        "Node id",
        "nsu=주소;s=이름 모양입니다. 이름공간은 번호가 아니라 주소로 씁니다.",
        "Looks like nsu=URI;s=Name; the namespace by its address, never by number.",
    ),
    "tags.path": Words(
        "찾아가기 경로",
        "Browse path",
        "Objects 폴더부터의 이름들입니다. 노드 ID와 둘 가운데 하나만 씁니다.",
        "Browse names from the Objects folder on; instead of the node id.",
    ),
    "tags.otherwise": Words(
        "대신 읽을 경로",
        "Other paths",
        "첫 경로에 값이 없을 때 차례로 읽을 경로입니다. 겹친 상태 기계에 씁니다.",
        "Paths that count, in order, while the first has no value; for nested state machines.",
    ),
    "tags.publish_ms": Words(
        "보고 주기",
        "Publishing period",
        "이 태그만의 주기입니다. 비우면 수집장치를 따릅니다.",
        "Own period of the tag; empty takes that of the source.",
        "ms",
    ),
    "tags.sampling_ms": Words(
        "표본 주기",
        "Sampling period",
        "0이면 서버가 할 수 있는 만큼 빠르게 봅니다.",
        "0 is as fast as the server can; empty takes that of the source.",
        "ms",
    ),
    "tags.queue_size": Words(
        "서버 대기열",
        "Queue size",
        "이 태그만의 수입니다. 비우면 수집장치를 따릅니다.",
        "Own number of the tag; empty takes that of the source.",
    ),
    "tags.filter": Words(
        "서버 필터",
        "Filter",
        "서버가 보고하지 않고 넘길 변화입니다.",
        "What the server leaves out, before scaling.",
    ),
    "tags.filter.trigger": Words(
        "보고 조건",
        "Trigger",
        "무엇이 바뀌면 보고할지 정합니다.",
        "What has to change for a report.",
    ),
    "tags.filter.deadband": Words(
        "서버 불감대",
        "Dead-band",
        "원시값이 이보다 많이 변해야 보고합니다.",
        "The raw value must move by more than this.",
    ),
    "tags.filter.deadband_kind": Words(
        "불감대 종류",
        "Kind of dead-band",
        "절댓값, 또는 노드 EURange의 백분율입니다.",
        "Absolute, or percent of the node's EURange.",
    ),
    "tags.index": Words(
        "자리",
        "Index",
        "목록 값에서 0부터 센 자리입니다.",
        "Place in a variable that is a list, from 0.",
    ),
    "tags.field": Words(
        "필드",
        "Field",
        "구조체 값에서 읽을 필드입니다. AccCount처럼 씁니다.",
        "Name in a variable that is a structure, such as AccCount.",
    ),
}
