"""The one layout that mails have in HTML: sober, readable on a telephone, in the dark, and without pictures.

Its styles are written into its tags once; a mail is then only filled in. Nothing that is filled in is looked at again,
so no text of a mail can reach into the layout.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import css_inline

_FILL = re.compile(r"FILL-(\w+)-")

_STYLE = """
body { margin: 0; padding: 0; background-color: #f4f4f2; }
.preheader { display: none; max-height: 0; overflow: hidden; font-size: 1px; line-height: 1px; color: #f4f4f2; }
.page, .card { border-collapse: collapse; }
.page { width: 100%; background-color: #f4f4f2; }
.card { width: 100%; max-width: 600px; margin: 0 auto; background-color: #ffffff; }
.content { padding: 32px 32px 16px 32px; color: #222222;
  font-family: Arial, Helvetica, sans-serif; font-size: 16px; line-height: 1.5; text-align: start; }
.content p { margin: 0 0 16px 0; }
.content a { color: #0b57d0; }
.content .button { margin: 8px 0 24px 0; }
.content .button a { display: inline-block; padding: 12px 24px; background-color: #0b57d0; color: #ffffff;
  text-decoration: none; border-radius: 4px; font-weight: bold; }
.footer { padding: 16px 32px 32px 32px; border-top: 1px solid #e0e0dc; color: #666666;
  font-family: Arial, Helvetica, sans-serif; font-size: 12px; line-height: 1.5; text-align: start; }
.footer a { color: #666666; }
@media (max-width: 620px) { .content, .footer { padding-left: 16px !important; padding-right: 16px !important; } }
@media (prefers-color-scheme: dark) {
  body, .page { background-color: #1b1b1b !important; }
  .card { background-color: #262626 !important; }
  .content { color: #eeeeee !important; } .content p:not(.button) a { color: #8ab4f8 !important; }
  .footer, .footer a { color: #aaaaaa !important; }
}
"""

_PAGE = f"""<!DOCTYPE html>
<html lang="FILL-language-"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>FILL-title-</title><style>{_STYLE}</style></head>
<body><div class="preheader">FILL-preheader-</div>
<table role="presentation" class="page"><tbody><tr><td><table role="presentation" class="card"><tbody>
<tr><td class="content" dir="auto">FILL-content-<p><a href="">CUT</a></p>CUT<p class="button"><a
href="FILL-address-">FILL-label-</a></p>CUT</td></tr>
<tr><td class="footer" dir="auto">FILL-postal-<br><a href="FILL-optout-">FILL-unsubscribe-</a></td></tr>
</tbody></table></td></tr></tbody></table>FILL-pixel-</body></html>
"""

_UNSUBSCRIBE = MappingProxyType(
    {
        "en": "Unsubscribe", "de": "Abmelden", "fr": "Se désabonner", "es": "Darse de baja",
        "it": "Annulla l'iscrizione", "pt": "Cancelar a inscrição", "nl": "Uitschrijven", "pl": "Wypisz się",
        "sv": "Avsluta prenumerationen",
        "da": "Afmeld", "nb": "Meld deg av", "no": "Meld deg av", "fi": "Peruuta tilaus",
        "cs": "Odhlásit odběr",
        "hu": "Leiratkozás", "ro": "Dezabonare", "tr": "Aboneliği iptal et", "el": "Διαγραφή", "ru": "Отписаться",
        "uk": "Відписатися", "bg": "Отписване", "ja": "配信停止", "zh": "退订", "ko": "수신 거부",
        "ar": "إلغاء الاشتراك", "he": "הסרה מרשימת התפוצה",
    }
)  # fmt: skip


def unsubscribe_word(language: str) -> str:
    return _UNSUBSCRIBE.get(language.partition("-")[0].lower(), _UNSUBSCRIBE["en"])


@dataclass(frozen=True, slots=True)
class _Layout:
    """Text and the names of what is filled in, by turns; and what paragraphs and links begin with."""

    page: tuple[str, ...]
    button: tuple[str, ...]
    paragraph: str
    link: str


def filled(content: str, button: Mapping[str, str], **values: str) -> str:
    """All of it escaped HTML already. `content` is paragraphs, `button` its address and label, or nothing."""
    layout = _layout()
    styled = content.replace("<p>", layout.paragraph).replace("<a ", layout.link)
    pressed = _fill(layout.button, button) if button else ""
    return _fill(layout.page, {**values, "content": styled + pressed})


def _fill(parts: tuple[str, ...], values: Mapping[str, str]) -> str:
    return "".join(values[part] if at % 2 else part for at, part in enumerate(parts))


@cache
def _layout() -> _Layout:
    page = css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True).inline(_PAGE)
    # From here on the sample paragraph tells how paragraphs begin, and the button stands apart.
    before, _, button, end = page.split("CUT")
    start = before.index("FILL-content-") + len("FILL-content-")
    sample = before[start:]
    return _Layout(
        page=tuple(_FILL.split(before[:start] + end)),
        button=tuple(_FILL.split(button)),
        paragraph=sample[: sample.index("<a ")],
        link=sample[sample.index("<a ") : -1].replace('href="" ', "") + " ",
    )
