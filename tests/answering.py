"""The edge of httpx: answers made by a function, that arrive in pieces as those of a socket do."""

import httpx


class Answering(httpx.MockTransport):
    """A transport whose `handler` gives the answers; one made beforehand can be given several times."""

    def handle_request(self, request):
        made = super().handle_request(request)
        return httpx.Response(made.status_code, headers=made.headers, stream=httpx.ByteStream(made.content))
