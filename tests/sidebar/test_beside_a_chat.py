"""The page beside a chat in a real browser, from the client's signature to the customer's phone."""

from __future__ import annotations

import pytest

from tests.pipeline.stage import AZHEN, LIN, Stage, eventually

from .beside import Beside, expect, gone_out, picture

_CHECKOUT = "能晚点退房吗"


async def _served(stage: Stage) -> None:
    """Let the customer ask, and be given to 阿珍."""
    await stage.say(_CHECKOUT)
    await stage.delivered()
    await stage.say("转人工")
    await stage.in_state(3)
    await stage.settled()


async def _befriended(stage: Stage) -> None:
    await stage.control("customers", {"external_userid": LIN, "add_contact": {"userid": AZHEN}})

    async def relations() -> list[dict[str, str]]:
        return stage.rows("SELECT userid FROM contact_relations")

    await eventually(relations, bool)


async def test_that_a_draft_for_the_last_message_goes_out_with_one_tap(
    stage: Stage, beside: Beside
) -> None:
    await _served(stage)
    page, frame = await beside.client(AZHEN)
    await expect(frame.locator("#standing")).to_contain_text("由您接待")
    await expect(frame.get_by_text("实时更新中")).to_be_visible()
    # What the customer writes now brings other drafts, without anybody's doing.
    await stage.say("西湖店有停车场吗")
    drafts = frame.locator("#drafts > li")
    await expect(drafts.first).to_contain_text("停车")
    await picture(page, "sidebar-kf")
    await drafts.first.get_by_role("button", name="发送").click()
    await expect(frame.get_by_text("已发到聊天里")).to_be_visible()
    (sent,) = await gone_out(stage)
    assert "68 个车位" in sent["content"]["content"]
    phone = await beside.phone()
    await expect(phone.get_by_text(sent["content"]["content"][:12])).to_be_visible()


async def test_that_a_reply_is_found_by_pinyin_and_changed_before_it_goes_out(
    stage: Stage, beside: Beside
) -> None:
    await _served(stage)
    _, frame = await beside.client(AZHEN)
    await frame.get_by_role("searchbox", name="找话术和知识").fill("yctf")
    found = frame.locator("#found > li").filter(has_text="延迟退房").first
    await found.get_by_role("button", name="改一改").click()
    box = found.get_by_label("要发的内容")
    await expect(box).to_be_focused()
    assert "14:00" in await box.input_value()
    await box.fill("可以的，给您留到两点 <b>不是标签</b>")
    await found.get_by_role("button", name="发送").click()
    (sent,) = await gone_out(stage)
    assert sent["content"]["content"] == "可以的，给您留到两点 <b>不是标签</b>"
    # The brand's quick replies stand in their folders.
    await frame.get_by_text("话术", exact=True).click()
    await expect(frame.get_by_text("售中")).to_be_visible()


async def test_that_what_the_bot_said_is_judged_and_the_customer_changed_beside_the_chat(
    stage: Stage, beside: Beside
) -> None:
    await _served(stage)
    page, frame = await beside.client(AZHEN)
    answer = frame.locator("#lines > li").filter(has_text="14:00")
    await answer.get_by_role("button", name="对", exact=True).click()
    await expect(answer.get_by_text("阿珍")).to_be_visible()
    (kept,) = stage.rows("SELECT verdict, judged_by FROM turn_judgements")
    assert kept == {"verdict": "right", "judged_by": AZHEN}
    await frame.get_by_label("加标签").fill("偏好:安静")
    await frame.get_by_role("button", name="加上").click()
    await expect(frame.get_by_text("偏好:安静").first).to_be_visible()
    audited = stage.rows("SELECT who, action FROM audit_log ORDER BY id")
    assert {"who": AZHEN, "action": "tag_add"} in audited
    await picture(page, "sidebar-judged")


async def test_that_what_is_promised_is_kept_beside_the_chat(stage: Stage, beside: Beside) -> None:
    await _served(stage)
    page, frame = await beside.client(AZHEN)
    await frame.get_by_role("button", name="记一件事").click()
    await frame.get_by_label("要做什么").fill("明天答复能不能晚退")
    await frame.get_by_role("button", name="记下").click()
    await expect(frame.locator("#cases")).to_contain_text("明天答复能不能晚退")
    (kept,) = stage.rows("SELECT title, owner, external_userid FROM cases")
    assert kept == {"title": "明天答复能不能晚退", "owner": AZHEN, "external_userid": LIN}
    await frame.get_by_role("button", name="今天要做").click()
    await expect(frame.get_by_role("dialog")).to_be_visible()
    await picture(page, "sidebar-today")


async def test_that_beside_a_friend_the_words_are_pasted(stage: Stage, beside: Beside) -> None:
    await _befriended(stage)
    page, frame = await beside.client(AZHEN)
    await expect(frame.locator("#standing")).to_contain_text("好友聊天")
    await expect(frame.get_by_text("建议回复")).to_be_hidden()
    await frame.get_by_role("textbox", name="客户说了什么").fill("请问可以晚一点退房吗？")
    found = frame.locator("#found > li").filter(has_text="14:00").first
    await picture(page, "sidebar-friend")
    await found.get_by_role("button", name="发送").click()
    await expect(frame.get_by_text("已发到聊天里")).to_be_visible()
    # It went from the member to their contact: no server heard of it.
    assert stage.rows("SELECT id FROM messages") == []
    await expect(frame.get_by_text("阿珍", exact=True)).to_be_visible()  # who follows the customer


async def test_that_the_page_fits_a_phone_and_the_dark(stage: Stage, beside: Beside) -> None:
    await _served(stage)
    page, frame = await beside.client(AZHEN, 375, color_scheme="dark")
    await expect(frame.locator("#drafts > li").first).to_be_visible()
    assert await frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await picture(page, "sidebar-phone")


async def test_that_every_control_has_a_name_and_the_keyboard_suffices(
    stage: Stage, beside: Beside
) -> None:
    await _served(stage)
    _, frame = await beside.client(AZHEN)
    await expect(frame.locator("#drafts > li").first).to_be_visible()
    nameless = await frame.evaluate(
        "[...document.querySelectorAll('button, input, textarea, select, a, summary')]"
        ".filter((node) => !(node.getAttribute('aria-label') || node.textContent.trim()))"
        ".map((node) => node.outerHTML)"
    )
    assert nameless == []
    await frame.get_by_role("searchbox", name="找话术和知识").focus()
    await frame.page.keyboard.type("停车")
    await frame.page.keyboard.press("Enter")
    first = frame.locator("#found > li").first
    await expect(first).to_contain_text("停车")
    await first.get_by_role("button", name="发送").focus()
    await frame.page.keyboard.press("Enter")
    await gone_out(stage)


async def test_that_outside_of_the_client_it_is_said_where_to_open_the_page(beside: Beside) -> None:
    page = await beside.alone(AZHEN)
    await expect(page.get_by_role("alert")).to_contain_text("要在企业微信里打开")


@pytest.mark.parametrize("kind", ["get_jsapi_ticket", "ticket/get"])
async def test_that_a_ticket_which_cannot_be_got_is_named(
    kind: str, stage: Stage, beside: Beside
) -> None:
    await _served(stage)
    await stage.fault(kind, "errcode", errcode=-1, times=100)
    _, frame = await beside.client(AZHEN)
    await expect(frame.get_by_role("alert")).to_contain_text("企业微信")
    await frame.get_by_role("button", name="重试").is_visible()
    beside.forgive("502")
