"""OpenAI on loopback, under `/openai/v1`: responses, their token count, chat completions, embeddings and models.

It writes mails out of whatever facts it is given, in whatever JSON schema it is asked for, and keeps a ledger of what
every request was billed. In a test:

    service = simulators.world.openai
    service.limits.set(requests=500, tokens=200_000, minute_s=3)       a minute that lasts three seconds
    service.modes.append(Mode("hallucinate", share=0.1, seed=7))       how answers go wrong; see `modes`
    service.lacks = ("responses", "responses/input_tokens")            what many compatible servers lack
    service.billing.total, service.billing.bills                       what it really cost

The same over HTTP, under `/_control/openai`: GET and DELETE `/ledger`; GET, POST and DELETE `/modes`; POST `/settings`.
Lost replies, 5xx, slow and broken answers are the other simulators' faults, with `route="/openai/v1/responses"`.
"""
