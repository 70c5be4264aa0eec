"""Voice messages as browsers can play them: WeCom records AMR, which no browser knows."""

from __future__ import annotations

import io
import wave

from chatbot.errors import ChatbotError

_HEADS = (b"#!AMR\n", b"#!AMR-WB\n")
#: WeCom's voice messages last a minute at most (developer documentation, 素材管理/上传临时素材).
_LONGEST_SECONDS = 70


class NotPlayable(ChatbotError):
    """The file is no voice that can be decoded."""


def to_wave(content: bytes) -> bytes:
    """Return AMR audio as WAV, 16 bit and mono, at its own rate; call outside the event loop.

    Raises:
        NotPlayable: it is not AMR, or broken.
    """
    if not content.startswith(_HEADS):
        raise NotPlayable("the voice message is not in AMR format")
    import av  # noqa: PLC0415 - loads a library of 30 MB that only who plays a voice needs

    samples = io.BytesIO()
    try:
        # Nothing but AMR is tried: what a customer sends chooses no decoder.
        with av.open(io.BytesIO(content), mode="r", format="amr") as container:
            stream = container.streams.audio[0]
            rate = stream.rate
            resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
            for frame in container.decode(stream):
                for converted in resampler.resample(frame):
                    samples.write(bytes(converted.planes[0])[: converted.samples * 2])
                if samples.tell() > _LONGEST_SECONDS * rate * 2:
                    break
    except (av.FFmpegError, IndexError) as error:
        raise NotPlayable(f"the voice message cannot be decoded ({error})") from None
    if not samples.tell():
        raise NotPlayable("the voice message holds no sound")
    return _wave_file(samples.getvalue(), rate)


def _wave_file(samples: bytes, rate: int) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples)
    return written.getvalue()
