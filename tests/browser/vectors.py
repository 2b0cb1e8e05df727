"""Markup and addresses that would run a script where text is taken for more than text.

Families are generated: carriers (what runs by itself) in several spellings, addresses in several
disguises, and what parsers of HTML, style sheets, templates and links are known to stumble over.
Each vector that runs sets ``__ran`` on the window it runs in, or on that window's parent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MARK = "window.__ran=1"
OUTER = "parent.__ran=1"
_MARK_ENTITIES = "".join(f"&#{ord(char)};" for char in MARK)
_MARK_HEX = "".join(f"&#x{ord(char):X};" for char in MARK)

# What runs by itself: (tag with what it needs, event).
CARRIERS = (
    ("img src=x", "onerror"),
    ("img srcset=x", "onerror"),
    ("image src=x", "onerror"),
    ("video src=x", "onerror"),
    ("video><source src=x", "onerror"),
    ("audio src=x", "onerror"),
    ("svg", "onload"),
    ("svg><image href=x", "onerror"),
    ("svg><animate attributeName=x dur=1s", "onbegin"),
    ("svg><set attributeName=x dur=1s", "onbegin"),
    ("svg><animateTransform attributeName=x dur=1s", "onbegin"),
    ("body", "onload"),
    ("body", "onpageshow"),
    ("iframe", "onload"),
    ("object data=x:x", "onerror"),
    ("link rel=stylesheet href=x:x", "onerror"),
    ("style", "onload"),
    ("script src=x:x", "onerror"),
    ("input type=image src=x", "onerror"),
    ("input autofocus", "onfocus"),
    ("textarea autofocus", "onfocus"),
    ("a autofocus href=x:x", "onfocus"),
    ("b autofocus tabindex=1", "onfocus"),
    ("b autofocus contenteditable", "onfocusin"),
    ("details open", "ontoggle"),
    ("marquee", "onstart"),
)
# How a carrier may be spelt.
SPELLINGS = (
    "<{tag} {event}={run}>",
    "<{tag} {event}='{run}'>",
    '"><{tag} {event}="{run}">',
    "'><{TAG}\t{EVENT}\n=\n{entities}>",
    "<{tag}\n/{event}={hex} x>",
)
WATCHED = (
    ("x onclick", "click"),
    ("b onpointerover", "point"),
    ("div onwheel", "wheel"),
    ("p oncopy", "copy"),
    ("video autoplay onplay", "play"),
    ("div onscrollend", "scroll"),
    ("form onsubmit", "send"),
    ("dialog open onclose", "close"),
)
SCHEMES = (
    "javascript:{run}",
    "JaVaScRiPt:{run}",
    " \tjavascript:{run}",
    "java\tscript:{run}",
    "java\nscript:{run}",
    "java&Tab;script:{run}",
    "java&NewLine;script&colon;{run}",
    "&#x6A;&#97;vascript&#58;{run}",
    "\x01javascript:{run}",
    "javascript://%0a{run}",
    "javascript:/*--></title>*/{run}",
    "data:text/html,<script>{run}</script>",
    "data:text/html;base64,PHNjcmlwdD5wYXJlbnQuX19yYW49MTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{run}'/>",
    "vbscript:{run}",
    "blob:null/{run}",
    "view-source:javascript:{run}",
    "feed:javascript:{run}",
)
LINKS = (
    '<a href="{to}">go</a>',
    '<iframe src="{to}"></iframe>',
    '<form action="{to}"><button autofocus>go</button></form>',
    '<object data="{to}"></object>',
    '<svg><a xlink:href="{to}"><text y="9">go</text></a></svg>',
    '<math href="{to}">go</math>',
    '<button form=x formaction="{to}">go</button>',
    '<embed src="{to}">',
    '<area href="{to}">',
)
ADDRESSES = (
    "{to}",
    "[go]({to})",
    "![go]({to})",
    "<{to}>",
    "[go][1]\n[1]: {to}",
    "[url={to}]go[/url]",
    "https://shop.example/?next={to}",
    "https://shop.example/#{to}",
)
MUTATIONS = (
    f"<noscript><p title='</noscript><img src=x onerror={MARK}>'>",
    f"<svg></p><style><a id='</style><img src=x onerror={MARK}>'>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;<img src=x onerror={MARK}>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={MARK}>",
    f"<svg><foreignObject><img src=x onerror={MARK}></foreignObject></svg>",
    f"<svg><desc><img src=x onerror={MARK}></desc></svg>",
    f"<math><annotation-xml encoding=text/html><img src=x onerror={MARK}></annotation-xml>",
    f"<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={MARK}>",
    f"<select><template><p></template></select><img src=x onerror={MARK}>",
    f"</textarea></title></style></script><script>{MARK}</script>",
    f"<!--><img src=x onerror={MARK}>-->",
    f"<!-- --!><img src=x onerror={MARK}>",
    f"<xmp><p title='</xmp><img src=x onerror={MARK}>'>",
    f"<title><p title='</title><img src=x onerror={MARK}>'>",
    f"<table><td><a></table><img src=x onerror={MARK}>",
    f"<svg><script>{MARK}</script></svg>",
    f"<svg><script href='data:text/javascript,{MARK}'/>",
    f"<script>{MARK}</script>",
    f"<scr<script></script>ipt>{MARK}</script><img src=x onerror={MARK}>",
    f"<script type=module>{MARK}</script>",
)
DOCUMENTS = (
    f"<iframe srcdoc='<script>{OUTER}</script>'></iframe>",
    f"<iframe srcdoc='&lt;img src=x onerror={OUTER}&gt;'></iframe>",
    f"<iframe srcdoc=&#60;svg/onload={OUTER}&#62;></iframe>",
    f"<base href='javascript:{MARK}//'>",
    f"<meta http-equiv=refresh content='0;url=data:text/html,<script>{MARK}</script>'>",
    f"<object type=text/html data='data:text/html,<script>{MARK}</script>'></object>",
    f"<frameset onload={MARK}>",
    f"<link rel=import href='data:text/html,<script>{MARK}</script>'>",
    f"<div><template shadowrootmode=open><img src=x onerror={MARK}></template>",
    f"<portal src='data:text/html,<script>{MARK}</script>'></portal>",
)
STYLES = (
    f"<style>@import 'javascript:{MARK}';</style>",
    f"<style>@keyframes x{{}}</style><b style='animation:x 1s' onanimationstart={MARK}>x</b>",
    f"<b style=\"background:url('javascript:{MARK}')\">x</b>",
    f"<b style='width:expression({MARK})'>x</b>",
    f"<b style='-moz-binding:url(data:text/xml,{MARK})'>x</b>",
    f"<link rel=stylesheet href='javascript:{MARK}'>",
    "<style>*{display:none!important}</style>",
    "<b style='position:fixed;inset:0;z-index:99999'>x</b>",
)
TEMPLATES = (
    f"{{{{constructor.constructor('{MARK}')()}}}}",
    f"${{{MARK}}} `${{{MARK}}}` #{{{MARK}}} *{{{MARK}}}",
    "{{7*7}} ${7*7} <%= 7*7 %> #{7*7} {% 7*7 %} [[7*7]]",
    "{0.__class__.__init__.__globals__} %s%n%x {name}{agent}{site}",
    "{{''.__class__.__mro__[1].__subclasses__()}} {{config}} {{self}}",
    f'<x v-on:click="{MARK}" v-html="\'<img src=x onerror={MARK}>\'">',
    f"<x ng-app ng-csp ng-focus={MARK} tabindex=0>{{{{$eval('{MARK}')}}}}",
    f"<x x-data x-init={MARK} @click={MARK} :href='javascript:{MARK}'>",
    f"<x data-bind=\"html:'<img src=x onerror={MARK}>'\" hx-get=/ hx-on:load={MARK}>",
    f"# <img src=x onerror={MARK}>\n> *a* `<svg onload={MARK}>` ~~~\n|<b>|\n|-|",
    f":<img src=x onerror={MARK}>: :smile' onerror={MARK}: @<b>all</b> #<i>tag</i>",
    f"![x](x' onerror='{MARK}) [a](//evil.example \" onclick={MARK})",
)
POLYGLOTS = (
    f"javascript:/*'/*`/*\"/*--></title></style></textarea><b/onclick='*/{MARK}//'>",
    f"'\"--></style></script></noscript><svg onload={MARK}>",
    f"';{MARK}//\\';{MARK}//\";{MARK}//--></script>\">'><img src=x onerror={MARK}>",
    f"]]><!--></xml><svg onload={MARK}><![CDATA[",
    f'\\"}};{MARK};{{//</script><script>{MARK}</script>',
    f"<%00script>{MARK}</script><img src=`x` onerror={MARK}>",
)
UNICODE = (
    f"\uff1cscript\uff1e{MARK}\uff1c/script\uff1e",
    f"\u226escript\u226f{MARK}\u226e/script\u226f",
    f"<\u0338img src=x onerror={MARK}>\u0338",
    f"<\u017fcript>{MARK}</\u017fcript>",
    f"<\u200bscript\u200b>{MARK}</script\ufeff>",
    f"\u202e<img src=x onerror={MARK}>\u202c",
    f"\u2067<svg onload={MARK}>\u2069",
    f"+ADw-script+AD4-{MARK}+ADw-/script+AD4-",
    f"%3Cscript%3E{MARK}%3C/script%3E %253Cscript%253E",
    f"&lt;script&gt;{MARK}&lt;/script&gt; &amp;lt;img src=x onerror={MARK}&amp;gt;",
    f"\\u003cscript\\u003e{MARK}\\u003c/script\\u003e \\x3cscript\\x3e",
    f"<img src=x onerror\u00a0={MARK}>\u0000<img\u0000 src=x onerror={MARK}>",
    f"java\u200bscript:{MARK} \u2044\u2044javascript\u02d0{MARK}",
    "e\u0301" * 20 + f"<b onclick={MARK}>\U0001f469\u200d\U0001f469\u200d\U0001f467",
)


def _spelt() -> Iterator[str]:
    for place, (tag, event) in enumerate(CARRIERS):
        for step in (0, 1, 2) if place % 2 else (0, 2):
            spelling = SPELLINGS[(place + step) % len(SPELLINGS)]
            yield spelling.format(
                tag=tag, event=event, TAG=tag.upper(), EVENT=event.upper(),
                run=MARK, entities=_MARK_ENTITIES, hex=_MARK_HEX,
            )  # fmt: skip


def _crossed(patterns: Iterable[str], run: str) -> Iterator[str]:
    """Every scheme with two of the patterns, each pattern with several schemes."""
    chosen = tuple(patterns)
    for place, scheme in enumerate(SCHEMES):
        for step in (0, 3):
            yield chosen[(place + step) % len(chosen)].format(to=scheme.format(run=run))


# Markup that a parser of HTML makes elements of; text that only other readers fall for.
MARKUP = (
    *_spelt(),
    *(f"<{tag}={MARK}>{word}" for tag, word in WATCHED),
    *_crossed(LINKS, OUTER),
    *MUTATIONS,
    *DOCUMENTS,
    *STYLES,
)
TEXT = (*_crossed(ADDRESSES, MARK), *TEMPLATES, *POLYGLOTS, *UNICODE)
VECTORS = tuple(dict.fromkeys((*MARKUP, *TEXT)))


def packed(limit: int, vectors: Iterable[str] = VECTORS, separator: str = " ") -> list[str]:
    """Return the vectors in as few texts of at most ``limit`` characters as come out in order.

    A vector that is longer than the limit alone has no place.
    """
    texts: list[str] = []
    for vector in vectors:
        if len(vector) > limit:
            continue
        if texts and len(texts[-1]) + len(separator) + len(vector) <= limit:
            texts[-1] += separator + vector
        else:
            texts.append(vector)
    return texts
