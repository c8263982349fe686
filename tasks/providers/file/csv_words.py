"""Column headers in the exports of Google, Outlook, Thunderbird and others, in several languages.

Each line holds a target, then its headers in lower case without digits and punctuation. `{place}` stands for each word
for work, home or other.
"""

_SINGLE = """
display_name: name, full name, display name, contact name, contact, vollständiger name, anzeigename
display_name: nom complet, nombre completo, nome completo, nom, nome
prefix: prefix, name prefix, salutation, honorific, honorific prefix, anrede, titel, civilité
given_name: first name, given name, firstname, givenname, fname, forename, forenames, vorname, prénom, prenom, nombre
middle_name: middle name, middle names, additional name, middlename, weitere vornamen, zweiter vorname
family_name: last name, family name, lastname, familyname, lname, surname, surnames, nachname, familienname
family_name: nom de famille, apellido, apellidos, cognome
suffix: suffix, name suffix, honorific suffix, namenszusatz
nickname: nickname, nick name, spitzname, surnom, apodo
company: company, company name, organization, organisation, organization name, account name, employer
company: firma, firmenname, unternehmen, société, entreprise, empresa, azienda
department: department, organization department, abteilung, service, departamento
job_title: job title, title, jobtitle, organization title, position, role
job_title: funktion, berufsbezeichnung, fonction, cargo, puesto
birthday: birthday, birth day, bday, birth date, birthdate, date of birth, dateofbirth, dob, d o b, born
birthday: geburtstag, geburtsdatum, anniversaire, date de naissance, cumpleaños, fecha de nacimiento, data di nascita
notes: notes, note, comment, comments, notizen, notiz, bemerkungen, bemerkung, notas
tags: tags, tag, labels, categories, category, group membership, groups, group
tags: kategorien, kategorie, gruppe, gruppen, catégories, categorías
emails: email, email address, email addresses, mail, mail address, primary email, secondary email, email value
emails: email adresse, mailadresse, courriel, adresse email, adresse de messagerie, adresse mail
emails: correo electrónico, correo, indirizzo email
emails:work: work email, business email, email work, company email, email geschäftlich
emails:home: home email, personal email, private email, email home, email privat
emails:other: other email, email other
phones: phone, phone number, phone no, telephone, telephone number, telephone no, tel, tel no, primary phone, phones
phones: telefon, telefonnummer, téléphone, teléfono, telefono
phones:work: work phone, business phone, office phone, phone work, work telephone
phones:work: telefon geschäftlich, téléphone bureau
phones:home: home phone, phone home, home telephone, telefon privat, téléphone domicile
phones:mobile: mobile, mobile phone, mobile number, mobile no, cell, cell phone, cellphone, cell number, phone mobile
phones:mobile: mobiltelefon, mobil, handy, handynummer, mobilnummer, portable, téléphone mobile, móvil, cellulare
phones:main: company main phone, main phone, haupttelefon, telefon firma
phones:other: other phone, weiteres telefon
phones:work fax: business fax, work fax, fax geschäftlich
phones:home fax: home fax, fax privat
phones:other fax: other fax, weiteres fax
phones:fax: fax, fax number, faxnummer, telefax
phones:pager: pager, pager number
phones:car: car phone, autotelefon
phones:radio: radio phone
phones:callback: callback, rückmeldung
phones:assistant: assistants phone, telefon assistent
phones:tty: tty tdd phone, telefon für hörbehinderte
urls: website, web site, web page, webpage, url, homepage, personal web page, linkedin url, profile url
urls: webseite, internetseite, site web, sitio web
addresses.street: street, street address, street number, street no, house number, address, address line, mailing street
addresses.street: po box
addresses.street: straße, strasse, hausnummer, adresse, anschrift, dirección
addresses.city: city, town, suburb, locality, mailing city, ort, stadt, ville, ciudad
addresses.region: state, province, region, state region, mailing state, bundesland
addresses.postcode: zip, zip code, zipcode, postal code, postalcode, post code, postcode, mailing zip postal code
addresses.postcode: plz, postleitzahl, code postal, código postal
addresses.country: country, country region, mailing country, land, pays, país
"""

_PLACED = """
addresses.street: {place} street, {place} address, {place} address po box, straße {place}, postfach {place}
addresses.city: {place} city, ort {place}
addresses.region: {place} state, {place} region, region {place}, bundesland {place}, bundesland kanton {place}
addresses.postcode: {place} postal code, {place} zip code, {place} zip, postleitzahl {place}, plz {place}
addresses.country: {place} country region, {place} country, land region {place}, land {place}
"""

_PLACES = {
    "business": "work",
    "work": "work",
    "geschäftlich": "work",
    "home": "home",
    "privat": "home",
    "other": "other",
}

# German Outlook inflects its word for "other". The last line skips what Outlook derives from the address itself.
_IRREGULAR = """
addresses.street:other: weitere straße, weiteres postfach
addresses.city:other: weiterer ort
addresses.region:other: weitere region, weiteres r bundesland kanton, weiteres bundesland kanton
addresses.postcode:other: weitere postleitzahl
addresses.country:other: weiteres e land region, weiteres land region, weiteres land
:: email type, email display name, email typ, email angezeigter name
"""


def _targets(lines: str) -> dict[str, str]:
    pairs = (line.rpartition(": ") for line in lines.strip().splitlines())
    return {word.casefold(): target.strip(":") for target, _, words in pairs for word in words.split(", ")}


def _placed(place: str, label: str) -> dict[str, str]:
    return {word: f"{target}:{label}" for word, target in _targets(_PLACED.replace("{place}", place)).items()}


HEADERS: dict[str, str] = _targets(_SINGLE) | _targets(_IRREGULAR)
for _place, _label in _PLACES.items():
    HEADERS |= _placed(_place, _label)
