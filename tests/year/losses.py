"""What is lost: a card that was in its slot, one that never came; searched for, given up by the city, an incident each."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta

from PIL import Image, ImageDraw

from tests.sessions import confirm_everybody
from tests.year.stage import Stage, There

# Days after the first report.
FOLLOWED_UP, ENDED = timedelta(days=3), timedelta(days=10)
CLOSED = "本市として終結とする"
GIVEN_UP = "棚と搬送経路をすべて探したが見つからない"


@dataclass(frozen=True)
class Loss:
    """A lost card, its case, and the incident that it is."""

    stage: Stage
    there: There
    card: str
    case: str
    incident: str
    name: str

    async def follow_up(self) -> None:
        """The second report, three days later: what was done since."""
        await self._say("contained", "保管庫の全数を数え、ほかに不足がないことを確かめた")
        await self._say("contacted", "本市から申請者に再発行の手続を案内した")
        if self.stage.is_signed:
            await self.stage.until_signed()
            await self.there.leader.post(f"/incidents/{self.incident}/evidence")
        await self._report("follow_up", "続報")

    async def end(self) -> None:
        """The city gives the card up; the last report; the measure is done; the city closes the incident."""
        stage, leader, city = self.stage, self.there.leader, self.there.city
        await confirm_everybody(stage.database, stage.clock())
        given = await stage.approved(leader, city, "confirm_lost", self.case, reason=GIVEN_UP)
        ended = await leader.post(f"/cases/{self.case}/lost", {"reason": GIVEN_UP, "approval": given})
        assert ended["state"] == "lost", ended
        stage.lost.append(self.card)
        await self._say("recovered", "再発行により交付した")
        await self._say("cause", "棚番の移動のとき、空のスリーブとともに取り除いた可能性が高い")
        await self._say("prevention", "空のスリーブは二人で確かめてから処分する")
        body = {"kind": "reportable", "words": "特定個人情報の漏えいに当たらない", "decided": False}
        await stage.annex.city.post(f"/incidents/{self.incident}/course", body)
        action = {
            "what": "空のスリーブの確認を手順書に加える",
            "responsible": leader.code,
            "due_on": (stage.today + timedelta(days=7)).isoformat(),
        }
        await leader.post(f"/incidents/{self.incident}/actions", action)
        await self._report("final_report", "確報")
        done = {"how": "done", "words": "手順書を改め、全員に周知した"}
        await leader.post(f"/incidents/{self.incident}/actions/1/end", done)
        given = await stage.approved(leader, stage.annex.city, "close_incident", self.incident, reason=CLOSED)
        body = {"reason": CLOSED, "approval": given}
        closed = await leader.post(f"/incidents/{self.incident}/close", body)
        assert closed["state"] == "closed", closed

    async def _say(self, kind: str, words: str, **more: str) -> None:
        body = {"kind": kind, "words": words, **more}
        await self.there.leader.post(f"/incidents/{self.incident}/course", body)

    async def _report(self, stage: str, called: str) -> None:
        made = await self.there.leader.post(f"/incidents/{self.incident}/reports", {"stage": stage})
        path = f"/documents/{made['document']}/paper.pdf"
        await self.stage.paper(self.there.leader, path, f"P9-{self.name}-{called}.pdf")


async def from_slot(stage: Stage, there: There, card: str) -> None:
    """A card is not in its slot when it is wanted."""
    case = await there.clerk.post(f"/cards/{card}/missing", {"reason": "棚番に見当たらない"})
    there.take([card])
    there.forgotten = [one for one in there.forgotten if one[1] != card]
    await _begin(stage, there, card, case["code"], "取出しのとき、棚番にカードが無かった")


async def on_the_list_alone(stage: Stage, card: str) -> None:
    """A card stands on the arrival list and is not in its box."""
    (case,) = (await stage.annex.leader.get("/cases", card=card))["items"]
    await _begin(stage, stage.annex, card, case["code"], "着荷一覧にあるカードが小箱に入っていなかった")


async def _begin(stage: Stage, there: There, card: str, case: str, happened: str) -> None:
    """Search, report the incident with a photo, tell the city, and issue the first report at once."""
    for item, note in (("waste", "シュレッダーと廃棄袋を二人で確かめた"), (None, "前後の棚を数え直した")):
        await there.clerk.post(f"/cases/{case}/marks", {"note": note} | ({"item": item} if item else {}))
    body = {
        "kind": "loss",
        "happened": happened,
        "noticed_at": stage.clock().isoformat(),
        "items": [{"code": card, "pin_set": False}, {"code": case, "pin_set": None}],
    }
    incident = (await there.clerk.post("/incidents", body))["code"]
    await attach(stage, there, "incident", incident, "棚の写真.jpg")
    loss = Loss(stage, there, card, case, incident, f"{stage.today:%Y-%m}-{there.number}")
    await loss._say("told_city", "電話で報告した", whom="区政推進課 担当")
    await loss._report("first_report", "速報")
    stage.later(FOLLOWED_UP, loss.follow_up)
    stage.later(ENDED, loss.end)


async def attach(stage: Stage, there: There, kind: str, subject: str, name: str) -> None:
    """Attach a photo to something."""
    query = {"subject_type": kind, "subject": subject, "name": name}
    headers = {"Content-Type": "image/jpeg"}
    content = photo(f"{subject} {stage.today:%Y-%m-%d}")
    answer = await there.clerk.ask("POST", "/attachments", params=query, content=content, headers=headers)
    assert answer.status_code == 201, answer.text


def photo(words: str) -> bytes:
    """A picture as a camera makes it."""
    picture = Image.new("RGB", (640, 480), "#8899aa")
    ImageDraw.Draw(picture).text((40, 220), words, fill="white")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()
