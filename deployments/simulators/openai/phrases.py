"""What mails are made of, in a few languages. Nothing here holds a number, a date, a name or an address."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    subjects: tuple[str, ...]
    preheaders: tuple[str, ...]
    greetings: tuple[str, ...]
    neutral: str
    company: tuple[str, ...]
    role: tuple[str, ...]
    place: tuple[str, ...]
    middles: tuple[str, ...]
    closings: tuple[str, ...]


ENGLISH = Phrases(
    ("A thought for {company}", "An idea that may help {company}", "Something for you at {company}"),
    ("A short note, written for you", "Two minutes that may be worth your while", "Why I am writing to you today"),
    ("Dear {name},", "Hello {name},", "Good morning {name},"),
    "Hello,",
    (
        "I have been reading about the work that you do at {company}, and it made me want to write to you.",
        "What {company} is doing has stayed with me since I first came across it.",
        "Colleagues of mine keep mentioning {company}, so I would like to introduce myself.",
    ),
    (
        "As {role} you will know better than I do where the time goes every week.",
        "In your position as {role} you surely hear many promises, so I will keep this brief.",
    ),
    (
        "Many of the people we work with are near {place}, and they often tell us the same story.",
        "We like coming to {place}, and would gladly visit you there.",
    ),
    (
        "We help teams to keep their address books in order, so that nobody is written to twice or forgotten.",
        "Our customers tell us that the tedious part of their day has become pleasantly short.",
        "The idea is simple: you decide, and the machine does what you decided and nothing else.",
        "We would rather show you how it works than praise it with long words.",
    ),
    (
        "Would you like to see it for yourself? A short conversation is enough to find out.",
        "If this sounds useful, simply reply to this message and we will find a moment that suits you.",
        "Have a look whenever you like; I am happy to answer whatever comes to your mind.",
    ),
)
GERMAN = Phrases(
    ("Ein Gedanke für {company}", "Eine Idee, die {company} helfen kann", "Etwas für Sie bei {company}"),
    ("Eine kurze Nachricht, nur für Sie", "Warum ich Ihnen heute schreibe", "Zwei Minuten, die sich lohnen können"),
    ("Guten Tag {name},", "Hallo {name},"),
    "Guten Tag,",
    (
        "ich habe gelesen, woran Sie bei {company} arbeiten, und möchte mich deshalb gerne bei Ihnen melden.",
        "was {company} macht, ist mir in Erinnerung geblieben, seit ich zum ersten Mal davon gehört habe.",
    ),
    (
        "Als {role} wissen Sie besser als ich, wohin die Zeit in jeder Woche verschwindet.",
        "In Ihrer Aufgabe als {role} hören Sie sicher viele Versprechen, deshalb fasse ich mich kurz.",
    ),
    (
        "Viele unserer Kunden sind in der Nähe von {place} und erzählen uns oft die gleiche Geschichte.",
        "Wir kommen gerne nach {place} und würden Sie dort auch besuchen.",
    ),
    (
        "Wir helfen dabei, Adressbücher in Ordnung zu halten, damit niemand vergessen oder doppelt angeschrieben wird.",
        "Unsere Kunden sagen uns, dass der mühsame Teil ihres Tages angenehm kurz geworden ist.",
        "Der Gedanke ist einfach: Sie entscheiden, und die Maschine tut genau das und sonst nichts.",
    ),
    (
        "Möchten Sie es sich selbst ansehen? Ein kurzes Gespräch genügt, um es herauszufinden.",
        "Wenn das nützlich klingt, antworten Sie einfach auf diese Nachricht, und wir finden einen Termin.",
    ),
)
FRENCH = Phrases(
    ("Une idée pour {company}", "Quelque chose pour vous chez {company}"),
    ("Un petit mot, écrit pour vous", "Pourquoi je vous écris aujourd'hui"),
    ("Bonjour {name},", "Cher {name},"),
    "Bonjour,",
    (
        "J'ai lu ce que vous faites chez {company}, et cela m'a donné envie de vous écrire.",
        "Le travail de {company} m'est resté en mémoire depuis que je l'ai découvert.",
    ),
    ("En tant que {role}, vous savez mieux que moi où passe le temps chaque semaine.",),
    ("Beaucoup de nos clients se trouvent près de {place} et nous racontent souvent la même histoire.",),
    (
        "Nous aidons les équipes à garder leurs carnets d'adresses en ordre, pour que personne ne soit oublié.",
        "L'idée est simple : vous décidez, et la machine fait ce que vous avez décidé et rien d'autre.",
    ),
    (
        "Souhaitez-vous le voir par vous-même ? Une courte conversation suffit pour s'en faire une idée.",
        "Si cela vous semble utile, répondez simplement à ce message et nous trouverons un moment.",
    ),
)
LANGUAGES = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH}
YOUR_COMPANY = {"en": "your team", "de": "Ihr Team", "fr": "votre équipe"}
