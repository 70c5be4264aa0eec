"""Intents, tables and words: edited, merged, refused, and written into their files."""

from __future__ import annotations

import pytest

from chatbot.editing.desk import Clash
from chatbot.editing.kinds import EditRefused, FileChange, Subject
from chatbot.editing.tables import TableKind, lines_of, record_of_lines, uses_of
from tests.kinds.brand import FILES, Brand

COMPLAINT = Subject("intent", "complaint")
BOOKING = Subject("intent", "booking")
STORES = Subject("table", "门店")
WORDS = Subject("words", "words")
SYNONYMS = Subject("words", "synonyms")


# Intents


async def test_that_an_intent_is_changed_where_it_stands(brand: Brand) -> None:
    await brand.edit(COMPLAINT, examples=["我要投诉", "态度恶劣"], drafts=["parking"])
    assert await brand.write() == ["01-投诉.yaml"]
    expected = FILES["intents/01-投诉.yaml"].replace("你们服务太差了", "态度恶劣")
    assert brand.text("intents/01-投诉.yaml") == f"{expected}drafts: [parking]\n"


async def test_that_a_new_intent_gets_a_file_behind_the_others(brand: Brand) -> None:
    new = Subject("intent", "lost")
    await brand.desk.save(new, None, {"title": "失物", "examples": ["我东西丢了"]}, "liang")
    assert await brand.write() == ["03-lost.yaml"]
    expected = "intent: lost\ntitle: 失物\nexamples: [我东西丢了]\n"
    assert brand.text("intents/03-lost.yaml") == expected


async def test_that_a_retired_intent_is_kept_aside_and_comes_back_by_undo(brand: Brand) -> None:
    base = await brand.desk.record(COMPLAINT)
    saved = await brand.desk.save(COMPLAINT, base, None, "liang")
    assert await brand.write() == ["01-投诉.yaml", "01-投诉.yaml"]
    assert brand.text("intents/_retired/01-投诉.yaml") == FILES["intents/01-投诉.yaml"]
    assert saved.edit is not None
    await brand.desk.undo(saved.edit, "azhen")
    assert await brand.write() == ["03-complaint.yaml"]
    assert await brand.desk.record(COMPLAINT) == base


async def test_that_of_two_files_of_one_name_both_are_kept(brand: Brand) -> None:
    files = {}
    for folder in ("售前", "售后"):
        path = brand.folders.intents / folder / "查询.yaml"
        path.parent.mkdir()
        path.write_text(f"intent: {folder}\nexamples: [{folder}怎么查]\n", "utf-8")
        files[folder] = path.read_text("utf-8")
    brand.publish()
    for name in files:
        subject = Subject("intent", name)
        await brand.desk.save(subject, await brand.desk.record(subject), None, "liang")
    await brand.write()
    kept = sorted((brand.folders.intents / "_retired").iterdir())
    assert sorted(path.read_text("utf-8") for path in kept) == sorted(files.values())


async def test_that_two_add_examples_to_one_intent(brand: Brand) -> None:
    base = await brand.desk.record(COMPLAINT)
    assert base is not None
    for actor, said in (("liang", "态度恶劣"), ("azhen", "我很生气")):
        await brand.desk.save(
            COMPLAINT, base, {**base, "examples": [*base["examples"], said]}, actor
        )
    record = await brand.desk.record(COMPLAINT)
    assert record is not None
    assert record["examples"][-2:] == ["态度恶劣", "我很生气"]
    with pytest.raises(Clash) as clash:
        await brand.desk.save(
            COMPLAINT, {**base, "reply": "旧"}, {**base, "reply": "抱歉。"}, "azhen"
        )
    assert [each.key for each in clash.value.clashes] == ["reply"]


@pytest.mark.parametrize(
    ("fields", "key", "said"),
    [
        ({"keywords": ["/(/"]}, "keywords", "正则"),
        ({"examples": None, "keywords": None}, "examples", "至少写一个"),
        ({"tags": ["没有组"]}, "tags", "组:标签"),
        ({"reply": "请看 {门店.泳池}"}, "reply", "没有“泳池”"),
        ({"reply": {"type": "image", "file": "_media/x.png"}}, "reply.file", "先上传"),
        ({"handoff": {"priority": "soon"}}, "handoff.priority", "urgent"),
        ({"stage": "售前:一"}, "stage", "冒号"),
    ],
)
async def test_that_what_no_file_could_hold_is_refused(
    brand: Brand, fields: dict[str, object], key: str, said: str
) -> None:
    with pytest.raises(EditRefused, match=said) as refused:
        await brand.edit(COMPLAINT, **fields)
    assert refused.value.problems[0].key == key


async def test_that_a_form_may_reach_allowed_hosts_alone(brand: Brand) -> None:
    flow = {
        "slots": [{"name": "date", "type": "date", "ask": "哪天？"}],
        "action": {"webhook": "https://elsewhere.example.com/x"}, "done": "好了",
    }  # fmt: skip
    with pytest.raises(EditRefused, match="elsewhere") as refused:
        await brand.edit(BOOKING, flow=flow)
    assert refused.value.problems[0].path == ("flow", "action", "webhook")
    flow["action"] = {"webhook": "https://hooks.example.com/x"}
    await brand.edit(BOOKING, flow=flow)
    await brand.write()
    assert 'action: {webhook: "https://hooks.example.com/x"}\n' in brand.text(
        "intents/02-订房.yaml"
    )


# Tables


async def test_that_cells_change_where_they_stand(brand: Brand) -> None:
    await brand.edit(STORES, **{"西湖店.电话": "0571", "外滩店.早餐": None})
    assert await brand.write() == ["门店.csv"]
    expected = FILES["knowledge/tables/门店.csv"].replace('00",\n', '00",0571\n')
    assert brand.text("knowledge/tables/门店.csv") == expected.replace("8:00,021", ",021")


async def test_that_two_admins_fill_in_different_cells_of_a_row(brand: Brand) -> None:
    base = await brand.desk.record(STORES)
    assert base is not None
    await brand.desk.save(STORES, base, {**base, "西湖店.电话": "0571"}, "liang")
    await brand.desk.save(STORES, base, {**base, "西湖店.城市": "杭州市"}, "azhen")
    record = await brand.desk.record(STORES)
    assert record is not None
    assert (record["西湖店.电话"], record["西湖店.城市"]) == ("0571", "杭州市")
    with pytest.raises(Clash) as clash:
        await brand.desk.save(STORES, base, {**base, "西湖店.电话": "0572"}, "azhen")
    assert [(each.key, each.theirs) for each in clash.value.clashes] == [("西湖店.电话", "0571")]


async def test_that_no_text_goes_with_a_row_that_somebody_takes_out(brand: Brand) -> None:
    base = await brand.desk.record(STORES)
    assert base is not None
    lines = lines_of(base)
    await brand.desk.save(STORES, base, record_of_lines([lines[0], lines[2]]), "liang")
    with pytest.raises(Clash):
        await brand.desk.save(STORES, base, {**base, "西湖店.早餐": "9:00"}, "azhen")
    with pytest.raises(EditRefused, match="已经去掉"):
        await brand.desk.save(STORES, base, {**base, "西湖店.电话": "0571"}, "azhen")


async def test_that_a_column_that_an_answer_says_stays(brand: Brand) -> None:
    base = await brand.desk.record(STORES)
    assert base is not None
    lines = [[line[0], line[1], line[3]] for line in lines_of(base)]
    with pytest.raises(EditRefused, match="“早餐几点供应？”还在用"):
        await brand.desk.save(STORES, base, record_of_lines(lines), "liang")
    with pytest.raises(EditRefused, match="还在用"):
        await brand.desk.save(STORES, base, None, "liang")
    working = await brand.desk.working()
    assert [each.key for each in uses_of(working.content, "门店")["早餐"]] == ["breakfast"]


@pytest.mark.parametrize(
    ("fields", "key", "said"),
    [
        ({"西湖店.电话": "{x}"}, "西湖店.电话", "花括号"),
        ({"columns": ["门店", "城市", "早餐", "电话", "电话 2"]}, "电话 2", "空格"),
        ({"rows": ["西湖店", "外滩店", "西湖店"]}, "西湖店.门店", "不能重复"),
        ({"rows": ["西湖店", "外滩店", "一" * 31]}, f"{'一' * 31}.门店", "最多 30 个字"),
    ],
)
async def test_that_a_table_that_could_not_be_read_is_refused(
    brand: Brand, fields: dict[str, object], key: str, said: str
) -> None:
    with pytest.raises(EditRefused, match=said) as refused:
        await brand.edit(STORES, **fields)
    assert refused.value.problems[0].key == key


async def test_that_a_new_table_is_written_and_goes_aside_again(brand: Brand) -> None:
    rooms = Subject("table", "房型")
    lines = [["房型", "面积"], ["大床房", "28 平方米"], ["双床房", "30, 带窗"]]
    await brand.desk.save(rooms, None, record_of_lines(lines), "liang")
    assert await brand.write() == ["房型.csv"]
    written = brand.folders.knowledge / "tables/房型.csv"
    assert written.read_text("utf-8-sig") == '房型,面积\n大床房,28 平方米\n双床房,"30, 带窗"\n'
    await brand.desk.save(rooms, await brand.desk.record(rooms), None, "liang")
    await brand.write()
    assert not written.exists()
    assert (brand.folders.knowledge / "tables/_retired/房型.csv").exists()


async def test_that_a_table_saved_by_hand_at_that_moment_is_left_for_the_next_look(
    brand: Brand,
) -> None:
    content, kind = brand.files, TableKind()
    before = kind.fields(content, "门店")
    assert before is not None
    file = brand.folders.knowledge / "tables/门店.csv"
    file.write_text(brand.text("knowledge/tables/门店.csv").replace("8:00", "9:00"), "utf-8")
    for after in ({**before, "西湖店.电话": "0571"}, None):
        drafts = kind.drafts(brand.folders, content, [FileChange("门店", before, after, {})])
        assert (drafts.files, list(drafts.left)) == ({}, ["门店"])
    file.unlink()
    change = FileChange("门店", before, {**before, "西湖店.电话": "0571"}, {})
    assert list(kind.drafts(brand.folders, content, [change]).left) == ["门店"]


# Words


async def test_that_words_come_and_go_by_their_lines(brand: Brand) -> None:
    await brand.edit(WORDS, words=["店小二", "云食", "亲子房"])
    await brand.edit(SYNONYMS, synonyms=["停车 = 泊车 = 车位", "早餐 = 早饭"])
    assert await brand.write() == ["_synonyms.txt", "_words.txt"]
    assert brand.text("knowledge/_words.txt") == "# 品牌的词\n店小二\n\n# 房型\n云食\n亲子房\n"
    expected = "# 第一个是标准说法\n停车 = 泊车 = 车位\n早餐 = 早饭\n"
    assert brand.text("knowledge/_synonyms.txt") == expected


async def test_that_words_go_where_they_are_read_last(brand: Brand) -> None:
    (brand.folders.intents / "_words.txt").write_text("云食\n", "utf-8")
    brand.publish()
    await brand.edit(WORDS, words=["店小二", "钟点房", "云食", "亲子房"])
    assert await brand.write() == ["_words.txt"]
    assert brand.text("intents/_words.txt") == "云食\n亲子房\n"


async def test_that_a_word_in_two_groups_is_refused(brand: Brand) -> None:
    with pytest.raises(EditRefused, match="第 2 行“泊车”：第 1 行已经写过"):
        await brand.edit(SYNONYMS, synonyms=["停车 = 泊车", "车位 = 泊车"])
    with pytest.raises(EditRefused, match="至少 2 个字"):
        await brand.edit(WORDS, words=["店"])


async def test_that_two_admins_add_words(brand: Brand) -> None:
    base = await brand.desk.record(WORDS)
    assert base is not None
    await brand.desk.save(WORDS, base, {"words": [*base["words"], "云食"]}, "liang")
    await brand.desk.save(WORDS, base, {"words": ["钟点房", "亲子房"]}, "azhen")
    assert await brand.desk.record(WORDS) == {"words": ["钟点房", "云食", "亲子房"]}
    await brand.write()
