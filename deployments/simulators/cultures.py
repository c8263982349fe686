# ruff: noqa: RUF001 - names are written in their native scripts
"""Names, telephone numbers and places by culture. The numbers are from real ranges, with invented digits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Numbers:
    """A range of telephone numbers: the prefix, and how many digits follow."""

    prefix: str
    digits: int


@dataclass(frozen=True, slots=True)
class Culture:
    """A family name is one of `stems` plus one of `endings`; a `#` in a postcode stands for a digit."""

    given: tuple[str, ...]
    stems: tuple[str, ...]
    endings: tuple[str, ...]
    mobile: Numbers
    landline: Numbers
    country: str
    cities: tuple[str, ...]
    postcode: str


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def numbers(pattern: str) -> Numbers:
    return Numbers(pattern.rstrip("#"), pattern.count("#"))


def culture(*, given: str, family: str, endings: str, phones: str, country: str, cities: str, postcode: str) -> Culture:
    """Lists are separated by spaces; `_` stands for a space within a name, a lone `-` for an empty ending."""
    stems = tuple(stem.replace("_", " ") for stem in words(family))
    tails = tuple("" if part == "-" else part.replace("_", " ") for part in words(endings))
    mobile, landline = (numbers(pattern) for pattern in phones.split(" | "))
    return Culture(words(given), stems, tails, mobile, landline, country, words(cities), postcode)


BRITISH = culture(
    given=(
        "William Robert James Richard Thomas Michael Charles Edward Andrew Daniel Joseph Samuel Benjamin Christopher "
        "Anthony Elizabeth Margaret Katherine Jennifer Susan Victoria Rebecca Deborah Patricia Alexandra Charlotte "
        "Amy Grace Ruth Olivia"
    ),
    family=(
        "Ash Black Brad Clay Down East Fair Glen Hal Har Kirk Lang Mar Nor Oak Pem Red Stan Thorn West Whit Win Wood "
        "York"
    ),
    endings="bury by combe den field ford ham hurst land ley man more ridge ton well wick wood worth",
    phones="+44 7400###### | +44 2079######",
    country="United Kingdom",
    cities="London Leeds Bristol York Exeter",
    postcode="LS# #AB",
)
AMERICAN = culture(
    given=(
        "Michael David Matthew Joshua Timothy Jonathan Gregory Nicholas Steven Kenneth Jessica Jennifer Barbara "
        "Kimberly Cynthia Pamela Samantha Nancy Theresa Megan Abigail Madison Tyler Logan Mason Harper Avery Riley "
        "Hannah Caleb"
    ),
    family=(
        "Ander Ben Carl David Erik Ferg Gar Harri Jack John Law Mathe Nel Olle Peter Richard Robin Sander Steven "
        "Thomp Wat Wil"
    ),
    endings="son sen rud sett ston well kins mont dale berg er man field stone brook",
    phones="+1 2015###### | +1 2125######",
    country="United States",
    cities="Boston Denver Austin Portland Chicago",
    postcode="0####",
)
GERMAN = culture(
    given=(
        "Jürgen Günther Björn Jörg Käthe Sören Anna Lena Jonas Lukas Felix Maximilian Sophie Marie Klara Heike Uwe "
        "Ralf Anke Silke"
    ),
    family="Bau Berg Busch Eich Feld Groß Hof Kauf Köhl Lind Möll Müll Neu Schäf Schön Stein Süß Wald Weiß Zimmer",
    endings="mann er ert ler hauer bach heim hoff thal meier huber winkel",
    phones="+49 15112###### | +49 30231#####",
    country="Deutschland",
    cities="Berlin Köln München Leipzig",
    postcode="1####",
)
FRENCH = culture(
    given=(
        "François Hélène Chloé Noël Zoé Jérôme Aurélie Étienne Agnès Benoît Cécile Gaëlle Loïc Maëlle René Sébastien "
        "Anaïs Camille"
    ),
    family="Beau Bel Blanch Bois Char Chât Dela Dubo Four Gau Lac Lef Mar Mont Per Roch Val Vill",
    endings="champ eau elle et fort ier in mont ot tier aud ard",
    phones="+33 612###### | +33 142######",
    country="France",
    cities="Paris Lyon Orléans Nîmes",
    postcode="7####",
)
SPANISH = culture(
    given=(
        "José María Íñigo Begoña Raúl Lucía Andrés Sofía Martín Inés Álvaro Mónica Óscar Nuria Joaquín Concepción "
        "Iván Belén"
    ),
    family=(
        "García Núñez López Muñoz Pérez Ibáñez Gómez Ordóñez Sánchez Peña Jiménez Rodríguez Martínez Fernández Díaz"
    ),
    endings="_García _Núñez _López _Muñoz _Pérez _Vega _Gómez _Ruiz _Sánchez _Peña _Castro _Rey _Soto _Díaz -",
    phones="+34 612###### | +34 912######",
    country="España",
    cities="Madrid Málaga Sevilla Cádiz",
    postcode="2####",
)
DUTCH = culture(
    given=(
        "Jan Pieter Willem Sanne Femke Daan Bram Lotte Anouk Thijs Maarten Joost Fleur Roos Sjoerd Ingrid Marijke "
        "Wouter"
    ),
    family=(
        "van_der_Berg van_den_Broek de_Vries van_Dijk de_Groot ter_Horst van_'t_Hof Jans Pieters Hendriks Willems "
        "Koster"
    ),
    endings="- veld kamp stra huis man",
    phones="+31 612###### | +31 20123####",
    country="Nederland",
    cities="Utrecht Delft Breda Zwolle",
    postcode="3### AB",
)
POLISH = culture(
    given=(
        "Łukasz Małgorzata Paweł Agnieszka Michał Żaneta Bożena Jędrzej Zofia Wojciech Grażyna Stanisław Ewa Dorota "
        "Marcin"
    ),
    family="Kowal Wiśniew Wójc Kamiń Lewandow Zieliń Szymań Woźnia Dąbrow Kozłow Jabłoń Mazur Krawczy Piotrow Grabow",
    endings="ski czyk ik iak ek yński owicz",
    phones="+48 512###### | +48 22512####",
    country="Polska",
    cities="Kraków Łódź Gdańsk Poznań",
    postcode="3#-###",
)
RUSSIAN = culture(
    given=(
        "Иван Мария Дмитрий Ольга Сергей Наталья Алексей Екатерина Михаил Татьяна Николай Юлия Фёдор Анастасия Андрей "
        "Ирина"
    ),
    family="Ковал Петр Сидор Смирн Волк Соколь Мороз Новик Лебед Козл Павл Орл Макар Захар Борис Григорь",
    endings="енко ов ский ин чук ец як ко",
    phones="+7 916####### | +7 495#######",
    country="Россия",
    cities="Москва Казань Тверь",
    postcode="1#####",
)
CHINESE = culture(
    given=(
        "小龙 丽华 建国 秀英 志强 美玲 文博 雅婷 子轩 欣怡 浩然 雨桐 "
        "俊杰 思远 晓燕 国栋 海燕 明月 天佑 佳慧 永康 春生 若曦 梓涵"
    ),
    family="李 王 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 欧阳 司马",
    endings="-",
    phones="+86 1381####### | +86 106512####",
    country="中国",
    cities="北京 上海 深圳 成都",
    postcode="1#####",
)
JAPANESE = culture(
    given="太郎 花子 健一 美咲 翔太 陽菜 大輔 由美子 さくら ひろし 恵子 拓也 直樹 智子 ケン 真由美 一郎 千尋 悠斗 葵",
    family="佐藤 鈴木 高橋 田中 渡辺 伊藤 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 清水",
    endings="-",
    phones="+81 901####### | +81 33123####",
    country="日本",
    cities="東京 大阪 京都 札幌",
    postcode="1##-####",
)
ARABIC = culture(
    given="محمد فاطمة أحمد عائشة يوسف مريم عمر خديجة خالد زينب حسن ليلى إبراهيم سلمى طارق نور كريم هدى سعيد رانيا",
    family="المصري الحداد النجار الشامي البغدادي السيد العطار الخطيب الصباغ الحلبي المغربي القاضي الزين منصور",
    endings="-",
    phones="+20 100####### | +20 22512####",
    country="مصر",
    cities="القاهرة الإسكندرية الجيزة",
    postcode="1####",
)

# Weights by repetition: mostly British and American, but every culture is common enough to occur in 100 people.
CULTURES = (
    *[BRITISH] * 7, *[AMERICAN] * 5, *[GERMAN] * 3, *[FRENCH] * 2, *[SPANISH] * 2,
    DUTCH, POLISH, RUSSIAN, CHINESE, JAPANESE, ARABIC,
)  # fmt: skip

NICKNAMES = dict(
    pair.split(":")
    for pair in words(
        "William:Bill Robert:Bob James:Jim Richard:Dick Thomas:Tom Michael:Mike Charles:Chuck Edward:Ted Andrew:Andy "
        "Daniel:Dan Joseph:Joe Samuel:Sam Benjamin:Ben Christopher:Chris Anthony:Tony Elizabeth:Liz Margaret:Peggy "
        "Katherine:Kate Jennifer:Jenny Susan:Sue Victoria:Vicky Rebecca:Becky Deborah:Debbie Patricia:Pat "
        "Alexandra:Alex David:Dave Matthew:Matt Joshua:Josh Timothy:Tim Jonathan:Jon Gregory:Greg Nicholas:Nick "
        "Steven:Steve Kenneth:Ken Jessica:Jess Barbara:Barb Kimberly:Kim Samantha:Sam Theresa:Tess Abigail:Abby "
        "Maximilian:Max Sebastian:Basti José:Pepe Concepción:Concha Willem:Wim Małgorzata:Gosia Дмитрий:Дима "
        "Екатерина:Катя"
    )
)
