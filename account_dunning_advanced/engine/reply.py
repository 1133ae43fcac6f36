"""What a debtor's reply is about: rules on words, in five languages.

A proposal for a person, never an act: it is right often enough to save typing, and the
words that led to it are shown. No service is asked.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from email.message import Message

#: Kinds in the order in which they are looked for: what a machine wrote first, then
#: what weighs most if the guess is wrong.
KINDS = ("bounce", "out_of_office", "dispute", "address", "paid", "promise", "unknown")
#: Kinds that machines write. Words alone do not make a mail one of theirs: customers
#: send goods back as undeliverable, and excuse themselves for having been on vacation.
MACHINE_KINDS = ("bounce", "out_of_office")
#: So much of a mail is read, in characters: who writes more has said it by then.
READ_AT_MOST = 20_000
#: A promise for later than this is no date but a slip.
FURTHEST_DAYS = 400


@dataclass(frozen=True)
class Proposal:
    """What a reply seems to be."""

    kind: str
    #: The words that led to it.
    words: str = ""
    #: The day that is promised, if one is named.
    day: date | None = None
    #: A machine wrote it for sure: nobody has been told anything.
    automatic: bool = False


PATTERNS: Mapping[str, str] = {
    "bounce": r"""
        undeliver(?:ed|able) | delivery \s (?:status|has\ failed|failure|incomplete)
        | mail \s delivery \s (?:failed|subsystem) | returned \s mail
        | (?:user|mailbox|address) \s (?:unknown|unavailable|not \s found)
        | unzustellbar | nicht \s zugestellt | zustellung .{0,20} fehlgeschlagen
        | non \s remis | échec \s de \s (?:la\s)?(?:remise|distribution)
        | 반송 | 전달되지 | 배달 \s? 실패
        | 配信(?:不能|できません|に失敗) | 送信できませんでした | 不達""",
    "out_of_office": r"""
        out \s of \s (?:the \s)?office | automatic \s reply | auto[- ]?reply
        | on \s (?:annual|parental|sick)? \s? (?:leave|vacation|holiday)
        | abwesen(?:d|heit) | nicht \s im \s (?:büro|haus) | automatische \s antwort
        | absen(?:t|ce) .{0,25} (?:bureau|jusqu) | absence \s du \s bureau
        | réponse \s automatique | en \s congés?
        | 부재 \s? 중 | 자동 \s? (?:회신|응답) | 휴가 \s? 중
        | 不在 | 自動(?:返信|応答) | 休暇中""",
    "dispute": r"""
        disput(?:e|ed|ing) | (?:incorrect|wrong) \s (?:invoice|amount|price|quantity)
        | (?:invoice|amount|price|quantity) \s is \s (?:incorrect|wrong)
        | (?:do|does|did) (?:\s not|n't|n’t) \s (?:owe|order|agree)
        | (?:not|never) \s (?:received|delivered|ordered) (?!.{0,15} invoice)
        | (?:defective|damaged|faulty) | will \s not \s pay | refuse \s to \s pay
        | complain(?:t|ed)
        | widersprech | einspruch | reklam | beanstand | mangelhaft | beschädigt
        | (?:rechnung|betrag|preis|menge) .{0,25} (?:falsch|fehlerhaft|stimmt \s nicht)
        | nicht \s (?:bestellt|geliefert) | (?:nie|nicht) \s erhalten
        | contest(?:e|ons|ation|er) | litige | réclamation | erron(?:é|ée)
        | défectueu | endommag | (?:pas|jamais) \s (?:été \s)?(?:reçu|livré|command)
        | désaccord
        | 이의 | 불량 | 하자 | 파손 | 잘못(?:된|\s 청구) | 받지 \s? (?:못|않)
        | 주문(?:한 \s 적|하지) | 금액이 \s? (?:다르|틀리|맞지)
        | 異議 | 不良 | 破損 | 間違(?:い|って) | 誤り | 届いて(?:い)?(?:ない|ません)
        | 注文して(?:い)?(?:ない|ません) | 納得でき""",
    "address": r"""
        (?:new|changed?|updated?) .{0,25} (?:address|e-?mail|contact \s person)
        | (?:have|has|we've|we’ve) \s moved | no \s longer \s works?
        | neue \s (?:adresse|anschrift|e-?mail) | umgezogen | adressänderung
        | nicht \s mehr \s (?:im \s unternehmen|bei \s uns|tätig)
        | nouvelle \s adresse | changement \s d['’]adresse | déménag
        | ne \s (?:travaille|fait) \s plus
        | 주소가? \s? (?:변경|바뀌) | 이전하(?:였|여) | 이사
        | 담당자가? \s? (?:변경|바뀌) | 퇴사
        | 住所(?:が|を)?変(?:更|わ) | 移転 | 担当者(?:が)?変 | 退職""",
    "paid": r"""
        (?:already|have|was|were|been) \s (?:been \s |already \s)*
            (?:paid|transferred|settled|remitted)
        | (?:we|i) \s (?:paid|transferred|settled) | payment \s (?:was|has \s been)
            \s (?:made|sent)
        | (?:bereits|schon|gestern) .{0,40} (?:bezahlt|überwiesen|beglichen)
        | (?:wurde|haben \s wir|wir \s haben) .{0,40} (?:bezahlt|überwiesen|beglichen)
        | (?:avons|ai|a \s été|déjà) .{0,25} (?:payé|réglé|viré|effectué)
        | virement .{0,25} effectué
        | (?:이미|어제|오늘|일에) .{0,25} (?:입금|송금|결제|납부|이체)
            \s? (?:했|하였|완료|되었|됐|드렸)
        | (?:입금|송금|결제|납부|이체) \s? (?:했습|하였|완료)
        | (?:既に|すでに|昨日|先日|本日|日に) .{0,25} (?:振(?:り)?込|支払|入金|送金)
            .{0,4} (?:ました|済)
        | (?:支払い?|振込|入金|送金)済""",
    "promise": r"""
        (?:will|'ll|’ll|shall|going \s to|plan \s to) .{0,25}
            (?:pay|transfer|settle|remit|make \s (?:the \s)?payment)
        | payment \s (?:will|is \s scheduled|is \s planned)
        | (?:werden?|wird) .{0,60} (?:zahlen|bezahlen|überweisen|begleichen|bezahlt
            |überwiesen|beglichen)
        | (?:überweisen|zahlen|begleichen) \s wir | zahlung \s erfolgt
        | (?:allons|vais|va) .{0,25} (?:payer|régler|virer|effectuer)
        | (?:paierons|réglerons|règlerons|virerons|paierai|réglerai|effectuerons)
        | (?:paiement|règlement|virement) .{0,30} (?:sera|prévu|interviendra)
        | (?:입금|송금|결제|납부|이체|지급)
            (?:하겠|할 \s? (?:예정|것|게)|해 \s? 드리겠|드리겠|\s? 예정|될 \s? 예정)
        | (?:振(?:り)?込|支払|入金|送金) .{0,6}
            (?:予定|いたします|致します|します(?!.{0,3}た)|つもり)""",
}
# What turns a promise or a payment round, within the words that tell of it.
_NEGATION = re.compile(
    r"""\b(?:not|never|cannot|unable|nicht|nie|kein\w*|pas|jamais|aucun\w*)\b
        | n['’]t\b | 않 | 못 | 없 | 안\s | ません | ない | 未""",
    re.VERBOSE | re.IGNORECASE,
)
# Korean and Japanese say no at the end.
_AFTER = 8
_COMPILED = {
    kind: re.compile(pattern, re.VERBOSE | re.IGNORECASE | re.DOTALL)
    for kind, pattern in PATTERNS.items()
}

# Where what the debtor wrote ends and what he answers to begins.
_QUOTE = re.compile(
    r"""^\s*(?:
        >.* | -{2,}\s*(?:original\ message|ursprüngliche\ nachricht|message\ d.origine
            |원본\ ?메[시세]지|元のメッセージ).*
        | on\ .{4,120}\ wrote:\s* | am\ .{4,120}\ schrieb.*:\s*
        | le\ .{4,120}\ a\ écrit\s?:\s* | .{4,80}님이?\ 작성:?\s*
        | \d{4}[年/.-].{4,80}(?:のメール|wrote|作成|:)\s* | --\s*
        | (?:from|von|de|보낸\ ?사람|差出人)\s?:\ .*@.*
    )$""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)


def strip_quotes(text: str) -> str:
    """Return what was written anew.

    >>> strip_quotes("We will pay.\\n\\nOn 1 June 2024 Ann wrote:\\n> Pay now.")
    'We will pay.'
    """
    match = _QUOTE.search(text)
    return (text[: match.start()] if match else text).strip()


def propose(
    subject: str, body: str, today: date, headers: Mapping[str, str] | None = None
) -> Proposal:
    """Return what a reply seems to be.

    :param body: plain text, with or without what it answers to.
    :param today: the day on which it was written, for days without a year.
    :param headers: of the mail, by names in lower case.

    >>> propose("Re: Reminder", "We will pay on 28 June.", date(2024, 6, 14)).day
    datetime.date(2024, 6, 28)
    >>> propose("", "Wir haben am 10.06. bereits überwiesen.", date(2024, 6, 14)).kind
    'paid'
    """
    written = strip_quotes(body[:READ_AT_MOST])
    machine = _from_headers(headers or {})
    if machine in MACHINE_KINDS:
        match = _COMPILED[machine].search(subject) or _COMPILED[machine].search(written)
        return Proposal(machine, match.group() if match else "auto", automatic=True)
    if machine and (match := _COMPILED["bounce"].search(subject)):
        return Proposal("bounce", match.group(), automatic=True)
    for kind in ("dispute", "address", "paid", "promise"):
        words = _find_words(kind, written)
        if words:
            day = next(find_days(written, today), None) if kind == "promise" else None
            return Proposal(kind, words, day)
    for kind in MACHINE_KINDS:
        match = _COMPILED[kind].search(subject) or (
            kind == "out_of_office" and _COMPILED[kind].search(written)
        )
        if match:
            return Proposal(kind, match.group())
    return Proposal("unknown")


def _find_words(kind: str, text: str) -> str:
    """Return the words that make a text one of a kind, or ''.

    >>> _find_words("paid", "Wir haben noch nicht bezahlt."), _find_words(
    ...     "promise", "We will not be able to pay. My wife will pay."
    ... )
    ('', 'will pay')
    """
    for match in _COMPILED[kind].finditer(text):
        around = match.group() + text[match.end() : match.end() + _AFTER]
        said = around if not around.isascii() else match.group()
        if kind in ("paid", "promise") and _NEGATION.search(said):
            continue
        return " ".join(match.group().split())
    return ""


def _from_headers(headers: Mapping[str, str]) -> str:
    """Return what the headers say a machine wrote: a kind, ``server`` or ''.

    ``server`` is the address of a mail server, which a person may write from as well.
    """
    content = headers.get("content-type", "").lower()
    sender = headers.get("from", "").lower()
    if "delivery-status" in content or "mailer-daemon" in sender:
        return "bounce"
    submitted = headers.get("auto-submitted", "no").lower()
    if (
        submitted.startswith("auto-replied")
        or headers.get("precedence", "").lower() == "auto_reply"
        or any(
            name in headers for name in ("x-autoreply", "x-autorespond", "x-auto-reply")
        )
    ):
        return "out_of_office"
    return "server" if "postmaster@" in sender else ""


def read_report(message: Message) -> frozenset[str]:
    """Return what a mail server or reader reports; nothing if it is no report.

    Those of RFC 3464, ``failed``, ``delayed``, ``delivered``, ``relayed`` and
    ``expanded``, and ``displayed`` for a receipt of RFC 8098. Only ``failed`` is a
    bounce.
    """
    found = set()
    for part in message.walk():
        if part.get_content_type() == "message/disposition-notification":
            found.add("displayed")
        elif part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else ():
                if block["Action"]:
                    found.add(str(block["Action"]).strip().lower())
    return frozenset(found)


# === DAYS === #

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar janvier jan",
            "february februar février fevrier feb",
            "march märz mars mar",
            "april avril apr",
            "may mai",
            "june juni juin jun",
            "july juli juillet jul",
            "august août aout aug",
            "september septembre sept sep",
            "october oktober octobre oct okt",
            "november novembre nov",
            "december dezember décembre decembre dec dez",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday montag lundi 월요일 月曜",
            "tuesday dienstag mardi 화요일 火曜",
            "wednesday mittwoch mercredi 수요일 水曜",
            "thursday donnerstag jeudi 목요일 木曜",
            "friday freitag vendredi 금요일 金曜",
            "saturday samstag samedi 토요일 土曜",
            "sunday sonntag dimanche 일요일 日曜",
        )
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAYS = re.compile(
    rf"""
      (?P<iso>(?P<iy>20\d\d)-(?P<im>\d\d?)-(?P<id>\d\d?))
    | (?:(?P<ky>20\d\d)\s?[년年]\s?)?(?P<km>\d\d?)\s?[월月]\s?(?P<kd>\d\d?)\s?[일日]
    | (?P<nd>\d\d?)[./](?P<nm>\d\d?)[./](?P<ny>20\d\d)?
    | (?P<dd>\d\d?)(?:\.|st|nd|rd|th|er)?\s(?:of\s)?(?P<dm>{_MONTH})\b
        (?:,?\s(?P<dy>20\d\d))?
    | \b(?P<md>{_MONTH})\s(?P<mday>\d\d?)\b(?:st|nd|rd|th)?(?:,?\s(?P<my>20\d\d))?
    | (?P<end>end\sof\s(?:the|this)\smonth|monatsende|ende\sdes\smonats
        |fin\s(?:du|de)\smois|월말|이번\s?달\s?말|今?月末)
    | (?P<tomorrow>\btomorrow\b|\bmorgen\b|\bdemain\b|내일|明日)
    | (?P<weekday>{"|".join(_WEEKDAYS)})
    """,
    re.VERBOSE | re.IGNORECASE,
)


def find_days(text: str, today: date) -> Iterator[date]:
    """Yield the days to come that a text names.

    >>> list(find_days("am 28.06. oder am 1. Juli", date(2024, 6, 14)))
    [datetime.date(2024, 6, 28), datetime.date(2024, 7, 1)]
    >>> list(find_days("다음 주 금요일, 7월 5일", date(2024, 6, 14)))
    [datetime.date(2024, 6, 21), datetime.date(2024, 7, 5)]
    >>> list(find_days("by the end of the month", date(2024, 6, 14)))
    [datetime.date(2024, 6, 30)]
    """
    for match in _DAYS.finditer(text):
        day = _to_day(match, today)
        if day and today <= day <= today + timedelta(days=FURTHEST_DAYS):
            yield day


def _to_day(match: re.Match[str], today: date) -> date | None:
    found = match.groupdict()
    if found["end"]:
        return today.replace(day=monthrange(today.year, today.month)[1])
    if found["tomorrow"]:
        return today + timedelta(days=1)
    if found["weekday"]:
        ahead = (_WEEKDAYS[found["weekday"].lower()] - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead)
    for year, month, day in (
        ("iy", "im", "id"),
        ("ky", "km", "kd"),
        ("ny", "nm", "nd"),
        ("dy", "dm", "dd"),
        ("my", "md", "mday"),
    ):
        if found[day]:
            number = found[month].lower()
            return _next(
                found[year],
                _MONTHS[number] if number in _MONTHS else int(number),
                int(found[day]),
                today,
            )
    return None


def _next(year: str | None, month: int, day: int, today: date) -> date | None:
    """Return the day, in the next year that has it ahead if no year is named."""
    try:
        found = date(int(year) if year else today.year, month, day)
        if not year and found < today:
            found = date(today.year + 1, month, day)
    except ValueError:
        return None
    return found
