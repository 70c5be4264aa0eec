"""externalcontact/…: contacts and welcome (WeCom developer documentation, 客户联系)."""

from __future__ import annotations

import asyncio

from chatbot.simulator import params
from chatbot.simulator.callbacks import NORMAL
from chatbot.simulator.contacts.book import ContactBook, Relation
from chatbot.simulator.directory import Customer, Directory
from chatbot.simulator.endpoint import GET, POST, Call, Endpoint, Endpoints
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.log import ControlLog
from chatbot.simulator.media import MediaStore
from chatbot.simulator.params import Json

_PARALLEL_MARKS = 5
_MOST_TAGS_A_CALL = 3000
_MOST_ATTACHMENTS = 9
_WECHAT_USER = 1
_CORP_TAG = 1


class ContactCalls:
    """Reading contacts, marking tags, welcoming."""

    def __init__(
        self,
        book: ContactBook,
        directory: Directory,
        media: MediaStore,
        log: ControlLog,
        *,
        busy_seconds: float,
    ) -> None:
        self._book = book
        self._directory = directory
        self._media = media
        self._log = log
        self._busy_seconds = busy_seconds
        self._marking = 0

    def endpoints(self) -> Endpoints:
        """Return the calls by path."""
        return {
            "externalcontact/get_follow_user_list": Endpoint(GET, self.get_follow_users),
            "externalcontact/list": Endpoint(GET, self.list_contacts),
            "externalcontact/get": Endpoint(GET, self.get_contact),
            "externalcontact/remark": Endpoint(POST, self.remark),
            "externalcontact/mark_tag": Endpoint(POST, self.mark_tag),
            "externalcontact/send_welcome_msg": Endpoint(POST, self.send_welcome),
        }

    def get_follow_users(self, _call: Call) -> Json:
        """Return the members who may have contacts."""
        members = self._directory.members
        return {
            "follow_user": [
                userid
                for userid, member in members.items()
                if member.contact and self._directory.visible(userid)
            ]
        }

    def list_contacts(self, call: Call) -> Json:
        """Return a member's contacts; 84061 if there are none."""
        userid = self._member(call.query.get("userid", ""))
        found = [r.external_userid for r in self._book.relations.values() if r.userid == userid]
        if not found:
            raise PlatformError(84061)
        return {"external_userid": found}

    def get_contact(self, call: Call) -> Json:
        """Return a contact with everything that its followers noted."""
        customer = self._customer(call.query.get("external_userid", ""))
        followers = [
            self._follower(relation)
            for userid in self._directory.members
            if (relation := self._book.relation(userid, customer.external_userid))
        ]
        if not followers:
            raise PlatformError(84061)
        return {"external_contact": _describe(customer), "follow_user": followers}

    def _follower(self, relation: Relation) -> Json:
        tags = []
        for tag_id in relation.tags:
            if found := self._book.tags.find(tag_id):
                group, tag = found
                tags.append(
                    {
                        "group_name": group.name,
                        "tag_name": tag.name,
                        "tag_id": tag.id,
                        "type": _CORP_TAG,
                    }
                )
        follower: Json = {
            "userid": relation.userid,
            "remark": relation.remark,
            "description": relation.description,
            "createtime": relation.created_at,
            "tags": tags,
            "remark_corp_name": relation.company,
            "remark_mobiles": relation.mobiles,
            "oper_userid": relation.userid,
            "add_way": relation.add_way,
        }
        if relation.state:
            follower["state"] = relation.state
        return follower

    def remark(self, call: Call) -> Json:
        """Change what a member noted; no event follows."""
        relation = self._relation(call.body)
        remark = params.text(call.body, "remark", required=False, max_chars=20)
        description = params.text(call.body, "description", required=False, max_chars=150)
        company = params.text(call.body, "remark_company", required=False, max_chars=20)
        mobiles = params.strings(call.body, "remark_mobiles", high=20)
        if not any((remark, description, company, mobiles)):
            raise PlatformError(params.EMPTY, "nothing to change")
        relation.remark = remark or relation.remark
        relation.description = description or relation.description
        relation.company = company or relation.company
        if mobiles:
            relation.mobiles = [mobile for mobile in mobiles if mobile]
        return {}

    async def mark_tag(self, call: Call) -> Json:
        """Mark a pair; more than five calls at a time are refused with 45033."""
        if self._marking >= _PARALLEL_MARKS:
            raise PlatformError(45033)
        self._marking += 1
        try:
            await asyncio.sleep(self._busy_seconds)
            return self._mark(call)
        finally:
            self._marking -= 1

    def _mark(self, call: Call) -> Json:
        relation = self._relation(call.body)
        add = params.strings(call.body, "add_tag", high=_MOST_TAGS_A_CALL, wrong=40035)
        remove = params.strings(call.body, "remove_tag", high=_MOST_TAGS_A_CALL, wrong=40035)
        if not add and not remove:
            raise PlatformError(params.EMPTY, "add_tag or remove_tag is required")
        for tag_id in (*add, *remove):
            if self._book.tags.find(tag_id) is None:
                raise PlatformError(40068, tag_id)
        self._book.mark(relation, add, remove)
        # The app that marks is not told; the app under test hears of what another app did.
        if not call.app.main:
            self._book.announce_edit(relation, NORMAL)
        return {}

    async def send_welcome(self, call: Call) -> Json:
        """Welcome a new contact, once and within 20 seconds of the event."""
        code = self._book.welcome_code(params.text(call.body, "welcome_code", empty=41049))
        text = params.mapping(call.body, "text", required=False)
        params.text(text, "content", required=False, max_bytes=4000, too_long=45002)
        attachments = params.items(call.body, "attachments", high=_MOST_ATTACHMENTS, too_many=41064)
        if not text.get("content") and not attachments:
            raise PlatformError(params.EMPTY, "text or attachments are required")
        for attachment in attachments:
            _check_attachment(attachment, self._media)
        code.status = "sending"
        await asyncio.sleep(self._busy_seconds)
        code.status = "sent"
        self._log.add(
            "contact_welcome",
            userid=code.userid,
            customer=code.external_userid,
            content={"text": text, "attachments": attachments},
        )
        return {}

    def _relation(self, body: Json) -> Relation:
        userid = self._member(params.text(body, "userid"))
        customer = self._customer(params.text(body, "external_userid"))
        relation = self._book.relation(userid, customer.external_userid)
        if relation is None:
            raise PlatformError(84061)
        return relation

    def _member(self, userid: str) -> str:
        if self._directory.visible(userid) is None:
            raise PlatformError(40003)
        return userid.lower()

    def _customer(self, external_userid: str) -> Customer:
        customer = self._directory.customer(external_userid)
        if customer is None:
            raise PlatformError(40096)
        return customer


def _describe(customer: Customer) -> Json:
    contact: Json = {
        "external_userid": customer.external_userid,
        "name": customer.nickname,
        "avatar": customer.avatar,
        "type": _WECHAT_USER,
        "gender": customer.gender,
    }
    if customer.unionid:
        contact["unionid"] = customer.unionid
    return contact


def _check_attachment(attachment: Json, media: MediaStore) -> None:
    kind = attachment.get("msgtype")
    if kind not in {"image", "link", "miniprogram", "video", "file"}:
        raise PlatformError(41065, f"msgtype {kind!r}")
    part = params.mapping(attachment, str(kind))
    if kind == "link":
        params.text(part, "title", max_bytes=128)
        params.text(part, "desc", required=False, max_bytes=512)
        params.text(part, "url", max_bytes=2048)
    elif kind == "miniprogram":
        params.text(part, "title", max_bytes=64)
        params.text(part, "appid")
        params.text(part, "page")
        media.get(params.text(part, "pic_media_id"))
    elif kind != "image" or not part.get("pic_url"):
        media.get(params.text(part, "media_id"))
