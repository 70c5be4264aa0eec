"""Texts are cut where people would pause; messages and cards keep to the limits."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatbot.wecom.cards import (
    CardButton,
    CardLine,
    CardLink,
    button_card,
    card_message,
    text_notice,
)
from chatbot.wecom.messages import (
    ClickItem,
    MiniprogramItem,
    TextItem,
    ViewItem,
    link_message,
    media_message,
    menu_message,
    miniprogram_message,
    text_message,
)
from chatbot.wecom.splitting import byte_length, clip, clip_characters, split_text

_PROSE = st.text(
    st.sampled_from("早餐七点开始。！？，、；：「」\n .!?,abc012\r\t") | st.characters(),
    max_size=300,
)
FAMILY = "👨‍👩‍👧‍👦"


@given(_PROSE, st.integers(4, 200))
@example("\ud800" * 10, 4)
@example(FAMILY * 20, 30)
@example("a" * 500, 7)
def test_that_parts_fit_and_are_the_text_but_for_space_at_the_cuts(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    rest = text
    for part in parts:
        assert part
        assert byte_length(part) <= limit
        rest = rest.lstrip()
        assert rest.startswith(part)
        rest = rest[len(part) :]
    assert not rest.strip()
    assert split_text(text, limit) == parts


def test_that_a_text_that_fits_is_one_part() -> None:
    assert split_text("早餐七点开始。") == ["早餐七点开始。"]
    assert split_text("早" * 682) == ["早" * 682]
    assert split_text("") == split_text(" \n") == []


def test_that_a_text_is_cut_between_paragraphs_before_sentences() -> None:
    text = "第一段的第一句。第一段的第二句。\n\n第二段。第二段的最后一句。"
    assert split_text(text, 60) == [
        "第一段的第一句。第一段的第二句。",
        "第二段。第二段的最后一句。",
    ]


def test_that_a_text_is_cut_at_the_end_of_a_sentence_with_its_quotes() -> None:
    assert split_text("他说：「早餐七点开始。」然后他就走了，没有再说什么。", 45) == [
        "他说：「早餐七点开始。」",
        "然后他就走了，没有再说什么。",
    ]


def test_that_an_address_stays_whole() -> None:
    url = "https://shop.example/a?b=1&c=2;d!e.html"
    parts = split_text(f"请打开下面的链接查看详情{url}谢谢您的耐心等待", 60)
    assert any(url in part for part in parts)


def test_that_an_english_sentence_is_cut_at_its_end_and_not_in_a_number() -> None:
    text = "The price is 3.50 yuan. Breakfast begins at 7.30 in the hall"
    assert split_text(text, 40) == [
        "The price is 3.50 yuan.",
        "Breakfast begins at 7.30 in the hall",
    ]


@pytest.mark.parametrize("sign", [FAMILY, "👍🏽", "é", "🇨🇳", "✈️"])
def test_that_a_composed_sign_is_not_torn_apart(sign: str) -> None:
    size = byte_length(sign)
    for limit in range(size + 4, size * 3):
        assert "".join(split_text(sign * 6, limit)) == sign * 6
        assert all(part == sign * part.count(sign) for part in split_text(sign * 6, limit))


def test_that_a_limit_too_small_for_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="4 bytes"):
        split_text("早", 3)


@given(_PROSE, st.integers(0, 60))
def test_that_clipped_words_fit_and_begin_the_text(text: str, limit: int) -> None:
    clipped = clip(text, limit)
    assert byte_length(clipped) <= limit
    assert clipped == text or text.startswith(clipped.removesuffix("…"))


@given(_PROSE, st.integers(1, 60))
def test_that_clipping_counts_characters_where_asked(text: str, limit: int) -> None:
    assert len(clip_characters(text, limit)) <= limit


def test_that_a_text_message_is_clipped_to_its_limit() -> None:
    message = text_message("早" * 1000)
    content = message["text"]["content"]
    assert byte_length(content) <= 2048
    assert content.endswith("早…")


def test_that_a_text_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="without any words"):
        text_message(" \n")


def test_that_a_menu_holds_every_kind_of_line() -> None:
    menu = menu_message(
        "您想问的是？",
        [
            ClickItem("f1", "早" * 50),
            ViewItem("https://shop.example/", "查看"),
            MiniprogramItem("wx1", "pages/x", "打开"),
            TextItem("或者", newline=False),
        ],
        "请选择",
    )["msgmenu"]
    click, view, program, words = menu["list"]
    assert (menu["head_content"], menu["tail_content"]) == ("您想问的是？", "请选择")
    assert click["click"] == {"id": "f1", "content": "早" * 41 + "…"}
    assert view["view"] == {"url": "https://shop.example/", "content": "查看"}
    assert program["miniprogram"] == {"appid": "wx1", "pagepath": "pages/x", "content": "打开"}
    assert words["text"] == {"content": "或者", "no_newline": 1}


def test_that_an_empty_head_or_tail_is_left_away() -> None:
    assert set(menu_message("", [ClickItem("1", "一")])["msgmenu"]) == {"list"}


@pytest.mark.parametrize("count", [0, 11])
def test_that_a_menu_of_a_wrong_size_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 10"):
        menu_message("头", [ClickItem("1", "一")] * count)


@pytest.mark.parametrize("menu_id", ["", "x" * 129])
def test_that_a_menu_id_of_a_wrong_size_is_refused(menu_id: str) -> None:
    with pytest.raises(ValueError, match="menu id"):
        menu_message("头", [ClickItem(menu_id, "一")])


def test_that_files_links_and_mini_programs_have_their_fields() -> None:
    assert media_message("image", "M1") == {"msgtype": "image", "image": {"media_id": "M1"}}
    link = link_message("券" * 60, "点此购买", "https://shop.example/", "M1")["link"]
    assert byte_length(link["title"]) <= 128
    assert (link["desc"], link["thumb_media_id"]) == ("点此购买", "M1")
    program = miniprogram_message("wx1", "pages/x", "小程序", "M1")["miniprogram"]
    assert program["pagepath"] == "pages/x"
    with pytest.raises(ValueError, match="url"):
        link_message("券", "", "https://shop.example/" + "x" * 2048, "M1")


def test_that_a_notice_is_clipped_to_the_limits_of_a_card() -> None:
    card = text_notice(
        "题" * 50,
        "述" * 50,
        url="https://desk.example/turns/1",
        lines=[CardLine("很长的名字", "值" * 40), CardLine("客户", "小林", "https://x.example/")],
        links=[CardLink("题" * 20, "https://x.example/")],
        subtitle="副" * 200,
        source="源" * 30,
    )
    assert card["card_type"] == "text_notice"
    assert card["card_action"] == {"type": 1, "url": "https://desk.example/turns/1"}
    assert (len(card["main_title"]["title"]), len(card["main_title"]["desc"])) == (36, 44)
    plain, linked = card["horizontal_content_list"]
    assert (plain["keyname"], len(plain["value"]), "type" in plain) == ("很长的名字", 30, False)
    assert (linked["type"], linked["url"]) == (1, "https://x.example/")
    assert len(card["jump_list"][0]["title"]) == 18
    assert len(card["sub_title_text"]) == 160
    assert len(card["source"]["desc"]) == 20


def test_that_a_plain_notice_has_no_empty_parts() -> None:
    card = text_notice("题", "述", url="https://desk.example/")
    assert set(card) == {"card_type", "main_title", "card_action"}


def test_that_a_card_with_too_many_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 6 lines"):
        text_notice("题", "述", url="https://x.example/", lines=[CardLine("名", "值")] * 7)


def test_that_a_button_card_has_buttons_and_a_task() -> None:
    card = button_card(
        "接待客户？",
        "退款",
        task_id="hand-1@x",
        buttons=[CardButton("接入", "take"), CardButton("忽略", "skip", 4)],
    )
    assert card["button_list"] == [
        {"text": "接入", "style": 1, "key": "take"},
        {"text": "忽略", "style": 4, "key": "skip"},
    ]
    assert card["task_id"] == "hand-1@x"
    with pytest.raises(ValueError, match="task_id"):
        button_card("题", "述", task_id="空 格", buttons=[CardButton("接入", "take")])
    with pytest.raises(ValueError, match="button key"):
        button_card("题", "述", task_id="t", buttons=[CardButton("接入", "")])


def test_that_a_card_is_addressed_to_members() -> None:
    payload = card_message(["a", "b"], {"card_type": "text_notice"})
    assert (payload["touser"], payload["msgtype"]) == ("a|b", "template_card")
