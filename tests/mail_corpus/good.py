"""Good mails, in a dozen languages, to contacts with all kinds of names: none of them should be blocked."""

from collections.abc import Iterator
from dataclasses import dataclass

from storage.records import Brief, Letter, Paragraph, Recipient

LINKS = {
    "demo": "https://www.lumen.example/demo",
    "prices": "https://lumen.example/prices",
    "call": "mailto:hello@lumen.example",
}


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    letter: Letter
    recipient: Recipient
    brief: Brief


@dataclass(frozen=True, slots=True)
class _Tongue:
    """A brief, greetings and bodies of one language; `{given}` and the like stand for the contact's facts."""

    code: str
    brief: str
    facts: tuple[str, ...]
    subjects: tuple[str, ...]
    greetings: tuple[str, ...]
    bodies: tuple[tuple[str, ...], ...]
    people: tuple[tuple[str, str, str, str, str], ...]  # given, family, company, job, city


_TONGUES = (
    _Tongue(
        "en",
        "Tell them about our new maps. We show them on Tuesday, 3 March 2027 at 2:30 pm. 15 % off until the end of April. From $49 a month.",
        ("Founded in 1999", "More than 1,200 customers in 14 countries", "Our desk answers within 24 hours"),
        ("New maps for {company}", "A quick look at our maps, {given}?", "15% off until the end of April"),
        ("Dear {given},", "Hi {given},", "Hello {given} {family},", "Dear Dr. {family},", "Good morning {given} –"),
        (
            ("As {job} at {company} you know how long planning takes (e.g. when the weather turns).",
             "We will show our new maps on Tuesday, 3 March at 2:30 pm: {{link:demo}}. It takes as long as a cup of coffee.",
             "Best wishes\nthe team at Lumen"),
            ("I hope the week is going well in {city}.",
             "Since 1999 we have made maps, and **more than 1,200 customers** use them. Until the end of April they cost 15% less; see [our prices]({{link:prices}}).",
             "May I show you? If it is not for you, a short no will do.\n\nKind regards"),
            ("I read that {company} is growing. Congratulations!",
             "Our maps cost from $49 a month. What would make them useful to you, and who else should see them?",
             "Write to {{link:call}} any time: our desk answers within 24 hours."),
            ("I know that you are busy, so here is the short of it: new maps, fewer detours, the same price as before.",
             "P.S.: For B2B customers, i.e. companies like {company}, we are there 24 hours a day; see [our prices]({{link:prices}}).",
             "- Lumen"),
            ("Do you still plan with paper maps?",
             "Many of our customers did. They say that good plans, clear signs and a bit of luck got them through summer and winter; the rest is history [sic].",
             "Will you join us in March? 3/3/2027, 14:30. Price and place: {{link:demo}}"),
        ),
        (("Will", "Price", "Hill & Sons", "Head of Planning", "Bath"), ("Ann", "O'Neill", "Northwind Ltd", "CEO", "Dublin"),
         ("Siobhán", "MacDonald-Reed", "iRobotics", "Engineer", "Cork"), ("Mei", "Long", "Booking.com", "Buyer", "Reading"),
         ("José", "Núñez", "AT&T", "VP, Operations", "San José")),
    ),
    _Tongue(
        "de",
        "Erzähle von unseren neuen Karten. Wir zeigen sie am Dienstag, 3. März 2027, um 14:30 Uhr. 15 % Rabatt bis Ende April. Ab 49 € im Monat.",
        ("Gegründet 1999", "Mehr als 1.200 Kunden in 14 Ländern"),
        ("Neue Karten für {company}", "Kurze Frage, {given}", "Einladung am 3. März"),
        ("Liebe {given},", "Hallo {given},", "Sehr geehrte Frau {family},", "Sehr geehrter Herr Dr. {family},", "Guten Tag {given} {family},"),
        (
            ("als {job} bei {company} wissen Sie, wie lange das Planen dauert (z. B. wenn das Wetter umschlägt).",
             "Am Dienstag, dem 3. März, zeigen wir um 14:30 Uhr unsere neuen Karten: {{link:demo}}",
             "Mit freundlichen Grüßen\nIhr Team von Lumen"),
            ("schöne Grüße nach {city}! Im Sommer wie im Winter helfen gute Karten, u. a. dem Koch, dem Bauer und dem Richter.",
             "Seit 1999 machen wir Karten; mehr als 1.200 Kunden nutzen sie. Bis Ende April sparen Sie 15 Prozent: [Preise]({{link:prices}}).",
             "Herzliche Grüße"),
            ("die Karten kosten ab 49 Euro im Monat. Lange haben wir daran gearbeitet, und jung wie alt kommen damit zurecht.",
             "Was bräuchte {company}, damit sie nützlich sind? Schreiben Sie an {{link:call}}."),
            ("arbeiten Sie noch mit Papier? Das taten viele unserer Kunden. Klein anfangen, groß planen, kurz fragen: so geht es.",
             "Der Termin: 03.03.2027 um 14.30 Uhr. *Ohne Anmeldung*, einfach vorbeikommen."),
        ),
        (("Jürgen", "Groß", "Müller & Söhne GmbH", "Geschäftsführer", "Köln"), ("Anna-Lena", "von der Heide", "Weiß AG", "Leiterin Einkauf", "München"),
         ("Ümit", "Özdemir", "1&1 Technik", "Ingenieur", "Berlin"), ("Ernst", "Sommer", "Bäckerei Herbst", "Meister", "Ulm")),
    ),
    _Tongue(
        "fr",
        "Parle de nos nouvelles cartes. Démonstration le mardi 3 mars 2027 à 14 h 30. 15 % de remise jusqu'à fin avril.",
        ("Fondée en 1999", "Plus de 1 200 clients"),
        ("De nouvelles cartes pour {company}", "Une question, {given}"),
        ("Bonjour {given},", "Chère {given},", "Madame {family},", "Cher Monsieur {family},"),
        (
            ("En tant que {job} chez {company}, vous savez combien de temps prend la planification.",
             "Nous présentons nos nouvelles cartes le mardi 3 mars à 14 h 30 : {{link:demo}}", "Bien cordialement\nL'équipe Lumen"),
            ("J'espère que tout va bien à {city}. Depuis 1999, nous dessinons des cartes pour plus de 1 200 clients.",
             "Jusqu'à fin avril, elles coûtent 15 % de moins : [nos tarifs]({{link:prices}}).", "Belle journée"),
            ("Utilisez-vous encore des cartes en papier ? Petit ou grand, chaque projet mérite un bon plan, n'est-ce pas ?",
             "Un simple « non » suffit si cela ne vous intéresse pas."),
        ),
        (("François", "Lefèvre", "Société Générale de Plans", "directeur", "Besançon"), ("Zoé", "d'Artagnan", "L'Atelier", "architecte", "Aix-en-Provence"),
         ("Claire", "Petit", "Grand & Fils SARL", "acheteuse", "Lyon"), ("Noël", "Leroy", "Orange", "chef de projet", "Paris")),
    ),
    _Tongue(
        "es",
        "Habla de nuestros nuevos mapas. Demostración el martes 3 de marzo de 2027 a las 14:30. 15 % de descuento hasta finales de abril.",
        ("Fundada en 1999",),
        ("Nuevos mapas para {company}", "Una pregunta, {given}"),
        ("Hola {given}:", "Estimada {given}:", "Estimado Sr. {family}:", "Buenos días, {given}:"),
        (
            ("Como {job} de {company}, sabe cuánto tiempo lleva planificar.",
             "El martes 3 de marzo a las 14:30 presentamos nuestros nuevos mapas: {{link:demo}}", "Un cordial saludo\nEl equipo de Lumen"),
            ("Espero que todo vaya bien en {city}. Hacemos mapas desde 1999.",
             "Hasta finales de abril cuestan un 15 % menos: [precios]({{link:prices}}).", "Saludos"),
            ("¿Todavía planifica con mapas de papel? ¡Muchos lo hacían!", "Si no le interesa, basta con un «no». Gracias por su tiempo."),
        ),
        (("María José", "Peña Cruz", "Flores y Campo S.L.", "directora", "León"), ("Ángel", "Reyes", "Luna Nueva", "arquitecto", "Málaga"),
         ("Íñigo", "Blanco", "Sol & Mar", "jefe de compras", "San Sebastián")),
    ),
    _Tongue(
        "it",
        "Parla delle nostre nuove mappe. Presentazione martedì 3 marzo 2027 alle 14:30. Sconto del 15% fino a fine aprile.",
        ("Fondata nel 1999",),
        ("Nuove mappe per {company}", "Una domanda, {given}"),
        ("Ciao {given},", "Gentile {given} {family},", "Egregio Dott. {family},"),
        (
            ("Come {job} di {company} sa quanto tempo richiede la pianificazione.",
             "Martedì 3 marzo alle 14:30 presentiamo le nostre nuove mappe: {{link:demo}}", "Cordiali saluti\nil team di Lumen"),
            ("Spero che a {city} vada tutto bene. Facciamo mappe dal 1999.",
             "Fino a fine aprile costano il 15% in meno: [prezzi]({{link:prices}}).", "A presto"),
            ("Pianificate ancora con mappe di carta? Il sole, il mare e la pace restano gli stessi; i piani no.", "Se non fa per Lei, basta un no."),
        ),
        (("Niccolò", "D'Angelo", "Rossi & C. S.p.A.", "direttore", "Forlì"), ("Vera", "Conte", "Casa Bella", "architetto", "L'Aquila"),
         ("Pia", "De Luca", "Sole Srl", "responsabile acquisti", "Reggio Emilia")),
    ),
    _Tongue(
        "pt-BR",
        "Fale dos nossos novos mapas. Demonstração na terça-feira, 3 de março de 2027, às 14:30. 15% de desconto até o fim de abril.",
        ("Fundada em 1999",),
        ("Novos mapas para {company}", "Uma pergunta, {given}"),
        ("Olá {given},", "Prezada {given},", "Prezado Sr. {family},"),
        (
            ("Como {job} da {company}, você sabe quanto tempo leva o planejamento.",
             "Na terça-feira, 3 de março, às 14:30, mostramos os novos mapas: {{link:demo}}", "Um abraço\nEquipe Lumen"),
            ("Espero que esteja tudo bem em {city}. Fazemos mapas desde 1999.", "Até o fim de abril custam 15% menos: [preços]({{link:prices}}).", "Até breve"),
        ),
        (("João", "Gonçalves", "Construções Silva Ltda", "diretor", "São Paulo"), ("Conceição", "dos Santos", "Água Viva", "engenheira", "Belém"),
         ("Luz", "Araújo", "Mar Azul S/A", "compradora", "Niterói")),
    ),
    _Tongue(
        "nl",
        "Vertel over onze nieuwe kaarten. We tonen ze op dinsdag 3 maart 2027 om 14.30 uur. 15% korting tot eind april.",
        ("Opgericht in 1999",),
        ("Nieuwe kaarten voor {company}", "Korte vraag, {given}"),
        ("Beste {given},", "Hoi {given},", "Geachte heer {family},"),
        (
            ("Als {job} bij {company} weet u hoeveel tijd plannen kost.", "Op dinsdag 3 maart om 14.30 uur laten we onze nieuwe kaarten zien: {{link:demo}}",
             "Met vriendelijke groet\nhet team van Lumen"),
            ("Plant u nog met papieren kaarten? Veel klanten deden dat (a.u.b. niet lachen).", "Een kort nee is ook goed."),
            ("Hopelijk gaat alles goed in {city}. Sinds 1999 maken we kaarten.", "Tot eind april kosten ze 15% minder: [prijzen]({{link:prices}}).", "Groeten"),
        ),
        (("Joost", "van den Berg", "De Jong B.V.", "directeur", "'s-Hertogenbosch"), ("Sanne", "'t Hart", "Bakker & Zn", "inkoper", "Utrecht")),
    ),
    _Tongue(
        "pl",
        "Opowiedz o naszych nowych mapach. Pokaz we wtorek 3 marca 2027 o 14:30. 15% zniżki do końca kwietnia.",
        ("Założona w 1999 roku",),
        ("Nowe mapy dla {company}", "Krótkie pytanie"),
        ("Dzień dobry,", "Szanowny Panie {family},", "Witam, {given}!"),
        (
            ("Pracując w {company}, wie Pan, ile czasu zajmuje planowanie.", "We wtorek 3 marca o 14:30 pokażemy nowe mapy: {{link:demo}}",
             "Z poważaniem\nzespół Lumen"),
            ("Czy planują Państwo jeszcze na papierze, np. zimą?", "Krótkie „nie” wystarczy. Pozdrawiam"),
            ("Mam nadzieję, że w {city} wszystko dobrze. Robimy mapy od 1999 roku.", "Do końca kwietnia kosztują 15% mniej: [ceny]({{link:prices}})."),
        ),
        (("Łukasz", "Wójcik", "Zięba i Wspólnicy sp. z o.o.", "dyrektor", "Łódź"), ("Agnieszka", "Dąbrowska-Król", "Nowa Era", "inżynier", "Kraków")),
    ),
    _Tongue(
        "sv",
        "Berätta om våra nya kartor. Vi visar dem tisdag 3 mars 2027 klockan 14.30. 15 % rabatt till slutet av april.",
        ("Grundat 1999",),
        ("Nya kartor till {company}",),
        ("Hej {given},", "God morgon {given}!"),
        (
            ("Som {job} på {company} vet du hur lång tid planering tar.", "Tisdag 3 mars klockan 14.30 visar vi våra nya kartor: {{link:demo}}",
             "Vänliga hälsningar\nLumen"),
            ("Planerar ni fortfarande på papper, t.ex. på vintern?", "Ett kort nej räcker. Tack för din tid!"),
            ("Hoppas att allt är bra i {city}. Vi har gjort kartor sedan 1999.", "Till slutet av april kostar de 15 % mindre: [priser]({{link:prices}})."),
        ),
        (("Åsa", "Öberg", "Ängström AB", "chef", "Örebro"), ("Björn", "Ståhl", "Nordisk Form", "inköpare", "Umeå")),
    ),
    _Tongue(
        "ru",
        "Расскажи о наших новых картах. Показ во вторник, 3 марта 2027 года, в 14:30. Скидка 15 % до конца апреля.",
        ("Основаны в 1999 году",),
        ("Новые карты для {company}",),
        ("Здравствуйте, {given}!", "Добрый день!", "Уважаемая {given}!"),
        (
            ("Вы работаете в {company} и знаете, сколько времени занимает планирование.", "Во вторник, 3 марта, в 14:30 мы покажем новые карты: {{link:demo}}",
             "С уважением\nкоманда Lumen"),
            ("Надеюсь, в городе {city} всё хорошо. Мы делаем карты с 1999 года.", "До конца апреля они стоят на 15 % дешевле: [цены]({{link:prices}})."),
        ),
        (("Анна", "Соколова", "Северный ветер", "директор", "Казань"), ("Пётр", "Ёлкин", "ООО «Карта»", "инженер", "Томск")),
    ),
    _Tongue(
        "ja",
        "新しい地図を紹介してください。2027年3月3日14:30に説明会があります。4月末まで15%割引。",
        ("1999年創業",),
        ("{company}様へ、新しい地図のご案内",),
        ("{family}様", "{family} {given} 様"),
        (
            ("いつもお世話になっております。{company}では計画に時間がかかることと存じます。", "3月3日14:30に新しい地図をご紹介します。{{link:demo}}", "どうぞよろしくお願いいたします。"),
            ("{city}の皆様はお元気でしょうか。1999年から地図を作っております。", "4月末まで15%割引です。{{link:prices}}"),
        ),
        (("健", "佐藤", "青空商事", "部長", "札幌"), ("美咲", "渡辺", "海野設計", "課長", "福岡")),
    ),
    _Tongue(
        "zh",
        "介绍我们的新地图。2027年3月3日14:30演示。四月底前优惠15%。",
        ("成立于1999年",),
        ("给{company}的新地图",),
        ("{family}先生，您好：", "尊敬的{family}{given}："),
        (
            ("您在{company}工作，一定知道规划要花多少时间。", "3月3日14:30我们将演示新地图：{{link:demo}}", "此致敬礼"),
            ("希望{city}一切都好。我们从1999年开始制作地图。", "四月底前优惠15%：{{link:prices}}"),
        ),
        (("伟", "王", "蓝天科技", "经理", "上海"), ("小龙", "李", "长江设计", "工程师", "武汉")),
    ),
)  # fmt: skip


def good() -> list[Case]:
    return [case for tongue in _TONGUES for case in _cases(tongue)]


def _cases(tongue: _Tongue) -> Iterator[Case]:
    brief = Brief(tongue.brief, language=tongue.code, sender="Lumen", links=LINKS, facts=tongue.facts)
    for person in tongue.people:
        recipient = _recipient(*person)
        said = dict(zip(("given", "family", "company", "job", "city"), person, strict=True))
        for at, body in enumerate(tongue.bodies):
            for turn, greeting in enumerate(tongue.greetings[at % 2 :: 2] or tongue.greetings):
                subject = tongue.subjects[(at + turn) % len(tongue.subjects)]
                letter = Letter(
                    _filled(subject, said), _filled(greeting, said), tuple(Paragraph(_filled(one, said)) for one in body),
                    cta_key="demo" if at == 0 else "", language=tongue.code,
                )  # fmt: skip
                yield Case(f"{tongue.code}: {person[1]}, {at}, {turn}", letter, recipient, brief)


def _recipient(given: str, family: str, company: str, job: str, city: str) -> Recipient:
    facts = {"given_name": given, "family_name": family, "company": company, "job_title": job, "city": city}
    host = "booking.com" if company == "Booking.com" else "customer.example"
    return Recipient(f"someone@{host}", f"{given} {family}", facts)


def _filled(text: str, said: dict[str, str]) -> str:
    for name, value in said.items():
        text = text.replace(f"{{{name}}}", value)
    return text
