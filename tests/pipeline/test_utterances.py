from chatbot.dialogue.turn import Attachment
from chatbot.pipeline.utterances import NoTranscription, to_utterance
from tests.pipeline.samples import message


class _Hears:
    async def transcribe(self, media_id: str) -> str | None:
        return f"说了{media_id}"


async def test_that_texts_keep_their_order_and_the_last_click_counts() -> None:
    burst = [
        message(content="一", menu_id="q1"),
        message(content="二"),
        message(content="转人工", menu_id="human"),
    ]
    utterance = await to_utterance(burst, NoTranscription())
    assert utterance.texts == ("一", "二", "转人工")
    assert utterance.menu_id == "human"


async def test_that_titles_of_cards_links_and_places_are_taken_along() -> None:
    burst = [
        message("link", title="发票", url="https://x"),
        message("location", name="虹桥站", address="申贵路"),
        message("miniprogram", title="订房"),
        message("channels_shop_order", product_titles=["大床房", "早餐"]),
        message("meeting", topic="x"),
    ]
    utterance = await to_utterance(burst, NoTranscription())
    assert utterance.attachments == (
        Attachment("link", "发票"),
        Attachment("location", "虹桥站"),
        Attachment("miniprogram", "订房"),
        Attachment("card", "大床房、早餐"),
        Attachment("unsupported"),
    )


async def test_that_voice_becomes_words_where_somebody_can_hear() -> None:
    voice = [message("voice", media_id="v1")]
    assert (await to_utterance(voice, _Hears())).texts == ("说了v1",)
    assert (await to_utterance(voice, NoTranscription())).attachments == (Attachment("voice"),)
