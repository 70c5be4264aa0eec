"""Pictures inside a text: Unicode emoji and WeChat's own, which arrive as words in brackets."""

from __future__ import annotations

import re

#: Names of the stickers of WeChat's keyboard, as they arrive in a text: ``[微笑]``.
_WECHAT_NAMES = """
微笑 撇嘴 色 发呆 得意 流泪 害羞 闭嘴 睡 大哭 尴尬 发怒 调皮 呲牙 惊讶 难过 囧 抓狂 吐 偷笑 愉快
白眼 傲慢 困 惊恐 憨笑 悠闲 咒骂 疑问 嘘 晕 衰 骷髅 敲打 再见 擦汗 抠鼻 鼓掌 坏笑 右哼哼 鄙视
委屈 快哭了 阴险 亲亲 可怜 笑脸 生病 脸红 破涕为笑 恐惧 失望 无语 嘿哈 捂脸 奸笑 机智 皱眉 耶
吃瓜 加油 汗 天啊 Emm 社会社会 旺柴 好的 打脸 哇 翻白眼 666 让我看看 叹气 苦涩 裂开 嘴唇 爱心
心碎 拥抱 强 弱 握手 胜利 抱拳 勾引 拳头 OK 合十 啤酒 咖啡 蛋糕 玫瑰 凋谢 菜刀 炸弹 便便 月亮
太阳 庆祝 礼物 红包 發 福 烟花 爆竹 猪头 跳跳 发抖 转圈 流汗 大兵 左哼哼 哈欠 赞 Hey 冷汗 糗大了
"""

WECHAT_STICKER = re.compile(
    r"\[(?:" + "|".join(map(re.escape, _WECHAT_NAMES.split())) + r")\]", re.IGNORECASE
)

#: Pictographs, flags, dingbats, arrows and the marks that combine them.
UNICODE_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\U000e0020-\U000e007f"
    "\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u200d\u20e3\ufe0e\ufe0f\u3030\u303d\u3297\u3299]"
)


def remove_emoji(text: str) -> str:
    """Return ``text`` with a space in the place of each emoji."""
    return UNICODE_EMOJI.sub(" ", WECHAT_STICKER.sub(" ", text))
