"""Titles and help of the fields of an MQTT source."""

from __future__ import annotations

from connectors.sdk.words import Words

WORDS = {
    "broker": Words(
        "브로커", "Broker", "메시지를 나누어 주는 서버입니다.", "The server that hands messages on."
    ),
    "broker.host": Words(
        "주소", "Host", "브로커의 이름 또는 IP입니다.", "Name or address of the broker."
    ),
    "broker.port": Words(
        "포트",
        "Port",
        "비우면 1883, TLS를 쓰면 8883입니다.",
        "Empty is 1883, and 8883 with TLS.",
    ),
    "broker.version": Words(
        "MQTT 판",
        "MQTT version",
        "브로커가 말하는 판입니다.",
        "The version that the broker speaks.",
    ),
    "broker.tls": Words(
        "TLS",
        "TLS",
        "접속을 암호로 지킵니다. {}만 써도 됩니다.",
        "Protects the connection; {} is enough.",
    ),
    "broker.tls.ca_file": Words(
        "인증 기관 파일",
        "CA file",
        "브로커 인증서에 서명한 인증서입니다. 비우면 시스템 것을 씁니다.",
        "Certificates that sign the broker's; empty takes those of the system.",
    ),
    "broker.tls.cert_file": Words(
        "인증서 파일",
        "Certificate",
        "브로커가 요구할 때 내는 인증서입니다.",
        "Ours, where the broker wants one.",
    ),
    "broker.tls.key_file": Words(
        "개인 키 파일", "Private key", "인증서의 개인 키입니다.", "The key of our certificate."
    ),
    "broker.user": Words(
        "사용자", "User", "접속할 때 쓰는 이름입니다.", "The name to sign in with."
    ),
    "broker.password": Words(
        "비밀번호",
        "Password",
        "env:이름 또는 file:경로로 씁니다.",
        "Written as env:NAME or file:PATH.",
    ),
    "broker.allow_insecure": Words(
        "암호 없는 접속 허용",
        "Allow insecure",
        "TLS 없이 비밀번호를 보내는 것을 사람이 받아들였습니다.",
        "A person accepted that the password travels without TLS.",
    ),
    "broker.client_id": Words(
        "클라이언트 ID",
        "Client id",
        "비우면 접속할 때마다 새로 만듭니다. 같은 ID로 둘이 접속할 수 없습니다.",
        "Empty makes a new one for each connection; no two clients may share one.",
    ),
    "broker.keep_alive_s": Words(
        "생존 확인 주기",
        "Keep-alive",
        "이 시간의 두 배 안에 끊긴 브로커를 알아챕니다.",
        "A dead broker is noticed within two of it.",
        "s",
    ),
    "broker.timeout_ms": Words(
        "응답 제한 시간",
        "Time-out",
        "접속과 응답을 기다리는 시간입니다.",
        "Time to wait for a connection or an answer.",
        "ms",
    ),
    "payload": Words(
        "메시지 형식",
        "Payload",
        "일반 JSON 또는 Sparkplug B입니다.",
        "Plain JSON, or Sparkplug B.",
    ),
    "time_path": Words(
        "시각 위치",
        "Path of the time",
        "JSON 안에서 시각이 있는 곳입니다. 비우면 도착한 시각을 씁니다.",
        "Where the time lies in JSON; empty takes the time of arrival.",
    ),
    "time_format": Words(
        "시각 형식",
        "Form of the time",
        "ISO 8601 또는 1970년부터 센 s, ms, us입니다.",
        "ISO 8601, or s, ms or us since 1970.",
    ),
    "quality_path": Words(
        "품질 위치",
        "Path of the quality",
        "JSON 안에서 품질이 있는 곳입니다.",
        "Where the quality lies in JSON.",
    ),
    "quality_values": Words(
        "품질 낱말",
        "Words of the quality",
        "낱말마다 good, uncertain, bad를 정합니다. 없는 낱말은 bad입니다.",
        "good, uncertain or bad for each word; any other word is bad.",
    ),
    "trust_retained": Words(
        "보관 메시지 신뢰",
        "Trust retained messages",
        "보관 메시지를 새 값으로 봅니다. 끄면 불확실로 보며, 시각이 허용 침묵 안이면 정상입니다.",
        "A retained message counts as fresh. Off: only while younger than the longest silence.",
    ),
    "group": Words("그룹 ID", "Group id", "Sparkplug 그룹입니다.", "The Sparkplug group."),
    "node": Words(
        "엣지 노드 ID", "Edge node id", "Sparkplug 엣지 노드입니다.", "The Sparkplug edge node."
    ),
    "request_rebirth": Words(
        "재출생 요청",
        "Request rebirth",
        "놓친 것이 있으면 노드에게 자기 설명을 다시 부탁합니다.",
        "After a gap the node is asked to describe itself again.",
    ),
    "tags.topic": Words(
        "토픽", "Topic", "와일드카드 없는 토픽 이름입니다.", "One full topic, without wildcards."
    ),
    "tags.path": Words(
        "값 위치",
        "Path",
        "values.temp나 items[0].v처럼 씁니다. 비우면 메시지 전체가 값입니다.",
        "Such as values.temp or items[0].v; empty takes the whole message.",
    ),
    "tags.time_path": Words(
        "시각 위치",
        "Path of the time",
        "이 태그의 시각이 있는 곳입니다. 비우면 수집장치를 따릅니다.",
        "Where the time of this tag lies; empty takes that of the source.",
    ),
    "tags.metric": Words(
        "메트릭", "Metric", "Sparkplug 메트릭 이름입니다.", "Name of the Sparkplug metric."
    ),
    "tags.device": Words(
        "디바이스",
        "Device",
        "Sparkplug 디바이스입니다. 비우면 노드의 메트릭입니다.",
        "The Sparkplug device; empty takes a metric of the node.",
    ),
    "tags.max_silence_s": Words(
        "최대 침묵",
        "Longest silence",
        "이 시간 동안 메시지가 없으면 불량입니다.",
        "Without a message for this long the value is bad.",
        "s",
    ),
}
