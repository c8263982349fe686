"""Microsoft and Google APIs on loopback: sign-in, contacts and mail, as documented, with faults on demand.

Started as a process, it prints one line of JSON: all URLs and ports, the client's id and secret, the CA file, and a
refresh token for each provider's first mailbox:

    python -m deployments.simulators --contacts 1000 --seed 1 [--port N] [--https-port N] [--smtp-port N]
                                     [--state-dir DIR] [--latency-ms N]

Or within a test, in a thread:

    with serve(contacts=1000, seed=1) as simulators:
        simulators.urls.microsoft_graph_url, .google_people_url, .google_gmail_url, .smtp_port, .ca_file, ...
        simulators.announcement()                      what the process prints
        simulators.start_over(contacts=120, seed=3)    reset to the initial state: for tests that share one instance
        simulators.world.access_token("microsoft")     a token for the first mailbox, or for the one with this address
        simulators.world.refresh_token("google")
        simulators.world.add_mailbox("google", "bob@gmail.example", seed=2, size=50)
        simulators.world.mailbox("microsoft")          page_size, empty_every, replays, reset_style, delay_s
        simulators.world.faults.add(Fault("status", route="/delta", status=429, retry_after=2))
        simulators.world.ledger.of("alice@contoso.example").broken
        simulators.world.faults.add(Fault("reply_lost", route="/send", share=0.05, seed=1, times=0))
        simulators.world.delivered.times(key), .of(sender), .duplicates(), .counts(), .mails[0].raw
        simulators.world.letterbox("google")           items, rules (limits, late Sent Items, who bounces: `mail.rules`)
        simulators.world.post.receive(letterbox, raw, world.now())
        simulators.world.smtp                          per_minute, greylist, auth
        control.truth(mailbox)                         {source id: {person, folder, card}}
        changes.at_random(mailbox, world.now(), edit=0.03, add=0.01, gone=0.01, seed=7)

The control surface does the same over HTTP, JSON in and out, under `/_control`; BOX stands for
a provider and address such as `/microsoft/alice@contoso.example`:

    GET  /mailboxes       POST /mailboxes {"provider", "email", "seed", "size"}
    GET  /ledger          DELETE /ledger
    GET  /faults          DELETE /faults
    POST /faults          {"faults": [{"kind": "status", "route": "/delta", "status": 503, "times": 2}]}; see `faults`
    POST /settings        {"latency_ms": 50, "microsoft_at_once": 4, "skew": 604800}; `skew` puts the clock forward
    GET  /delivered       counts of delivered mails; with ?key=K, ?mailbox=ADDRESS or ?details=1 also the mails,
                          and their bytes with &raw=1
    POST /smtp            {"per_minute": 30, "greylist": true, "auth": true}
    GET  BOX/mail         all mails in the mailbox, also those not visible to clients yet
    POST BOX/mail-settings {"per_minute": 30, "sent_late_s": 2, "bounce_hard": 0.02, ...}: `mail.rules.Rules`
    POST BOX/incoming     {"raw": base64}, or {"kind": "bounce_hard", "key": K, "recipient": ADDRESS}: bounce_soft,
                          bounce_odd, away, reply, unsubscribe
    GET  BOX/truth        {"contacts": {source id: {"person", "folder", "card"}}, "folders", "pending"}
    POST BOX/change       {"edit": 0.03, "add": 0.01, "remove": 0.01, "move": 0.01, "seed": 7}
    POST BOX/person       {"card": {...}} adds; {"id", "card"} edits; {"id", "folder"} moves;
                          {"id", "remove": "deleted"} or "changed";
                          {"id", "rename": true} gives it another resource name
    POST BOX/folder       {"id", "name", "parent"}; {"id", "remove": true}
    POST BOX/group        {"tag": "VIP", "name": "Gold"}
    POST BOX/expire-cursors {"style": "gone"}          gone, location, bad_request; at Google also precondition
    POST BOX/tokens       {"do": "expire"}; {"do": "revoke"}; {"without": [scope, ...]}
    POST BOX/settings     {"page_size": 50, "empty_every": 3, "replays": 2, "delay_s": 0.5, "reset_style": "location"}

The language model is served under `/openai/v1` and controlled under `/_control/openai`; see `openai`.

Quirks copied from the real services: Graph does not list the default folder, and gives the year 1604 to a birthday
without one; every 33rd Google contact has a PROFILE source and name before its own; a full sync reports a removal only
if it happened during that sync; Microsoft answers 429 to the fifth concurrent request of a mailbox; only the announced
client id is accepted.

Mail: a mail's key is the value of an extended property or x-header whose name ends in "key", else its Message-ID.
Exchange takes 30 mails a minute, shows a sent mail under its immutable id, and forgets its x-headers. Gmail gives a
sent draft a new id. Recipients whose address begins with bounce-hard, bounce-soft, bounce-odd, away, reply or
unsubscribe behave that way; SMTP refuses recipients whose address begins with reject. Deliveries and mailbox contents
are persisted in mail.jsonl.
"""
