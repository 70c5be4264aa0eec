"""Pictures, voices and files through the server: shown only where that is safe."""

from __future__ import annotations

import io
import wave
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from chatbot.console.voice import NotPlayable, to_wave
from chatbot.store.media import save_media
from tests.console.stage import Office
from tests.store.desk_samples import add_conversation

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
#: A second of silence: 50 frames of the highest rate, 32 bytes each (3GPP TS 26.101).
AMR = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50


async def sent(desk: Office, kind: str, content: bytes, **more: Any) -> int:
    """Let a customer send a file; return the message."""
    url = f"{desk.platform}/control/media?type={kind}&filename=x.{kind}"
    async with desk.session.post(url, data=content) as answer:
        media = await answer.json()

    def store(connection: Connection) -> int:
        found = connection.scalar(text("SELECT id FROM conversations LIMIT 1"))
        number = found or add_conversation(connection, "小林", 1, public_id="public-lin")
        import json

        values = {
            "n": number, "kind": kind, "content": json.dumps({**media, **more}),
            "at": datetime.now(UTC),
        }  # fmt: skip
        return int(
            connection.execute(
                text(
                    "INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype,"
                    " content, sent_at, received_at, fate) VALUES ('kf', gen_random_uuid(), :n, 3,"
                    " :kind, CAST(:content AS jsonb), :at, :at, 'recorded') RETURNING id"
                ),
                values,
            ).scalar_one()
        )

    return desk.do(store)


async def test_that_a_picture_is_shown_by_what_it_is(desk: Office) -> None:
    number = await sent(desk, "image", PNG)
    answer = await desk.call("GET", f"/media/{number}")
    assert (answer.status, answer.body) == (200, PNG)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    (line,) = (await desk.get("/conversations/public-lin")).body["lines"]
    assert (line["kind"], line["media"]) == ("image", f"media/{number}")


@pytest.mark.parametrize(
    "content",
    [b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", b"<html>hello"],
)
async def test_that_what_could_run_is_only_handed_down(desk: Office, content: bytes) -> None:
    for kind in ("image", "file"):
        number = await sent(desk, kind, content, filename='x"\r\n../evil.html')
        answer = await desk.call("GET", f"/media/{number}")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        disposition = answer.headers["Content-Disposition"]
        assert disposition.startswith("attachment; filename*=UTF-8''x%22__.._evil.html")


async def test_that_a_voice_can_be_played_and_downloaded(desk: Office) -> None:
    number = await sent(desk, "voice", AMR)
    played = await desk.call("GET", f"/media/{number}")
    assert played.headers["Content-Type"] == "audio/wav"
    with wave.open(io.BytesIO(played.body)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (8000, 1, 8000)
    loaded = await desk.call("GET", f"/media/{number}", params={"download": ""})
    assert loaded.body == AMR
    assert loaded.headers["Content-Disposition"] == "attachment; filename*=UTF-8''voice.amr"


@pytest.mark.parametrize("content", [b"", b"#!AMR\n", b"RIFF0000WAVE", b"#!AMR\n\xff\xff\xff"])
def test_that_what_is_no_voice_is_refused(content: bytes) -> None:
    with pytest.raises(NotPlayable):
        to_wave(content)


async def test_that_a_broken_voice_says_so(desk: Office) -> None:
    answer = await desk.call("GET", f"/media/{await sent(desk, 'voice', b'#!AMR-broken')}")
    assert (answer.status, answer.problem) == (415, "这段录音放不出来，可以下载原录音。")


async def test_that_what_was_taken_back_or_forgotten_is_told(desk: Office) -> None:
    recalled = await sent(desk, "image", PNG, recalled=True)
    gone = await sent(desk, "image", PNG, media_id="forgotten-by-the-platform")
    assert (await desk.call("GET", f"/media/{recalled}")).status == 404
    answer = await desk.call("GET", f"/media/{gone}")
    assert (answer.status, answer.problem) == (410, "文件已过期：企业微信只保留三天。")
    assert (await desk.call("GET", "/media/4711")).status == 404


async def test_that_files_of_other_stores_stay_unseen(desk: Office) -> None:
    number = await sent(desk, "image", PNG)
    desk.do(
        lambda connection: connection.exec_driver_sql(
            'UPDATE conversations SET scope_rows = \'{"门店": "云栖酒店滨江店"}\''
        )
    )
    assert (await desk.call("GET", f"/media/{number}", "xihu")).status == 403
    assert (await desk.call("GET", f"/media/{number}")).status == 200


async def test_that_pictures_of_answers_are_shown(desk: Office) -> None:
    import hashlib

    sha256 = hashlib.sha256(PNG).hexdigest()
    desk.do(save_media, {sha256: PNG}, datetime.now(UTC))
    answer = await desk.call("GET", f"/pictures/{sha256}")
    assert (answer.status, answer.body) == (200, PNG)
    assert (await desk.call("GET", "/pictures/" + "0" * 64)).status == 404
