"""Whether a service accepts our application. While it does not, all connections to it, of every organization, are
paused: no request is made until the settings have changed or an operator says so.
"""

from storage import applications
from storage.records import Provider
from storage.session import Session
from storage.settings import settings
from tasks.providers.access.sign_in_refusals import AppRefused

SERVICES = (Provider.MICROSOFT, Provider.GOOGLE)


def demand_accepted(session: Session, provider: Provider) -> None:
    if pause := _pause(session, provider):
        raise AppRefused(pause, provider=provider.value.title())


def paused(session: Session) -> dict[Provider, str]:
    """For each paused service, why its connections are paused and what operators must do."""
    return {provider: pause for provider in SERVICES if (pause := _pause(session, provider))}


def note_refused(session: Session, provider: Provider, refused: AppRefused) -> None:
    applications.refuse(session, provider, _registration(provider), refused.excerpt)


def _pause(session: Session, provider: Provider) -> str:
    refusal = applications.refusal(session, provider, _registration(provider))
    return _told(provider, refusal) if refusal else ""


def _registration(provider: Provider) -> str:
    """Everything that identifies our application to a service: when any of it changes, the service is tried again."""
    known = settings()
    if provider is Provider.MICROSOFT:
        parts = known.microsoft_authority, known.microsoft_client_id, known.microsoft_client_secret.get_secret_value()
    else:
        parts = known.google_token_url, known.google_client_id, known.google_client_secret.get_secret_value()
    return "\n".join((provider, *parts))


def _told(provider: Provider, refusal: applications.Refusal) -> str:
    name, moment = provider.value.title(), refusal.since.astimezone()
    setting = f"CONTACTFLOW_{provider.upper()}_CLIENT"
    return (
        f"{name} does not accept this application ({refusal.cause}, noticed on {moment.day} {moment:%b %Y}): all its "
        f"accounts are paused until operators renew {setting}_SECRET or correct {setting}_ID; where these are "
        f"right and the registration was mended, `contactflow connections --org … --retry` lets them go on"
    )
