"""What files of users call their columns and roles, in all languages of the product at once.

Words are compared without case, accents and signs (``plain``). The console's own name of a column or of a role is among
them in each language, so that a report of refused lines can be corrected and uploaded as it is.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from cloudlink.model import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADERS: Mapping[str, tuple[str, ...]] = {
    "given_name": ("first name", "given name", "forename", "prénom", "Vorname", "voornaam", "nombre", "nome"),
    "family_name": (
        "last name", "family name", "surname", "nom", "nom de famille", "Nachname", "Familienname", "achternaam",
        "apellidos", "apellido", "cognome", "sobrenome", "apelido",
    ),
    "email": (
        "email", "e-mail", "mail", "email address", "courriel", "adresse e-mail", "adresse mail", "E-Mail-Adresse",
        "e-mailadres", "correo electrónico", "correo", "dirección de correo electrónico", "indirizzo e-mail",
        "endereço de email",
    ),
    "role": ("role", "rôle", "Rolle", "rol", "ruolo", "função"),
    "login_id": (
        "login id", "login", "user name", "identifiant", "Benutzername", "aanmeldings-id", "gebruikersnaam",
        "id. de inicio de sesión", "nombre de usuario", "ID di accesso", "nome utente", "ID de entrada",
        "nome de usuário",
    ),
    "extension": (
        "extension", "ext", "extension number", "poste", "numéro de poste", "numéro interne", "Nebenstelle",
        "Durchwahl", "toestel", "toestelnummer", "interno", "ramal", "extensão",
    ),
    "mobile": (
        "mobile", "mobile number", "mobile phone", "cell phone", "portable", "téléphone mobile", "Mobiltelefon",
        "Handy", "mobiel", "móvil", "celular", "cellulare", "telemóvel",
    ),
    "phone": ("phone", "phone number", "telephone", "téléphone", "Telefon", "telefoon", "teléfono", "telefone"),
    "telephony_role": (
        "telephony role", "rôle téléphonique", "rôle de téléphonie", "Telefonierolle", "telefonierol",
        "rol de telefonía", "ruolo di telefonia", "função de telefonia",
    ),
    "language_code": ("language", "language code", "langue", "Sprache", "taal", "idioma", "lingua"),
    "time_zone": (
        "time zone", "fuseau horaire", "Zeitzone", "tijdzone", "zona horaria", "fuso orario", "fuso horário",
    ),
}  # fmt: skip

_ROLES = {
    Role.USER: ("user", "utilisateur", "Benutzer", "gebruiker", "usuario", "utente", "usuário"),
    Role.ACCOUNT_ADMIN: (
        "admin", "administrator", "account admin", "administrateur", "administrateur du compte", "Kontoadministrator",
        "beheerder", "accountbeheerder", "administrador", "administrador de la cuenta", "amministratore",
        "amministratore dell'account", "administrador da conta",
    ),
    Role.PARTNER_ADMIN: ("partner", "partner admin", "partenaire", "socio", "parceiro"),
}  # fmt: skip
_SIGNS = re.compile(r"[\W_]+")


def plain(word: str) -> str:
    """Letters and digits alone, without case and accents: the form in which words of the file are compared."""
    decomposed = unicodedata.normalize("NFKD", word)
    return _SIGNS.sub("", "".join(sign for sign in decomposed if not unicodedata.combining(sign))).casefold()


COLUMNS: Mapping[str, str] = {
    **{plain(header): name for name, headers in HEADERS.items() for header in headers},
    **{plain(name): name for name in HEADERS},
}
"""Names of columns by what a header calls them, as ``plain`` has it."""

ROLES: Mapping[str, str] = {plain(word): role for role, words in _ROLES.items() for word in (role, *words)}
"""Roles by what a line calls them, as ``plain`` has it."""
