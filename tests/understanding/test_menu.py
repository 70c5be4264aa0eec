from __future__ import annotations

import pytest

from chatbot.texts import make_texts
from chatbot.understanding.menu import MenuWish
from chatbot.understanding.normalise import Normaliser

_NORMALISER = Normaliser()


@pytest.fixture(scope="module")
def menu() -> MenuWish:
    return MenuWish(make_texts({}).menu_phrases, _NORMALISER)


@pytest.mark.parametrize(
    "said",
    [
        "菜单",
        "菜 单！",
        "菜單",
        "選單",
        "0",
        "０",
        "0️⃣",
        "服务菜单",
        "返回菜单",
        "返回主菜单",
        "主菜单",
        "请打开服务菜单",
        "发一下菜单",
        "Menu",
    ],
)
def test_that_the_menu_is_called(said: str, menu: MenuWish) -> None:
    assert menu.is_menu(_NORMALISER.normalise(said))


@pytest.mark.parametrize(
    "said", ["晚餐菜单有吗", "菜单上有什么菜", "有菜单吗", "10", "00", "几点", "", "？"]
)
def test_that_only_the_whole_message_calls_the_menu(said: str, menu: MenuWish) -> None:
    assert not menu.is_menu(_NORMALISER.normalise(said))


def test_that_a_brand_may_have_its_own_words() -> None:
    menu = MenuWish(["店小二", "/回到?开头/"], _NORMALISER)
    assert menu.is_menu(_NORMALISER.normalise("店小二！"))
    assert menu.is_menu(_NORMALISER.normalise("回开头"))
    assert not menu.is_menu(_NORMALISER.normalise("店小二你好"))
    assert not menu.is_menu(_NORMALISER.normalise("怎么回开头"))
    assert not menu.is_menu(_NORMALISER.normalise("菜单"))
