"""The routes of campaigns."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Route

from web.campaign import (
    campaign_deeds,
    campaign_page,
    campaign_progress,
    campaign_sending,
    campaigns,
    mail_view,
    new_campaign,
)
from web.endpoints import deed, page

ROUTES: Sequence[BaseRoute] = (
    Route("/campaigns", page(campaigns.show)),
    Route("/campaigns/new", page(new_campaign.show)),
    Route("/campaigns/new", deed(new_campaign.begin), methods=["POST"]),
    Route("/campaigns/{campaign_id}", page(campaign_page.show)),
    Route("/campaigns/{campaign_id}/pulse", page(campaign_page.pulse)),
    Route("/campaigns/{campaign_id}/progress", page(campaign_progress.show)),
    Route("/campaigns/{campaign_id}/search", deed(campaign_page.search), methods=["POST"]),
    Route("/campaigns/{campaign_id}/marks", deed(campaign_deeds.mark), methods=["POST"]),
    Route("/campaigns/{campaign_id}/marks/take-back", deed(campaign_deeds.take_back_mark), methods=["POST"]),
    Route("/campaigns/{campaign_id}/mails/{ordinal}/letter", page(mail_view.letter)),
    Route("/campaigns/{campaign_id}/mails/{ordinal}/mark", deed(campaign_deeds.mark_one), methods=["POST"]),
    Route("/campaigns/{campaign_id}/mails/{ordinal}/edit", deed(campaign_deeds.edit), methods=["POST"]),
    Route("/campaigns/{campaign_id}/mails/{ordinal}/test", deed(campaign_deeds.test_send), methods=["POST"]),
    Route("/campaigns/{campaign_id}/mails/{ordinal}/rewrite", deed(campaign_deeds.rewrite), methods=["POST"]),
    Route("/campaigns/{campaign_id}/mails/{ordinal}/settle", deed(campaign_sending.settle), methods=["POST"]),
    Route("/campaigns/{campaign_id}/decide", page(campaign_page.before_deciding)),
    Route("/campaigns/{campaign_id}/approve", deed(campaign_deeds.approve), methods=["POST"]),
    Route("/campaigns/{campaign_id}/reject", deed(campaign_deeds.reject), methods=["POST"]),
    Route("/campaigns/{campaign_id}/pause", deed(campaign_sending.pause), methods=["POST"]),
    Route("/campaigns/{campaign_id}/resume", deed(campaign_sending.resume), methods=["POST"]),
    Route("/campaigns/{campaign_id}/cancel", deed(campaign_sending.cancel), methods=["POST"]),
    Route("/campaigns/{campaign_id}/retry-failed", deed(campaign_sending.retry_failed), methods=["POST"]),
)
